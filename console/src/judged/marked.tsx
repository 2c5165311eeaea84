// The text with its windows marked by what scored highest in each: where in a long text the harm stands.
import { hot, pieces } from "./pieces.ts";
import type { WindowOut } from "../wire/classify.ts";
import { useNames } from "../wire/taxonomy.ts";

export function Marked({ text, windows }: { text: string; windows: WindowOut[] }) {
  const nameOf = useNames();
  const strongest = [...windows].sort((a, b) => hot(b) - hot(a))[0];
  return (
    <figure class="marked">
      <figcaption>
        Windows of the text, darker where a category scores higher.
        {strongest && (
          <>
            {" "}
            Strongest: characters {strongest.start} to {strongest.end}, {nameOf(strongest.slug)}{" "}
            {strongest.score.toFixed(4)}.
          </>
        )}
      </figcaption>
      <p class="reading" tabIndex={0} role="region" aria-label="The text with its windows">
        {pieces(text, windows).map((piece) =>
          piece.window ? (
            <mark
              key={piece.start}
              class={`heat-${Math.min(4, Math.floor(hot(piece.window) * 5))}`}
              title={`${nameOf(piece.window.slug)} ${piece.window.score.toFixed(4)}`}
            >
              {piece.text}
            </mark>
          ) : (
            <span key={piece.start}>{piece.text}</span>
          ),
        )}
      </p>
    </figure>
  );
}
