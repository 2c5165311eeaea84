import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { test } from "node:test";
import { asCurl } from "../src/wire/classify.ts";

test("a shell hands curl exactly the request", () => {
  const text = `it's "$HOME" \`id\` \\ \n<b> 😀 $(id)`;
  const command = asCurl("http://localhost:8000", { items: [{ role: "prompt", text }] }, false);
  const printed = execFileSync("sh", ["-c", command.replace(/^curl/, "printf '%s\\0'")], { encoding: "utf8" });
  const [address, flag, header, data, body] = printed.split("\0");
  assert.deepEqual(
    [address, flag, header, data],
    ["http://localhost:8000/v1/classify", "-H", "Content-Type: application/json", "-d"],
  );
  assert.deepEqual(JSON.parse(body!), { items: [{ role: "prompt", text }] });
});

test("the key is named and not shown", () => {
  assert.ok(asCurl("http://a", {}, true).includes('"Authorization: Bearer $TIDEGATE_KEY"'));
});
