"""Read taxonomies, policies and crosswalks from YAML files, checked whole before they are used.

    path -> document.parse -> structure.read -> the meaning checks here -> an immutable value

`check` collects every problem of a file; the `load_*` functions raise DocumentError with the same problems.
"""

from collections import Counter
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import TypeVar

import msgspec

from taxonomy import policy as policies
from taxonomy.categories import NEEDS_CAUTION, OTHER, Category, Role, Taxonomy
from taxonomy.crosswalk import Crosswalk, Quality
from taxonomy.document import Document, DocumentError, Problem, parse, suggestion
from taxonomy.policy import Policy, PolicyFile
from taxonomy.structure import read

T = TypeVar("T")
DATA = Path(__file__).parent / "data"


class TaxonomyFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A taxonomy as written."""

    version: str
    categories: tuple[Category, ...]


@cache
def native() -> Taxonomy:
    """Return the taxonomy that ships with the package."""
    return load_taxonomy(DATA / "taxonomy.yaml")


def load_taxonomy(path: Path) -> Taxonomy:
    """Read a taxonomy. Raises DocumentError."""
    document = _open(path)
    value = _taxonomy(document)
    return _finished(document, value)


def load_policy(path: Path, taxonomy: Taxonomy | None = None) -> Policy:
    """Read a policy and fill its gaps. Raises DocumentError."""
    document = _open(path)
    value = _policy(document, taxonomy or native())
    return _finished(document, value)


def load_crosswalk(path: Path, taxonomy: Taxonomy | None = None) -> Crosswalk:
    """Read a crosswalk. Raises DocumentError."""
    document = _open(path)
    value = _crosswalk(document, taxonomy or native())
    return _finished(document, value)


def shipped_policies() -> dict[str, Policy]:
    """Return the policies in the package, by name."""
    found = [load_policy(path) for path in sorted((DATA / "policies").glob("*.yaml"))]
    return {policy.name: policy for policy in found}


def shipped_crosswalks() -> dict[str, Crosswalk]:
    """Return the crosswalks in the package, by name."""
    found = [load_crosswalk(path) for path in sorted((DATA / "crosswalks").glob("*.yaml"))]
    return {crosswalk.name: crosswalk for crosswalk in found}


def check(path: Path) -> tuple[Problem, ...]:
    """Return every problem of a file, whichever kind it is; none means it can be used."""
    document = _open(path)
    if document.data is not None:
        kind = document.data.get("kind") if isinstance(document.data, dict) else None
        match kind:
            case "taxonomy":
                _taxonomy(document)
            case "policy":
                _policy(document, native())
            case "crosswalk":
                _crosswalk(document, native())
            case _:
                document.report(("kind",), "must be one of taxonomy, policy, crosswalk")
    return tuple(sorted(document.problems))


def _open(path: Path) -> Document:
    try:
        text = path.read_text("utf-8")
    except UnicodeDecodeError:
        document = Document(str(path))
        document.report((), "not UTF-8 text")
        return document
    except OSError as error:
        document = Document(str(path))
        document.report((), f"cannot be read: {error.strerror}")
        return document
    return parse(text, str(path))


def _finished(document: Document, value: T | None) -> T:
    if document.problems or value is None:
        raise DocumentError(document.problems)
    return value


def _body(document: Document, kind: str) -> dict[str, object] | None:
    """Return the mapping less its `kind`, which must be the one asked for."""
    if document.data is None:
        return None
    if not isinstance(document.data, dict) or document.data.get("kind") != kind:
        document.report(("kind",), f"must be {kind}")
        return None
    return {key: value for key, value in document.data.items() if key != "kind"}


def _taxonomy(document: Document) -> Taxonomy | None:
    body = _body(document, "taxonomy")
    file = None if body is None else read(document, body, TaxonomyFile)  # type: ignore[arg-type]
    if file is None:
        return None
    count = Counter(category.slug for category in file.categories)
    for i, category in enumerate(file.categories):
        if count[category.slug] > 1:
            document.report(
                ("categories", i, "slug"), f"the slug '{category.slug}' is used {count[category.slug]} times"
            )
    for slug in (NEEDS_CAUTION, OTHER):
        if slug not in count:
            document.report(("categories",), f"the fallback label '{slug}' is missing")
    return Taxonomy(file.version, file.categories)


def _policy(document: Document, taxonomy: Taxonomy) -> Policy | None:
    body = _body(document, "policy")
    file = None if body is None else read(document, body, PolicyFile)  # type: ignore[arg-type]
    if file is None:
        return None
    before = len(document.problems)
    _check_slugs(document, ("categories",), file.categories, taxonomy)
    for role, changes in file.roles.items():
        if role not in list(Role):
            document.report(("roles", role), f"unknown role '{role}'{suggestion(role, list(Role))}")
        else:
            _check_slugs(document, ("roles", role), changes, taxonomy)
    return None if len(document.problems) > before else policies.resolve(file, taxonomy)


def _check_slugs(document: Document, at: tuple[str, ...], slugs: Iterable[str], taxonomy: Taxonomy) -> None:
    known = policies.decided_slugs(taxonomy)
    for slug in slugs:
        if slug == NEEDS_CAUTION:
            document.report((*at, slug), f"'{slug}' has no rule of its own: it comes from the review bands")
        elif slug not in known:
            document.report((*at, slug), f"unknown category '{slug}'{suggestion(slug, known)}")


def _crosswalk(document: Document, taxonomy: Taxonomy) -> Crosswalk | None:
    body = _body(document, "crosswalk")
    table = None if body is None else read(document, body, Crosswalk)  # type: ignore[arg-type]
    if table is None:
        return None
    for slug, cells in table.cells.items():
        if slug not in taxonomy.slugs:
            document.report(("cells", slug), f"unknown category '{slug}'{suggestion(slug, taxonomy.slugs)}")
        for label, quality in cells.items():
            _check_label(document, ("cells", slug, label), label, table)
            if quality is Quality.NONE:
                document.report(("cells", slug, label), "a cell that is none is left out")
    for slug in taxonomy.slugs:
        if slug not in table.cells:
            document.report(("cells",), f"'{slug}' has no row; write {slug}: {{}} if nothing corresponds")
    for child, parent in table.parents.items():
        _check_label(document, ("parents", child), child, table)
        _check_label(document, ("parents", child), parent, table)
    for label, both in table.conjunctions.items():
        _check_label(document, ("conjunctions", label), label, table)
        _check_label(document, ("conjunctions", label, "parent"), both.parent, table)
        for slug in both.companions:
            if slug not in taxonomy.slugs:
                at = ("conjunctions", label, "with")
                document.report(at, f"unknown category '{slug}'{suggestion(slug, taxonomy.slugs)}")
    return table


def _check_label(document: Document, at: tuple[str, ...], label: str, table: Crosswalk) -> None:
    if label not in table.labels:
        document.report(at, f"unknown label '{label}'{suggestion(label, table.labels)}")
