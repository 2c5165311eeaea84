"""The native taxonomy: categories, their order, and the digest that names this version of them."""

import hashlib
from enum import StrEnum
from functools import cached_property
from typing import Annotated, TypeAlias

import msgspec

# Names travel in HTTP headers, addresses and metric labels, where a space or a colon would break them.
Name: TypeAlias = Annotated[
    str,
    msgspec.Meta(
        pattern="^[A-Za-z0-9][A-Za-z0-9._-]*$",
        description="a name of letters, digits, '.', '_' and '-'",
    ),
]
Share: TypeAlias = Annotated[float, msgspec.Meta(ge=0, le=1)]


class Role(StrEnum):
    """What a text is to the application: it decides what counts as harm in it."""

    PROMPT = "prompt"
    RESPONSE = "response"
    DOCUMENT = "document"
    TEXT = "text"


class Group(StrEnum):
    """Where a category stands: `fallback` labels are derived, all others are outputs of the model."""

    CORE = "core"
    FINE_GRAINED = "fine_grained"
    FALLBACK = "fallback"
    ATTACK = "attack"


NEEDS_CAUTION = "needs_caution"
OTHER = "other"


class Category(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One label: its slug is its identity, everything else explains it."""

    slug: Name
    name: str
    group: Group
    definition: str
    excludes: str


class Taxonomy(msgspec.Struct, frozen=True, forbid_unknown_fields=True, dict=True, tag_field="kind", tag="taxonomy"):
    """An ordered list of categories; the order is that of every score array in the project."""

    version: str
    categories: Annotated[tuple[Category, ...], msgspec.Meta(min_length=1)]

    @cached_property
    def slugs(self) -> tuple[str, ...]:
        """Every slug, fallback labels included, in order."""
        return tuple(category.slug for category in self.categories)

    @cached_property
    def trained(self) -> tuple[str, ...]:
        """The slugs a model has an output for, in order."""
        return tuple(c.slug for c in self.categories if c.group is not Group.FALLBACK)

    @cached_property
    def hazards(self) -> frozenset[str]:
        """The trained slugs that name harmful content (attacks are not hazards)."""
        return frozenset(c.slug for c in self.categories if c.group in (Group.CORE, Group.FINE_GRAINED))

    @cached_property
    def attacks(self) -> frozenset[str]:
        """The slugs that name an attack on an assistant."""
        return frozenset(c.slug for c in self.categories if c.group is Group.ATTACK)

    @cached_property
    def digest(self) -> str:
        """SHA-256 of the taxonomy's canonical JSON, as `sha256:` and 64 hex digits."""
        return digest_of(self)


def digest_of(value: object) -> str:
    """Return the SHA-256 of a value's canonical JSON (sorted keys), as `sha256:` and 64 hex digits."""
    return "sha256:" + hashlib.sha256(msgspec.json.encode(value, order="sorted")).hexdigest()
