"""What a change is. Each kind is a struct; its JSON, tagged with the kind, is what a store keeps.

A field that is not known is passed over and a kind that is not known is skipped: both were written by a newer tidegate.
"""

from typing import Annotated, Any, TypeAlias

import msgspec
from msgspec import Meta

from service.journal.document import resolved
from taxonomy.categories import Name
from taxonomy.decision import Milliseconds
from taxonomy.files import native
from taxonomy.policy import Policy
from taxonomy.resolve import PolicyFile

COMMAND_LINE = "command line"

Number: TypeAlias = Annotated[int, Meta(ge=1, le=2**31 - 1)]


class Change(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag_field="kind"):
    """What every entry says. `author` is the id of an API key or COMMAND_LINE.

    `revision` is the entry's place in the journal, from 1; `time` is in milliseconds since 1970, UTC. Follower.commit
    fills in both.
    """

    author: str
    reason: str = ""
    revision: int = 0
    time: Milliseconds = 0


class PolicySaved(Change, frozen=True, kw_only=True, tag="policy saved"):
    """A new version of a policy; not yet in force.

    `document` is the PolicyFile as written and `parent` the resolved Policy that it extends as it was then, both as
    plain data, so that the version stays what it is whatever becomes of the parent. `digest` is the resolved policy's,
    and `taxonomy` is that of the taxonomy it was resolved with.
    """

    name: Name
    version: Number
    document: dict[str, Any]
    digest: str
    taxonomy: str
    parent: dict[str, Any] | None = None

    @classmethod
    def of(
        cls, file: PolicyFile, parent: Policy | None, *, version: int, author: str, reason: str = ""
    ) -> "PolicySaved":
        """Return the entry for a written policy. Raises DocumentError for one that cannot be resolved."""
        # As a store gives it back: to_builtins leaves tuples, which no file holds.
        document = msgspec.json.decode(msgspec.json.encode(file))
        extended = None if parent is None else msgspec.to_builtins(parent)
        _, policy = resolved(document, extended)
        return cls(
            name=file.name,
            version=version,
            document=document,
            digest=policy.digest,
            taxonomy=native().digest,
            parent=extended,
            author=author,
            reason=reason,
        )


class PolicyActivated(Change, frozen=True, kw_only=True, tag="policy activated"):
    """A version is in force from now on; version 0 is what has that name without the journal, or nothing."""

    name: Name
    version: Annotated[int, Meta(ge=0, le=2**31 - 1)]


class PolicyRetired(Change, frozen=True, kw_only=True, tag="policy retired"):
    """None of a policy's versions is in force any more; they can still be read, and activated again."""

    name: Name


class ShadowSet(Change, frozen=True, kw_only=True, tag="shadow set"):
    """A version is decided beside the policy of that name that is in force; None ends it."""

    name: Name
    version: Number | None = None


class TenantAssigned(Change, frozen=True, kw_only=True, tag="tenant assigned"):
    """A tenant's texts are judged by this policy; None gives the tenant the default again."""

    tenant: str
    policy: Name | None = None


class KeyCreated(Change, frozen=True, kw_only=True, tag="key created"):
    """An API key. `hash` is what its secret is recognised by; the secret itself is nowhere."""

    id: str
    hash: str
    scopes: tuple[str, ...]
    tenant: str = ""
    note: str = ""


class KeyRevoked(Change, frozen=True, kw_only=True, tag="key revoked"):
    """An API key opens nothing any more."""

    id: str


Entry: TypeAlias = PolicySaved | PolicyActivated | PolicyRetired | ShadowSet | TenantAssigned | KeyCreated | KeyRevoked

_decoder: msgspec.json.Decoder[Entry] = msgspec.json.Decoder(Entry)


def encode(entry: Entry) -> bytes:
    """Return an entry's JSON."""
    return msgspec.json.encode(entry)


def decode(data: bytes) -> Entry:
    """Return the entry in some JSON. Raises msgspec.MsgspecError or RecursionError for what is none."""
    return _decoder.decode(data)
