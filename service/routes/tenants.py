"""`/v1/tenants`: which policy a tenant's texts are judged by."""

from urllib.parse import unquote

import msgspec
from litestar import Response, delete, get, put
from litestar.di import NamedDependency
from litestar.params import FromPath, RawBody

from service.access.caller import caller_of
from service.access.scope import Scope
from service.errors import BadRequest, NotFound
from service.http.asked import Asked
from service.http.operations import changes
from service.http.responses import CHANGING, OF_BODIES, STRANGERS, refuses
from service.policies.conditions import condition_of, etag
from service.policies.files import Source
from service.routes.changing import by_body, by_query, changes_of
from service.served import Served
from service.wire.policies import TenantIn, TenantOut, TenantsOut

_DECODER = msgspec.json.Decoder(TenantIn)
_TAKES = 'JSON such as {"policy": "forum", "reason": "..."}'


@get("/v1/tenants", responses=refuses(STRANGERS), tags=["policies"], sync_to_thread=False)
def tenants(request: Asked, served: NamedDependency[Served]) -> TenantsOut:
    """List the tenants that have a policy of their own."""
    caller_of(request, served, Scope.ADMIN)
    policies = served.judge.policies
    found = [_out(served, tenant) for tenant in sorted(policies.snapshot.tenants)]
    return TenantsOut(policies.default.name, found)


@get(
    "/v1/tenants/{tenant:path}",
    responses=refuses((BadRequest, *STRANGERS, NotFound)),
    tags=["policies"],
    sync_to_thread=False,
)
def tenant_policy(request: Asked, served: NamedDependency[Served], tenant: FromPath[str]) -> Response[TenantOut]:
    """Show a tenant's policy; the ETag is what a change of it has to name."""
    caller_of(request, served, Scope.ADMIN)
    tenant = _named(request, tenant)
    if tenant not in served.judge.policies.snapshot.tenants:
        raise NotFound("the tenant has no policy of its own")
    return _answer(served, tenant)


@put(
    "/v1/tenants/{tenant:path}",
    status_code=200,
    operation_class=changes(TenantIn),
    responses=refuses((*CHANGING, *OF_BODIES)),
    tags=["policies"],
)
async def assign(request: Asked, tenant: FromPath[str], body: RawBody) -> Response[TenantOut]:
    """Give a tenant a policy, for its API keys and for requests that name it in X-Tidegate-Tenant."""
    served: Served = request.app.state.served
    asked, condition, by = by_body(request, served, body, _DECODER, _TAKES)
    tenant = _named(request, tenant)
    await changes_of(served).assign(tenant, asked.policy, condition, by)
    return _answer(served, tenant)


@delete(
    "/v1/tenants/{tenant:path}",
    status_code=204,
    operation_class=changes(),
    responses=refuses((*CHANGING, NotFound)),
    tags=["policies"],
)
async def unassign(request: Asked, tenant: FromPath[str]) -> None:
    """Take a tenant's policy away: it has the default one again."""
    served: Served = request.app.state.served
    by = by_query(request, served)
    await changes_of(served).assign(_named(request, tenant), None, condition_of(request.headers), by)


def _named(request: Asked, tenant: str) -> str:
    """Return the tenant that the address names. Raises BadRequest where a slash of its name has been lost.

    Litestar cuts a closing slash off and makes one of several, and would so name another tenant.
    """
    tenant = tenant.removeprefix("/")
    if not unquote(request.scope["raw_path"].decode()).endswith(f"/v1/tenants/{tenant}"):
        raise BadRequest(
            "has a slash too many; one whose name begins or ends with one has to stand in a file", "tenant"
        )
    return tenant


def _out(served: Served, tenant: str) -> TenantOut:
    snapshot = served.judge.policies.snapshot
    policy = snapshot.tenants[tenant]
    known = policy in snapshot.known
    given = served.journal.standing.tenants.get(tenant)
    if given is None or tenant in served.judge.policies.written.tenants:
        return TenantOut(tenant, policy, Source.FOLDER, known, 0, "", "")
    return TenantOut(tenant, policy, Source.STORED, known, given.time, given.author, given.reason)


def _answer(served: Served, tenant: str) -> Response[TenantOut]:
    given = served.journal.standing.tenants.get(tenant)
    return Response(_out(served, tenant), headers=etag(str(given.revision) if given else None))
