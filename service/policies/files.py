"""Policies that are no versions: what ships, the file TIDEGATE_POLICY, and the folder TIDEGATE_POLICIES.

All files are read together, whole: one that is wrong keeps everything as it was, for what they say of one another would
no longer hold. Files may be mounted read-only; those whose names begin with a dot are passed over, as Kubernetes keeps
its own such beside them.
"""

from collections.abc import Iterator, Mapping
from enum import StrEnum
from pathlib import Path
from typing import TypeAlias

import msgspec

from taxonomy.document import Document, DocumentError, Problem
from taxonomy.families import name_of, policies_in
from taxonomy.files import document_in, native, shipped_policies
from taxonomy.policy import Policy
from taxonomy.tenants import tenants_in
from taxonomy.wording import escaped, one_line, shown

MOST_BYTES = 1_048_576
_ENDINGS = (".yaml", ".yml")


class Source(StrEnum):
    """Where a policy comes from: the package, TIDEGATE_POLICY, the folder TIDEGATE_POLICIES, or the journal."""

    SHIPPED = "shipped"
    FILE = "file"
    FOLDER = "folder"
    STORED = "stored"


class Written(msgspec.Struct, frozen=True):
    """What is there without the journal: policies by name, where each comes from, tenant -> policy."""

    policies: Mapping[str, Policy]
    sources: Mapping[str, Source]
    tenants: Mapping[str, str] = {}


# What each file holds, or why it cannot be read: two that are equal need not be read anew.
Contents: TypeAlias = dict[Path, bytes | str]


class Files:
    """The file and the folder, either of which may be None. Reads from disk: not for the event loop's thread."""

    def __init__(self, file: Path | None, folder: Path | None) -> None:
        self.file = file
        self.folder = folder

    def contents(self) -> Contents:
        """Return what is in the files now."""
        return {path: _content(path) for path in self._paths()}

    def read(self, contents: Contents) -> Written:
        """Return what some contents come to. Raises DocumentError with every mistake of every file."""
        documents = [_document(path, content) for path, content in contents.items()]
        tenants = [each for each in documents if _kind(each) == "tenants" and each.file != str(self.file)]
        ours = [each for each in documents if each not in tenants]
        shipped = shipped_policies()
        found = policies_in(ours, native(), shipped)
        _check_names(ours)
        assigned = tenants_in(tenants, {*shipped, *filter(None, map(name_of, ours))})
        problems = [problem for document in documents for problem in document.problems]
        if problems:
            raise DocumentError(problems)
        policies, sources = dict(shipped), dict.fromkeys(shipped, Source.SHIPPED)
        for document, policy in zip(ours, found, strict=True):
            assert policy  # there would be a problem
            policies[policy.name] = policy
            sources[policy.name] = Source.FILE if document.file == str(self.file) else Source.FOLDER
        return Written(policies, sources, assigned)

    def default(self, written: Written) -> str | None:
        """Return the name of the policy in the file, None where there is no file."""
        return next((name for name, source in written.sources.items() if source is Source.FILE), None)

    def _paths(self) -> Iterator[Path]:
        if self.file:
            yield self.file
        if not self.folder:
            return
        try:
            inside = sorted(self.folder.iterdir())
        except OSError:
            yield self.folder  # and reading it says why
            return
        for path in inside:
            ours = path.suffix in _ENDINGS and not path.name.startswith(".")
            if ours and not (self.file and _same(path, self.file)):
                yield path


def places(error: DocumentError) -> list[str]:
    """Return `file:line` of every problem, without what the files hold: a log and a list may show it."""
    return list(dict.fromkeys(f"{escaped(Path(each.file).name)}:{each.line}" for each in error.problems))


def _content(path: Path) -> bytes | str:
    try:
        with path.open("rb") as file:
            data = file.read(MOST_BYTES + 1)
    except OSError as error:
        return f"cannot be read: {error.strerror}"
    return data if len(data) <= MOST_BYTES else f"is larger than {MOST_BYTES} bytes"


def _document(path: Path, content: bytes | str) -> Document:
    if isinstance(content, bytes):
        document = document_in(content, str(path))
        if document.data is not None and not isinstance(document.data, dict):
            document.problems.append(Problem(str(path), 1, "", f"must be a mapping, not {shown(document.data)}"))
            document.data = None
        return document
    document = Document(str(path))
    document.report((), content)
    return document


def _same(path: Path, other: Path) -> bool:
    try:
        return path.samefile(other)
    except OSError:  # reading it says why
        return False


def _kind(document: Document) -> object:
    return document.data.get("kind") if isinstance(document.data, dict) else None


def _check_names(documents: list[Document]) -> None:
    first: dict[str, str] = {}
    for document in documents:
        if (name := name_of(document)) is None:
            continue
        if name in first:
            document.report(("name",), f"'{one_line(name)}' is the name of the policy in {Path(first[name]).name} too")
        first.setdefault(name, document.file)
