import assert from "node:assert/strict";
import { test } from "node:test";
import { pieces } from "../src/judged/pieces.ts";

const window = (start: number, end: number, score: number) => ({ start, end, score, slug: "hate", unsafe: 0 });

test("overlapping windows are cut, the strongest shows", () => {
  const found = pieces("abcdef", [window(0, 4, 0.1), window(2, 6, 0.9)]);
  assert.deepEqual(
    found.map((piece) => [piece.text, piece.window?.score]),
    [["ab", 0.1], ["cd", 0.9], ["ef", 0.9]],
  );
});

test("places are counted in code points, as the server counts", () => {
  const found = pieces("😀ab", [window(1, 2, 0.5)]);
  assert.deepEqual(
    found.map((piece) => piece.text),
    ["😀", "a", "b"],
  );
});

test("places outside the text cut nothing, and all of the text is there", () => {
  const found = pieces("ab", [window(-3, 99, 0.5)]);
  assert.deepEqual(found.map((piece) => piece.text).join(""), "ab");
  assert.deepEqual(pieces("", []), []);
});
