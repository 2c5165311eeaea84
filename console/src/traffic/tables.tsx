// The traffic in tables: by time, by tenant, by category.
import { percent } from "../policy/point.ts";
import { Time } from "../parts/time.tsx";
import { ACTIONS } from "../wire/classify.ts";
import { useNames } from "../wire/taxonomy.ts";
import type { Traffic } from "../wire/traffic.ts";
import { driftWord, rows, share, total } from "./figures.ts";

export function TimeTable({ traffic }: { traffic: Traffic }) {
  return (
    <details>
      <summary>Verdicts as a table</summary>
      <div class="scroll" tabIndex={0} role="region" aria-label="Verdicts by time">
        <table>
          <caption class="unseen">Verdicts and cache hits by time</caption>
          <thead>
            <tr>
              <th scope="col">From</th>
              {ACTIONS.map((each) => (
                <th scope="col" key={each}>
                  {each}
                </th>
              ))}
              <th scope="col">Cache</th>
            </tr>
          </thead>
          <tbody>
            {rows(traffic).map((row) => (
              <tr key={row.time}>
                <th scope="row">
                  <Time at={row.time} />
                </th>
                {ACTIONS.map((each) => (
                  <td key={each}>{row.verdicts[each]}</td>
                ))}
                <td>{row.all ? percent(share(row.cached, row.all)) : "none"}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </details>
  );
}

export function TenantTable({ traffic }: { traffic: Traffic }) {
  return (
    <div class="scroll" tabIndex={0} role="region" aria-label="Decisions by tenant">
      <table>
        <caption class="unseen">Decisions by tenant</caption>
        <thead>
          <tr>
            <th scope="col">Tenant</th>
            <th scope="col">Decisions</th>
            {ACTIONS.slice(1).map((each) => (
              <th scope="col" key={each}>
                {each}
              </th>
            ))}
            <th scope="col">Cache</th>
          </tr>
        </thead>
        <tbody>
          {traffic.tenants.map((each) => (
            <tr key={each.tenant ?? "\u0000"}>
              <th scope="row">{each.tenant === null ? "all others" : each.tenant || "no tenant"}</th>
              <td>{each.decisions}</td>
              {ACTIONS.slice(1).map((action) => (
                <td key={action}>{percent(share(each.verdicts[action], each.decisions))}</td>
              ))}
              <td>{percent(share(each.cached, each.decisions))}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

export function CategoryTable({ traffic, compared, onChoose }: { traffic: Traffic; compared: boolean; onChoose: (slug: string) => void }) {
  const nameOf = useNames();
  const sorted = Object.entries(traffic.categories).sort(([, a], [, b]) => total(b.acting) - total(a.acting));
  return (
    <div class="scroll" tabIndex={0} role="region" aria-label="Decisions by category">
      <table>
        <caption class="unseen">Categories: decisions in which each acted, and drift of its scores</caption>
        <thead>
          <tr>
            <th scope="col">Category</th>
            <th scope="col">Acted</th>
            <th scope="col">Share</th>
            {compared && <th scope="col">Drift (PSI)</th>}
          </tr>
        </thead>
        <tbody>
          {sorted.map(([slug, each]) => (
            <tr key={slug}>
              <th scope="row">
                {each.histogram.length > 0 ? (
                  <button type="button" class="quiet link" onClick={() => onChoose(slug)}>
                    {nameOf(slug)}
                  </button>
                ) : (
                  nameOf(slug)
                )}
              </th>
              <td>{total(each.acting)}</td>
              <td>{percent(share(total(each.acting), traffic.decisions))}</td>
              {compared && <td>{each.drift ? `${each.drift.index.toFixed(3)}, ${driftWord(each.drift)}` : "too few"}</td>}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
