// The API key, for as long as this tab is open. It is no cookie: no other site can make the browser send it.
import { useEffect, useState } from "preact/hooks";

const KEPT = "tidegate-key";
const changed = new EventTarget();

export function key(): string {
  return sessionStorage.getItem(KEPT) ?? "";
}

export function signIn(value: string): void {
  sessionStorage.setItem(KEPT, value);
  changed.dispatchEvent(new Event("change"));
}

export function signOut(): void {
  sessionStorage.removeItem(KEPT);
  changed.dispatchEvent(new Event("change"));
}

export function useKey(): string {
  const [value, setValue] = useState(key());
  useEffect(() => {
    const update = () => setValue(key());
    changed.addEventListener("change", update);
    return () => changed.removeEventListener("change", update);
  }, []);
  return value;
}

// A header takes visible ASCII: anything else is a slip in copying.
export function looksLikeKey(value: string): boolean {
  return /^tg_[A-Za-z0-9]+_[A-Za-z0-9_-]+$/.test(value);
}
