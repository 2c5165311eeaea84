// The tenants that have a policy of their own; of very many those that are looked for.
import { useState } from "preact/hooks";
import { More } from "../parts/more.tsx";
import { Time } from "../parts/time.tsx";
import { hrefOf } from "../router.ts";
import type { TenantOut } from "../wire/tenants.ts";

const FIRST = 50;

interface Props {
  tenants: TenantOut[];
  onChange: (tenant: string) => void;
  onTakeBack: (tenant: string) => void;
}

export function TenantList({ tenants, onChange, onTakeBack }: Props) {
  const [wanted, setWanted] = useState("");
  const [most, setMost] = useState(FIRST);
  const found = tenants.filter((each) => each.tenant.toLowerCase().includes(wanted.toLowerCase()));
  return (
    <>
      {tenants.length > FIRST && (
        <label class="find">
          Show only
          <input type="search" value={wanted} onInput={(event) => setWanted(event.currentTarget.value)} />
        </label>
      )}
      <ul class="versions" aria-label="Tenants">
        {found.slice(0, most).map((each) => (
          <li key={each.tenant} class="version">
            <div>
              <strong class="name">
                <bdi>{each.tenant}</bdi>
              </strong>{" "}
              has <a href={hrefOf("policies", each.policy)}>{each.policy}</a>
              {!each.known && <span class="mark bad">not in force: its requests are answered with 503</span>}
              {each.source === "stored" ? (
                <>
                  <p class="why">{each.reason || "no reason given"}</p>
                  <small class="faint">
                    <bdi>{each.author}</bdi>, <Time at={each.time} />
                  </small>
                </>
              ) : (
                <p class="why faint">From a file of the folder TIDEGATE_POLICIES, and changed there.</p>
              )}
            </div>
            {each.source === "stored" && (
              <div class="actions">
                <button type="button" class="secondary" aria-label={`Change the policy of ${each.tenant}`} onClick={() => onChange(each.tenant)}>
                  Change
                </button>
                <button type="button" class="quiet" aria-label={`Take back the policy of ${each.tenant}`} onClick={() => onTakeBack(each.tenant)}>
                  Take back
                </button>
              </div>
            )}
          </li>
        ))}
      </ul>
      {found.length === 0 && <p class="faint">No tenant is called so.</p>}
      <More all={found.length} shown={Math.min(most, found.length)} onMore={() => setMost(most + 5 * FIRST)} />
    </>
  );
}
