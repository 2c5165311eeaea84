// Requests to this server and no other, with the key if there is one; what is refused becomes a Refused.
import { key } from "../session.ts";

export class Refused extends Error {
  constructor(
    readonly status: number,
    readonly title: string,
    readonly detail: string,
  ) {
    super(detail);
  }
}

export interface Answer<T> {
  body: T;
  etag: string;
}

export interface Asked {
  method?: "GET" | "POST" | "PUT" | "DELETE";
  body?: unknown;
  // The ETag that must still hold; "new" for what must not exist yet.
  match?: string;
  signal?: AbortSignal;
  accept?: string;
  // A key to try; else the one that is kept.
  key?: string;
}

export async function ask<T>(path: string, asked: Asked = {}): Promise<Answer<T>> {
  const answer = await send(path, asked);
  const text = await answer.text();
  return { body: (text === "" ? undefined : JSON.parse(text)) as T, etag: answer.headers.get("ETag") ?? "" };
}

export async function askText(path: string, accept: string): Promise<string> {
  return (await send(path, { accept })).text();
}

async function send(path: string, asked: Asked): Promise<Response> {
  const headers: Record<string, string> = { Accept: asked.accept ?? "application/json" };
  const signed = asked.key ?? key();
  if (signed) headers["Authorization"] = `Bearer ${signed}`;
  if (asked.body !== undefined) headers["Content-Type"] = "application/json";
  if (asked.match === "new") headers["If-None-Match"] = "*";
  else if (asked.match) headers["If-Match"] = asked.match;
  const request: RequestInit = { method: asked.method ?? "GET", headers, credentials: "omit", cache: "no-store" };
  if (asked.body !== undefined) request.body = JSON.stringify(asked.body);
  if (asked.signal) request.signal = asked.signal;
  let answer: Response;
  try {
    answer = await fetch(path, request);
  } catch (error) {
    if (asked.signal?.aborted) throw error;
    throw new Refused(0, "No answer", "The server did not answer. It may be stopped or restarting.");
  }
  if (!answer.ok) throw await refusal(answer);
  return answer;
}

async function refusal(answer: Response): Promise<Refused> {
  try {
    const problem = (await answer.json()) as { title?: unknown; detail?: unknown };
    return new Refused(answer.status, String(problem.title ?? "Refused"), String(problem.detail ?? ""));
  } catch {
    return new Refused(answer.status, `Refused with ${answer.status}`, "");
  }
}
