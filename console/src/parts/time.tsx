// A moment, in the reader's own time.
const HOW = { dateStyle: "medium", timeStyle: "short", hourCycle: "h23" } as const;

export function Time({ at }: { at: number }) {
  const moment = new Date(at);
  return <time dateTime={moment.toISOString()}>{moment.toLocaleString(undefined, HOW)}</time>;
}
