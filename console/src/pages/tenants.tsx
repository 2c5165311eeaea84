// Which tenant has which policy, and giving one.
import { useRef, useState } from "preact/hooks";
import type { ComponentChildren } from "preact";
import { useLoaded } from "../parts/loaded.ts";
import { Refusal } from "../parts/refusal.tsx";
import { hrefOf } from "../router.ts";
import { AssignDialog } from "../tenants/assigning.tsx";
import type { Assigning } from "../tenants/assigning.tsx";
import { TenantList } from "../tenants/table.tsx";
import { Refused } from "../wire/http.ts";
import { policies } from "../wire/policies.ts";
import { tenant as read, tenants } from "../wire/tenants.ts";

export function TenantsPage() {
  const { value, error, reload } = useLoaded((signal) => tenants(signal), []);
  const known = useLoaded((signal) => policies(signal), []);
  const [tenant, setTenant] = useState("");
  const [policy, setPolicy] = useState("");
  const [asked, setAsked] = useState<Assigning>();
  const [refused, setRefused] = useState<unknown>();
  const [said, setSaid] = useState<ComponentChildren>();
  const choice = useRef<HTMLSelectElement>(null);
  const open = async (name: string, wanted: string | null) => {
    setRefused(undefined);
    try {
      const now = await read(name);
      if (now.given?.source === "folder") throw new Refused(0, "This tenant stands in a file", "It is changed there, in the folder TIDEGATE_POLICIES.");
      setAsked({ tenant: name, policy: wanted, ...now });
    } catch (problem) {
      setRefused(problem);
    }
  };
  const done = ({ tenant: name, policy: now }: Assigning) => {
    setSaid(now === null ? <><bdi>{name}</bdi> has no policy of its own any more.</> : <><bdi>{name}</bdi> has the policy {now}.</>);
    setTenant("");
    reload();
  };

  return (
    <>
      <h1>Tenants</h1>
      <div role="status" aria-live="polite">
        {said && <p class="notice good">{said}</p>}
      </div>
      <Refusal error={error} />
      {value && (
        <>
          <p class="lead">
            A tenant is named by its API key or by the header X-Tidegate-Tenant. Those without a policy of their own have{" "}
            <a href={hrefOf("policies", value.default)}>{value.default}</a>.
          </p>
          <section class="card" aria-labelledby="assign">
            <h2 id="assign">Give a tenant a policy</h2>
            <form class="assign" onSubmit={(event) => (event.preventDefault(), open(tenant, policy))}>
              <label>
                Tenant
                <input required autocomplete="off" spellcheck={false} value={tenant} onInput={(event) => setTenant(event.currentTarget.value)} />
              </label>
              <label>
                Policy
                <select required ref={choice} value={policy} onChange={(event) => setPolicy(event.currentTarget.value)}>
                  <option value="" disabled>
                    Choose one
                  </option>
                  {known.value?.map((each) => each.in_force && <option key={each.name}>{each.name}</option>)}
                </select>
              </label>
              <button type="submit">Assign</button>
            </form>
            <Refusal error={refused} />
          </section>
          <section class="card" aria-labelledby="given">
            <h2 id="given">Tenants with a policy of their own</h2>
            {value.tenants.length === 0 ? (
              <p class="faint">There are none yet: name a tenant above, and choose its policy.</p>
            ) : (
              <TenantList
                tenants={value.tenants}
                onChange={(name) => (setTenant(name), choice.current?.focus())}
                onTakeBack={(name) => open(name, null)}
              />
            )}
          </section>
          {asked && <AssignDialog asked={asked} fallback={value.default} onDone={() => done(asked)} onClose={() => setAsked(undefined)} />}
        </>
      )}
    </>
  );
}
