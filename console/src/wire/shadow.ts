// A version decided beside the one in force: `/v1/policies/{name}/shadow`.
import { ask, Refused } from "./http.ts";
import type { Action } from "./classify.ts";

export interface ShadowOut {
  version: number;
  since: number;
  same: number;
  milder: number;
  graver: number;
  categories: { slug: string; action: Action; candidate: Action; texts: number }[];
}

const at = (name: string) => `/v1/policies/${encodeURIComponent(name)}/shadow`;

export async function shadowOf(name: string, signal: AbortSignal): Promise<ShadowOut | null> {
  try {
    return (await ask<ShadowOut>(at(name), { signal })).body;
  } catch (error) {
    if (error instanceof Refused && error.status === 404) return null;
    throw error;
  }
}

export async function setShadow(name: string, version: number | null, reason: string, match: string): Promise<void> {
  if (version === null) await ask(`${at(name)}?${new URLSearchParams({ reason })}`, { method: "DELETE", match });
  else await ask(at(name), { method: "PUT", body: { version, reason }, match });
}
