// The figures of the whole time, one beside the other.
import { count, milliseconds, percent, share } from "../parts/numbers.ts";
import type { Traffic } from "../wire/traffic.ts";
import { total } from "./figures.ts";

export function Tiles({ traffic }: { traffic: Traffic }) {
  const part = (counts: readonly number[]) => percent(share(total(counts), traffic.decisions));
  const tiles: [string, string][] = [
    ["Decisions", count(traffic.decisions)],
    ["Blocked", part(traffic.verdicts.block)],
    ["To review", part(traffic.verdicts.review)],
    ["Flagged", part(traffic.verdicts.flag)],
    ["From the cache", part(traffic.cached)],
    ["Latency, median", milliseconds(traffic.latency?.p50)],
    ["Latency, 99th", milliseconds(traffic.latency?.p99)],
    ["Degraded", count(total(traffic.degraded))],
    ["Not learned", part(traffic.unsupported)],
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
