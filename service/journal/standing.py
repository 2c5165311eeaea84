"""What is in force by a journal, as `fold` makes it of the entries: policies, tenants and keys."""

from collections.abc import Mapping

import msgspec

from taxonomy.policy import Policy
from taxonomy.resolve import PolicyFile


class Version(msgspec.Struct, frozen=True):
    """A policy as it was saved once: as written, and resolved with its parent as that was then.

    `parent` is the parent's name and digest. `revision` is that of the entry; `time` is in milliseconds since 1970.
    """

    number: int
    file: PolicyFile
    policy: Policy
    parent: tuple[str, str] | None
    revision: int
    time: int
    author: str
    reason: str


class PolicyStanding(msgspec.Struct, frozen=True):
    """One name: its versions, oldest first, the one in force, and the one decided beside it.

    `active` is 0 where none of them is in force. `last` is the highest number taken, by a version that cannot be read
    too: the next is one more. `revision` is that of the last entry about the name.
    """

    versions: dict[int, Version] = {}
    active: int = 0
    shadow: int | None = None
    retired: bool = False
    last: int = 0
    revision: int = 0


class Assignment(msgspec.Struct, frozen=True):
    """The policy of a tenant, and the entry that gave it."""

    policy: str
    revision: int
    time: int
    author: str
    reason: str


class Key(msgspec.Struct, frozen=True):
    """An API key; `revoked` is when, in milliseconds since 1970, and 0 for one that opens what its scopes say.

    `author` is who made it, and who revoked it once somebody did.
    """

    id: str
    hash: str
    scopes: tuple[str, ...]
    tenant: str
    note: str
    time: int
    author: str
    revoked: int = 0


class Skipped(msgspec.Struct, frozen=True):
    """An entry that changes nothing, and why; none of its content."""

    revision: int
    reason: str


class Standing(msgspec.Struct, frozen=True):
    """Everything that is in force by the journal up to `revision`. Immutable: whoever holds one may go on reading it.

    `skips` counts the entries that were skipped; `skipped` names the latest.
    """

    revision: int = 0
    policies: Mapping[str, PolicyStanding] = {}
    tenants: Mapping[str, Assignment] = {}
    keys: Mapping[str, Key] = {}
    skipped: tuple[Skipped, ...] = ()
    skips: int = 0
