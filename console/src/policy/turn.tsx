// What can be done with a policy's versions, asked back with a reason: activate, roll back, shadow, retire.
import { ReasonDialog } from "../parts/reason.tsx";
import type { Side } from "../parts/meanwhile.tsx";
import { activate, load, retire } from "../wire/policies.ts";
import type { VersionsOut } from "../wire/policies.ts";
import { setShadow } from "../wire/shadow.ts";

export interface Turn {
  what: "activate" | "shadow" | "unshadow" | "retire";
  // 0 is what ships, and what is retired.
  version: number;
}

interface Props {
  name: string;
  known: VersionsOut;
  match: string;
  turn: Turn;
  onChanged: (said: string) => void;
  onClose: () => void;
}

export function TurnDialog({ name, known, match, turn, onChanged, onClose }: Props) {
  const { title, verb, why, said } = wordsOf(turn, known.active);
  return (
    <ReasonDialog
      title={title}
      verb={verb}
      match={match}
      onClose={onClose}
      act={async (reason, holding) => {
        await make(name, turn, reason, holding);
        onChanged(said);
      }}
      again={async () => {
        const now = await load(name);
        return { match: now.match, sides: sidesOf(known, now.versions) };
      }}
    >
      <p>{why}</p>
    </ReasonDialog>
  );
}

function make(name: string, { what, version }: Turn, reason: string, match: string): Promise<void> {
  if (what === "activate") return activate(name, version, reason, match);
  if (what === "retire") return retire(name, reason, match);
  return setShadow(name, what === "shadow" ? version : null, reason, match);
}

export const verbOf = (version: number, active: number) => (version > active ? "Activate" : "Roll back");

function wordsOf({ what, version }: Turn, active: number): { title: string; verb: string; why: string; said: string } {
  const at = "It decides from the next request on, on every replica within a second.";
  const beside = "A version in shadow decides beside the one in force and changes no answer; disagreements are counted.";
  switch (what) {
    case "activate": {
      const verb = verbOf(version, active);
      if (version === 0) return { title: "Back to what ships?", verb, why: at, said: "What ships is in force." };
      const title = `${verb === "Activate" ? verb : "Roll back to"} version ${version}?`;
      return { title, verb, why: at, said: `Version ${version} is in force.` };
    }
    case "shadow":
      return { title: `Put version ${version} in shadow?`, verb: "Put in shadow", why: beside, said: `Version ${version} is in shadow.` };
    case "unshadow":
      return { title: "End the shadow?", verb: "End it", why: beside, said: "The shadow has ended." };
    case "retire":
      return {
        title: "Take it out of force?",
        verb: "Retire",
        why: "Requests that name it are refused from then on. Its versions stay, and to activate one brings it back.",
        said: "The policy is retired.",
      };
  }
}

export function sidesOf(before: VersionsOut, now: VersionsOut): Side[] {
  const named = (version: number | null) => (version ? `version ${version}` : "none");
  const newest = ({ versions: [last] }: VersionsOut) => (last ? `version ${last.version}, ${last.reason || "no reason given"} (${last.author})` : "none");
  return [
    { what: "In force", before: named(before.active), now: named(now.active) },
    { what: "In shadow", before: named(before.candidate), now: named(now.candidate) },
    { what: "Newest", before: newest(before), now: newest(now) },
  ];
}
