// Every version of a policy: who saved it, when and why; activate, roll back, compare, download.
import { useEffect, useState } from "preact/hooks";
import { ReasonDialog } from "../parts/reason.tsx";
import { Refusal } from "../parts/refusal.tsx";
import { Time } from "../parts/time.tsx";
import { activate, differences, older, yamlOf } from "../wire/policies.ts";
import type { Change, VersionOut, VersionsOut } from "../wire/policies.ts";
import { Changes } from "./changes.tsx";

interface Props {
  name: string;
  known: VersionsOut;
  match: string;
  onShadow: (version: number | null, reason: string) => Promise<void>;
  onChanged: (said: string) => void;
}

export function Versions({ name, known, match, onShadow, onChanged }: Props) {
  // In force is 0 where none of them is: what ships, or nothing.
  const { active, candidate: shadow, shipped } = known;
  const [page, setPage] = useState<{ versions: VersionOut[]; more: boolean }>(known);
  useEffect(() => setPage(known), [known]);
  const { versions, more } = page;
  const [chosen, setChosen] = useState<{ version: number; what: "activate" | "shadow" }>();
  const [compared, setCompared] = useState<{ version: number; changes: Change[] }>();
  const [error, setError] = useState<unknown>();
  const compare = async (version: number) => {
    try {
      setCompared({ version, changes: await differences(name, active, version) });
      setError(undefined);
    } catch (refused) {
      setError(refused);
    }
  };
  const showOlder = async () => {
    try {
      const next = await older(name, versions[versions.length - 1]!.version);
      setPage({ versions: [...versions, ...next.versions], more: next.more });
      setError(undefined);
    } catch (refused) {
      setError(refused);
    }
  };
  const download = async (version: number) => {
    try {
      saveFile(`${name}-${version}.yaml`, await yamlOf(name, version));
    } catch (refused) {
      setError(refused);
    }
  };
  const verb = (version: number) => (version > active ? "Activate" : "Roll back to");
  return (
    <section class="card" aria-labelledby="versions">
      <h2 id="versions">Versions</h2>
      <Refusal error={error} />
      {versions.length === 0 && <p class="faint">Nothing was saved yet: the policy is as it ships.</p>}
      <ol class="versions" reversed>
        {versions.map((each) => (
          <li key={each.version} class={each.version === active ? "version active" : "version"}>
            <div>
              <strong>Version {each.version}</strong>
              {each.version === active && <span class="mark">in force</span>}
              {each.version === shadow && <span class="mark shadow">in shadow</span>}
              <p class="why">{each.reason || "no reason given"}</p>
              <small class="faint">
                {each.author}, <Time at={each.time} />
              </small>
            </div>
            <div class="actions">
              {each.version !== active && (
                <button
                  type="button"
                  class="secondary"
                  aria-label={`${verb(each.version)} version ${each.version}`}
                  onClick={() => setChosen({ version: each.version, what: "activate" })}
                >
                  {each.version > active ? "Activate" : "Roll back"}
                </button>
              )}
              {each.version !== active && (
                <button
                  type="button"
                  class="quiet"
                  aria-label={each.version === shadow ? `End shadow of version ${each.version}` : `Put version ${each.version} in shadow`}
                  onClick={() => setChosen({ version: each.version, what: "shadow" })}
                >
                  {each.version === shadow ? "End shadow" : "Shadow"}
                </button>
              )}
              {each.version !== active && (
                <button
                  type="button"
                  class="quiet"
                  aria-label={`Compare version ${each.version} with the one in force`}
                  onClick={() => compare(each.version)}
                >
                  Compare
                </button>
              )}
              <button
                type="button"
                class="quiet"
                aria-label={`Download version ${each.version} as YAML`}
                onClick={() => download(each.version)}
              >
                YAML
              </button>
            </div>
            {compared?.version === each.version && (
              <Changes changes={compared.changes} caption={`From the one in force to version ${each.version}`} />
            )}
          </li>
        ))}
      </ol>
      {more && (
        <button type="button" class="quiet" onClick={showOlder}>
          Show older versions
        </button>
      )}
      {active > 0 && shipped && (
        <button type="button" class="quiet" onClick={() => setChosen({ version: 0, what: "activate" })}>
          Back to what ships under this name
        </button>
      )}
      {chosen?.what === "activate" && (
        <ReasonDialog
          title={chosen.version ? `${verb(chosen.version)} version ${chosen.version}?` : "Back to what ships?"}
          verb={chosen.version > active ? "Activate" : "Roll back"}
          onClose={() => setChosen(undefined)}
          act={async (reason) => {
            await activate(name, chosen.version, reason, match);
            onChanged(chosen.version ? `Version ${chosen.version} is in force.` : "What ships is in force.");
          }}
        >
          <p>It decides from the next request on, on every replica within a second.</p>
        </ReasonDialog>
      )}
      {chosen?.what === "shadow" && (
        <ReasonDialog
          title={chosen.version === shadow ? "End the shadow?" : `Put version ${chosen.version} in shadow?`}
          verb={chosen.version === shadow ? "End it" : "Put in shadow"}
          onClose={() => setChosen(undefined)}
          act={(reason) => onShadow(chosen.version === shadow ? null : chosen.version, reason)}
        >
          <p>A version in shadow decides beside the one in force and changes no answer; disagreements are counted.</p>
        </ReasonDialog>
      )}
    </section>
  );
}

function saveFile(name: string, text: string): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([text], { type: "application/yaml" }));
  link.download = name;
  link.click();
  URL.revokeObjectURL(link.href);
}
