// Which tenant has which policy: `/v1/tenants`.
import { ask, Refused } from "./http.ts";

export interface TenantOut {
  tenant: string;
  policy: string;
  source: "folder" | "stored";
  // Whether the policy is in force; if not, the tenant's requests are answered with 503.
  known: boolean;
  time: number;
  author: string;
  reason: string;
}

export interface TenantsOut {
  default: string;
  tenants: TenantOut[];
}

export interface Given {
  // Null where the tenant has the default policy, and no other of its own.
  given: TenantOut | null;
  match: string;
}

export async function tenants(signal: AbortSignal): Promise<TenantsOut> {
  return (await ask<TenantsOut>("/v1/tenants", { signal })).body;
}

export async function tenant(name: string): Promise<Given> {
  try {
    const { body, etag } = await ask<TenantOut>(at(name));
    return { given: body, match: etag };
  } catch (error) {
    if (error instanceof Refused && error.status === 404) return { given: null, match: "new" };
    throw error;
  }
}

export async function assign(name: string, policy: string, reason: string, match: string): Promise<void> {
  await ask(at(name), { method: "PUT", body: { policy, reason }, match });
}

export async function unassign(name: string, reason: string, match: string): Promise<void> {
  await ask(`${at(name)}?${new URLSearchParams({ reason })}`, { method: "DELETE", match });
}

function at(name: string): string {
  // Browsers take dots for steps up and down, however they are written.
  if (name === "." || name === "..") throw new Refused(0, "This name fits into no address", "Such a tenant has to stand in a file.");
  return `/v1/tenants/${encodeURIComponent(name)}`;
}
