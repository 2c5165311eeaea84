"""What is being served: `/v1/info`, `/v1/taxonomy`, `/v1/crosswalks`."""

import msgspec
from litestar import get
from litestar.di import NamedDependency

from service.access.caller import caller_of
from service.access.scope import Scope
from service.http.asked import Asked
from service.http.responses import STRANGERS, refuses
from service.journal.follow import Condition
from service.served import Served
from service.version import VERSION
from service.wire.native import Ref, TaxonomyRef
from taxonomy.categories import Category
from taxonomy.files import native

_REFUSALS = refuses(STRANGERS)


class ModelInfo(msgspec.Struct, frozen=True):
    """The bundle in service. The score of an `unscored` output is 0 and no judgement.

    `languages` are the codes of those it has learned; none means that nobody says. What it was made of and measured at
    stands in its manifest and card.
    """

    name: str
    digest: str
    base: str
    created: str
    precision: str
    normaliser: int
    window_tokens: int
    overlap_tokens: int
    unscored: tuple[str, ...]
    languages: tuple[str, ...]


class Limits(msgspec.Struct, frozen=True):
    """What one request may hold."""

    body_bytes: int
    items: int
    chars: int
    tokens: int


class Info(msgspec.Struct, frozen=True):
    """The service, its model, its limits, and how it stands with the journal of what operators change."""

    version: str
    device: str
    cache: str
    default_policy: Ref
    model: ModelInfo
    taxonomy: TaxonomyRef
    limits: Limits
    journal: Condition


class TaxonomyOut(msgspec.Struct, frozen=True):
    """The taxonomy in full."""

    version: str
    digest: str
    categories: tuple[Category, ...]


class CrosswalkOut(msgspec.Struct, frozen=True):
    """A vendor's labels, the cells that join them to our slugs, and the labels that nothing stands for."""

    name: str
    title: str
    source: str
    digest: str
    labels: dict[str, str]
    cells: dict[str, dict[str, str]]
    unsupported: tuple[str, ...]


@get("/v1/info", responses=_REFUSALS, tags=["catalogue"], sync_to_thread=False)
def about(request: Asked, served: NamedDependency[Served]) -> Info:
    """Say what is running: version, model, policy and limits."""
    caller_of(request, served, Scope.CLASSIFY)
    identity, settings = served.identity, served.settings
    manifest = identity.bundle.manifest
    policy = served.judge.policies.default
    return Info(
        version=VERSION,
        device=settings.device,
        cache=settings.cache_kind,
        default_policy=Ref(policy.name, policy.digest),
        model=ModelInfo(
            manifest.name,
            identity.bundle.digest,
            manifest.base,
            manifest.created,
            manifest.precision,
            manifest.normaliser,
            manifest.encoding.max_tokens,
            manifest.encoding.overlap,
            manifest.unscored,
            manifest.languages,
        ),
        taxonomy=identity.taxonomy,
        limits=Limits(settings.max_body_bytes, settings.max_items, settings.max_chars, settings.max_tokens),
        journal=served.journal.condition,
    )


@get("/v1/taxonomy", responses=_REFUSALS, tags=["catalogue"], sync_to_thread=False)
def taxonomy(request: Asked, served: NamedDependency[Served]) -> TaxonomyOut:
    """List every category: slug, name, group, definition and what it is not."""
    caller_of(request, served, Scope.CLASSIFY)
    own = native()
    return TaxonomyOut(own.version, own.digest, own.categories)


@get("/v1/crosswalks", responses=_REFUSALS, tags=["catalogue"], sync_to_thread=False)
def crosswalks(request: Asked, served: NamedDependency[Served]) -> list[CrosswalkOut]:
    """List the crosswalks, with the labels each leaves unsupported: compatible is not the same as covered."""
    caller_of(request, served, Scope.CLASSIFY)
    return [
        CrosswalkOut(
            each.name,
            each.title,
            each.source,
            each.digest,
            each.labels,
            {slug: dict(cells) for slug, cells in each.cells.items()},
            each.unsupported,
        )
        for each in served.identity.crosswalks.values()
    ]
