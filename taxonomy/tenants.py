"""Which policy a tenant's texts are judged by, as a file beside the policies says it."""

from collections.abc import Collection, Sequence

import msgspec

from taxonomy.categories import Name
from taxonomy.document import Document
from taxonomy.structure import read
from taxonomy.wording import one_line, suggestion

# A tenant travels in a header, where other characters have no one reading.
LONGEST = 128


class TenantsFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="kind", tag="tenants"):
    """Tenant -> the name of its policy."""

    tenants: dict[str, Name]


def tenants_in(documents: Sequence[Document], policies: Collection[str]) -> dict[str, str]:
    """Return tenant -> policy of all documents together; `policies` are the names there are.

    An unknown policy, a name that no header can hold and a tenant that stands in two files are added to the problems.
    """
    found: dict[str, str] = {}
    first: dict[str, str] = {}
    for document in documents:
        file = read(document, TenantsFile)
        for tenant, policy in file.tenants.items() if file else ():
            place = ("tenants", tenant)
            if wrong := mistake_in(tenant):
                document.report(place, wrong)
            if tenant in first:
                document.report(place, f"the tenant stands in {first[tenant]} too")
            if policy not in policies:
                document.report(place, f"unknown policy '{one_line(policy)}'{suggestion(policy, policies)}")
            first.setdefault(tenant, document.file)
            found.setdefault(tenant, policy)
    return found


def mistake_in(tenant: str) -> str | None:
    """Return what keeps a name from being a tenant's, None where nothing does."""
    if not 0 < len(tenant) <= LONGEST:
        return f"a tenant has 1 to {LONGEST} characters"
    if not (tenant.isascii() and tenant.isprintable()) or tenant != tenant.strip():
        return "a tenant has printable ASCII characters, and no space around them"
    return None
