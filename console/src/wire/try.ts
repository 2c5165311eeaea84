// What a candidate policy would change of the decisions that are remembered: `POST /v1/policies/{name}/try`.
import { ask } from "./http.ts";
import type { Action } from "./classify.ts";
import type { Document } from "./policies.ts";

export interface Flip {
  action: Action;
  candidate: Action;
  texts: number;
}

export interface CategoryFlip extends Flip {
  slug: string;
}

export interface Tried {
  // Compared; and of the others that are remembered, why each was not.
  texts: number;
  others: number;
  own: number;
  degraded: number;
  same: number;
  milder: number;
  graver: number;
  verdicts: Flip[];
  categories: CategoryFlip[];
}

export async function tryOut(name: string, policy: Document, signal: AbortSignal): Promise<Tried> {
  return (await ask<Tried>(`/v1/policies/${encodeURIComponent(name)}/try`, { method: "POST", body: { policy }, signal })).body;
}
