"""What routes show of a policy: its versions, its tag, and how it is in force."""

import msgspec

from service.errors import Conflict, NotFound
from service.journal.standing import PolicyStanding
from service.policies.conditions import etag
from service.policies.files import Source
from service.policies.snapshot import Known, in_files, tag_of
from service.served import Served
from service.wire.policies import PolicyOut
from taxonomy.policy import Policy


def tag_header(served: Served, name: str) -> dict[str, str]:
    """Return the ETag of a policy and its versions as they are now."""
    return etag(tag_of(served.judge.policies.written, served.journal.standing, name))


def named_or_refuse(served: Served, name: str) -> PolicyStanding:
    """Return the versions of a policy, none for one that is shipped. Raises NotFound, and Conflict for a file's."""
    written = served.judge.policies.written
    if in_files(written, name):
        raise Conflict("the policy stands in a file, which has no versions")
    named = served.journal.standing.policies.get(name)
    if named is None and name not in written.policies:
        raise NotFound("there is no such policy")
    return named or PolicyStanding()


def policy_out(served: Served, known: Known) -> PolicyOut:
    """Return a policy in force as the wire shows it."""
    policies, policy = served.judge.policies, known.policy
    named = served.journal.standing.policies.get(policy.name)
    candidate = named.shadow if named and known.ruling.candidate else None
    wrong = policies.refused if known.source in (Source.FILE, Source.FOLDER) else []
    as_it_is = shown(served, policy, known.source, known.ruling.version)
    return msgspec.structs.replace(
        as_it_is, default=known is policies.snapshot.default, candidate=candidate, in_force=True, wrong=wrong
    )


def shown(served: Served, policy: Policy, source: Source, version: int) -> PolicyOut:
    """Return a policy as the wire shows it while it is not in force."""
    return PolicyOut(
        name=policy.name,
        description=policy.description,
        digest=policy.digest,
        default=False,
        on_error=policy.on_error,
        on_unsupported=policy.on_unsupported,
        override=policy.override,
        rules=policy.rules,
        source=source,
        version=version,
        candidate=None,
        in_force=False,
        proven=proven(served, policy),
        evidence=policy.evidence,
        wrong=[],
    )


def proven(served: Served, policy: Policy) -> bool:
    """Tell whether a policy's evidence is for its rules and for the model in service."""
    return policy.proven and policy.evidence is not None and policy.evidence.model == served.identity.model.digest
