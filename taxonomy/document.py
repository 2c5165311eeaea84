"""YAML with line numbers: one parse gives the plain data and the line on which every place begins.

    text -> yaml nodes -> Document(data, lines) -> structure.py checks it against a type

YAML is read more strictly than PyYAML does: of two equal keys its safe loader keeps the last in silence, its
aliases can grow without bound or contain themselves, its tags name Python objects. All are problems here.
"""

from collections.abc import Iterable
from typing import Any, TypeAlias

import msgspec
import yaml

from taxonomy.wording import Place, dotted, one_line

Plain: TypeAlias = "dict[str, Plain] | list[Plain] | str | int | float | bool | None"

_DEEPEST = 20  # levels; our own files have four, and the parser recurses


class Problem(msgspec.Struct, frozen=True, order=True):
    """One mistake in a file, in words for the person who wrote the file; lines count from 1."""

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
    """A parsed file and the problems found in it so far. Where `data` is None there is a problem."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.data: Plain = None
        self.lines: dict[Place, int] = {}
        self.problems: list[Problem] = []

    def report(self, place: Place, message: str, line: int | None = None) -> None:
        """Record a problem; its line is that of `place`, or of the nearest parent that has one."""
        self.problems.append(self.problem(place, message, line))

    def problem(self, place: Place, message: str, line: int | None = None) -> Problem:
        """Return a problem as `report` records it."""
        known = place
        while known and known not in self.lines:
            known = known[:-1]
        return Problem(self.file, line or self.lines.get(known, 1), dotted(place), message)

    def keys(self, *place: str) -> tuple[str, ...]:
        """Return the keys of the mapping at a place, in order; none where there is no mapping."""
        data = self.data
        for part in place:
            data = data.get(part) if isinstance(data, dict) else None
        return tuple(data) if isinstance(data, dict) else ()


def parse(text: str, file: str) -> Document:
    """Read YAML text; whatever keeps it from being read ends up in the document's problems."""
    document = Document(file)
    try:
        node = yaml.compose(text, Loader=_Loader)
    except _Refused as refused:
        document.report((), str(refused.problem), _line(refused.problem_mark))
    except yaml.composer.ComposerError as error:  # the loader refuses aliases, so no other cause is left
        document.report((), "a second YAML document begins here; a file holds one", _line(error.problem_mark))
    except yaml.MarkedYAMLError as error:
        began = f"{error.context} from line {_line(error.context_mark)}: " if error.context_mark else ""
        tab = "'\\t'" in str(error.problem)
        wrong = "a tab cannot stand here; indent with blanks" if tab else f"{began}{error.problem}"
        document.report((), f"not valid YAML: {wrong}", _line(error.problem_mark))
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        document.report((), f"not valid YAML: the character U+{error.character:04X} is not allowed", line)
    else:
        document.data = None if node is None else _plain(node, (), document)
        if document.data is None and not document.problems:
            document.report((), "the file is empty")
    return document


class _Refused(yaml.MarkedYAMLError):
    """Valid YAML that has no place in a configuration file."""


class _Loader(yaml.SafeLoader):
    """PyYAML's safe loader less anchors, aliases, tags and great depth."""

    depth = 0

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        event = self.peek_event()  # type: ignore[no-untyped-call]  # PyYAML's stubs leave it bare
        if event.anchor is not None:  # an alias is an event with the anchor's name
            self._refuse(event, "anchors and aliases are not read here; write the value out")
        tag = getattr(event, "tag", None)
        if tag is not None:
            self._refuse(event, f"the tag '{one_line(tag)}' is not read here; write a plain value")
        if self.depth == _DEEPEST:
            self._refuse(event, f"nested more than {_DEEPEST} levels deep")
        self.depth += 1
        node = super().compose_node(parent, index)
        self.depth -= 1
        return node

    def _refuse(self, event: yaml.Event, why: str) -> None:
        raise _Refused(problem=why, problem_mark=event.start_mark)  # type: ignore[arg-type]  # two kinds of mark


_SCALARS = {f"tag:yaml.org,2002:{kind}" for kind in ("null", "bool", "int", "float")}


def _plain(node: yaml.Node, place: Place, document: Document) -> Plain:
    document.lines.setdefault(place, _line(node.start_mark))
    if isinstance(node, yaml.MappingNode):
        return _mapping(node, place, document)
    if isinstance(node, yaml.SequenceNode):
        return [_plain(child, (*place, i), document) for i, child in enumerate(node.value)]
    text = _text(node, place, document)
    if node.tag not in _SCALARS:
        return text  # dates too: no field here is a date, and a version may look like one
    try:
        value: Plain = yaml.SafeLoader("").construct_object(node)
        str(value)
    except (ValueError, OverflowError):
        # `0x_`, numbers of thousands of digits, of which hexadecimal ones can only not be written, and 1:00:00...:00.5
        # in base 60 pass YAML's patterns, and are none to Python.
        return text
    return value


def _mapping(node: yaml.MappingNode, place: Place, document: Document) -> dict[str, Plain]:
    out: dict[str, Plain] = {}
    for key_node, value_node in node.value:
        line = _line(key_node.start_mark)
        if not isinstance(key_node, yaml.ScalarNode):
            document.report(place, "a key must be a plain word, not a list or a mapping", line)
            continue
        key = _text(key_node, place, document)
        inner = (*place, key)
        if key in out:
            first = document.lines[inner]
            document.report(inner, f"'{one_line(key)}' stands twice here; it was first on line {first}", line)
            continue
        document.lines[inner] = line
        out[key] = _plain(value_node, inner, document)
    return out


def _text(node: yaml.Node, place: Place, document: Document) -> str:
    """Return the text of a plain word; halves of characters, as JSON escapes those beyond 16 bits, are joined."""
    pairs = str(node.value).encode("utf-16-le", "surrogatepass")
    try:
        return pairs.decode("utf-16-le")
    except UnicodeDecodeError:
        document.report(
            place, "half a character (a surrogate without its other half) is no text", _line(node.start_mark)
        )
        return pairs.decode("utf-16-le", "replace")  # said once is enough


def _line(mark: Any) -> int:
    return mark.line + 1 if mark else 1
