// The categories' names and groups, asked for once.
import { useEffect, useState } from "preact/hooks";
import { ask } from "./http.ts";

export interface Category {
  slug: string;
  name: string;
  group: "core" | "fine_grained" | "fallback" | "attack";
  definition: string;
}

let kept: Promise<Category[]> | undefined;

export function categories(): Promise<Category[]> {
  kept ??= ask<{ categories: Category[] }>("/v1/taxonomy").then(({ body }) => body.categories);
  // Whoever signs in asks again.
  kept.catch(() => (kept = undefined));
  return kept;
}

// "guns_illegal_weapons" -> the category's name; the slug until it is known.
export function useNames(): (slug: string) => string {
  const [names, setNames] = useState<Map<string, string>>(new Map());
  useEffect(() => {
    categories().then(
      (found) => setNames(new Map(found.map((each) => [each.slug, breakable(each.name)]))),
      () => undefined,
    );
  }, []);
  return (slug) => names.get(slug) ?? slug;
}

// "Planning/Confessions" may break behind the stroke: a phone is narrow.
function breakable(name: string): string {
  return name.replaceAll("/", "/\u200b");
}
