import assert from "node:assert/strict";
import { test } from "node:test";
import { count, listed, milliseconds, percent } from "../src/parts/numbers.ts";
import { outcomeOf, pointAt, precisionRecall } from "../src/policy/point.ts";
import { evaluationOf } from "../src/wire/evaluation.ts";

// Ten positives at 0.805, twenty negatives at 0.205.
const upTo = (last: number, count: number) => Array.from({ length: 101 }, (_, i) => (i <= last ? count : 0));
const curve = { positives: 10, negatives: 20, caught: upTo(80, 10), stopped: upTo(20, 20), histogram: [] };

test("a threshold is read on its hundredth, or the next above", () => {
  assert.deepEqual(
    [0, 0.2, 0.201, 0.8, 0.81, 1].map((threshold) => {
      const { caught, stopped } = pointAt(curve, threshold);
      return [caught, stopped];
    }),
    [[10, 20], [10, 20], [10, 0], [10, 0], [0, 0], [0, 0]],
  );
  // 0.29 * 100 is 28.999999999999996 in floats.
  assert.equal(pointAt({ ...curve, caught: upTo(29, 10) }, 0.29).caught, 10);
});

test("shares of nothing are unknown", () => {
  const point = pointAt(curve, 1);
  assert.deepEqual([point.precision, point.recall, point.falsePositives], [undefined, 0, 0]);
  assert.equal(pointAt({ ...curve, positives: 0 }, 0.5).recall, undefined);
  assert.deepEqual([percent(undefined), percent(0), percent(0.01234), percent(0.5)], ["unknown", "0 %", "1.23 %", "50.0 %"]);
});

test("recall rises along the chart", () => {
  const [recall, precision] = precisionRecall(curve);
  assert.deepEqual([...recall], [...recall].sort((a, b) => a - b));
  assert.deepEqual([recall.length, precision[0], precision[50], precision[100]], [101, null, 1, 1 / 3]);
});

test("a file that is no evaluation is refused without a word of it", () => {
  for (const text of ["", "{", "[]", "null", "3", '{"curves": {}}', '{"kind": "evaluation", "curves": {"hate": {}}}']) {
    assert.throws(() => evaluationOf(text), /It is (not JSON|no evaluation)/);
  }
  const good = { made: "", data: "", model: "", rows: 30, curves: { hate: curve } };
  assert.deepEqual(evaluationOf(JSON.stringify(good)), good);
  assert.throws(() => evaluationOf(JSON.stringify({ ...good, curves: { hate: { ...curve, caught: [1] } } })));
});

test("what lies in the band goes to review and is not counted as blocked", () => {
  const outcome = (threshold: number, action: "flag" | "review" | "block", review_band = {}) => {
    const { acted, reviewed } = outcomeOf(curve, { threshold, action, review_band });
    return [acted, reviewed];
  };
  assert.deepEqual(outcome(0.5, "block"), [[10, 0], [0, 0]]);
  assert.deepEqual(outcome(0.9, "block", { below: 0.15 }), [[0, 0], [10, 0]]);
  assert.deepEqual(outcome(0.15, "block", { above: 0.2 }), [[10, 0], [0, 20]]);
  // Only review and block have a band.
  assert.deepEqual(outcome(0.9, "flag", { below: 0.15 }), [[0, 0], [0, 0]]);
});

test("numbers are written for people", () => {
  assert.deepEqual([count(999), count(1234567)], ["999", "1,234,567"]);
  assert.deepEqual([milliseconds(undefined), milliseconds(4.04), milliseconds(12345)], ["unknown", "4.0 ms", "12.3 s"]);
  assert.deepEqual([listed([]), listed(["a", ""]), listed(["a", "b", "c"])], ["", "a", "a, b and c"]);
});
