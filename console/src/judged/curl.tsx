// The same call for a terminal.
import { useState } from "preact/hooks";
import { useKey } from "../session.ts";
import { asCurl } from "../wire/classify.ts";
import type { Asked } from "../wire/classify.ts";

export function Curl({ asked }: { asked: Asked }) {
  const signed = useKey() !== "";
  const [copied, setCopied] = useState("");
  const command = asCurl(location.origin, asked, signed);
  const copy = () =>
    navigator.clipboard.writeText(command).then(
      () => setCopied("Copied."),
      () => setCopied("The browser does not allow it here; select the text instead."),
    );
  return (
    <details class="curl">
      <summary>The same call with curl</summary>
      {signed && (
        <p class="faint">
          Put the key into the variable first: <code>read -rs TIDEGATE_KEY</code>
        </p>
      )}
      <pre tabIndex={0} aria-label="The command">
        <code>{command}</code>
      </pre>
      <button type="button" class="secondary" onClick={copy}>
        Copy
      </button>{" "}
      <span role="status">{copied}</span>
    </details>
  );
}
