"""docs/reference/categories.md: the taxonomy and its crosswalks."""

from docs.pages.text import code, table, words
from taxonomy.crosswalk import Crosswalk
from taxonomy.files import native, shipped_crosswalks


def page() -> str:
    """Return the page."""
    taxonomy = native()
    parts = [
        "# Categories",
        f"Version {taxonomy.version} of the taxonomy. Everything is keyed on slugs. `core` and `fine_grained` are "
        "hazards, `attack` categories aim at an assistant, and `fallback` labels are derived, never trained. "
        "`GET /v1/taxonomy` answers with the same.",
        table(
            ("slug", "name", "group", "what it is", "what it is not"),
            [(code(c.slug), c.name, c.group, c.definition, c.excludes) for c in taxonomy.categories],
        ),
        "# Crosswalks",
        "How our categories stand for other vendors' labels. An exact category gives its score to the label; a partial "
        "one is only a hint and is left out unless asked for. A label that no exact category stands for scores 0, "
        "which is no judgement: it is named under each table.",
        *(_crosswalk(each) for each in shipped_crosswalks().values()),
    ]
    return "\n\n".join(parts)


def _crosswalk(walk: Crosswalk) -> str:
    def joined(label: str, quality: str) -> str:
        return words(slug for slug, cells in walk.cells.items() if cells.get(label) == quality)

    rows = []
    for label, name in walk.labels.items():
        rule = ""
        if both := walk.conjunctions.get(label):
            rule = f"the smaller of {code(both.parent)} and the greatest of {words(both.companions)}"
        elif parent := walk.parents.get(label):
            rule = f"at most {code(parent)}"
        rows.append((code(label), name, joined(label, "exact"), joined(label, "partial"), rule))
    nowhere = words(slug for slug, cells in walk.cells.items() if not cells and slug not in _companions(walk))
    parts = [
        f"## {walk.title} (`{walk.name}`)",
        f"Source: {walk.source}.",
        table(("label", "name", "exact", "partial", "rule"), rows),
        f"Labels without an exact category: {words(walk.unsupported) or 'none'}.",
        *([f"No harm by themselves: {words(walk.not_harm)}."] if walk.not_harm else []),
        f"Categories without a label: {nowhere or 'none'}.",
    ]
    return "\n\n".join(parts)


def _companions(walk: Crosswalk) -> set[str]:
    return {slug for both in walk.conjunctions.values() for slug in both.companions}
