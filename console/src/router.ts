// Pages by the address's hash: "#/policies/default" is the page `policies` with the rest ["default"].
import { useEffect, useState } from "preact/hooks";

export interface Route {
  page: string;
  rest: string[];
}

export function routeOf(hash: string): Route {
  const [page = "", ...rest] = hash.replace(/^#\/?/, "").split("/").map(decoded);
  return { page: page || "playground", rest: rest.filter((part) => part !== "") };
}

export function hrefOf(page: string, ...rest: string[]): string {
  return "#/" + [page, ...rest].map(encodeURIComponent).join("/");
}

export function useRoute(): Route {
  const [hash, setHash] = useState(location.hash);
  useEffect(() => {
    const moved = () => setHash(location.hash);
    addEventListener("hashchange", moved);
    return () => removeEventListener("hashchange", moved);
  }, []);
  return routeOf(hash);
}

// What somebody typed into the address may be no encoding at all.
function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
