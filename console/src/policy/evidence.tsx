// What the thresholds were chosen on, and what that promises.
import type { Evidence } from "../wire/policies.ts";
import { useNames } from "../wire/taxonomy.ts";
import { count, percent } from "../parts/numbers.ts";

export function EvidenceView({ evidence, applies }: { evidence: Evidence; applies: boolean }) {
  const nameOf = useNames();
  const { promises = [] } = evidence;
  return (
    <details class="evidence">
      <summary>
        Evidence: <code>{evidence.objective}</code> at {percent(evidence.confidence)} confidence
        {!applies && " (does not hold for the rules as they are now)"}
      </summary>
      <p>
        Chosen on {count(evidence.chosen_on)} rows and verified on {count(evidence.verified_on)} others, {evidence.made}.
      </p>
      {promises.length > 0 && (
        <table>
          <caption class="unseen">Bounds</caption>
          <thead>
            <tr>
              <th scope="col">Of</th>
              <th scope="col">Bound</th>
              <th scope="col">Promised</th>
              <th scope="col">Rows</th>
            </tr>
          </thead>
          <tbody>
            {promises.map((each) => (
              <tr key={each.of + each.figure}>
                <th scope="row">{each.of === "overall" ? "overall" : nameOf(each.of)}</th>
                <td>
                  {each.figure === "fpr" ? "false positives at most " : "recall at least "}
                  {percent(each.bound)}
                </td>
                <td>{each.limit === undefined ? "nothing" : percent(each.limit)}</td>
                <td>
                  {count(each.errors)} wrong of {count(each.rows)}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </details>
  );
}
