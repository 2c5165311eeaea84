// What differs between two policies, as a list of sentences in a table.
import { useNames } from "../wire/taxonomy.ts";
import type { Band, Change, Rules } from "../wire/policies.ts";
import { ROLES } from "../wire/classify.ts";
import { cells } from "./draft.ts";

const FIELDS: Record<string, string> = {
  threshold: "threshold",
  action: "action",
  review_band: "review band",
  shadow: "in shadow",
  on_error: "on error",
  on_unsupported: "unlearned languages",
};

export function Changes({ changes, caption }: { changes: Change[]; caption: string }) {
  const nameOf = useNames();
  if (changes.length === 0) return <p class="faint">Nothing differs.</p>;
  return (
    <div class="scroll" tabIndex={0} role="region" aria-label={caption}>
      <table class="changes">
        <caption class="unseen">{caption}</caption>
        <thead>
          <tr>
            <th scope="col">What</th>
            <th scope="col">Before</th>
            <th scope="col">After</th>
          </tr>
        </thead>
        <tbody>
          {changes.map((each, i) => (
            <tr key={i}>
              <th scope="row">
                {each.slug ? nameOf(each.slug) : "Policy"}, {FIELDS[each.field] ?? each.field}
                {each.role && ` (${each.role})`}
              </th>
              <td>{words(each.before)}</td>
              <td>{words(each.after)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

// The draft's changes, in the server's shape.
export function changesOf(before: Rules, after: Rules): Change[] {
  return cells(before, after).flatMap(({ slug, field, roles }) => {
    const pairs = roles.map((role) => ({ field, slug, role, before: before[role][slug]?.[field], after: after[role][slug]?.[field] }));
    const [first, ...rest] = pairs;
    const alike = first && rest.every((each) => words(each.before) === words(first.before) && words(each.after) === words(first.after));
    if (!alike || roles.length < ROLES.length) return pairs;
    const { role: _, ...everywhere } = first;
    return [everywhere];
  });
}

function words(value: unknown): string {
  if (value === null || value === undefined) return "none";
  if (typeof value === "object") {
    const { below = 0, above = 0 } = value as Band;
    return below || above ? `${below} below, ${above} above` : "none";
  }
  if (typeof value === "boolean") return value ? "yes" : "no";
  return String(value);
}
