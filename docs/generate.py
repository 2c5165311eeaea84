"""Write docs/reference from the code: `make docs`. tests/docs fails when a page differs from what this writes."""

from pathlib import Path

from docs.pages import categories, cli, errors, metrics, policies, settings

FOLDER = Path(__file__).parent / "reference"
_NOTICE = "<!-- Written by docs/generate.py from the code. Change the code, then run `make docs`. -->"
_PAGES = {
    "settings.md": settings.page,
    "metrics.md": metrics.page,
    "categories.md": categories.page,
    "policies.md": policies.page,
    "errors.md": errors.page,
    "cli.md": cli.page,
}


def pages() -> dict[str, str]:
    """Return file name -> text of every reference page."""
    return {name: f"{_NOTICE}\n\n{page().strip()}\n" for name, page in _PAGES.items()}


if __name__ == "__main__":
    for file, text in pages().items():
        (FOLDER / file).write_text(text, "utf-8")
