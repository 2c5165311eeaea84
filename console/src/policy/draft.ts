// A policy's rules while somebody changes them, and the document that says the same.
import { exact } from "../judged/band.ts";
import { ROLES } from "../wire/classify.ts";
import type { Role } from "../wire/classify.ts";
import type { Document, PolicyOut, Rule, Rules } from "../wire/policies.ts";

export type Field = "threshold" | "action" | "review_band";
export const FIELDS: readonly Field[] = ["threshold", "action", "review_band"];
export type Where = Role | "all";

export interface Cell {
  slug: string;
  field: Field;
  // In these roles it is another now; all of them, or some.
  roles: Role[];
}

export const rolesOf = (where: Where): readonly Role[] => (where === "all" ? ROLES : [where]);

// The value that a rule has in every one of these roles; undefined where it varies.
export function shared<F extends Field>(rules: Rules, slug: string, where: Where, field: F): Rule[F] | undefined {
  const [first, ...rest] = rolesOf(where).map((role) => rules[role][slug]?.[field]);
  return rest.every((each) => same(each, first)) ? first : undefined;
}

export function changed(rules: Rules, slug: string, where: Where, change: Partial<Rule>): Rules {
  const next = { ...rules };
  for (const role of rolesOf(where)) {
    const rule = next[role][slug];
    if (rule) next[role] = { ...next[role], [slug]: { ...rule, ...change } };
  }
  return next;
}

export function cells(before: Rules, after: Rules): Cell[] {
  return Object.keys(after.text).flatMap((slug) =>
    FIELDS.flatMap((field) => {
      const roles = ROLES.filter((role) => !same(before[role][slug]?.[field], after[role][slug]?.[field]));
      return roles.length > 0 ? [{ slug, field, roles }] : [];
    }),
  );
}

// Somebody else's rules with what was changed here on top.
export function onTop(before: Rules, after: Rules, theirs: Rules): Rules {
  let out = theirs;
  for (const { slug, field, roles } of cells(before, after))
    for (const role of roles) out = changed(out, slug, role, { [field]: after[role][slug]?.[field] });
  return out;
}

// The document with these rules; what did not change stays as it was written.
export function documentOf(policy: PolicyOut, base: Document | null, rules: Rules): Document {
  const document: Document = structuredClone(base ?? written(policy));
  // What thresholds were chosen on says nothing of others.
  if (cells(policy.rules, rules).some((cell) => cell.field === "threshold")) delete document.evidence;
  document.categories ??= {};
  document.roles ??= {};
  for (const { slug, field, roles } of cells(policy.rules, rules)) {
    const everywhere = shared(rules, slug, "all", field);
    if (everywhere !== undefined) {
      put(document.categories, slug, field, everywhere);
      for (const role of ROLES) drop(document.roles[role], slug, field);
    } else {
      for (const role of roles) put((document.roles[role] ??= {}), slug, field, rules[role][slug]?.[field]);
    }
  }
  return tidied(document);
}

// A document that writes every rule out, for a policy of which nobody has one.
function written(policy: PolicyOut): Document {
  const { name, description, on_error, on_unsupported, override, rules } = policy;
  const roles: NonNullable<Document["roles"]> = {};
  for (const role of ROLES)
    for (const [slug, rule] of Object.entries(rules[role]))
      if (!same(rule, rules.text[slug])) (roles[role] ??= {})[slug] = rule;
  const defaults: Rule = { threshold: 0.5, action: "block" };
  const categories = structuredClone(rules.text);
  return { kind: "policy", name, description, on_error, on_unsupported, override, defaults, categories, roles };
}

function put(rules: Record<string, Partial<Rule>>, slug: string, field: Field, value: unknown): void {
  rules[slug] = { ...rules[slug], [field]: value };
}

function drop(rules: Record<string, Partial<Rule>> | undefined, slug: string, field: Field): void {
  if (!rules?.[slug]) return;
  delete rules[slug][field];
  if (Object.keys(rules[slug]).length === 0) delete rules[slug];
}

function tidied(document: Document): Document {
  for (const role of ROLES)
    if (document.roles?.[role] && Object.keys(document.roles[role]).length === 0) delete document.roles[role];
  if (document.roles && Object.keys(document.roles).length === 0) delete document.roles;
  if (document.categories && Object.keys(document.categories).length === 0) delete document.categories;
  return document;
}

export function same(a: unknown, b: unknown): boolean {
  return JSON.stringify(plain(a ?? {})) === JSON.stringify(plain(b ?? {}));
}

// A band that is left out is an empty one; the order of keys says nothing.
function plain(value: unknown): unknown {
  if (typeof value === "number") return exact(value);
  if (typeof value !== "object" || value === null) return value;
  return Object.entries(value)
    .filter(([, each]) => each !== 0 && each !== false && each !== undefined)
    .map(([name, each]) => [name, plain(each)] as const)
    .sort(([a], [b]) => (a < b ? -1 : 1));
}
