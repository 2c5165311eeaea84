// `GET /v1/traffic`: service/decisions/traffic.py.
import { ask } from "./http.ts";
import type { Action } from "./classify.ts";

export interface Quantiles {
  p50: number;
  p95: number;
  p99: number;
}

export interface Drift {
  index: number;
  chance: number;
}

export interface CategoryTraffic {
  acting: number[];
  histogram: number[];
  drift: Drift | null;
}

export interface TenantTraffic {
  tenant: string | null;
  decisions: number;
  cached: number;
  verdicts: Record<Action, number>;
}

export interface Traffic {
  since: number;
  until: number;
  part_ms: number;
  remembered: number;
  whole: boolean;
  decisions: number;
  verdicts: Record<Action, number[]>;
  cached: number[];
  degraded: number[];
  unsupported: number[];
  latency: Quantiles | null;
  latencies: (Quantiles | null)[];
  categories: Record<string, CategoryTraffic>;
  tenants: TenantTraffic[];
  // Of the category that was asked for, for each part of the time.
  histograms: number[][] | null;
}

export interface TrafficAnswer {
  traffic: Traffic;
  evaluation: string | null;
  same_model: boolean;
  log: { kept: boolean; failing: boolean; waiting: number };
}

export async function traffic(minutes: number, tenant: string, category: string, signal: AbortSignal): Promise<TrafficAnswer> {
  const asked = new URLSearchParams({ minutes: String(minutes) });
  if (tenant) asked.set("tenant", tenant);
  if (category) asked.set("category", category);
  return (await ask<TrafficAnswer>(`/v1/traffic?${asked}`, { signal })).body;
}
