"""`/v1/policies/NAME/versions`, `/activate` and `/diff`: every change is a new version, and none is ever lost."""

from itertools import islice
from typing import Any

import msgspec
from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, RawBody

from service.access.caller import caller_of
from service.access.scope import Scope
from service.errors import BadRequest, NotFound
from service.http.asked import Asked
from service.http.operations import changes, compares, pages
from service.http.responses import CHANGING, OF_BODIES, STRANGERS, answers, refuses
from service.journal.standing import PolicyStanding, Version
from service.policies.changes import By
from service.policies.conditions import condition_of
from service.policies.document import YAML, check_size, from_json, from_yaml, is_yaml, wants_yaml
from service.routes.changing import TAKES_VERSION, by_body, by_query, changes_of
from service.routes.shown import named_or_refuse, policy_out, proven, tag_header
from service.served import Served
from service.wire.decode import decode
from service.wire.native import Ref
from service.wire.policies import ActivateIn, DiffOut, PolicyOut, VersionIn, VersionOut, VersionsOut, VersionWhole
from taxonomy.difference import differences
from taxonomy.policy import Policy
from taxonomy.written import as_yaml

_TAKES = 'JSON such as {"policy": {...}, "reason": "..."}, or a policy file with Content-Type: application/yaml'
# Five thousand at once were 1.7 MB.
_LIMIT, _MOST = 100, 1000
_SAVED = msgspec.json.Decoder(VersionIn)
_ACTIVATED = msgspec.json.Decoder(ActivateIn)
_READING = refuses((BadRequest, *STRANGERS, NotFound))
_CHANGING = refuses((*CHANGING, *OF_BODIES))


@get(
    "/v1/policies/{name:str}/versions",
    operation_class=pages(_LIMIT, _MOST),
    responses=_READING,
    tags=["policies"],
    sync_to_thread=False,
)
def versions(request: Asked, served: NamedDependency[Served], name: FromPath[str]) -> Response[VersionsOut]:
    """List the versions of a policy, the newest first: `limit` of them, and only those older than version `before`."""
    caller_of(request, served, Scope.ADMIN)
    named = named_or_refuse(served, name)
    limit, before = _number(request, "limit", _LIMIT), _number(request, "before", named.last + 1)
    if not 1 <= limit <= _MOST:
        raise BadRequest(f"must be from 1 to {_MOST}", "limit")
    older = (each for number, each in sorted(named.versions.items(), reverse=True) if number < before)
    found = [version_out(served, named, each) for each in islice(older, limit)]
    shipped = name in served.judge.policies.written.policies
    out = VersionsOut(name, named.active, named.shadow, named.retired, shipped, found, next(older, None) is not None)
    return Response(out, headers=tag_header(served, name))


@post(
    "/v1/policies/{name:str}/versions",
    status_code=201,
    operation_class=changes(VersionIn, yaml=True),
    responses=_CHANGING,
    tags=["policies"],
)
async def save(request: Asked, name: FromPath[str], body: RawBody) -> Response[VersionOut]:
    """Save a version, which is not in force before it is activated. As YAML the reason stands in the address."""
    served: Served = request.app.state.served
    by = by_query(request, served)
    condition = condition_of(request.headers)
    if is_yaml(request.headers.get("content-type", "")):
        file = await from_yaml(body, name)
    else:
        check_size(body)
        asked = decode(body, _SAVED, _TAKES)
        file = await from_json(asked.policy, name)
        by = By(by.author, asked.reason or by.reason)
    standing, number = await changes_of(served).save(file, condition, by)
    named = standing.policies[name]
    headers = tag_header(served, name) | {"Location": f"/v1/policies/{name}/versions/{number}"}
    return Response(version_out(served, named, named.versions[number]), status_code=201, headers=headers)


@get(
    "/v1/policies/{name:str}/versions/{number:int}",
    responses=answers(VersionWhole) | _READING,
    tags=["policies"],
    sync_to_thread=False,
)
def version(
    request: Asked, served: NamedDependency[Served], name: FromPath[str], number: FromPath[int]
) -> Response[Any]:
    """Show a version; with `Accept: application/yaml` as a policy file, which can be saved again as it is."""
    caller_of(request, served, Scope.ADMIN)
    named = named_or_refuse(served, name)
    found = named.versions.get(number)
    if found is None:
        raise NotFound("there is no such version")
    if wants_yaml(request.headers.get("accept", "")):
        return Response(as_yaml(found.file), media_type=YAML, headers=tag_header(served, name))
    whole = VersionWhole(version_out(served, named, found), msgspec.to_builtins(found.file), found.policy.rules)
    return Response(whole, headers=tag_header(served, name))


@post(
    "/v1/policies/{name:str}/activate",
    status_code=200,
    operation_class=changes(ActivateIn),
    responses=refuses((*CHANGING, NotFound, *OF_BODIES)),
    tags=["policies"],
)
async def activate(request: Asked, name: FromPath[str], body: RawBody) -> Response[PolicyOut]:
    """Put a version in force, on every replica within a second; an older one is the way back."""
    served: Served = request.app.state.served
    asked, condition, by = by_body(request, served, body, _ACTIVATED, TAKES_VERSION)
    await changes_of(served).activate(name, asked.version, condition, by)
    known = served.judge.policies.snapshot.known[name]
    return Response(policy_out(served, known), headers=tag_header(served, name))


@get(
    "/v1/policies/{name:str}/diff",
    operation_class=compares(),
    responses=_READING,
    tags=["policies"],
    sync_to_thread=False,
)
def diff(
    request: Asked,
    served: NamedDependency[Served],
    name: FromPath[str],
) -> DiffOut:
    """Say what differs between versions `from` and `to`: by default the one in force and the newest."""
    caller_of(request, served, Scope.ADMIN)
    named = named_or_refuse(served, name)
    before = _number(request, "from", named.active)
    after = _number(request, "to", max(named.versions, default=0))
    found = differences(_policy(served, name, named, before), _policy(served, name, named, after))
    return DiffOut(before, after, found)


def version_out(served: Served, named: PolicyStanding, version: Version) -> VersionOut:
    """Return a version as the wire shows it."""
    return VersionOut(
        version=version.number,
        digest=version.policy.digest,
        time=version.time,
        author=version.author,
        reason=version.reason,
        active=version.number == named.active,
        candidate=version.number == named.shadow,
        proven=proven(served, version.policy),
        parent=Ref(*version.parent) if version.parent else None,
    )


def _number(request: Asked, name: str, otherwise: int) -> int:
    given = request.query_params.get(name)
    if given is None:
        return otherwise
    if not (given.isascii() and given.isdigit() and len(given) <= 10):
        raise BadRequest("must be a whole number" if name == "limit" else "must be the number of a version", name)
    return int(given)


def _policy(served: Served, name: str, named: PolicyStanding, number: int) -> Policy:
    if number == 0 and (shipped := served.judge.policies.written.policies.get(name)):
        return shipped
    if number not in named.versions:
        raise NotFound("there is no such version")
    return named.versions[number].policy
