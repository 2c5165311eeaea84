// A text cut where windows begin and end; windows overlap, and each piece shows the strongest over it.
import type { WindowOut } from "../wire/classify.ts";

export interface Piece {
  start: number;
  text: string;
  window: WindowOut | undefined;
}

// Harm of no category still is harm.
export const hot = (window: WindowOut) => Math.max(window.score, window.unsafe);

// The server counts characters as Python does, by code points; JavaScript's strings count UTF-16 units.
export function pieces(text: string, windows: readonly WindowOut[]): Piece[] {
  const points = Array.from(text);
  const cuts = new Set([0, points.length]);
  for (const { start, end } of windows) cuts.add(inside(start, points.length)).add(inside(end, points.length));
  const sorted = [...cuts].sort((a, b) => a - b);
  return sorted.slice(0, -1).map((start, i) => {
    const end = sorted[i + 1]!;
    const over = windows.filter((each) => each.start < end && start < each.end);
    const window = over.sort((a, b) => hot(b) - hot(a))[0];
    return { start, text: points.slice(start, end).join(""), window };
  });
}

const inside = (at: number, length: number) => Math.max(0, Math.min(at, length));
