// A dialog that asks why: every change is kept with its reason.
import { useEffect, useRef, useState } from "preact/hooks";
import type { ComponentChildren } from "preact";
import { Refusal } from "./refusal.tsx";

interface Props {
  title: string;
  verb: string;
  children?: ComponentChildren;
  act: (reason: string) => Promise<void>;
  onClose: () => void;
}

export function ReasonDialog({ title, verb, children, act, onClose }: Props) {
  const dialog = useRef<HTMLDialogElement>(null);
  const [reason, setReason] = useState("");
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>();
  useEffect(() => {
    // The browser keeps the focus inside, and gives it back afterwards.
    dialog.current?.showModal();
  }, []);
  const submit = async (event: Event) => {
    event.preventDefault();
    setBusy(true);
    setError(undefined);
    try {
      await act(reason.trim());
      dialog.current?.close();
    } catch (refused) {
      setError(refused);
    } finally {
      setBusy(false);
    }
  };
  return (
    <dialog ref={dialog} onClose={onClose} aria-labelledby="reason-title">
      <article>
        <h2 id="reason-title">{title}</h2>
        {children}
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
              {verb}
            </button>
          </div>
        </form>
      </article>
    </dialog>
  );
}
