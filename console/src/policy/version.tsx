// One version: who saved it, when and why, and what can be done with it.
import { Time } from "../parts/time.tsx";
import type { Change, VersionOut } from "../wire/policies.ts";
import { Changes } from "./changes.tsx";
import { verbOf } from "./turn.tsx";
import type { Turn } from "./turn.tsx";

interface Props {
  saved: VersionOut;
  active: number;
  shadow: number | null;
  // What it differs in from the one in force, once asked for.
  changes: Change[] | undefined;
  onTurn: (turn: Turn) => void;
  // Not there where nothing is in force.
  onCompare: ((version: number) => void) | undefined;
  onDownload: (version: number) => void;
}

export function VersionItem({ saved, active, shadow, changes, onTurn, onCompare, onDownload }: Props) {
  const { version, author, reason, time } = saved;
  const inForce = version === active;
  const inShadow = version === shadow;
  const verb = verbOf(version, active);
  return (
    <li class="version">
      <div>
        <strong>Version {version}</strong>
        {inForce && <span class="mark">in force</span>}
        {inShadow && <span class="mark shadow">in shadow</span>}
        <p class="why">{reason || "no reason given"}</p>
        <small class="faint">
          <bdi>{author}</bdi>, <Time at={time} />
        </small>
      </div>
      <div class="actions">
        {!inForce && (
          <>
            <button
              type="button"
              class="secondary"
              aria-label={`${verb === "Activate" ? verb : "Roll back to"} version ${version}`}
              onClick={() => onTurn({ what: "activate", version })}
            >
              {verb}
            </button>
            <button
              type="button"
              class="quiet"
              aria-label={inShadow ? `End shadow of version ${version}` : `Put version ${version} in shadow`}
              onClick={() => onTurn({ what: inShadow ? "unshadow" : "shadow", version })}
            >
              {inShadow ? "End shadow" : "Shadow"}
            </button>
            {onCompare && (
              <button
                type="button"
                class="quiet"
                aria-label={`Compare version ${version} with the one in force`}
                onClick={() => onCompare(version)}
              >
                Compare
              </button>
            )}
          </>
        )}
        <button type="button" class="quiet" aria-label={`Download version ${version} as YAML`} onClick={() => onDownload(version)}>
          YAML
        </button>
      </div>
      {changes && <Changes changes={changes} caption={`From the one in force to version ${version}`} />}
    </li>
  );
}
