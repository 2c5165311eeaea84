"""YAML with line numbers: one parse gives the plain data and the line on which every path begins.

    text -> yaml nodes -> Document(data, lines) -> structure.py checks it against a type

PyYAML's safe loader keeps the last of two equal keys in silence; here that is a problem.
"""

import difflib
from collections.abc import Iterable
from typing import TypeAlias

import msgspec
import yaml

Path: TypeAlias = tuple[str | int, ...]
Plain: TypeAlias = "dict[str, Plain] | list[Plain] | str | int | float | bool | None"


class Problem(msgspec.Struct, frozen=True, order=True):
    """One mistake in a file, in words for the person who wrote the file."""

    file: str
    line: int
    path: str
    message: str

    def __str__(self) -> str:
        where = f"{self.file}:{self.line}: "
        return f"{where}{self.path}: {self.message}" if self.path else f"{where}{self.message}"


class DocumentError(ValueError):
    """A file cannot be used; `problems` says everything that is wrong with it."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(sorted(problems))
        super().__init__("\n".join(map(str, self.problems)))


class Document:
    """A parsed file and the problems found in it so far."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.data: Plain = None
        self.lines: dict[Path, int] = {}
        self.problems: list[Problem] = []

    def report(self, path: Path, message: str) -> None:
        """Record a problem at the line of `path`, or of its nearest recorded parent."""
        known = path
        while known and known not in self.lines:
            known = known[:-1]
        self.problems.append(Problem(self.file, self.lines.get(known, 1), dotted(path), message))


def parse(text: str, file: str) -> Document:
    """Read YAML text; syntax errors and duplicate keys end up in the document's problems."""
    document = Document(file)
    try:
        node = yaml.compose(text, Loader=yaml.SafeLoader)
        if node is None:
            document.report((), "the file is empty")
        else:
            document.data = _plain(yaml.SafeLoader(""), node, (), document)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        line = mark.line + 1 if mark else 1
        document.problems.append(Problem(file, line, "", f"not valid YAML: {error.problem}"))
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        reason = "nested too deeply" if isinstance(error, RecursionError) else str(error).splitlines()[0]
        document.problems.append(Problem(file, 1, "", f"not valid YAML: {reason}"))
    return document


def dotted(path: Path) -> str:
    """Return a path as people write it: `roles.document.hate` or `categories[3].slug`."""
    out = ""
    for part in path:
        out += f"[{part}]" if isinstance(part, int) else f".{part}" if out else part
    return out


def suggestion(word: str, known: Iterable[str]) -> str:
    """Return `, did you mean 'x'?` for a near miss, else nothing."""
    near = difflib.get_close_matches(word, list(known), n=1)
    return f", did you mean '{near[0]}'?" if near else ""


def _plain(loader: yaml.SafeLoader, node: yaml.Node, path: Path, document: Document) -> Plain:
    document.lines.setdefault(path, node.start_mark.line + 1)
    if isinstance(node, yaml.MappingNode):
        out: dict[str, Plain] = {}
        for key_node, value_node in node.value:
            if not isinstance(key_node, yaml.ScalarNode):
                document.report(path, "keys must be plain words")
                continue
            key = str(key_node.value)
            inner = (*path, key)
            if key in out:
                first = document.lines[inner]
                document.lines[inner] = key_node.start_mark.line + 1
                document.report(inner, f"'{key}' stands twice here; it was first on line {first}")
                continue
            document.lines[inner] = key_node.start_mark.line + 1
            out[key] = _plain(loader, value_node, inner, document)
        return out
    if isinstance(node, yaml.SequenceNode):
        return [_plain(loader, child, (*path, i), document) for i, child in enumerate(node.value)]
    return loader.construct_object(node)  # type: ignore[no-any-return]  # a scalar: PyYAML is untyped here
