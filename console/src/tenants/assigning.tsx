// A tenant is given a policy, or what it has is taken back: asked back with a reason.
import { ReasonDialog } from "../parts/reason.tsx";
import { assign, tenant as read, unassign } from "../wire/tenants.ts";
import type { Given } from "../wire/tenants.ts";

export interface Assigning extends Given {
  tenant: string;
  // Null takes the tenant's policy back.
  policy: string | null;
}

interface Props {
  asked: Assigning;
  // The policy of those that have none of their own.
  fallback: string;
  onDone: () => void;
  onClose: () => void;
}

export function AssignDialog({ asked, fallback, onDone, onClose }: Props) {
  const { tenant, policy, given, match } = asked;
  const named = (found: Given["given"]) => (found ? `${found.policy}, ${found.reason || "no reason given"} (${found.author})` : `none, hence ${fallback}`);
  return (
    <ReasonDialog
      title={policy === null ? <>Take back the policy of <bdi>{tenant}</bdi>?</> : <>Give <bdi>{tenant}</bdi> the policy {policy}?</>}
      verb={policy === null ? "Take back" : "Assign"}
      match={match}
      onClose={onClose}
      act={async (reason, holding) => {
        if (policy === null) await unassign(tenant, reason, holding);
        else await assign(tenant, policy, reason, holding);
        onDone();
      }}
      again={async () => {
        const now = await read(tenant);
        return { match: now.match, sides: [{ what: "Policy", before: named(given), now: named(now.given) }] };
      }}
    >
      <p>
        {given ? `It has the policy ${given.policy} now.` : `It has none of its own now, hence ${fallback}.`}{" "}
        {policy === null && `Then it has ${fallback}. `}
        The change holds from the next request on, on every replica within a second.
      </p>
    </ReasonDialog>
  );
}
