// Policies over HTTP: `/v1/policies` and what lies under it.
import { ask, askText } from "./http.ts";
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

export type Rules = Record<Role, Record<string, Rule>>;

// A policy as written: what is left out is inherited.
export interface Document {
  kind: "policy";
  name: string;
  description: string;
  extends?: string;
  on_error?: "open" | "closed";
  on_unsupported?: "decide" | "review" | "block";
  override?: "none" | "stricter" | "any";
  defaults?: Partial<Rule>;
  categories?: Record<string, Partial<Rule>>;
  roles?: Partial<Record<Role, Record<string, Partial<Rule>>>>;
  evidence?: Evidence;
}

export interface Promised {
  of: string;
  figure: "fpr" | "recall";
  bound: number;
  rows: number;
  errors: number;
  limit?: number;
}

export interface Evidence {
  objective: string;
  confidence: number;
  made: string;
  chosen_on: number;
  verified_on: number;
  promises?: Promised[];
}

export interface PolicyOut {
  name: string;
  description: string;
  digest: string;
  default: boolean;
  on_error: "open" | "closed";
  on_unsupported: "decide" | "review" | "block";
  override: "none" | "stricter" | "any";
  rules: Rules;
  // What is shipped or stands in a file has version 0.
  source: "shipped" | "file" | "folder" | "stored";
  version: number;
  candidate: number | null;
  in_force: boolean;
  proven: boolean;
  evidence: Evidence | null;
  // Files and lines that keep the files as they are now from being used.
  wrong: string[];
}

export interface VersionOut {
  version: number;
  digest: string;
  author: string;
  reason: string;
  time: number;
  active: boolean;
  candidate: boolean;
  proven: boolean;
}

export interface VersionsOut {
  active: number;
  candidate: number | null;
  retired: boolean;
  shipped: boolean;
  // The newest first; `more` where older ones were left out.
  versions: VersionOut[];
  more: boolean;
}

// One field that differs; without a role it does so in every role, without a slug it is the policy's own.
export interface Change {
  field: string;
  before: unknown;
  after: unknown;
  slug?: string;
  role?: Role;
}

// A policy as it is in force, with the document that it was written as, if it was saved here.
export interface Loaded {
  policy: PolicyOut;
  document: Document | null;
  match: string;
  versions: VersionsOut;
}

const at = (name: string, rest = "") => `/v1/policies/${encodeURIComponent(name)}${rest}`;
// How many versions are loaded with a policy; the page asks for older ones.
const FIRST = 20;
const NONE: VersionsOut = { active: 0, candidate: null, retired: false, shipped: false, versions: [], more: false };

export const isWritten = (policy: PolicyOut): boolean => policy.source === "file" || policy.source === "folder";

export async function policies(signal?: AbortSignal): Promise<PolicyOut[]> {
  return (await ask<PolicyOut[]>("/v1/policies", signal ? { signal } : {})).body;
}

export async function load(name: string, signal: AbortSignal = new AbortController().signal): Promise<Loaded> {
  const { body: policy, etag: match } = await ask<PolicyOut>(at(name), { signal });
  // A file has no versions.
  if (isWritten(policy)) return { policy, document: null, match, versions: NONE };
  const { body: versions } = await ask<VersionsOut>(at(name, `/versions?limit=${FIRST}`), { signal });
  const whole = policy.version ? await ask<{ policy: Document }>(at(name, `/versions/${policy.version}`), { signal }) : null;
  return { policy, document: whole && whole.body.policy, match, versions };
}

// The newest version, in force or not; what is in force where nothing was saved.
export async function newest({ policy, document, versions }: Loaded): Promise<{ rules: Rules; document: Document | null }> {
  const [last] = versions.versions;
  if (!last || last.version === policy.version) return { rules: policy.rules, document };
  const { body } = await ask<{ rules: Rules; policy: Document }>(at(policy.name, `/versions/${last.version}`));
  return { rules: body.rules, document: body.policy };
}

// The versions that come before one, the newest of them first.
export async function versionsBefore(name: string, before: number, limit: number): Promise<VersionsOut> {
  return (await ask<VersionsOut>(at(name, `/versions?before=${before}&limit=${limit}`))).body;
}

export async function differences(name: string, from: number, to: number): Promise<Change[]> {
  return (await ask<{ changes: Change[] }>(at(name, `/diff?from=${from}&to=${to}`))).body.changes;
}

export function yamlOf(name: string, version: number): Promise<string> {
  return askText(at(name, `/versions/${version}`), "application/yaml");
}

export async function save(name: string, policy: Document, reason: string, match: string): Promise<VersionOut> {
  return (await ask<VersionOut>(at(name, "/versions"), { method: "POST", body: { policy, reason }, match })).body;
}

export async function activate(name: string, version: number, reason: string, match: string): Promise<void> {
  await ask(at(name, "/activate"), { method: "POST", body: { version, reason }, match });
}

export async function retire(name: string, reason: string, match: string): Promise<void> {
  await ask(`${at(name)}?${new URLSearchParams({ reason })}`, { method: "DELETE", match });
}
