// One category: threshold, action, band, and what the evaluation says of them.
import { useState } from "preact/hooks";
import { ACTIONS } from "../wire/classify.ts";
import type { Action } from "../wire/classify.ts";
import type { Curve } from "../wire/evaluation.ts";
import type { Band, Rule, Rules } from "../wire/policies.ts";
import { exact } from "../judged/band.ts";
import { CurveView, OutcomeLine } from "./curve.tsx";
import { same, shared } from "./draft.ts";
import type { Where } from "./draft.ts";

interface Props {
  slug: string;
  name: string;
  where: Where;
  before: Rules;
  rules: Rules;
  curve: Curve | undefined;
  onChange: (change: Partial<Rule>) => void;
}

export function RuleRow({ slug, name, where, before, rules, curve, onChange }: Props) {
  const [open, setOpen] = useState(false);
  const threshold = shared(rules, slug, where, "threshold");
  // Where the roles differ, that of plain texts stands for them.
  const rule = rules[where === "all" ? "text" : where][slug];
  const shown = rule?.threshold ?? 0;
  const action = shared(rules, slug, where, "action");
  const band: Band = shared(rules, slug, where, "review_band") ?? {};
  const banded = action === undefined || action === "review" || action === "block";
  const was = shared(before, slug, where, "threshold");
  const differs = (["threshold", "action", "review_band"] as const).some(
    (field) => !same(shared(before, slug, where, field), shared(rules, slug, where, field)),
  );
  const put = (value: string) => {
    const given = Number(value);
    if (value !== "" && given >= 0 && given <= 1) onChange({ threshold: exact(given) });
  };
  const id = `rule-${slug}`;
  return (
    <li class={differs ? "rule differs" : "rule"} data-slug={slug}>
      <h3 id={id}>
        {name}
        {differs && <span class="mark">changed{was !== undefined && !same(was, threshold) ? ` from ${was.toFixed(2)}` : ""}</span>}
      </h3>
      <div class="controls">
        <input
          type="range"
          min="0"
          max="1"
          step="0.01"
          value={shown}
          aria-label={`Threshold of ${name}`}
          onInput={(event) => put(event.currentTarget.value)}
        />
        <input
          type="number"
          min="0"
          max="1"
          step="any"
          value={shown}
          aria-label={`Threshold of ${name} as a number`}
          onChange={(event) => put(event.currentTarget.value)}
        />
        <select
          value={action ?? ""}
          aria-label={`Action of ${name}`}
          onChange={(event) => onChange({ action: event.currentTarget.value as Action })}
        >
          {action === undefined && (
            <option value="" disabled>
              varies
            </option>
          )}
          {ACTIONS.map((each) => (
            <option key={each}>{each}</option>
          ))}
        </select>
        <button
          type="button"
          class="quiet"
          aria-expanded={open}
          aria-label={`${open ? "Less" : "More"} about ${name}`}
          onClick={() => setOpen(!open)}
        >
          {open ? "Less" : "More"}
        </button>
      </div>
      {threshold === undefined && <small class="faint">The threshold varies by role. </small>}
      {curve && rule && <OutcomeLine curve={curve} rule={rule} />}
      {open && (
        <div class="more">
          <div class="band-inputs">
            {(["below", "above"] as const).map((side) => (
              <label key={side}>
                Review this far {side} the threshold
                <input
                  type="number"
                  min="0"
                  max="1"
                  step="0.01"
                  disabled={!banded}
                  value={band[side] ?? 0}
                  aria-label={`Review band ${side} the threshold of ${name}`}
                  onChange={(event) => {
                    const given = Number(event.currentTarget.value);
                    if (given >= 0 && given <= 1) onChange({ review_band: { ...band, [side]: exact(given) } });
                  }}
                />
              </label>
            ))}
          </div>
          {!banded && <p class="faint hint">Only review and block have a band.</p>}
          {curve ? (
            <CurveView name={name} curve={curve} threshold={shown} />
          ) : (
            <p class="faint hint">No evaluation is loaded that knows this category.</p>
          )}
        </div>
      )}
    </li>
  );
}
