"""`/v1/policies` and `/v1/policies/NAME`: what is in force, and taking it out of force."""

from collections.abc import Mapping

import msgspec
from litestar import Response, delete, get
from litestar.di import NamedDependency
from litestar.params import FromPath

from service.access.caller import Caller, caller_of
from service.access.scope import Scope
from service.errors import PROBLEM_JSON, BadRequest, Conflict, NotFound, Problem, Unavailable
from service.http.asked import Asked
from service.http.openapi import CHANGING, STRANGERS, changes, refuses
from service.journal.standing import PolicyStanding
from service.policies.changes import By, Changes
from service.policies.conditions import condition_of, etag
from service.policies.files import Source
from service.policies.snapshot import Known, in_files, tag_of
from service.served import Served
from service.wire.policies import LONGEST_REASON, PolicyOut
from taxonomy.policy import Policy

_REFUSALS = refuses(Problem, PROBLEM_JSON, (*STRANGERS, NotFound, Unavailable))


@get(
    "/v1/policies",
    responses=refuses(Problem, PROBLEM_JSON, (*STRANGERS, Unavailable)),
    tags=["policies"],
    sync_to_thread=False,
)
def policies(request: Asked, served: NamedDependency[Served]) -> list[PolicyOut]:
    """List the policies that the caller's requests may name; for administrators all, also those not in force."""
    caller = caller_of(request, served, Scope.CLASSIFY)
    out = [_out_for(caller, served, known) for known in _shown_to(caller, served).values()]
    if Scope.ADMIN in caller.scopes:
        out += [
            _idle(served, named) for name, named in served.journal.standing.policies.items() if _is_idle(served, name)
        ]
    return out


@get("/v1/policies/{name:str}", responses=_REFUSALS, tags=["policies"], sync_to_thread=False)
def policy(request: Asked, served: NamedDependency[Served], name: FromPath[str]) -> Response[PolicyOut]:
    """Show a policy; its ETag is what a change of it has to name."""
    caller = caller_of(request, served, Scope.CLASSIFY)
    known = _shown_to(caller, served).get(name)
    if known:
        return Response(_out_for(caller, served, known), headers=tag_header(served, name))
    if Scope.ADMIN in caller.scopes and _is_idle(served, name):
        return Response(_idle(served, served.journal.standing.policies[name]), headers=tag_header(served, name))
    raise NotFound("there is no such policy")


@delete(
    "/v1/policies/{name:str}",
    status_code=204,
    operation_class=changes(),
    responses=refuses(Problem, PROBLEM_JSON, (*CHANGING, NotFound)),
    tags=["policies"],
)
async def retire(request: Asked, name: FromPath[str]) -> Response[None]:
    """Take a policy's versions out of force; they stay readable, and to activate one brings the policy back."""
    served: Served = request.app.state.served
    by = by_query(request, served)
    await changes_of(served).retire(name, condition_of(request.headers), by)
    return Response(None, status_code=204, headers=tag_header(served, name))


def changes_of(served: Served) -> Changes:
    """Return what changes policies and tenants."""
    return Changes(served.judge.policies, served.journal)


def by_query(request: Asked, served: Served) -> By:
    """Return who changes something, once they may, with the reason that stands in the address."""
    author = caller_of(request, served, Scope.ADMIN).key_id
    reason = request.query_params.get("reason", "")
    if len(reason) > LONGEST_REASON:
        raise BadRequest(f"must have at most {LONGEST_REASON} characters", "reason")
    return By(author, reason)


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
    shown = _shown(served, policy, known.source, known.ruling.version)
    return msgspec.structs.replace(
        shown, default=known is policies.snapshot.default, candidate=candidate, in_force=True, wrong=wrong
    )


def proven(served: Served, policy: Policy) -> bool:
    """Tell whether a policy's evidence is for its rules and for the model in service."""
    return policy.proven and policy.evidence is not None and policy.evidence.model == served.identity.model.digest


def _shown_to(caller: Caller, served: Served) -> Mapping[str, Known]:
    """Return the policies in force that a caller is shown: which others there are tells of other tenants."""
    snapshot = served.judge.policies.snapshot
    return snapshot.known if caller.sees_all else snapshot.open_to(caller.tenant)


def _out_for(caller: Caller, served: Served, known: Known) -> PolicyOut:
    out = policy_out(served, known)
    return out if caller.sees_all else msgspec.structs.replace(out, candidate=None, wrong=[])


def _is_idle(served: Served, name: str) -> bool:
    named = served.journal.standing.policies.get(name)
    return bool(named and named.versions) and name not in served.judge.policies.snapshot.known


def _idle(served: Served, named: PolicyStanding) -> PolicyOut:
    last = named.versions[max(named.versions)]
    return _shown(served, last.policy, Source.STORED, last.number)


def _shown(served: Served, policy: Policy, source: Source, version: int) -> PolicyOut:
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
