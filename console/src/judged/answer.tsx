// What the server answered: the verdict, then each text with its coverage and its categories.
import { ActionTag } from "./action.tsx";
import { Bars } from "./bars.tsx";
import { Marked } from "./marked.tsx";
import type { Answer, ItemOut } from "../wire/classify.ts";
import type { PolicyOut } from "../wire/policies.ts";

const OUTCOMES = {
  allow: "Nothing reached a threshold.",
  flag: "Flagged, and let through: the application may look.",
  review: "Too close to call: a person should look.",
  block: "Blocked.",
} as const;

export interface Shown {
  answer: Answer;
  texts: string[];
  policy: PolicyOut | undefined;
}

export function AnswerView({ answer, texts, policy }: Shown) {
  const { items, together } = answer;
  return (
    <section class="answer" aria-labelledby="verdict">
      <div class={`verdict ${answer.verdict}`} role="status">
        <h2 id="verdict">
          Verdict: <strong>{answer.verdict}</strong>
        </h2>
        <p>
          {OUTCOMES[answer.verdict]} Policy <code>{answer.policy.name}</code>, model <code>{answer.model.name}</code>.
        </p>
      </div>
      {items.map((item) => (
        <ItemView
          key={item.id}
          item={item}
          text={texts[Number(item.id)]}
          policy={policy}
          alone={items.length === 1 && !together}
          title={`Turn ${Number(item.id) + 1}`}
        />
      ))}
      {together && (
        <ItemView item={together} text={undefined} policy={policy} alone={false} title="The user's turns read together" />
      )}
    </section>
  );
}

function ItemView(props: {
  item: ItemOut;
  text: string | undefined;
  policy: PolicyOut | undefined;
  alone: boolean;
  title: string;
}) {
  const { item, text } = props;
  const body = (
    <>
      <Facts item={item} />
      {text !== undefined && item.windows && item.windows.length > 1 && <Marked text={text} windows={item.windows} />}
      <Bars categories={item.categories} rules={props.policy?.rules[item.role]} />
    </>
  );
  if (props.alone) return <div class="card">{body}</div>;
  return (
    <details class="item" open={item.verdict !== "allow"}>
      <summary>
        <span>
          {props.title} <span class="faint">({item.role})</span> <ActionTag action={item.verdict} />
        </span>
        {text !== undefined && <span class="excerpt">{text.slice(0, 80)}</span>}
      </summary>
      {body}
    </details>
  );
}

function Facts({ item }: { item: ItemOut }) {
  const { coverage } = item;
  const context = coverage.context;
  return (
    <dl class="facts">
      <Fact name="Unsafe">{item.unsafe.toFixed(4)}</Fact>
      <Fact name="Attack">{item.attack.toFixed(4)}</Fact>
      <Fact name="Read">
        {coverage.scored === coverage.tokens ? `all ${coverage.tokens}` : `${coverage.scored} of ${coverage.tokens}`} tokens
        {coverage.windows > 1 && ` in ${coverage.windows} windows`}
      </Fact>
      {context && (
        <Fact name="Prompt read">
          {context.scored} of {context.tokens} tokens
        </Fact>
      )}
      {item.language && (
        <Fact name="Language">
          {item.language}
          {item.supported === false && " (the model has not learned it)"}
        </Fact>
      )}
      <Fact name="Scores">{item.cached ? "from the cache" : "computed now"}</Fact>
      {item.degraded && <Fact name="Degraded">could not be scored; the policy's on_error answered</Fact>}
    </dl>
  );
}

function Fact({ name, children }: { name: string; children: preact.ComponentChildren }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}
