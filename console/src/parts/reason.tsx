// A dialog that asks why: every change is kept with its reason. Where somebody was quicker, it shows both sides.
import { useEffect, useRef, useState } from "preact/hooks";
import type { ComponentChildren } from "preact";
import { Refused } from "../wire/http.ts";
import { Meanwhile } from "./meanwhile.tsx";
import type { Theirs } from "./meanwhile.tsx";
import { Refusal } from "./refusal.tsx";

interface Props {
  title: ComponentChildren;
  verb: string;
  children?: ComponentChildren;
  // The ETag of what is changed, as it was when one looked.
  match?: string;
  act: (reason: string, match: string) => Promise<void>;
  // Read again what was changed meanwhile; without it `act` sees to that.
  again?: () => Promise<Theirs>;
  onClose: () => void;
}

export function ReasonDialog({ title, verb, children, match = "", act, again, onClose }: Props) {
  const dialog = useRef<HTMLDialogElement>(null);
  const [reason, setReason] = useState("");
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>();
  const [theirs, setTheirs] = useState<Theirs>();
  useEffect(() => {
    // The browser keeps the focus inside, and gives it back afterwards.
    dialog.current?.showModal();
  }, []);
  const submit = async (event: Event) => {
    event.preventDefault();
    setBusy(true);
    setError(undefined);
    try {
      await act(reason.trim(), theirs?.match ?? match);
      dialog.current?.close();
    } catch (refused) {
      if (again && refused instanceof Refused && refused.status === 412) await again().then(setTheirs, setError);
      else setError(refused);
    } finally {
      setBusy(false);
    }
  };
  return (
    <dialog ref={dialog} onClose={onClose} aria-labelledby="reason-title">
      <article>
        <h2 id="reason-title">{title}</h2>
        {theirs ? <Meanwhile sides={theirs.sides} /> : children}
        <form onSubmit={submit}>
          <label>
            Reason
            <input
              required
              autofocus
              maxLength={1000}
              autocomplete="off"
              value={reason}
              onInput={(event) => setReason(event.currentTarget.value)}
            />
          </label>
          <Refusal error={error} />
          <div class="actions">
            <button type="button" class="secondary" onClick={() => dialog.current?.close()}>
              Cancel
            </button>
            <button type="submit" aria-busy={busy} disabled={busy}>
              {theirs ? `${verb} all the same` : verb}
            </button>
          </div>
        </form>
      </article>
    </dialog>
  );
}
