"""`/v1/policies/NAME/shadow`: a version decided beside the policy in force, and where they differ."""

import msgspec
from litestar import Response, delete, get, put
from litestar.di import NamedDependency
from litestar.params import FromPath, RawBody

from service.access.caller import caller_of
from service.access.scope import Scope
from service.errors import NotFound
from service.http.asked import Asked
from service.http.operations import changes
from service.http.responses import CHANGING, OF_BODIES, STRANGERS, refuses
from service.policies.conditions import condition_of
from service.routes.changing import TAKES_VERSION, by_body, by_query, changes_of
from service.routes.shown import named_or_refuse, tag_header
from service.served import Served
from service.wire.policies import Differing, ShadowIn, ShadowOut

_DECODER = msgspec.json.Decoder(ShadowIn)
_CHANGING = refuses((*CHANGING, NotFound, *OF_BODIES))


@get(
    "/v1/policies/{name:str}/shadow",
    responses=refuses((*STRANGERS, NotFound)),
    tags=["policies"],
    sync_to_thread=False,
)
def shadow(request: Asked, served: NamedDependency[Served], name: FromPath[str]) -> Response[ShadowOut]:
    """Say how a candidate's verdicts compare with those in force, as counted by this process."""
    caller_of(request, served, Scope.ADMIN)
    named_or_refuse(served, name)
    return _answer(served, name)


@put(
    "/v1/policies/{name:str}/shadow",
    status_code=200,
    operation_class=changes(ShadowIn),
    responses=_CHANGING,
    tags=["policies"],
)
async def set_shadow(request: Asked, name: FromPath[str], body: RawBody) -> Response[ShadowOut]:
    """Have a version decided beside the policy in force, at no inference; nothing of it is enforced."""
    served: Served = request.app.state.served
    asked, condition, by = by_body(request, served, body, _DECODER, TAKES_VERSION)
    await changes_of(served).shadow(name, asked.version, condition, by)
    return _answer(served, name)


@delete(
    "/v1/policies/{name:str}/shadow",
    status_code=204,
    operation_class=changes(),
    responses=_CHANGING,
    tags=["policies"],
)
async def end_shadow(request: Asked, name: FromPath[str]) -> Response[None]:
    """End a candidate."""
    served: Served = request.app.state.served
    by = by_query(request, served)
    await changes_of(served).shadow(name, None, condition_of(request.headers), by)
    return Response(None, status_code=204, headers=tag_header(served, name))


def _answer(served: Served, name: str) -> Response[ShadowOut]:
    known = served.judge.policies.snapshot.known.get(name)
    named = served.journal.standing.policies.get(name)
    ruling = known.ruling if known else None
    if not (named and named.shadow and ruling and ruling.candidate and ruling.disagreements):
        raise NotFound("the policy has no candidate")
    counted = ruling.disagreements
    differing = [Differing(*each) for each in counted.categories]
    out = ShadowOut(named.shadow, ruling.candidate.digest, counted.since, **counted.verdicts, categories=differing)
    return Response(out, headers=tag_header(served, name))
