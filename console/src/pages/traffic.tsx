// What was decided lately, by time, tenant and category.
import { useEffect, useState } from "preact/hooks";
import { useLoaded } from "../parts/loaded.ts";
import { Refusal } from "../parts/refusal.tsx";
import { Time } from "../parts/time.tsx";
import { ShadowView } from "../policy/shadow.tsx";
import { Categories } from "../traffic/categories.tsx";
import { CacheChart, LatencyChart, VerdictChart } from "../traffic/charts.tsx";
import { TenantTable, TimeTable } from "../traffic/tables.tsx";
import { Tiles } from "../traffic/tiles.tsx";
import { hrefOf } from "../router.ts";
import { policies } from "../wire/policies.ts";
import { traffic as ask } from "../wire/traffic.ts";

const SPANS: readonly [number, string][] = [
  [15, "15 minutes"],
  [60, "hour"],
  [360, "6 hours"],
  [1440, "day"],
  [10080, "week"],
];
const AGAIN_MS = 10_000;

export function TrafficPage() {
  const [minutes, setMinutes] = useState(60);
  const [tenant, setTenant] = useState("");
  const [category, setCategory] = useState("other");
  const { value, error, reload } = useLoaded((signal) => ask(minutes, tenant, category, signal), [minutes, tenant, category]);
  const known = useLoaded((signal) => policies(signal), []);
  useEffect(() => {
    const timer = setInterval(() => document.hidden || reload(), AGAIN_MS);
    return () => clearInterval(timer);
  }, [reload]);
  const traffic = value?.traffic;
  const tenants = [...new Set([tenant, ...(traffic?.tenants ?? []).map((each) => each.tenant ?? "")])].filter(Boolean);

  return (
    <>
      <div class="heading">
        <h1>Traffic</h1>
        <div class="filters">
          <label>
            The last
            <select value={minutes} onChange={(event) => setMinutes(Number(event.currentTarget.value))}>
              {SPANS.map(([each, name]) => (
                <option key={each} value={each}>
                  {name}
                </option>
              ))}
            </select>
          </label>
          <label>
            Tenant
            <select value={tenant} onChange={(event) => setTenant(event.currentTarget.value)}>
              <option value="">all</option>
              {tenants.map((each) => (
                <option key={each} value={each}>
                  {each}
                </option>
              ))}
            </select>
          </label>
        </div>
      </div>
      <Refusal error={error} />
      {value && traffic && (
        <>
          {value.log.failing && (
            <p class="notice bad" role="alert">
              The decision log cannot be written. Decisions are still made; the metrics say how many are lost.
            </p>
          )}
          {traffic.decisions > 0 && !traffic.whole && (
            <p class="faint">
              Only the decisions since <Time at={traffic.remembered} /> are remembered.
            </p>
          )}
          {traffic.decisions === 0 ? (
            <Nothing />
          ) : (
            <>
              <Tiles traffic={traffic} />
              <div class="charts">
                <section class="card full" aria-labelledby="verdicts">
                  <h2 id="verdicts">Verdicts</h2>
                  <VerdictChart traffic={traffic} />
                  <TimeTable traffic={traffic} />
                </section>
                <section class="card" aria-labelledby="latency">
                  <h2 id="latency">Latency</h2>
                  <LatencyChart traffic={traffic} />
                </section>
                <section class="card" aria-labelledby="cache">
                  <h2 id="cache">Cache</h2>
                  <CacheChart traffic={traffic} />
                </section>
                <Categories answer={value} chosen={category} onChoose={setCategory} />
                <section class="card full" aria-labelledby="tenants">
                  <h2 id="tenants">Tenants</h2>
                  <TenantTable traffic={traffic} />
                </section>
              </div>
            </>
          )}
          {known.value?.map(
            (each) => each.candidate !== null && <ShadowView key={each.name} name={each.name} version={each.candidate} titled />,
          )}
        </>
      )}
    </>
  );
}

function Nothing() {
  const call = `curl ${location.origin}/v1/classify -d '{"items": [{"text": "hello"}]}'`;
  return (
    <p class="empty">
      Nothing was decided in this time: judge a text in the <a href={hrefOf("playground")}>playground</a>, or run <code>{call}</code>.
    </p>
  );
}
