// The turns of a conversation, in a form.
import type { Message } from "../wire/classify.ts";

const ROLES: readonly Message["role"][] = ["user", "assistant", "system", "tool"];

export function Conversation({ turns, onChange }: { turns: Message[]; onChange: (turns: Message[]) => void }) {
  const replaced = (at: number, change: Partial<Message>) =>
    onChange(turns.map((turn, i) => (i === at ? { ...turn, ...change } : turn)));
  const next = turns.at(-1)?.role === "user" ? "assistant" : "user";
  return (
    <fieldset class="turns">
      <legend>Turns</legend>
      {turns.map((turn, i) => (
        <div class="turn" key={i}>
          <select
            aria-label={`Who speaks in turn ${i + 1}`}
            value={turn.role}
            onChange={(event) => replaced(i, { role: event.currentTarget.value as Message["role"] })}
          >
            {ROLES.map((role) => (
              <option key={role}>{role}</option>
            ))}
          </select>
          <button
            type="button"
            class="quiet"
            disabled={turns.length === 1}
            aria-label={`Remove turn ${i + 1}`}
            onClick={() => onChange(turns.filter((_, at) => at !== i))}
          >
            Remove
          </button>
          <textarea
            rows={2}
            aria-label={`Turn ${i + 1}`}
            value={turn.content}
            onInput={(event) => replaced(i, { content: event.currentTarget.value })}
          />
        </div>
      ))}
      <button type="button" class="secondary" onClick={() => onChange([...turns, { role: next, content: "" }])}>
        Add a turn
      </button>
    </fieldset>
  );
}
