"""Who asks, where an application or a gateway says so: tenants share the queue fairly."""

from litestar.datastructures import Headers

from service.errors import BadRequest
from taxonomy.tenants import LONGEST

HEADER = "x-tidegate-tenant"


def tenant_of(headers: Headers) -> str:
    """Return the tenant's name, "" where nobody names one. Raises BadRequest.

    Of two names one may be the client's own, before a gateway that adds its header and takes none away.
    """
    names: list[str] = headers.getall(HEADER, [""])
    if len(names) > 1:
        raise BadRequest("must not be sent twice", HEADER)
    name = names[0]
    if len(name) > LONGEST:
        raise BadRequest(f"must have at most {LONGEST} characters", HEADER)
    return name
