// `POST /v1/classify` and what describes it: the shapes of service/wire/native.py.
import { ask } from "./http.ts";

export type Action = "allow" | "flag" | "review" | "block";
export type Role = "prompt" | "response" | "document" | "text";
export const ROLES: readonly Role[] = ["prompt", "response", "document", "text"];
export const ACTIONS: readonly Action[] = ["allow", "flag", "review", "block"];

export interface Item {
  role: Role;
  text: string;
  context?: string;
}

export interface Message {
  role: "system" | "user" | "assistant" | "tool";
  content: string;
}

export interface Asked {
  items?: Item[];
  messages?: Message[];
  policy?: string;
  windows?: boolean;
}

export interface CategoryOut {
  slug: string;
  score: number;
  threshold: number;
  flagged: boolean;
  action: Action;
  shadow_action?: Action;
  view?: string;
}

export interface WindowOut {
  start: number;
  end: number;
  slug: string;
  score: number;
  unsafe: number;
}

export interface ItemOut {
  id: string;
  role: Role;
  verdict: Action;
  flagged: boolean;
  unsafe: number;
  attack: number;
  categories: CategoryOut[];
  coverage: { tokens: number; scored: number; windows: number; context?: { tokens: number; scored: number } };
  cached: boolean;
  language?: string;
  supported?: boolean;
  degraded?: boolean;
  windows?: WindowOut[];
}

export interface Answer {
  id: string;
  verdict: Action;
  flagged: boolean;
  items: ItemOut[];
  policy: { name: string; digest: string };
  model: { name: string; digest: string };
  together?: ItemOut;
}

export async function classify(asked: Asked): Promise<Answer> {
  return (await ask<Answer>("/v1/classify", { method: "POST", body: asked })).body;
}

// Single quotes keep everything from the shell but a single quote.
const quoted = (text: string) => `'${text.replaceAll("'", `'\\''`)}'`;

export function asCurl(origin: string, asked: Asked, signed: boolean): string {
  const lines = [`curl ${quoted(origin + "/v1/classify")}`, `-H 'Content-Type: application/json'`];
  // The key itself stays out of what people paste into tickets.
  if (signed) lines.push(`-H "Authorization: Bearer $TIDEGATE_KEY"`);
  lines.push(`-d ${quoted(JSON.stringify(asked))}`);
  return lines.join(" \\\n  ");
}
