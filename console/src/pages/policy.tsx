// One policy: what it says, what it would say, its versions.
import { useState } from "preact/hooks";
import { useLoaded } from "../parts/loaded.ts";
import { Refusal } from "../parts/refusal.tsx";
import { Editor } from "../policy/editor.tsx";
import { EvidenceView } from "../policy/evidence.tsx";
import { EvaluationLoader } from "../policy/loader.tsx";
import { ShadowView } from "../policy/shadow.tsx";
import { Versions } from "../policy/versions.tsx";
import { hrefOf } from "../router.ts";
import { evaluation } from "../wire/evaluation.ts";
import type { Evaluation } from "../wire/evaluation.ts";
import { isWritten, load } from "../wire/policies.ts";

export function PolicyPage({ name }: { name: string }) {
  const { value, error, reload } = useLoaded((signal) => load(name, signal), [name]);
  const served = useLoaded((signal) => evaluation(signal), []);
  const [opened, setOpened] = useState<Evaluation>();
  const [said, setSaid] = useState("");
  const shown = opened ?? served.value;
  const tell = (what: string) => {
    setSaid(what);
    reload();
  };

  return (
    <>
      <p class="crumb">
        <a href={hrefOf("policies")}>Policies</a> /
      </p>
      <h1>{name}</h1>
      <div role="status" aria-live="polite">
        {said && <p class="notice good">{said}</p>}
      </div>
      <Refusal error={error} />
      {value && (
        <>
          <p class="lead">{value.policy.description}</p>
          {!value.policy.in_force && <p class="notice">{value.versions.retired ? "The policy is retired: activate a version to bring it back." : "None of its versions is in force."}</p>}
          {value.policy.evidence && <EvidenceView evidence={value.policy.evidence} applies={value.policy.proven} />}
          <EvaluationLoader loaded={shown} onLoad={setOpened} />
          <Editor
            loaded={value}
            evaluation={shown}
            locked={isWritten(value.policy) ? IN_FILES : ""}
            onReload={reload}
            onSaved={(version) => tell(`Saved as version ${version}. It is not in force yet: activate it below.`)}
          />
          {value.policy.candidate !== null && <ShadowView name={name} version={value.policy.candidate} />}
          {!isWritten(value.policy) && (
            <Versions
              name={name}
              known={value.versions}
              match={value.match}
              onChanged={tell}
            />
          )}
        </>
      )}
    </>
  );
}

const IN_FILES = "This policy stands in a file on the server and is changed there. What flips can be tried here, and not saved.";
