// The rest of a long list, some at a time.
import { count } from "./numbers.ts";

export function More({ all, shown, onMore }: { all: number; shown: number; onMore: () => void }) {
  if (shown >= all) return null;
  return (
    <button type="button" class="secondary" onClick={onMore}>
      Show more, {count(all - shown)} are left
    </button>
  );
}
