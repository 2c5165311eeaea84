// The categories: how often each acted, and the scores of one of them.
import { useRef } from "preact/hooks";
import { count, percent, share } from "../parts/numbers.ts";
import { useNames } from "../wire/taxonomy.ts";
import type { Traffic, TrafficAnswer } from "../wire/traffic.ts";
import { ScoreChart, ScoresOverTime } from "./charts.tsx";
import { driftWord, total } from "./figures.ts";

interface Props {
  answer: TrafficAnswer;
  chosen: string;
  onChoose: (slug: string) => void;
}

export function Categories({ answer, chosen, onChoose }: Props) {
  const { traffic, evaluation } = answer;
  const nameOf = useNames();
  const scores = useRef<HTMLDivElement>(null);
  const degraded = total(traffic.degraded);
  const choose = (slug: string) => {
    onChoose(slug);
    scores.current?.scrollIntoView({ block: "nearest" });
  };
  return (
    <section class="card full" aria-labelledby="categories">
      <h2 id="categories">Categories</h2>
      {evaluation === null && (
        <p class="faint hint">
          There is no drift to tell without the scores that thresholds were chosen on:{" "}
          <code>TIDEGATE_EVALUATION=evaluation.json tidegate serve</code> reads what <code>tidegate tune</code> writes with
          its <code>--evaluation</code>.
        </p>
      )}
      {evaluation !== null && !answer.same_model && (
        <p class="faint hint">The evaluation was made with another model: drift says nothing of the traffic.</p>
      )}
      {degraded > 0 && <p class="faint hint">{count(degraded)} of the decisions are degraded and have no scores: the charts leave them out.</p>}
      <div class="columns scored">
        <CategoryTable traffic={traffic} compared={evaluation !== null} chosen={chosen} onChoose={choose} />
        <div class="scores" ref={scores}>
          <h3>Scores of {nameOf(chosen)}</h3>
          <ScoreChart traffic={traffic} slug={chosen} name={nameOf(chosen)} />
          <ScoresOverTime traffic={traffic} name={nameOf(chosen)} />
        </div>
      </div>
    </section>
  );
}

function CategoryTable(props: { traffic: Traffic; compared: boolean; chosen: string; onChoose: (slug: string) => void }) {
  const { traffic, compared, chosen, onChoose } = props;
  const nameOf = useNames();
  const sorted = Object.entries(traffic.categories).sort(([, a], [, b]) => total(b.acting) - total(a.acting));
  return (
    <div class="scroll" tabIndex={0} role="region" aria-label="Decisions by category">
      <table class="dense">
        <caption class="unseen">Categories: decisions in which each acted, and drift of its scores</caption>
        <thead>
          <tr>
            <th scope="col">Category</th>
            <th scope="col" class="number">
              Acted
            </th>
            <th scope="col" class="number">
              Share
            </th>
            {compared && <th scope="col">Drift (PSI)</th>}
          </tr>
        </thead>
        <tbody>
          {sorted.map(([slug, each]) => (
            <tr key={slug} class={slug === chosen ? "chosen" : undefined}>
              <th scope="row">
                {each.histogram.length > 0 ? (
                  <button type="button" class="quiet link" aria-pressed={slug === chosen} onClick={() => onChoose(slug)}>
                    {nameOf(slug)}
                  </button>
                ) : (
                  nameOf(slug)
                )}
              </th>
              <td class="number">{count(total(each.acting))}</td>
              <td class="number">{percent(share(total(each.acting), traffic.decisions))}</td>
              {compared && (
                <td>
                  {each.drift ? each.drift.index.toFixed(3) : ""} <small class="faint">{each.drift ? driftWord(each.drift) : "too few"}</small>
                </td>
              )}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
