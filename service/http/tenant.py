"""Who asks, where an application or a gateway says so: tenants share the queue fairly."""

from collections.abc import Mapping

from service.errors import BadRequest

HEADER = "x-tidegate-tenant"
LONGEST = 128


def tenant_of(headers: Mapping[str, str]) -> str:
    """Return the tenant's name, "" where nobody names one. Raises BadRequest."""
    name = headers.get(HEADER, "")
    if len(name) > LONGEST:
        raise BadRequest(f"must have at most {LONGEST} characters", HEADER)
    return name
