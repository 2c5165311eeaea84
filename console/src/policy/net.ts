// What a candidate would change of the recent decisions, in sentences.
import { ACTIONS } from "../wire/classify.ts";
import { count, listed } from "../parts/numbers.ts";
import type { Tried } from "../wire/try.ts";

const WORDS = { allow: "allowed", flag: "flagged", review: "to review", block: "blocked" } as const;

export function summary(tried: Tried): string {
  const { texts, milder, graver } = tried;
  if (texts === 0) return "There are no recent decisions of this policy to try it on.";
  const changed = milder + graver;
  if (changed === 0) return `None of the last ${count(texts)} decisions would have another verdict.`;
  const net = listed(ACTIONS.map((action) => byHowMuch(tried, action)).reverse());
  return `${count(changed)} of the last ${count(texts)} decisions would have another verdict: ${net || "as many of each as before"}.`;
}

// "12 more blocked"; "" where it is as many as before.
function byHowMuch({ verdicts }: Tried, action: (typeof ACTIONS)[number]): string {
  const net = verdicts.reduce((sum, each) => sum + each.texts * (Number(each.candidate === action) - Number(each.action === action)), 0);
  return net === 0 ? "" : `${count(Math.abs(net))} ${net > 0 ? "more" : "fewer"} ${WORDS[action]}`;
}

// Why not all that are remembered were compared; "" where they were.
export function leftOut({ texts, others, own, degraded }: Tried): string {
  const rest = others + own + degraded;
  if (rest === 0) return "";
  const why = listed([
    others && `${count(others)} by other policies`,
    own && `${count(own)} with thresholds of their own`,
    degraded && `${count(degraded)} that could not be scored`,
  ].map((each) => each || ""));
  return `Not among them, of ${count(texts + rest)} that are remembered: ${why}.`;
}
