import assert from "node:assert/strict";
import { test } from "node:test";
import { hrefOf, routeOf } from "../src/router.ts";

test("an address leads back to its page", () => {
  assert.deepEqual(routeOf(hrefOf("policies", "a/b %<>")), { page: "policies", rest: ["a/b %<>"] });
});

test("no page is the playground, and what is no encoding is taken as it is", () => {
  assert.deepEqual(routeOf(""), { page: "playground", rest: [] });
  assert.deepEqual(routeOf("#/policies/%zz"), { page: "policies", rest: ["%zz"] });
});
