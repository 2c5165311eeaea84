// The versions of a policy, the newest first; of very many the newest, and those that decide.
import { useState } from "preact/hooks";
import { Refusal } from "../parts/refusal.tsx";
import { differences, yamlOf } from "../wire/policies.ts";
import type { Change, VersionsOut } from "../wire/policies.ts";
import { useVersions } from "./pages.ts";
import { TurnDialog } from "./turn.tsx";
import type { Turn } from "./turn.tsx";
import { VersionItem } from "./version.tsx";

interface Props {
  name: string;
  known: VersionsOut;
  match: string;
  onChanged: (said: string) => void;
}

export function Versions({ name, known, match, onChanged }: Props) {
  // In force is 0 where none of them is: what ships, or nothing.
  const { active, candidate: shadow, retired, shipped } = known;
  const { versions, more, wanted, find, showOlder, error: unread } = useVersions(name, known);
  const [turn, setTurn] = useState<Turn>();
  const [compared, setCompared] = useState<{ version: number; changes: Change[] }>();
  const [error, setError] = useState<unknown>();
  const compare = (version: number) =>
    differences(name, active, version).then((changes) => (setCompared({ version, changes }), setError(undefined)), setError);
  const download = (version: number) => yamlOf(name, version).then((text) => saveFile(`${name}-${version}.yaml`, text), setError);
  return (
    <section class="card" aria-labelledby="versions">
      <div class="heading">
        <h2 id="versions">Versions</h2>
        {known.more && (
          <label class="find">
            Show only version
            <input type="number" min="1" value={wanted} onInput={(event) => find(event.currentTarget.value)} />
          </label>
        )}
      </div>
      <Refusal error={error ?? unread} />
      {known.versions.length === 0 && <p class="faint">Nothing was saved yet: the policy is as it ships.</p>}
      {wanted && versions.length === 0 && <p class="faint">There is no such version.</p>}
      <ol class="versions" reversed>
        {versions.map((each) => (
          <VersionItem
            key={each.version}
            saved={each}
            active={active}
            shadow={shadow}
            changes={compared?.version === each.version ? compared.changes : undefined}
            onTurn={setTurn}
            onCompare={active > 0 || shipped ? compare : undefined}
            onDownload={download}
          />
        ))}
      </ol>
      <div class="actions">
        {more && (
          <button type="button" class="secondary" onClick={showOlder}>
            Show older versions
          </button>
        )}
        {active > 0 && shipped && (
          <button type="button" class="quiet" onClick={() => setTurn({ what: "activate", version: 0 })}>
            Back to what ships under this name
          </button>
        )}
        {known.versions.length > 0 && !retired && !shipped && (
          <button type="button" class="danger" onClick={() => setTurn({ what: "retire", version: 0 })}>
            Retire this policy
          </button>
        )}
      </div>
      {turn && (
        <TurnDialog name={name} known={known} match={match} turn={turn} onChanged={onChanged} onClose={() => setTurn(undefined)} />
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
