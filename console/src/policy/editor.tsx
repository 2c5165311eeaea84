// Sliders over the categories, what flips, and saving.
import { useEffect, useMemo, useState } from "preact/hooks";
import { ReasonDialog } from "../parts/reason.tsx";
import { Refused } from "../wire/http.ts";
import type { Evaluation } from "../wire/evaluation.ts";
import { ROLES } from "../wire/classify.ts";
import { load, newest, save } from "../wire/policies.ts";
import type { Loaded, Rules } from "../wire/policies.ts";
import { useNames } from "../wire/taxonomy.ts";
import { Changes, changesOf } from "./changes.tsx";
import { Conflict } from "./conflict.tsx";
import { changed, documentOf, onTop } from "./draft.ts";
import type { Where } from "./draft.ts";
import { Flips } from "./flips.tsx";
import { RuleRow } from "./row.tsx";

interface Props {
  loaded: Loaded;
  evaluation: Evaluation | null | undefined;
  // Why nothing can be saved here; "" where it can.
  locked: string;
  onSaved: (version: number) => void;
  onReload: () => void;
}

interface Draft {
  // The policy that it began from, as somebody else may have saved another since.
  base: Loaded;
  rules: Rules;
}

// A draft outlives a look at another page, and not the tab.
const kept = new Map<string, Draft>();

export function Editor({ loaded, evaluation, locked, onSaved, onReload }: Props) {
  const { policy } = loaded;
  const nameOf = useNames();
  const [{ base, rules }, setDraft] = useState<Draft>(kept.get(policy.name) ?? { base: loaded, rules: policy.rules });
  const setRules = (next: (now: Rules) => Rules) => setDraft((draft) => ({ ...draft, rules: next(draft.rules) }));
  const [where, setWhere] = useState<Where>("all");
  const [saving, setSaving] = useState(false);
  // What somebody else has saved meanwhile, in the place of what the draft began from.
  const [theirs, setTheirs] = useState<Loaded>();
  const changes = useMemo(() => changesOf(base.policy.rules, rules), [base, rules]);
  const document = useMemo(() => documentOf(base.policy, base.document, rules), [base, rules]);
  const pristine = changes.length === 0;

  // A page that is loaded again starts afresh, unless something here would be lost.
  useEffect(() => {
    if (pristine) setDraft({ base: loaded, rules: policy.rules });
  }, [loaded]);
  useEffect(() => {
    if (pristine) kept.delete(policy.name);
    else kept.set(policy.name, { base, rules });
  }, [base, rules]);

  const take = (next: Draft) => {
    setDraft(next);
    setTheirs(undefined);
  };

  return (
    <>
      {theirs && (
        <Conflict
          versions={theirs.versions}
          changed={changesOf(base.policy.rules, theirs.policy.rules)}
          mine={changes}
          onMerge={() => take({ base: theirs, rules: onTop(base.policy.rules, rules, theirs.policy.rules) })}
          onDiscard={() => take({ base: loaded, rules: policy.rules })}
        />
      )}
      <div class="columns wide-left">
        <section class="card" aria-labelledby="rules">
          <div class="heading">
            <h2 id="rules">Rules</h2>
            <label class="where">
              For
              <select value={where} onChange={(event) => setWhere(event.currentTarget.value as Where)}>
                <option value="all">every role</option>
                {ROLES.map((role) => (
                  <option key={role}>{role}</option>
                ))}
              </select>
            </label>
          </div>
          {locked && <p class="faint">{locked}</p>}
          {where === "all" && <p class="faint hint">Where the roles differ, shown is what holds for plain texts.</p>}
          <ul class="rules">
            {Object.keys(rules.text).map((slug) => (
              <RuleRow
                key={slug}
                slug={slug}
                name={nameOf(slug)}
                where={where}
                before={base.policy.rules}
                rules={rules}
                curve={evaluation?.curves[slug]}
                onChange={(change) => setRules((now) => changed(now, slug, where, change))}
              />
            ))}
          </ul>
        </section>
        <div class="beside">
          <Flips name={policy.name} document={document} pristine={pristine} />
          <section class="card" aria-labelledby="draft">
            <h2 id="draft">Your draft</h2>
            <Changes changes={changes} caption="What you changed" />
            <div class="actions">
              <button type="button" disabled={pristine || theirs !== undefined || locked !== ""} onClick={() => setSaving(true)}>
                Save as a version
              </button>
              <button type="button" class="secondary" disabled={pristine} onClick={() => setRules(() => base.policy.rules)}>
                Discard
              </button>
            </div>
          </section>
        </div>
      </div>
      {saving && (
        <ReasonDialog
          title="Save as a version"
          verb="Save"
          onClose={() => setSaving(false)}
          act={async (reason) => {
            try {
              const { version } = await save(policy.name, document, reason, base.match);
              setRules(() => base.policy.rules);
              onSaved(version);
            } catch (refused) {
              if (!(refused instanceof Refused && refused.status === 412)) throw refused;
              const now = await load(policy.name);
              const { rules: saved, document: written } = await newest(now);
              setTheirs({ ...now, policy: { ...now.policy, rules: saved }, document: written });
              onReload();
            }
          }}
        >
          <p>It is kept and not yet in force.</p>
          <Changes changes={changes} caption="What is saved" />
        </ReasonDialog>
      )}
    </>
  );
}
