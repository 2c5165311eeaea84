// What was decided lately, by time, tenant and category.
import { useEffect, useState } from "preact/hooks";
import { useLoaded } from "../parts/loaded.ts";
import { Refusal } from "../parts/refusal.tsx";
import { Time } from "../parts/time.tsx";
import { percent } from "../policy/point.ts";
import { ShadowView } from "../policy/shadow.tsx";
import { CacheChart, LatencyChart, ScoreChart, ScoresOverTime, VerdictChart } from "../traffic/charts.tsx";
import { share, total } from "../traffic/figures.ts";
import { CategoryTable, TenantTable, TimeTable } from "../traffic/tables.tsx";
import { policies } from "../wire/policies.ts";
import { useNames } from "../wire/taxonomy.ts";
import { traffic as ask } from "../wire/traffic.ts";
import type { Traffic } from "../wire/traffic.ts";

const SPANS: readonly [number, string][] = [
  [15, "15 minutes"],
  [60, "hour"],
  [360, "6 hours"],
  [1440, "day"],
  [10080, "week"],
];
const AGAIN_MS = 10_000;

export function TrafficPage() {
  const nameOf = useNames();
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
          {!traffic.whole && (
            <p class="faint">
              Only the decisions since <Time at={traffic.remembered} /> are remembered.
            </p>
          )}
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
            <section class="card full" aria-labelledby="categories">
              <h2 id="categories">Categories</h2>
              {value.evaluation === null && <p class="faint hint">Without an evaluation (TIDEGATE_EVALUATION) there is no drift to tell.</p>}
              {value.evaluation !== null && !value.same_model && (
                <p class="faint hint">The evaluation was made with another model: drift says nothing of the traffic.</p>
              )}
              <div class="columns">
                <CategoryTable traffic={traffic} compared={value.evaluation !== null} onChoose={setCategory} />
                <div>
                  <h3>Scores of {nameOf(category)}</h3>
                  <ScoreChart traffic={traffic} slug={category} name={nameOf(category)} />
                  <ScoresOverTime traffic={traffic} name={nameOf(category)} />
                </div>
              </div>
            </section>
            <section class="card full" aria-labelledby="tenants">
              <h2 id="tenants">Tenants</h2>
              <TenantTable traffic={traffic} />
            </section>
          </div>
          {known.value?.map(
            (each) => each.candidate !== null && <ShadowView key={each.name} name={each.name} version={each.candidate} titled />,
          )}
        </>
      )}
    </>
  );
}

function Tiles({ traffic }: { traffic: Traffic }) {
  const part = (counts: readonly number[]) => percent(share(total(counts), traffic.decisions));
  const tiles: [string, string][] = [
    ["Decisions", String(traffic.decisions)],
    ["Blocked", part(traffic.verdicts.block)],
    ["To review", part(traffic.verdicts.review)],
    ["Flagged", part(traffic.verdicts.flag)],
    ["From the cache", part(traffic.cached)],
    ["Latency, median", traffic.latency ? `${traffic.latency.p50.toFixed(1)} ms` : "unknown"],
    ["Latency, 99th", traffic.latency ? `${traffic.latency.p99.toFixed(1)} ms` : "unknown"],
    ["Degraded", String(total(traffic.degraded))],
    ["Languages not learned", part(traffic.unsupported)],
  ];
  return (
    <dl class="tiles">
      {tiles.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}
