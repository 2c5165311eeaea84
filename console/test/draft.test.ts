import assert from "node:assert/strict";
import { test } from "node:test";
import { cells, changed, documentOf, onTop, same, shared } from "../src/policy/draft.ts";
import type { Document, PolicyOut, Rule, Rules } from "../src/wire/policies.ts";

const rule = (threshold: number, action: Rule["action"] = "block"): Rule => ({ threshold, action });
const rules = (): Rules => ({
  prompt: { hate: rule(0.5), threat: rule(0.6, "flag") },
  response: { hate: rule(0.5), threat: rule(0.6) },
  document: { hate: rule(0.5), threat: rule(0.6) },
  text: { hate: rule(0.5), threat: rule(0.6) },
});
const document: Document = {
  kind: "policy",
  name: "mine",
  description: "",
  extends: "default",
  categories: { threat: { threshold: 0.6 } },
  roles: { prompt: { threat: { action: "flag" } } },
};
const policy: PolicyOut = {
  name: "mine",
  description: "",
  digest: "",
  default: false,
  on_error: "closed",
  on_unsupported: "review",
  override: "any",
  source: "stored",
  version: 1,
  candidate: null,
  in_force: true,
  proven: false,
  evidence: null,
  wrong: [],
  rules: rules(),
};

test("a change everywhere is written once, over what roles had of their own", () => {
  const after = changed(rules(), "threat", "all", { action: "review", threshold: 0.7 });
  assert.deepEqual(documentOf(policy, document, after), {
    kind: "policy",
    name: "mine",
    description: "",
    extends: "default",
    categories: { threat: { threshold: 0.7, action: "review" } },
  } satisfies Document);
});

test("a change in one role stays there", () => {
  const after = changed(rules(), "hate", "document", { threshold: 0.9 });
  const found = documentOf(policy, document, after);
  assert.deepEqual(found.roles, { prompt: { threat: { action: "flag" } }, document: { hate: { threshold: 0.9 } } });
  assert.deepEqual(found.categories, document.categories);
});

test("a threshold that moves takes its evidence away, an action does not", () => {
  const evidence = { objective: "", confidence: 0.95, made: "", chosen_on: 1, verified_on: 1 };
  const proven = { ...document, evidence };
  assert.equal(documentOf(policy, proven, changed(rules(), "hate", "all", { threshold: 0.1 })).evidence, undefined);
  assert.deepEqual(documentOf(policy, proven, changed(rules(), "hate", "all", { action: "flag" })).evidence, evidence);
});

test("without a document every rule is written out", () => {
  const found = documentOf(policy, null, rules());
  assert.deepEqual(found.categories, rules().text);
  assert.deepEqual(found.roles, { prompt: { threat: rule(0.6, "flag") } });
  assert.deepEqual(found.defaults, { threshold: 0.5, action: "block" });
});

test("what varies by role has no shared value", () => {
  assert.equal(shared(rules(), "threat", "all", "action"), undefined);
  assert.equal(shared(rules(), "threat", "prompt", "action"), "flag");
  assert.equal(shared(rules(), "threat", "all", "threshold"), 0.6);
});

test("an empty band is no band, and the order of keys says nothing", () => {
  assert.ok(same(undefined, undefined));
  assert.ok(same({ below: 0.1, above: 0 }, { below: 0.1 }));
  assert.ok(same({ above: 0.2, below: 0.1 }, { below: 0.1, above: 0.2 }));
  assert.ok(!same({ below: 0.1 }, { below: 0.2 }));
  assert.deepEqual(cells(rules(), changed(rules(), "hate", "all", { review_band: {} })), []);
});

test("two people's changes come together; on the same cell mine wins", () => {
  const mine = changed(rules(), "hate", "all", { threshold: 0.4 });
  const theirs = changed(changed(rules(), "hate", "all", { threshold: 0.8 }), "threat", "text", { action: "allow" });
  const both = onTop(rules(), mine, theirs);
  assert.equal(both.prompt.hate?.threshold, 0.4);
  assert.equal(both.text.threat?.action, "allow");
});
