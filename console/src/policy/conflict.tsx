// Somebody saved meanwhile: what they changed and what was changed here, and both are kept until one decides.
import type { Change, VersionsOut } from "../wire/policies.ts";
import { Changes } from "./changes.tsx";

interface Props {
  versions: VersionsOut;
  changed: Change[];
  mine: Change[];
  onMerge: () => void;
  onDiscard: () => void;
}

export function Conflict({ versions, changed, mine, onMerge, onDiscard }: Props) {
  const [newest] = versions.versions;
  return (
    <section class="notice bad" role="alert" aria-labelledby="conflict">
      <h2 id="conflict">Somebody saved meanwhile</h2>
      <p>
        Nothing of yours was saved and nothing of yours is lost.
        {newest && (
          <>
            {" "}
            The newest version is {newest.version}, by <bdi>{newest.author}</bdi>: <bdi>{newest.reason || "no reason given"}</bdi>.
          </>
        )}
      </p>
      <h3>What they saved</h3>
      <Changes changes={changed} caption="What they saved" />
      <h3>What you changed</h3>
      <Changes changes={mine} caption="Your changes, not saved" />
      <div class="actions">
        <button type="button" onClick={onMerge}>
          Put mine on top of theirs
        </button>
        <button type="button" class="secondary" onClick={onDiscard}>
          Discard mine
        </button>
      </div>
    </section>
  );
}
