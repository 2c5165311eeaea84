// The policies that requests and tenants can have.
import { useLoaded } from "../parts/loaded.ts";
import { Refusal } from "../parts/refusal.tsx";
import { hrefOf } from "../router.ts";
import { policies } from "../wire/policies.ts";
import type { PolicyOut } from "../wire/policies.ts";

const SOURCES: Record<PolicyOut["source"], string> = { shipped: "as it ships", file: "from a file", folder: "from a file", stored: "saved here" };

export function PoliciesPage() {
  const { value, error } = useLoaded((signal) => policies(signal), []);
  const wrong = [...new Set((value ?? []).flatMap((each) => each.wrong))];
  return (
    <>
      <h1>Policies</h1>
      <Refusal error={error} />
      {wrong.length > 0 && (
        <div class="notice bad" role="alert">
          <p>
            <strong>The policy files as they are now are not in use.</strong> What was read before stays in force until they
            are mended:
          </p>
          <ul>
            {wrong.map((each) => (
              <li key={each}>{each}</li>
            ))}
          </ul>
        </div>
      )}
      <ul class="policies">
        {value?.map((each) => (
          <li key={each.name} class="card">
            <h2>
              <a href={hrefOf("policies", each.name)}>{each.name}</a>
              {each.default && <span class="mark">default</span>}
              {each.candidate !== null && <span class="mark shadow">version {each.candidate} in shadow</span>}
              {!each.in_force && <span class="mark">not in force</span>}
            </h2>
            <p>{each.description}</p>
            <small class="faint">
              {each.version ? `Version ${each.version}, ` : ""}
              {SOURCES[each.source]}
              {each.proven && ", with evidence"}
            </small>
          </li>
        ))}
      </ul>
    </>
  );
}
