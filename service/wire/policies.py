"""The admin API's requests and answers: versions of policies, candidates, tenants."""

from typing import Annotated, Any

import msgspec
from msgspec import Meta

from service.journal.entries import Number
from service.policies.files import Source
from service.wire.native import Ref
from taxonomy.categories import Role
from taxonomy.difference import Change
from taxonomy.evidence import Evidence
from taxonomy.policy import Action, OnError, OnUnsupported, Override, Rule

LONGEST_REASON = 1000
Reason = Annotated[str, Meta(max_length=LONGEST_REASON, description="Why, for whoever reads the versions.")]


class VersionIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A policy to save: what a policy file holds, as JSON."""

    policy: Annotated[dict[str, Any], Meta(description="What a policy file holds; `kind` and `name` may be left out.")]
    reason: Reason = ""


class ActivateIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The version to put in force, an older one to roll back; 0 is what is shipped under the name."""

    version: Annotated[int, Meta(ge=0, le=2**31 - 1)]
    reason: Reason = ""


class ShadowIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The version to decide beside the policy in force."""

    version: Number
    reason: Reason = ""


class TenantIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The policy that a tenant is to have."""

    policy: str
    reason: Reason = ""


class TryIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Either a version or a policy as a file would hold it, to be held against recent decisions."""

    version: Number | None = None
    policy: dict[str, Any] | None = None


class PolicyOut(msgspec.Struct, frozen=True):
    """A policy with every gap filled: a rule for each role and category.

    `source` is `shipped`, `file` (TIDEGATE_POLICY), `folder` (TIDEGATE_POLICIES) or `stored`; `version` is 0 for all
    but the last. `candidate` is the version that is decided beside it. `proven` says that the evidence is for these
    thresholds and for the model in service. `wrong` names the files and lines that keep the files as they are now from
    being used: until they are mended, what was read before stays in force. Whoever may administer also sees policies
    that are not `in_force`, by their last version; other keys see neither `wrong` nor `candidate`.
    """

    name: str
    description: str
    digest: str
    default: bool
    on_error: OnError
    on_unsupported: OnUnsupported
    override: Override
    rules: dict[Role, dict[str, Rule]]
    source: Source
    version: int
    candidate: int | None
    in_force: bool
    proven: bool
    evidence: Evidence | None
    wrong: list[str]


class VersionOut(msgspec.Struct, frozen=True):
    """One version; `time` is in milliseconds since 1970, `author` the id of an API key or `command line`.

    `parent` is the policy that it extends, as it was when the version was saved.
    """

    version: int
    digest: str
    time: int
    author: str
    reason: str
    active: bool
    candidate: bool
    proven: bool
    parent: Ref | None


class VersionsOut(msgspec.Struct, frozen=True):
    """The versions of a policy, the newest first; `active` is 0 where none of them is in force.

    `more` says that there are older ones: ask for those `before` the last of these.
    """

    name: str
    active: int
    candidate: int | None
    retired: bool
    shipped: bool
    versions: list[VersionOut]
    more: bool


class VersionWhole(msgspec.Struct, frozen=True):
    """A version as it was written, and with every gap filled."""

    version: VersionOut
    policy: Annotated[dict[str, Any], Meta(description="What a policy file would hold.")]
    rules: dict[Role, dict[str, Rule]]


class DiffOut(msgspec.Struct, frozen=True):
    """What differs between two versions; 0 is what is shipped under the name."""

    before: int
    after: int
    changes: tuple[Change, ...]


class Differing(msgspec.Struct, frozen=True):
    """Texts for which a category does something else under the candidate."""

    slug: str
    action: Action
    candidate: Action
    texts: int


class ShadowOut(msgspec.Struct, frozen=True):
    """A candidate, and how its verdicts compare; counted by this process since `since` (milliseconds since 1970)."""

    version: int
    digest: str
    since: int
    same: int
    milder: int
    graver: int
    categories: list[Differing]


class Flip(msgspec.Struct, frozen=True):
    """Texts with one verdict now and another under the candidate."""

    action: Action
    candidate: Action
    texts: int


class TryOut(msgspec.Struct, frozen=True):
    """Recent decisions of a policy held against a candidate; `texts` were compared, by the scores they had.

    Left out of those that are remembered are `others`, which other policies decided, those with thresholds of their
    `own`, and of the rest the `degraded`, which could not be scored. What they are compared with is the policy as it is
    now.
    """

    texts: int
    others: int
    own: int
    degraded: int
    same: int
    milder: int
    graver: int
    verdicts: list[Flip]
    categories: list[Differing]


class TenantOut(msgspec.Struct, frozen=True):
    """A tenant and its policy; `known` is false where that is not in force, and the tenant's requests answer 503.

    `source` is `folder` or `stored`; of a tenant in a file nobody knows when and by whom.
    """

    tenant: str
    policy: str
    source: Source
    known: bool
    time: int
    author: str
    reason: str


class TenantsOut(msgspec.Struct, frozen=True):
    """The tenants that have a policy of their own; all others have the default one."""

    default: str
    tenants: list[TenantOut]
