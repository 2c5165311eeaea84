// One category's precision-recall curve with the point where the threshold is.
import { useMemo } from "preact/hooks";
import { Chart } from "../parts/chart.tsx";
import type { Curve } from "../wire/evaluation.ts";
import type { Rule } from "../wire/policies.ts";
import { count, percent, share } from "../parts/numbers.ts";
import { outcomeOf, pointAt, precisionRecall } from "./point.ts";

export function CurveView({ name, curve, threshold }: { name: string; curve: Curve; threshold: number }) {
  const [recall, precision] = useMemo(() => precisionRecall(curve), [curve]);
  const values = useMemo(() => [precision], [precision]);
  const point = pointAt(curve, threshold);
  const label =
    `Precision over recall of ${name}. At the threshold ${threshold.toFixed(2)} precision is ` +
    `${percent(point.precision)} and recall ${percent(point.recall)}.`;
  return (
    <>
      <Chart
        label={label}
        x={recall}
        values={values}
        lines={[{ label: "precision over recall; the dot is the threshold", colour: "curve-1" }]}
        xLabel="recall"
        yRange={[0, 1.02]}
        yLabel="precision"
        mark={point.recall === undefined || point.precision === undefined ? undefined : { x: point.recall, y: point.precision }}
      />
      <details>
        <summary>As a table</summary>
        <table>
          <caption class="unseen">Precision, recall and false positives of {name} by threshold</caption>
          <thead>
            <tr>
              <th scope="col">Threshold</th>
              <th scope="col">Precision</th>
              <th scope="col">Recall</th>
              <th scope="col">False positives</th>
            </tr>
          </thead>
          <tbody>
            {TENTHS.map((at) => {
              const row = pointAt(curve, at);
              return (
                <tr key={at}>
                  <th scope="row">{at.toFixed(1)}</th>
                  <td>{percent(row.precision)}</td>
                  <td>{percent(row.recall)}</td>
                  <td>{percent(row.falsePositives)}</td>
                </tr>
              );
            })}
          </tbody>
        </table>
      </details>
    </>
  );
}

const TENTHS = Array.from({ length: 9 }, (_, i) => (i + 1) / 10);

const DONE = { allow: "allowed", flag: "flagged", review: "to review", block: "blocked" } as const;

// What the rule does with the evaluation's rows, in words: review is neither stopped nor let through.
export function OutcomeLine({ curve, rule }: { curve: Curve; rule: Rule }) {
  if (rule.action === "allow" || rule.shadow)
    return <small class="faint">{rule.shadow ? "In shadow: it changes no verdict." : "It allows whatever the score is."}</small>;
  const { acted, reviewed } = outcomeOf(curve, rule);
  const words = (i: 0 | 1, all: number) =>
    `${count(acted[i])} of ${count(all)} ${DONE[rule.action]} (${percent(share(acted[i], all))})` +
    (reviewed[i] > 0 ? `, ${count(reviewed[i])} to review (${percent(share(reviewed[i], all))})` : "");
  return (
    <small class="faint outcome">
      <span>Rows with it: {words(0, curve.positives)}.</span> <span>Without it: {words(1, curve.negatives)}.</span>
    </small>
  );
}
