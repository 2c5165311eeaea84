"""Every Markdown page of the repository, and what stands in it."""

import re
from pathlib import Path

from docs.generate import pages

ROOT = Path(__file__).parents[2]
REFERENCE = ROOT / "docs" / "reference"
_FENCE = re.compile(r"^```(\w*)\n(.*?)^```", re.MULTILINE | re.DOTALL)
_LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
_HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)


def markdown() -> list[Path]:
    """Return the pages that people read: those at the root, in docs/ and beside the bundles."""
    return sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("models/**/*.md")])


def guides() -> list[Path]:
    return sorted(ROOT.glob("docs/guides/*.md"))


def generated() -> dict[str, str]:
    """Return file name -> text of the reference pages as the code would write them now."""
    return pages()


def prose(page: Path) -> str:
    return _FENCE.sub("", page.read_text("utf-8"))


def blocks(page: Path, language: str) -> list[str]:
    return blocks_in(page.read_text("utf-8"), language)


def blocks_in(text: str, language: str) -> list[str]:
    return [body for name, body in _FENCE.findall(text) if name == language]


def links(page: Path) -> list[str]:
    """Return the targets of the page's links that lead to other files or headings."""
    return [target for target in _LINK.findall(prose(page)) if not re.match(r"[a-z]+:", target)]


def anchors(page: Path) -> set[str]:
    """Return the anchors of a page's headings, as GitHub names them."""
    plain = (re.sub(r"[^\w\- ]", "", heading.lower()) for heading in _HEADING.findall(prose(page)))
    return {heading.replace(" ", "-") for heading in plain}
