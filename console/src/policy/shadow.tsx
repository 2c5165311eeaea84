// How often the version in shadow would have decided otherwise.
import { useEffect } from "preact/hooks";
import { useLoaded } from "../parts/loaded.ts";
import { count } from "../parts/numbers.ts";
import { Time } from "../parts/time.tsx";
import { useNames } from "../wire/taxonomy.ts";
import { shadowOf } from "../wire/shadow.ts";

const AGAIN_MS = 5000;

export function ShadowView({ name, version, titled = false }: { name: string; version: number; titled?: boolean }) {
  const nameOf = useNames();
  const { value, reload } = useLoaded((signal) => shadowOf(name, signal), [name, version]);
  useEffect(() => {
    const timer = setInterval(reload, AGAIN_MS);
    return () => clearInterval(timer);
  }, [reload]);
  if (!value) return null;
  const { same, milder, graver } = value;
  return (
    <section class="card" aria-labelledby={`shadow-${name}`}>
      <h2 id={`shadow-${name}`}>
        {titled && `${name}: `}Version {version} in shadow
      </h2>
      <p>
        Since <Time at={value.since} /> it would have been milder for {count(milder)}, graver for {count(graver)} and the same for {count(same)}{" "}
        texts, counted by this server and not by other replicas.
      </p>
      {value.categories.length > 0 && (
        <table>
          <caption class="unseen">Disagreements by category</caption>
          <thead>
            <tr>
              <th scope="col">Category</th>
              <th scope="col">In force</th>
              <th scope="col">In shadow</th>
              <th scope="col" class="number">
                Texts
              </th>
            </tr>
          </thead>
          <tbody>
            {value.categories.map((each) => (
              <tr key={each.slug + each.action + each.candidate}>
                <th scope="row">{nameOf(each.slug)}</th>
                <td>{each.action}</td>
                <td>{each.candidate}</td>
                <td class="number">{count(each.texts)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </section>
  );
}
