"""Read taxonomies, policies and crosswalks from YAML files, checked whole before they are used.

    path -> document.parse -> structure.read -> meaning (policies: families) -> an immutable value

`check` collects every problem of a file; the `load_*` functions raise DocumentError with the same problems.
"""

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import TypeVar

from taxonomy import meaning
from taxonomy.bands import idle_bands
from taxonomy.categories import Taxonomy
from taxonomy.crosswalk import Crosswalk
from taxonomy.document import Document, DocumentError, Problem, parse
from taxonomy.families import name_of, policies_in
from taxonomy.policy import Policy
from taxonomy.tenants import tenants_in
from taxonomy.wording import shown, suggestion

T = TypeVar("T")
DATA = Path(__file__).parent / "data"
KINDS = ("taxonomy", "policy", "tenants", "crosswalk")


@cache
def native() -> Taxonomy:
    """Return the taxonomy that ships with the package."""
    return load_taxonomy(DATA / "taxonomy.yaml")


def load_taxonomy(path: Path) -> Taxonomy:
    """Read a taxonomy. Raises DocumentError."""
    document = open_document(path)
    return finished(document, meaning.taxonomy_in(document))


def load_policy(path: Path, taxonomy: Taxonomy | None = None, parents: Mapping[str, Policy] | None = None) -> Policy:
    """Read a policy and fill its gaps; `parents` are what it may extend, else what ships. Raises DocumentError."""
    document = open_document(path)
    (policy,) = policies_in([document], taxonomy or native(), _shipped() if parents is None else parents)
    return finished(document, policy)


def load_crosswalk(path: Path, taxonomy: Taxonomy | None = None) -> Crosswalk:
    """Read a crosswalk. Raises DocumentError."""
    document = open_document(path)
    return finished(document, meaning.crosswalk_in(document, taxonomy or native()))


def shipped_policies() -> dict[str, Policy]:
    """Return the policies in the package, by name."""
    return dict(_shipped())


@cache
def _shipped() -> Mapping[str, Policy]:
    documents = [open_document(path) for path in sorted((DATA / "policies").glob("*.yaml"))]
    found = policies_in(documents, native(), {})
    policies = [finished(document, policy) for document, policy in zip(documents, found, strict=True)]
    return {policy.name: policy for policy in policies}


def shipped_crosswalks() -> dict[str, Crosswalk]:
    """Return the crosswalks in the package, by name."""
    found = [load_crosswalk(path) for path in sorted((DATA / "crosswalks").glob("*.yaml"))]
    return {crosswalk.name: crosswalk for crosswalk in found}


def check(*paths: Path) -> tuple[Problem, ...]:
    """Return every problem of some files, whichever kind each is, by file in line order; none means they can be used.

    A policy may extend one that ships or one among the files, and a tenant may have either.
    """
    return examined(*paths)[0]


def examined(*paths: Path) -> tuple[tuple[Problem, ...], tuple[Problem, ...]]:
    """Return the problems of some files as `check` does, and the warnings of what can be used: see bands.py."""
    documents = [open_document(path) for path in paths]
    by_kind: dict[str, list[Document]] = {"policy": [], "tenants": []}
    for document in documents:
        if (kind := _kind(document)) in by_kind:
            by_kind[kind].append(document)
    # Last, and together: these files speak of one another.
    policies = by_kind["policy"]
    found = policies_in(policies, native(), _shipped())
    tenants_in(by_kind["tenants"], {*_shipped(), *filter(None, map(name_of, policies))})
    resolved = zip(policies, found, strict=True)
    warnings = (each for document, policy in resolved if policy for each in sorted(idle_bands(document, policy)))
    return tuple(problem for document in documents for problem in sorted(document.problems)), tuple(warnings)


def _kind(document: Document) -> str:
    """Return the kind of a document, "" where that is a mistake; check those here that stand by themselves."""
    if not isinstance(document.data, dict):
        if document.data is not None:
            document.report((), f"must be a mapping, not {shown(document.data)}")
        return ""
    match document.data.get("kind"):
        case "policy" | "tenants" as kind:
            return str(kind)
        case "taxonomy":
            meaning.taxonomy_in(document)
        case "crosswalk":
            meaning.crosswalk_in(document, native())
        case None:
            document.report((), f"'kind' is missing; it is one of {', '.join(KINDS)}")
        case kind:
            near = suggestion(kind, KINDS) if isinstance(kind, str) else ""
            document.report(("kind",), f"must be one of {', '.join(KINDS)}, not {shown(kind)}{near}")
    return ""


def open_document(path: Path) -> Document:
    """Parse a YAML file; that it cannot be read is a problem of the document."""
    try:
        data = path.read_bytes()
    except OSError as error:
        document = Document(str(path))
        document.report((), f"cannot be read: {error.strerror}")
        return document
    return document_in(data, str(path))


def document_in(data: bytes, name: str) -> Document:
    """Parse what a YAML file holds; `name` is what problems call it."""
    try:
        return parse(data.decode("utf-8"), name)
    except UnicodeDecodeError as error:
        document = Document(name)
        document.report((), "not UTF-8 text", data.count(b"\n", 0, error.start) + 1)
        return document


def finished(document: Document, value: T | None) -> T:
    """Return the value read from a document that has no problem. Raises DocumentError."""
    if document.problems or value is None:
        raise DocumentError(document.problems)
    return value
