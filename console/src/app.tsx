// The frame around every page: where one is, who one is, light or dark.
import { useEffect, useRef } from "preact/hooks";
import { Playground } from "./pages/playground.tsx";
import { PoliciesPage } from "./pages/policies.tsx";
import { PolicyPage } from "./pages/policy.tsx";
import { SignIn } from "./pages/signin.tsx";
import { TenantsPage } from "./pages/tenants.tsx";
import { TrafficPage } from "./pages/traffic.tsx";
import { Scheme } from "./parts/scheme.tsx";
import { hrefOf, useRoute } from "./router.ts";
import type { Route } from "./router.ts";
import { signOut, useKey } from "./session.ts";

const PAGES = [
  ["playground", "Playground"],
  ["policies", "Policies"],
  ["tenants", "Tenants"],
  ["traffic", "Traffic"],
] as const;

export function App() {
  const route = useRoute();
  const key = useKey();
  const main = useRef<HTMLElement>(null);
  const first = useRef(true);
  const place = [route.page, ...route.rest].join("/");
  const title = PAGES.find(([page]) => page === route.page)?.[1] ?? "Sign in";
  useEffect(() => {
    document.title = `${title}${route.rest[0] ? ` ${route.rest[0]}` : ""} · tidegate console`;
    // A screen reader goes where the eye goes; but the first page begins at the beginning.
    if (!first.current) main.current?.focus();
    first.current = false;
  }, [place]);
  return (
    <>
      <a class="skip" href="#main" onClick={(event) => (event.preventDefault(), main.current?.focus())}>
        Skip to the page
      </a>
      <header class="top">
        <a class="brand" href={hrefOf("playground")}>
          <img src="/console/icon.svg" alt="" width="28" height="28" />
          tidegate
        </a>
        <nav aria-label="Pages">
          {PAGES.map(([page, name]) => (
            <a key={page} href={hrefOf(page)} aria-current={route.page === page ? "page" : undefined}>
              {name}
            </a>
          ))}
        </nav>
        <div class="ends">
          <Scheme />
          {key ? (
            <button type="button" class="quiet" onClick={signOut}>
              Sign out
            </button>
          ) : (
            <a class="quiet" href={hrefOf("sign-in")}>
              Sign in
            </a>
          )}
        </div>
      </header>
      <main id="main" ref={main} tabIndex={-1}>
        <Page key={place + key} route={route} />
      </main>
    </>
  );
}

function Page({ route }: { route: Route }) {
  const [first] = route.rest;
  if (route.page === "playground") return <Playground />;
  if (route.page === "policies") return first ? <PolicyPage name={first} /> : <PoliciesPage />;
  if (route.page === "tenants") return <TenantsPage />;
  if (route.page === "traffic") return <TrafficPage />;
  return <SignIn />;
}
