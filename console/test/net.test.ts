import assert from "node:assert/strict";
import { test } from "node:test";
import { leftOut, summary } from "../src/policy/net.ts";
import type { Tried } from "../src/wire/try.ts";

const tried: Tried = { texts: 653, others: 0, own: 0, degraded: 0, same: 653, milder: 0, graver: 0, verdicts: [], categories: [] };

test("verdicts are told apart", () => {
  assert.equal(summary({ ...tried, texts: 0 }), "There are no recent decisions of this policy to try it on.");
  assert.equal(summary(tried), "None of the last 653 decisions would have another verdict.");
  const verdicts: Tried["verdicts"] = [
    { action: "review", candidate: "block", texts: 12 },
    { action: "flag", candidate: "review", texts: 2 },
    { action: "block", candidate: "allow", texts: 1 },
  ];
  assert.equal(
    summary({ ...tried, same: 638, milder: 1, graver: 14, verdicts }),
    "15 of the last 653 decisions would have another verdict: 11 more blocked, 10 fewer to review, 2 fewer flagged and 1 more allowed.",
  );
  const swapped: Tried["verdicts"] = [
    { action: "allow", candidate: "block", texts: 3 },
    { action: "block", candidate: "allow", texts: 3 },
  ];
  assert.equal(
    summary({ ...tried, same: 647, milder: 3, graver: 3, verdicts: swapped }),
    "6 of the last 653 decisions would have another verdict: as many of each as before.",
  );
});

test("what was not compared is said", () => {
  assert.equal(leftOut(tried), "");
  assert.equal(leftOut({ ...tried, own: 3 }), "Not among them, of 656 that are remembered: 3 with thresholds of their own.");
  assert.equal(
    leftOut({ ...tried, others: 1200, own: 3, degraded: 1 }),
    "Not among them, of 1,857 that are remembered: 1,200 by other policies, 3 with thresholds of their own and 1 that could not be scored.",
  );
});
