// Where a rule's review band lies: taxonomy/policy.py's Rule.reviewed.
import type { Rule } from "../wire/policies.ts";

export function reviewed(rule: Rule): [number, number] {
  const { threshold: at, action } = rule;
  if (action !== "review" && action !== "block") return [at, at];
  const { below = 0, above = 0 } = rule.review_band ?? {};
  return [exact(Math.max(at - below, at / 2)), exact(Math.min(at + above, (at + 1) / 2))];
}

// Thresholds are written in decimals: in floats 0.8 - 0.1 is above 0.7.
export function exact(value: number): number {
  return Number(value.toFixed(9));
}
