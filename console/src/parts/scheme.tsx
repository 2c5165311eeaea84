// Light or dark: as the system says, or as was chosen here. Nothing else is kept beyond the tab.
import { useState } from "preact/hooks";

const KEPT = "tidegate-scheme";
const SCHEMES = ["system", "light", "dark"] as const;
type Name = (typeof SCHEMES)[number];

export function applyScheme(name: Name = chosen()): void {
  if (name === "system") document.documentElement.removeAttribute("data-theme");
  else document.documentElement.setAttribute("data-theme", name);
  // Charts are drawn on canvases, which take no colours from style sheets.
  dispatchEvent(new Event("schemechange"));
}

export function Scheme() {
  const [name, setName] = useState(chosen());
  const change = (next: Name) => {
    localStorage.setItem(KEPT, next);
    setName(next);
    applyScheme(next);
  };
  return (
    <select
      class="scheme"
      aria-label="Colours"
      value={name}
      onChange={(event) => change(event.currentTarget.value as Name)}
    >
      <option value="system">System</option>
      <option value="light">Light</option>
      <option value="dark">Dark</option>
    </select>
  );
}

function chosen(): Name {
  const kept = localStorage.getItem(KEPT);
  return SCHEMES.find((each) => each === kept) ?? "system";
}
