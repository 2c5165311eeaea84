// How many of the recent decisions would be others under the draft, while it is being changed.
import { useEffect, useState } from "preact/hooks";
import { ActionTag } from "../judged/action.tsx";
import { Coded } from "../parts/coded.tsx";
import { count } from "../parts/numbers.ts";
import { Refused } from "../wire/http.ts";
import type { Document } from "../wire/policies.ts";
import { tryOut } from "../wire/try.ts";
import type { Tried } from "../wire/try.ts";
import { useNames } from "../wire/taxonomy.ts";
import { leftOut, summary } from "./net.ts";

// A slider sends some sixty changes a second: the server is asked when it rests.
const REST_MS = 200;
const START = "Move a threshold: the recent decisions are counted again as you do.";

export function Flips({ name, document, pristine }: { name: string; document: Document; pristine: boolean }) {
  const nameOf = useNames();
  const [tried, setTried] = useState<Tried>();
  const [problem, setProblem] = useState("");
  const written = JSON.stringify(document);
  useEffect(() => {
    const aborted = new AbortController();
    if (pristine) {
      setTried(undefined);
      setProblem("");
      return;
    }
    const timer = setTimeout(
      () =>
        tryOut(name, document, aborted.signal).then(
          (found) => (setTried(found), setProblem("")),
          (error) => !aborted.signal.aborted && setProblem(error instanceof Refused ? error.detail : "It could not be tried."),
        ),
      REST_MS,
    );
    return () => (clearTimeout(timer), aborted.abort());
  }, [name, written, pristine]);

  return (
    <section class="card flips" aria-labelledby="flips">
      <h2 id="flips">What flips</h2>
      <p role="status" aria-live="polite">
        {problem ? <Coded text={problem} /> : pristine ? START : tried ? summary(tried) : "Counting."}
      </p>
      {tried && !problem && leftOut(tried) && <p class="faint hint">{leftOut(tried)}</p>}
      {tried && !problem && tried.verdicts.length > 0 && (
        <>
          <table>
            <caption class="unseen">Verdicts that would change</caption>
            <thead>
              <tr>
                <th scope="col">Now</th>
                <th scope="col">Then</th>
                <th scope="col" class="number">
                  Decisions
                </th>
              </tr>
            </thead>
            <tbody>
              {tried.verdicts.map((each) => (
                <tr key={each.action + each.candidate}>
                  <td>
                    <ActionTag action={each.action} />
                  </td>
                  <td>
                    <ActionTag action={each.candidate} />
                  </td>
                  <td class="number">{count(each.texts)}</td>
                </tr>
              ))}
            </tbody>
          </table>
          <details>
            <summary>By category</summary>
            <ul>
              {tried.categories.map((each) => (
                <li key={each.slug + each.action + each.candidate}>
                  {nameOf(each.slug)}: {count(each.texts)} from {each.action} to {each.candidate}
                </li>
              ))}
            </ul>
          </details>
        </>
      )}
    </section>
  );
}
