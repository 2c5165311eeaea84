// Every category's score beside its threshold. The table is the chart's words: the bars are hidden from readers.
import { reviewed } from "./band.ts";
import { ActionTag } from "./action.tsx";
import type { CategoryOut } from "../wire/classify.ts";
import type { Rule } from "../wire/policies.ts";
import { useNames } from "../wire/taxonomy.ts";

const percent = (share: number) => `${share * 100}%`;
const MOST_FIRST = 8;

export function Bars({ categories, rules }: { categories: CategoryOut[]; rules: Record<string, Rule> | undefined }) {
  const sorted = [...categories].sort((a, b) => weight(b) - weight(a));
  const acting = sorted.filter((each) => acts(each)).length;
  const first = Math.max(acting, MOST_FIRST);
  return (
    <>
      <Table categories={sorted.slice(0, first)} rules={rules} caption="Categories that act, and the next nearest" />
      <p class="faint hint">Line: the threshold. Hatched: the review band below and above it.</p>
      <details>
        <summary>The other {sorted.length - first} categories</summary>
        <Table categories={sorted.slice(first)} rules={rules} caption="The other categories" />
      </details>
    </>
  );
}

function Table(props: { categories: CategoryOut[]; rules: Record<string, Rule> | undefined; caption: string }) {
  const nameOf = useNames();
  return (
    <table class="bars">
      <caption class="unseen">{props.caption}</caption>
      <thead>
        <tr>
          <th scope="col">Category</th>
          <th scope="col">
            Score <span class="unseen">and threshold</span>
          </th>
          <th scope="col">Action</th>
        </tr>
      </thead>
      <tbody>
        {props.categories.map((each) => (
          <tr key={each.slug} data-slug={each.slug}>
            <th scope="row">{nameOf(each.slug)}</th>
            <td>
              <Bar category={each} rule={props.rules?.[each.slug]} />
              <span class="figures">
                {each.score.toFixed(4)} <span class="faint">at {each.threshold.toFixed(2)}</span>
              </span>
            </td>
            <td>
              <ActionTag action={each.action} />
              {each.shadow_action && each.shadow_action !== "allow" && (
                <small class="faint"> in shadow: {each.shadow_action}</small>
              )}
              {each.view && <small class="view">read as {each.view}</small>}
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function Bar({ category, rule }: { category: CategoryOut; rule: Rule | undefined }) {
  const [begin, end] = rule ? reviewed(rule) : [category.threshold, category.threshold];
  return (
    <span class="bar" aria-hidden="true">
      {end > begin && <span class="bar-band" style={{ left: percent(begin), width: percent(end - begin) }} />}
      <span class={`bar-score ${category.action}`} style={{ width: percent(category.score) }} />
      <span class="bar-threshold" style={{ left: percent(category.threshold) }} />
    </span>
  );
}

const acts = (each: CategoryOut) => each.action !== "allow" || (each.shadow_action ?? "allow") !== "allow";

// Those that act first, then by how near they come to their threshold.
function weight(each: CategoryOut): number {
  return (acts(each) ? 10 : 0) + each.score / Math.max(each.threshold, 0.01);
}
