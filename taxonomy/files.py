"""Read taxonomies, policies and crosswalks from YAML files, checked whole before they are used.

    path -> document.parse -> structure.read -> meaning (policies: families) -> an immutable value

`check` collects every problem of a file; the `load_*` functions raise DocumentError with the same problems.
"""

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import TypeVar

from taxonomy import meaning
from taxonomy.categories import Taxonomy
from taxonomy.crosswalk import Crosswalk
from taxonomy.document import Document, DocumentError, Problem, parse
from taxonomy.families import policies_in
from taxonomy.policy import Policy
from taxonomy.wording import shown, suggestion

T = TypeVar("T")
DATA = Path(__file__).parent / "data"
KINDS = ("taxonomy", "policy", "crosswalk")


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

    A policy may extend one that ships or one among the files.
    """
    documents = [open_document(path) for path in paths]
    # Policies last: one may extend another, so they are looked at together.
    policies = [document for document in documents if _is_policy(document)]
    policies_in(policies, native(), _shipped())
    return tuple(problem for document in documents for problem in sorted(document.problems))


def _is_policy(document: Document) -> bool:
    """Say whether a document is a policy; check it here when it is anything else."""
    if not isinstance(document.data, dict):
        if document.data is not None:
            document.report((), f"must be a mapping, not {shown(document.data)}")
        return False
    match document.data.get("kind"):
        case "policy":
            return True
        case "taxonomy":
            meaning.taxonomy_in(document)
        case "crosswalk":
            meaning.crosswalk_in(document, native())
        case None:
            document.report((), f"'kind' is missing; it is one of {', '.join(KINDS)}")
        case kind:
            near = suggestion(kind, KINDS) if isinstance(kind, str) else ""
            document.report(("kind",), f"must be one of {', '.join(KINDS)}, not {shown(kind)}{near}")
    return False


def open_document(path: Path) -> Document:
    """Parse a YAML file; that it cannot be read is a problem of the document."""
    try:
        text = path.read_text("utf-8")
    except UnicodeDecodeError as error:
        document = Document(str(path))
        document.report((), "not UTF-8 text", error.object.count(b"\n", 0, error.start) + 1)
    except OSError as error:
        document = Document(str(path))
        document.report((), f"cannot be read: {error.strerror}")
    else:
        document = parse(text, str(path))
    return document


def finished(document: Document, value: T | None) -> T:
    """Return the value read from a document that has no problem. Raises DocumentError."""
    if document.problems or value is None:
        raise DocumentError(document.problems)
    return value
