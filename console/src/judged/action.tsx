import type { Action } from "../wire/classify.ts";

// The word is always there: colour alone tells some people nothing.
export function ActionTag({ action }: { action: Action }) {
  return <span class={`tag ${action}`}>{action}</span>;
}
