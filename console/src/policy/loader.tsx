// The evaluation that curves are drawn from: the server's, or a file that never leaves the browser.
import { useState } from "preact/hooks";
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
        {loaded
          ? `Curves: ${loaded.rows} labelled rows, ${loaded.made}.`
          : "No evaluation is loaded: thresholds can be moved, but nothing says what they catch."}
      </p>
      <label class="file">
        {loaded ? "Another evaluation" : "Open an evaluation"}{" "}
        <input type="file" accept=".json,application/json" onChange={(event) => open(event.currentTarget)} />
      </label>
      <Refusal error={error} />
    </div>
  );
}
