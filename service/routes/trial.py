"""`POST /v1/policies/NAME/try`: what a candidate would have done with recent decisions."""

import asyncio

import msgspec
from litestar import post
from litestar.params import FromPath, RawBody

from service.access.caller import caller_of
from service.access.scope import Scope
from service.errors import BadRequest, Conflict, NotFound
from service.http.asked import Asked
from service.http.operations import describes
from service.http.responses import OF_BODIES, STRANGERS, refuses
from service.policies.document import check_size, from_json
from service.policies.trial import flips
from service.routes.changing import changes_of
from service.served import Served
from service.wire.decode import decode
from service.wire.policies import Differing, Flip, TryIn, TryOut
from taxonomy.policy import Policy

_DECODER = msgspec.json.Decoder(TryIn)
_TAKES = 'JSON such as {"version": 1} or {"policy": {...}}'


@post(
    "/v1/policies/{name:str}/try",
    status_code=200,
    operation_class=describes(TryIn),
    responses=refuses((BadRequest, *STRANGERS, NotFound, Conflict, *OF_BODIES)),
    tags=["policies"],
)
async def try_out(request: Asked, name: FromPath[str], body: RawBody) -> TryOut:
    """Say what would change in recent decisions if a version, or a policy that is not saved yet, were in force."""
    served: Served = request.app.state.served
    caller_of(request, served, Scope.ADMIN)
    check_size(body)
    asked = decode(body, _DECODER, _TAKES)
    known = served.judge.policies.snapshot.known.get(name)
    if known is None:
        raise NotFound("no policy of this name is in force")
    candidate = await _candidate(served, name, asked)
    recent = served.decisions.remembered()
    found = await asyncio.to_thread(lambda: flips(recent.rows(), known.policy, candidate))
    verdicts = [Flip(*each) for each in found.verdicts]
    return TryOut(
        texts=found.texts,
        others=found.others,
        own=found.own,
        degraded=found.degraded,
        same=sum(each.texts for each in verdicts if each.action is each.candidate),
        milder=sum(each.texts for each in verdicts if each.action.gravity > each.candidate.gravity),
        graver=sum(each.texts for each in verdicts if each.action.gravity < each.candidate.gravity),
        verdicts=[each for each in verdicts if each.action is not each.candidate],
        categories=[Differing(*each) for each in found.categories],
    )


async def _candidate(served: Served, name: str, asked: TryIn) -> Policy:
    if (asked.version is None) == (asked.policy is None):
        raise BadRequest(f"give either version or policy; this takes {_TAKES}")
    if asked.policy is not None:
        return changes_of(served).resolved(await from_json(asked.policy, name))
    named = served.journal.standing.policies.get(name)
    found = named.versions.get(asked.version or 0) if named else None
    if found is None:
        raise BadRequest("there is no such version", "version")
    return found.policy
