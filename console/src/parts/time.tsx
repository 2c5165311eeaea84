// A moment, in the reader's own time.
export function Time({ at }: { at: number }) {
  const moment = new Date(at);
  return <time dateTime={moment.toISOString()}>{moment.toLocaleString(undefined, { dateStyle: "medium", timeStyle: "short" })}</time>;
}
