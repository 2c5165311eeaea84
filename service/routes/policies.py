"""`/v1/policies` and `/v1/policies/NAME`: what is in force, and taking it out of force."""

from collections.abc import Mapping

import msgspec
from litestar import Response, delete, get
from litestar.di import NamedDependency
from litestar.params import FromPath

from service.access.caller import Caller, caller_of
from service.access.scope import Scope
from service.errors import NotFound, Unavailable
from service.http.asked import Asked
from service.http.operations import changes
from service.http.responses import CHANGING, STRANGERS, refuses
from service.journal.standing import PolicyStanding
from service.policies.conditions import condition_of
from service.policies.files import Source
from service.policies.snapshot import Known
from service.routes.changing import by_query, changes_of
from service.routes.shown import policy_out, shown, tag_header
from service.served import Served
from service.wire.policies import PolicyOut

_REFUSALS = refuses((*STRANGERS, NotFound, Unavailable))


@get(
    "/v1/policies",
    responses=refuses((*STRANGERS, Unavailable)),
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
    responses=refuses((*CHANGING, NotFound)),
    tags=["policies"],
)
async def retire(request: Asked, name: FromPath[str]) -> Response[None]:
    """Take a policy's versions out of force; they stay readable, and to activate one brings the policy back."""
    served: Served = request.app.state.served
    by = by_query(request, served)
    await changes_of(served).retire(name, condition_of(request.headers), by)
    return Response(None, status_code=204, headers=tag_header(served, name))


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
    return shown(served, last.policy, Source.STORED, last.number)
