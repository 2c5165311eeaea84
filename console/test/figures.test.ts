import assert from "node:assert/strict";
import { test } from "node:test";
import { cacheRates, driftWord, quantile, rows, stacked, times, totals } from "../src/traffic/figures.ts";
import type { Traffic } from "../src/wire/traffic.ts";

const traffic: Traffic = {
  since: 1000,
  until: 4000,
  part_ms: 1000,
  remembered: 0,
  whole: true,
  decisions: 7,
  verdicts: { allow: [3, 0, 0], flag: [1, 0, 0], review: [0, 0, 1], block: [0, 0, 2] },
  cached: [1, 0, 3],
  degraded: [0, 0, 0],
  unsupported: [0, 0, 0],
  latency: null,
  latencies: [null, null, null],
  categories: {},
  tenants: [],
  histograms: null,
};

test("bars stand on the graver ones", () => {
  assert.deepEqual(stacked(traffic), [[4, 0, 3], [1, 0, 3], [0, 0, 3], [0, 0, 2]]);
  assert.deepEqual(totals(traffic), [4, 0, 3]);
  assert.deepEqual(times(traffic), [1.5, 2.5, 3.5]);
});

test("nothing asked has no hit rate", () => {
  assert.deepEqual(cacheRates(traffic), [0.25, null, 1]);
});

test("a quantile is the upper end of its bin", () => {
  assert.equal(quantile([5, 0, 0, 5], 0.5), 0.25);
  assert.equal(quantile([5, 0, 0, 5], 0.95), 1);
  assert.equal(quantile([0, 0], 0.5), null);
});

test("rows add parts up, the last row what is left", () => {
  assert.deepEqual(
    rows(traffic, 2).map((row) => [row.time, row.all, row.cached, row.verdicts.block]),
    [[1000, 4, 1, 0], [3000, 3, 3, 2]],
  );
});

test("drift is called what custom calls it, and nothing where it may be chance", () => {
  const words = [[0.3, 0.4], [0.05, 0.01], [0.2, 0.01], [0.26, 0.01]].map(([index, chance]) =>
    driftWord({ index: index!, chance: chance! }),
  );
  assert.deepEqual(words, ["none beyond chance", "slight", "some", "great"]);
});
