// Policies over HTTP: `/v1/policies` and what lies under it.
import { ask } from "./http.ts";
import type { Action, Role } from "./classify.ts";

export interface Band {
  below?: number;
  above?: number;
}

export interface Rule {
  threshold: number;
  action: Action;
  review_band?: Band;
  shadow?: boolean;
}

export interface PolicyOut {
  name: string;
  description: string;
  digest: string;
  default: boolean;
  on_error: "open" | "closed";
  on_unsupported: "decide" | "review" | "block";
  rules: Record<Role, Record<string, Rule>>;
}

export async function policies(signal?: AbortSignal): Promise<PolicyOut[]> {
  return (await ask<PolicyOut[]>("/v1/policies", signal ? { signal } : {})).body;
}
