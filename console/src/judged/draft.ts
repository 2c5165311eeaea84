// What the playground's form holds, and the request it makes.
import type { Asked, Message, Role } from "../wire/classify.ts";

export type Kind = Role | "messages";

export interface Draft {
  kind: Kind;
  text: string;
  context: string;
  turns: Message[];
  policy: string;
}

export const START: Draft = {
  kind: "prompt",
  text: "",
  context: "",
  turns: [{ role: "user", content: "" }],
  policy: "",
};

export function requestOf(draft: Draft): Asked {
  const policy = draft.policy ? { policy: draft.policy, windows: true } : { windows: true };
  if (draft.kind === "messages") return { messages: draft.turns, ...policy };
  const context = draft.kind === "response" && draft.context ? { context: draft.context } : {};
  return { items: [{ role: draft.kind, text: draft.text, ...context }], ...policy };
}

// The texts by the id that the answer gives them: each one's place.
export function textsOf(draft: Draft): string[] {
  return draft.kind === "messages" ? draft.turns.map((turn) => turn.content) : [draft.text];
}
