"""What pages are made of: tables, code, lists of names."""

from collections.abc import Iterable, Sequence

import msgspec


def table(titles: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a table; a bar in a cell does not end it."""
    lines = [titles, ["---"] * len(titles), *rows]
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines)


def json_block(value: object) -> str:
    """Return a value as a block of JSON."""
    return f"```json\n{msgspec.json.format(msgspec.json.encode(value)).decode()}\n```"


def words(names: Iterable[str]) -> str:
    """Return names as code, with commas between."""
    return ", ".join(map(code, names))


def code(text: str) -> str:
    """Return a text as code, and nothing for nothing."""
    return f"`{text}`" if text else ""


def first_line(kind: type) -> str:
    """Return what a class says of itself."""
    return (kind.__doc__ or "").splitlines()[0]
