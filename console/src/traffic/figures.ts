// From counts to what charts and tables show.
import { ACTIONS } from "../wire/classify.ts";
import type { Action } from "../wire/classify.ts";
import { share } from "../parts/numbers.ts";
import type { Drift, Traffic } from "../wire/traffic.ts";

export const total = (counts: readonly number[]): number => counts.reduce((sum, each) => sum + each, 0);

// The middle of each part, in seconds: what the chart's axis takes.
export function times(traffic: Traffic): number[] {
  return traffic.cached.map((_, i) => (traffic.since + (i + 0.5) * traffic.part_ms) / 1000);
}

export function totals(traffic: Traffic): number[] {
  return traffic.cached.map((_, i) => total(ACTIONS.map((action) => traffic.verdicts[action][i] ?? 0)));
}

// The gravest at the bottom: each row holds the sum of itself and of all that are graver, the mildest row first, so
// that bars drawn one over the other look stacked.
export const STACKED: readonly Action[] = [...ACTIONS];
export function stacked(traffic: Traffic): number[][] {
  return STACKED.map((_, i) => traffic.cached.map((_, part) => total(STACKED.slice(i).map((each) => traffic.verdicts[each][part] ?? 0))));
}

export function cacheRates(traffic: Traffic): (number | null)[] {
  return totals(traffic).map((all, i) => share(traffic.cached[i] ?? 0, all) ?? null);
}

// The upper end of the bin in which a share of the counts is reached; null where nothing was counted.
export function quantile(histogram: readonly number[], at: number): number | null {
  const all = total(histogram);
  if (all === 0) return null;
  let seen = 0;
  const bin = histogram.findIndex((count) => (seen += count) >= at * all);
  return (bin + 1) / histogram.length;
}

export function driftWord(drift: Drift): string {
  if (drift.index <= drift.chance) return "none beyond chance";
  if (drift.index < 0.1) return "slight";
  return drift.index <= 0.25 ? "some" : "great";
}

export interface Row {
  time: number;
  verdicts: Record<Action, number>;
  all: number;
  cached: number;
}

// The parts, a few at a time: a table of sixty rows is read by nobody.
export function rows(traffic: Traffic, each = 5): Row[] {
  const out: Row[] = [];
  for (let from = 0; from < traffic.cached.length; from += each) {
    const sum = (counts: readonly number[]) => total(counts.slice(from, from + each));
    const verdicts = Object.fromEntries(ACTIONS.map((action) => [action, sum(traffic.verdicts[action])])) as Row["verdicts"];
    out.push({
      time: traffic.since + from * traffic.part_ms,
      verdicts,
      all: total(Object.values(verdicts)),
      cached: sum(traffic.cached),
    });
  }
  return out;
}
