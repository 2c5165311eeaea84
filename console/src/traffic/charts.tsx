// Verdicts, latency and the cache over time.
import { useMemo } from "preact/hooks";
import { Chart } from "../parts/chart.tsx";
import { count, milliseconds, percent, share } from "../parts/numbers.ts";
import type { Traffic } from "../wire/traffic.ts";
import { cacheRates, quantile, STACKED, stacked, times, total } from "./figures.ts";

export function VerdictChart({ traffic }: { traffic: Traffic }) {
  const x = useMemo(() => times(traffic), [traffic]);
  const values = useMemo(() => stacked(traffic), [traffic]);
  const words = STACKED.map((each) => `${each} ${count(total(traffic.verdicts[each]))}`).join(", ");
  const lines = STACKED.map((each) => ({ label: each, colour: each, bars: true }));
  return <Chart label={`Verdicts over time: ${words}.`} x={x} values={values} lines={lines} time yLabel="decisions" />;
}

export function LatencyChart({ traffic }: { traffic: Traffic }) {
  const x = useMemo(() => times(traffic), [traffic]);
  const values = useMemo(
    () => (["p50", "p95", "p99"] as const).map((each) => traffic.latencies.map((part) => part?.[each] ?? null)),
    [traffic],
  );
  const { latency } = traffic;
  const words = latency ? `median ${milliseconds(latency.p50)}, 95th percentile ${milliseconds(latency.p95)}, 99th ${milliseconds(latency.p99)}` : "nothing yet";
  const lines = [
    { label: "median", colour: "curve-1" },
    { label: "95th percentile", colour: "curve-2" },
    { label: "99th percentile", colour: "review", dash: [4, 4] },
  ];
  return <Chart label={`Latency over time: ${words}.`} x={x} values={values} lines={lines} time yLabel="ms" />;
}

export function CacheChart({ traffic }: { traffic: Traffic }) {
  const x = useMemo(() => times(traffic), [traffic]);
  const values = useMemo(() => [cacheRates(traffic).map((each) => (each === null ? null : 100 * each))], [traffic]);
  const rate = percent(share(total(traffic.cached), traffic.decisions));
  return (
    <Chart
      label={`Cache hits over time: ${rate} of all.`}
      x={x}
      values={values}
      lines={[{ label: "from the cache", colour: "curve-1" }]}
      time
      yRange={[0, 102]}
      yLabel="%"
    />
  );
}

const TENS = [0, 1, 10, 100, 1000, 10_000, 100_000, 1_000_000, 10_000_000];

export function ScoreChart({ traffic, slug, name }: { traffic: Traffic; slug: string; name: string }) {
  const histogram = traffic.categories[slug]?.histogram ?? [];
  const x = useMemo(() => histogram.map((_, i) => (i + 0.5) / histogram.length), [traffic, slug]);
  // One or none differ from many by a thousand times: the logarithm shows both.
  const values = useMemo(() => [histogram.map((each) => Math.log10(each + 1))], [traffic, slug]);
  const marks = TENS.filter((each) => each <= 10 * Math.max(1, ...histogram)).map((each) => [Math.log10(each + 1), count(each)] as const);
  const high = total(histogram.slice(Math.floor(histogram.length / 2)));
  return (
    <Chart
      label={`Scores of ${name}: ${count(high)} of ${count(total(histogram))} are 0.5 or more.`}
      x={x}
      values={values}
      lines={[{ label: "decisions by score, on a logarithmic axis", colour: "curve-1", bars: true }]}
      xLabel="score"
      yLabel="decisions"
      yMarks={marks}
    />
  );
}

export function ScoresOverTime({ traffic, name }: { traffic: Traffic; name: string }) {
  const x = useMemo(() => times(traffic), [traffic]);
  const values = useMemo(
    () => [0.5, 0.95, 0.99].map((at) => (traffic.histograms ?? []).map((each) => quantile(each, at))),
    [traffic],
  );
  const lines = [
    { label: "median", colour: "curve-1" },
    { label: "95th percentile", colour: "curve-2" },
    { label: "99th percentile", colour: "review", dash: [4, 4] },
  ];
  const last = values.map((each) => each.filter((value) => value !== null).at(-1));
  const words = last[0] === undefined ? "nothing yet" : `lately the median is below ${last[0]}, the 99th percentile below ${last[2]}`;
  return <Chart label={`Scores of ${name} over time: ${words}.`} x={x} values={values} lines={lines} time yRange={[0, 1.02]} yLabel="score" />;
}
