// An API key, tried before it is kept.
import { useState } from "preact/hooks";
import { Refusal } from "../parts/refusal.tsx";
import { hrefOf } from "../router.ts";
import { looksLikeKey, signIn, useKey } from "../session.ts";
import { ask, Refused } from "../wire/http.ts";

export function SignIn() {
  const key = useKey();
  const [value, setValue] = useState("");
  const [error, setError] = useState<unknown>();
  const [busy, setBusy] = useState(false);

  const submit = async (event: Event) => {
    event.preventDefault();
    const given = value.trim();
    if (!looksLikeKey(given)) {
      setError(new Refused(0, "This is no API key", "A key begins with tg_ and was printed once, when it was made."));
      return;
    }
    setBusy(true);
    try {
      await ask("/v1/policies", { key: given });
      signIn(given);
      location.hash = hrefOf("policies");
    } catch (refused) {
      setError(refused);
    } finally {
      setBusy(false);
    }
  };

  return (
    <div class="narrow">
      <h1>Sign in</h1>
      {key && <p>You are signed in. Another key replaces the one in use.</p>}
      <form onSubmit={submit}>
        <label>
          API key
          <input
            type="password"
            name="key"
            autocomplete="off"
            spellcheck={false}
            required
            value={value}
            onInput={(event) => setValue(event.currentTarget.value)}
            aria-describedby="key-hint"
          />
        </label>
        <small id="key-hint">
          The key stays in this tab and is forgotten when it closes. Policies and traffic need the scope <code>admin</code>
          .
        </small>
        <button type="submit" aria-busy={busy} disabled={busy}>
          Sign in
        </button>
      </form>
      <Refusal error={error} />
      <details>
        <summary>Where does a key come from?</summary>
        <p>On the machine that runs tidegate:</p>
        <pre>
          <code>tidegate keys create --scope admin</code>
        </pre>
        <p>It is printed once. What is kept is its hash.</p>
      </details>
    </div>
  );
}
