import assert from "node:assert/strict";
import { test } from "node:test";
import { exact, reviewed } from "../src/judged/band.ts";

test("a band lies around its threshold, in decimals", () => {
  assert.deepEqual(reviewed({ threshold: 0.8, action: "block", review_band: { below: 0.1, above: 0.05 } }), [0.7, 0.85]);
  assert.deepEqual(reviewed({ threshold: 0.5, action: "review", review_band: { below: 0.1 } }), [0.4, 0.5]);
});

test("a band takes at most half the room to 0 and to 1", () => {
  assert.deepEqual(reviewed({ threshold: 0.1, action: "block", review_band: { below: 0.3, above: 1 } }), [0.05, 0.55]);
});

test("only review and block have a band", () => {
  assert.deepEqual(reviewed({ threshold: 0.5, action: "flag", review_band: { below: 0.1 } }), [0.5, 0.5]);
  assert.deepEqual(reviewed({ threshold: 0.5, action: "block" }), [0.5, 0.5]);
});

test("sums of decimals are decimals", () => {
  assert.equal(exact(0.1 + 0.2), 0.3);
});
