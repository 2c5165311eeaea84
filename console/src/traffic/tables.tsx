// The traffic in tables: by time and by tenant.
import { count, percent, share } from "../parts/numbers.ts";
import { Time } from "../parts/time.tsx";
import { ACTIONS } from "../wire/classify.ts";
import type { Traffic } from "../wire/traffic.ts";
import { rows } from "./figures.ts";

const HEADS = { allow: "Allowed", flag: "Flagged", review: "To review", block: "Blocked" } as const;
// service/decisions/traffic.py names no more.
const MOST_TENANTS = 50;

export function TimeTable({ traffic }: { traffic: Traffic }) {
  return (
    <details>
      <summary>Verdicts as a table</summary>
      <div class="scroll" tabIndex={0} role="region" aria-label="Verdicts by time">
        <table class="dense">
          <caption class="unseen">Verdicts and cache hits by time</caption>
          <thead>
            <tr>
              <th scope="col">From</th>
              {ACTIONS.map((each) => (
                <th scope="col" class="number" key={each}>
                  {HEADS[each]}
                </th>
              ))}
              <th scope="col" class="number">
                Cached
              </th>
            </tr>
          </thead>
          <tbody>
            {rows(traffic).map((row) => (
              <tr key={row.time}>
                <th scope="row">
                  <Time at={row.time} />
                </th>
                {ACTIONS.map((each) => (
                  <td class="number" key={each}>
                    {count(row.verdicts[each])}
                  </td>
                ))}
                <td class="number">{row.all ? percent(share(row.cached, row.all)) : "none"}</td>
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
      {traffic.tenants.length === MOST_TENANTS && <p class="faint hint">The {MOST_TENANTS} with the most decisions.</p>}
      <table class="dense">
        <caption class="unseen">Decisions by tenant</caption>
        <thead>
          <tr>
            <th scope="col">Tenant</th>
            <th scope="col" class="number">
              Decisions
            </th>
            {ACTIONS.slice(1).map((each) => (
              <th scope="col" class="number" key={each}>
                {HEADS[each]}
              </th>
            ))}
            <th scope="col" class="number">
              Cached
            </th>
          </tr>
        </thead>
        <tbody>
          {traffic.tenants.map((each) => (
            <tr key={each.tenant ?? "\u0000"}>
              <th scope="row" class="name"><bdi>{each.tenant === null ? "all others" : each.tenant || "no tenant"}</bdi></th>
              <td class="number">{count(each.decisions)}</td>
              {ACTIONS.slice(1).map((action) => (
                <td class="number" key={action}>
                  {percent(share(each.verdicts[action], each.decisions))}
                </td>
              ))}
              <td class="number">{percent(share(each.cached, each.decisions))}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
