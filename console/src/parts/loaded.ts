// Something asked for when a page opens, and again when told to.
import { useCallback, useEffect, useState } from "preact/hooks";

export interface Loaded<T> {
  value: T | undefined;
  error: unknown;
  reload: () => void;
}

export function useLoaded<T>(load: (signal: AbortSignal) => Promise<T>, on: readonly unknown[]): Loaded<T> {
  const [value, setValue] = useState<T>();
  const [error, setError] = useState<unknown>();
  const [turn, setTurn] = useState(0);
  useEffect(() => {
    const aborted = new AbortController();
    load(aborted.signal).then(
      (found) => !aborted.signal.aborted && (setValue(found), setError(undefined)),
      (problem) => !aborted.signal.aborted && setError(problem),
    );
    return () => aborted.abort();
  }, [...on, turn]);
  return { value, error, reload: useCallback(() => setTurn((before) => before + 1), []) };
}
