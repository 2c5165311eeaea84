// The evaluation that curves are drawn from: the server's, or a file that never leaves the browser.
import { useState } from "preact/hooks";
import { count } from "../parts/numbers.ts";
import { Refusal } from "../parts/refusal.tsx";
import { evaluationOf } from "../wire/evaluation.ts";
import type { Evaluation } from "../wire/evaluation.ts";

interface Props {
  loaded: Evaluation | null | undefined;
  onLoad: (evaluation: Evaluation) => void;
}

export function EvaluationLoader({ loaded, onLoad }: Props) {
  const [error, setError] = useState<unknown>();
  const open = async (input: HTMLInputElement) => {
    const file = input.files?.[0];
    if (!file) return;
    try {
      onLoad(evaluationOf(await file.text()));
      setError(undefined);
    } catch (refused) {
      setError(refused);
    }
    // Else the same file, mended, could not be opened again.
    input.value = "";
  };
  return (
    <div class="loader">
      <p>
        {loaded ? (
          `Curves: ${count(loaded.rows)} labelled rows, ${loaded.made}.`
        ) : (
          <>
            What a threshold catches needs labelled rows: <code>tidegate tune rows.csv --objective max_f1 --output mine.yaml --evaluation evaluation.json</code>{" "}
            counts them, and the file opens here.
          </>
        )}
      </p>
      <label class="file">
        {loaded ? "Another evaluation" : "Open an evaluation"}
        <input type="file" class="unseen" accept=".json,application/json" onChange={(event) => open(event.currentTarget)} />
      </label>
      <Refusal error={error} />
    </div>
  );
}
