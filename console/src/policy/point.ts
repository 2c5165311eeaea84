// What a threshold means on the evaluation's rows.
import { POINTS } from "../wire/evaluation.ts";
import type { Curve } from "../wire/evaluation.ts";
import type { Action } from "../wire/classify.ts";
import type { Rule } from "../wire/policies.ts";
import { reviewed } from "../judged/band.ts";
import { share } from "../parts/numbers.ts";

export interface Point {
  caught: number;
  positives: number;
  stopped: number;
  negatives: number;
  // Undefined where there is nothing to divide by.
  precision: number | undefined;
  recall: number | undefined;
  falsePositives: number | undefined;
}

// Counts are kept for hundredths; a threshold between two is read at the next one above, and catches no more than it.
export function pointAt(curve: Curve, threshold: number): Point {
  const i = Math.min(POINTS - 1, Math.max(0, Math.ceil(Number((threshold * (POINTS - 1)).toFixed(6)))));
  const caught = curve.caught[i] ?? 0;
  const stopped = curve.stopped[i] ?? 0;
  return {
    caught,
    positives: curve.positives,
    stopped,
    negatives: curve.negatives,
    precision: share(caught, caught + stopped),
    recall: share(caught, curve.positives),
    falsePositives: share(stopped, curve.negatives),
  };
}

// Recall and precision for every threshold, recall rising: what a chart of it takes. Where nothing is stopped at all
// there is no precision.
export function precisionRecall(curve: Curve): [number[], (number | null)[]] {
  const points = Array.from({ length: POINTS }, (_, i) => pointAt(curve, i / (POINTS - 1))).reverse();
  return [points.map((each) => each.recall ?? 0), points.map((each) => each.precision ?? null)];
}

// Of rows with the category and of rows without it: what gets the rule's action, and what goes to review before that.
export interface Outcome {
  action: Action;
  acted: [number, number];
  reviewed: [number, number];
}

export function outcomeOf(curve: Curve, rule: Rule): Outcome {
  const [start, end] = reviewed(rule).map((each) => pointAt(curve, each)) as [Point, Point];
  const { action } = rule;
  return {
    action,
    acted: [end.caught, end.stopped],
    reviewed: [start.caught - end.caught, start.stopped - end.stopped],
  };
}
