// Labelled rows reduced to counts: taxonomy/evaluation.py. From the server, or from a file opened here.
import { ask, Refused } from "./http.ts";

export interface Curve {
  positives: number;
  negatives: number;
  // For thresholds 0, 0.01 ... 1: how many positives, and how many negatives, reach it.
  caught: number[];
  stopped: number[];
  histogram: number[];
}

export interface Evaluation {
  made: string;
  data: string;
  model: string;
  rows: number;
  curves: Record<string, Curve>;
}

export const POINTS = 101;

// The server's, or nothing where it has none loaded.
export async function evaluation(signal: AbortSignal): Promise<Evaluation | null> {
  try {
    return (await ask<Evaluation | null>("/v1/evaluation", { signal })).body ?? null;
  } catch (error) {
    if (error instanceof Refused && error.status === 404) return null;
    throw error;
  }
}

// Raises Refused in words for people, without anything from the file.
export function evaluationOf(text: string): Evaluation {
  let found: unknown;
  try {
    found = JSON.parse(text);
  } catch {
    throw new Refused(0, "This file cannot be used", "It is not JSON.");
  }
  if (!isEvaluation(found)) {
    throw new Refused(0, "This file cannot be used", "It is no evaluation as tidegate tune --evaluation writes it.");
  }
  return found;
}

function isEvaluation(value: unknown): value is Evaluation {
  if (typeof value !== "object" || value === null) return false;
  const { curves, made, data, model, rows } = value as Record<string, unknown>;
  if (![made, data, model].every((each) => typeof each === "string") || !isCount(rows)) return false;
  return typeof curves === "object" && curves !== null && Object.values(curves).every(isCurve);
}

function isCurve(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return false;
  const { positives, negatives, caught, stopped, histogram } = value as Record<string, unknown>;
  return isCount(positives) && isCount(negatives) && areCounts(caught) && areCounts(stopped) && Array.isArray(histogram);
}

const isCount = (value: unknown): value is number => Number.isInteger(value) && (value as number) >= 0;
const areCounts = (value: unknown) => Array.isArray(value) && value.length === POINTS && value.every(isCount);
