"""The checks that a type cannot make: that slugs, labels and roles exist, and that a file agrees with itself.

Each function takes a parsed document and returns its value, or None where its shape is wrong. Every mistake is
added to the document's problems, and a value that comes with problems is not to be used: files.py refuses it.

A type's mistakes come first; the meaning of a taxonomy or crosswalk is looked at once its types are right. A
policy's slugs and roles are looked up in any case: it is the file people write by hand, and they should see
all of their mistakes at once.
"""

from collections import Counter
from collections.abc import Collection

from taxonomy.categories import NEEDS_CAUTION, OTHER, Group, Role, Taxonomy
from taxonomy.crosswalk import Crosswalk, Quality
from taxonomy.document import Document
from taxonomy.policy import decided_slugs, meant
from taxonomy.resolve import PolicyFile
from taxonomy.structure import read
from taxonomy.wording import Place, one_line, suggestion


def taxonomy_in(document: Document) -> Taxonomy | None:
    """Return the taxonomy written in a document."""
    taxonomy = read(document, Taxonomy)
    if taxonomy is None:
        return None
    count = Counter(taxonomy.slugs)
    for i, category in enumerate(taxonomy.categories):
        slug = category.slug
        if count[slug] > 1:
            document.report(("categories", i, "slug"), f"the slug '{one_line(slug)}' is used {count[slug]} times")
        if (category.group is Group.FALLBACK) != (slug in (NEEDS_CAUTION, OTHER)):
            message = f"the group {Group.FALLBACK} is for {NEEDS_CAUTION} and {OTHER}, and for them alone"
            document.report(("categories", i, "group"), message)
    for slug in (NEEDS_CAUTION, OTHER):
        if slug not in count:
            document.report(("categories",), f"the fallback label '{slug}' is missing")
    return taxonomy


def policy_file_in(document: Document, taxonomy: Taxonomy) -> PolicyFile | None:
    """Return the policy written in a document; whether what it `extends` exists is families.py's to say."""
    file = read(document, PolicyFile)
    written = document.keys()
    if "extends" not in written:  # nothing to inherit from
        for name in ("on_error", "defaults"):
            if document.data is not None and name not in written:
                document.report((), f"'{name}' is missing, and there is no 'extends' to take it from")
        defaults = document.data.get("defaults") if isinstance(document.data, dict) else None
        if isinstance(defaults, dict):
            for name in ("threshold", "action"):
                if name not in defaults:
                    document.report(("defaults",), f"'{name}' is missing")
    _check_ruled(document, ("categories",), taxonomy)
    check_roles(document, "roles")
    for role in Role:
        _check_ruled(document, ("roles", role), taxonomy)
    return None if document.problems else file


def check_roles(document: Document, key: str) -> None:
    """Report the keys of a mapping that are no roles."""
    for role in document.keys(key):
        if role not in list(Role):
            document.report((key, role), f"unknown role '{one_line(role)}'; the roles are {', '.join(Role)}")


def _check_ruled(document: Document, place: tuple[str, ...], taxonomy: Taxonomy) -> None:
    known = decided_slugs(taxonomy)
    for slug in document.keys(*place):
        if slug == NEEDS_CAUTION:
            document.report((*place, slug), f"'{slug}' has no rule of its own: it comes from the review bands")
        elif slug not in known:
            document.report((*place, slug), f"unknown category '{one_line(slug)}'{meant(slug, known)}")


def crosswalk_in(document: Document, taxonomy: Taxonomy) -> Crosswalk | None:
    """Return the crosswalk written in a document."""
    table = read(document, Crosswalk)
    if table is None:
        return None
    _check_cells(document, table, taxonomy)
    capped = {*table.parents, *table.conjunctions}
    for child, parent in table.parents.items():
        check_known("label", child, table.labels, document, ("parents", child))
        _check_parent(document, ("parents", child), parent, table, capped)
    for label, both in table.conjunctions.items():
        place = ("conjunctions", label)
        check_known("label", label, table.labels, document, place)
        _check_parent(document, (*place, "parent"), both.parent, table, capped)
        if label in table.parents:
            document.report(place, "the parent of a conjunction stands here, not under parents as well")
        for i, slug in enumerate(both.companions):
            check_known("category", slug, taxonomy.slugs, document, (*place, "with", i))
    for i, label in enumerate(table.not_harm):
        check_known("label", label, table.labels, document, ("not_harm", i))
        if label in table.labels and label not in table.unsupported:
            document.report(("not_harm", i), f"a category stands for '{one_line(label)}'")
    return table


def _check_cells(document: Document, table: Crosswalk, taxonomy: Taxonomy) -> None:
    for slug, cells in table.cells.items():
        check_known("category", slug, taxonomy.slugs, document, ("cells", slug))
        for label, quality in cells.items():
            place = ("cells", slug, label)
            check_known("label", label, table.labels, document, place)
            if quality is Quality.NONE:
                document.report(place, "a cell that is none is left out")
            elif label in table.conjunctions:
                document.report(place, "a conjunction has no cells: its score comes from its parent and companions")
    for slug in taxonomy.slugs:
        if slug not in table.cells:
            document.report(("cells",), f"'{slug}' has no row; write {slug}: {{}} if nothing corresponds")


def _check_parent(document: Document, place: Place, parent: str, table: Crosswalk, capped: set[str]) -> None:
    check_known("label", parent, table.labels, document, place)
    if parent in capped:  # else a score would depend on the order of the lines, and a circle would be possible
        document.report(place, f"the parent '{one_line(parent)}' has a parent itself; name a label that has none")


def check_known(what: str, word: str, known: Collection[str], document: Document, place: Place) -> None:
    """Report a word that is not known, with the nearest that is."""
    if word not in known:
        document.report(place, f"unknown {what} '{one_line(word)}'{suggestion(word, known)}")
