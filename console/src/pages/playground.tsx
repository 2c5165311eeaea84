// Paste a text, see what each category says of it and what the policy makes of that.
import { useState } from "preact/hooks";
import { AnswerView } from "../judged/answer.tsx";
import type { Shown } from "../judged/answer.tsx";
import { Curl } from "../judged/curl.tsx";
import { Conversation } from "../judged/conversation.tsx";
import { requestOf, START, textsOf } from "../judged/draft.ts";
import type { Draft, Kind } from "../judged/draft.ts";
import { useLoaded } from "../parts/loaded.ts";
import { Refusal } from "../parts/refusal.tsx";
import { classify } from "../wire/classify.ts";
import { policies } from "../wire/policies.ts";

const KINDS: readonly [Kind, string, string][] = [
  ["prompt", "Prompt", "What somebody asks an assistant."],
  ["response", "Response", "What the assistant answers, judged with the prompt it answers."],
  ["document", "Document", "A retrieved text or a tool's output."],
  ["text", "Text", "A post, a comment, a message to people."],
  ["messages", "Conversation", "Turns of a chat; the user's last ones are read together too."],
];

// What was typed outlives a look at another page, and not the tab.
let kept: Draft = START;

export function Playground() {
  const [draft, setKept] = useState(kept);
  const setDraft = (change: Partial<Draft>) => setKept((before) => (kept = { ...before, ...change }));
  const [shown, setShown] = useState<Shown>();
  const [error, setError] = useState<unknown>();
  const [busy, setBusy] = useState(false);
  const known = useLoaded((signal) => policies(signal), []);

  const submit = async (event: Event) => {
    event.preventDefault();
    setBusy(true);
    try {
      const answer = await classify(requestOf(draft));
      const used = known.value?.find((each) => each.name === answer.policy.name && each.digest === answer.policy.digest);
      setShown({ answer, texts: textsOf(draft), policy: used });
      setError(undefined);
    } catch (refused) {
      setError(refused);
    } finally {
      setBusy(false);
    }
  };

  return (
    <>
      <h1>Playground</h1>
      <div class="columns">
        <form onSubmit={submit} class="card">
          <fieldset class="kinds">
            <legend>What is it?</legend>
            {KINDS.map(([kind, name]) => (
              <label key={kind}>
                <input type="radio" name="kind" checked={draft.kind === kind} onChange={() => setDraft({ kind })} />
                {name}
              </label>
            ))}
          </fieldset>
          <p class="faint hint">{KINDS.find(([kind]) => kind === draft.kind)?.[2]}</p>
          {draft.kind === "response" && (
            <label>
              The prompt it answers
              <textarea
                rows={3}
                value={draft.context}
                onInput={(event) => setDraft({ context: event.currentTarget.value })}
              />
            </label>
          )}
          {draft.kind === "messages" ? (
            <Conversation turns={draft.turns} onChange={(turns) => setDraft({ turns })} />
          ) : (
            <label>
              {KINDS.find(([kind]) => kind === draft.kind)?.[1]}
              <textarea
                rows={9}
                required
                value={draft.text}
                onInput={(event) => setDraft({ text: event.currentTarget.value })}
              />
            </label>
          )}
          <label>
            Policy
            <select value={draft.policy} onChange={(event) => setDraft({ policy: event.currentTarget.value })}>
              <option value="">The one in force</option>
              {known.value?.map((each) => (
                <option key={each.name} value={each.name}>
                  {each.name}
                </option>
              ))}
            </select>
          </label>
          <button type="submit" aria-busy={busy} disabled={busy}>
            Judge
          </button>
        </form>
        <div class="result">
          <Refusal error={error} />
          {shown ? (
            <AnswerView {...shown} />
          ) : (
            !error && <p class="empty">The verdict stands here. No text that you paste is kept or logged.</p>
          )}
        </div>
      </div>
      <Curl asked={requestOf(draft)} />
    </>
  );
}
