"""Read taxonomies, policies and crosswalks from YAML files, checked whole before they are used.

    path -> document.parse -> structure.read -> meaning -> an immutable value

`check` collects every problem of a file; the `load_*` functions raise DocumentError with the same problems.
"""

from functools import cache
from pathlib import Path
from typing import TypeVar

from taxonomy import meaning
from taxonomy.categories import Taxonomy
from taxonomy.crosswalk import Crosswalk
from taxonomy.document import Document, DocumentError, Plain, Problem, parse
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


def load_policy(path: Path, taxonomy: Taxonomy | None = None) -> Policy:
    """Read a policy and fill its gaps. Raises DocumentError."""
    document = open_document(path)
    return finished(document, meaning.policy_in(document, taxonomy or native()))


def load_crosswalk(path: Path, taxonomy: Taxonomy | None = None) -> Crosswalk:
    """Read a crosswalk. Raises DocumentError."""
    document = open_document(path)
    return finished(document, meaning.crosswalk_in(document, taxonomy or native()))


def shipped_policies() -> dict[str, Policy]:
    """Return the policies in the package, by name."""
    found = [load_policy(path) for path in sorted((DATA / "policies").glob("*.yaml"))]
    return {policy.name: policy for policy in found}


def shipped_crosswalks() -> dict[str, Crosswalk]:
    """Return the crosswalks in the package, by name."""
    found = [load_crosswalk(path) for path in sorted((DATA / "crosswalks").glob("*.yaml"))]
    return {crosswalk.name: crosswalk for crosswalk in found}


def check(path: Path) -> tuple[Problem, ...]:
    """Return every problem of a file, whichever kind it is, in line order; none means it can be used."""
    document = open_document(path)
    if isinstance(document.data, dict):
        _check_kind(document, document.data)
    elif document.data is not None:
        document.report((), f"must be a mapping, not {shown(document.data)}")
    return tuple(sorted(document.problems))


def _check_kind(document: Document, data: dict[str, Plain]) -> None:
    match data.get("kind"):
        case "taxonomy":
            meaning.taxonomy_in(document)
        case "policy":
            meaning.policy_in(document, native())
        case "crosswalk":
            meaning.crosswalk_in(document, native())
        case None:
            document.report((), f"'kind' is missing; it is one of {', '.join(KINDS)}")
        case kind:
            near = suggestion(kind, KINDS) if isinstance(kind, str) else ""
            document.report(("kind",), f"must be one of {', '.join(KINDS)}, not {shown(kind)}{near}")


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
