"""Policies that extend others: which is whose parent among files read together, and what cannot be.

    documents -> meaning.policy_file_in -> parents first -> resolve

The parent is another of the files, or else one of the policies that are there already. A file whose parent has problems
gives no policy and no problem of its own: the parent's are the ones to mend.
"""

from collections.abc import Mapping, Sequence

from taxonomy.categories import Taxonomy
from taxonomy.document import Document
from taxonomy.meaning import policy_file_in
from taxonomy.policy import Policy
from taxonomy.resolve import PolicyFile, resolve
from taxonomy.wording import one_line, suggestion

ITSELF = "a policy cannot extend itself: give it another name, or write its rules out without 'extends'"
_PLACE = ("extends",)


def policies_in(documents: Sequence[Document], taxonomy: Taxonomy, there: Mapping[str, Policy]) -> list[Policy | None]:
    """Return the policy of each document, its gaps filled, or None; `there` are the policies that are no files here.

    An unknown parent, a circle and a policy that extends itself are added to the document's problems.
    """
    return _Family(documents, taxonomy, there).policies()


class _Family:
    def __init__(self, documents: Sequence[Document], taxonomy: Taxonomy, there: Mapping[str, Policy]) -> None:
        self._documents = documents
        self._taxonomy = taxonomy
        self._there = there
        self._files = [policy_file_in(document, taxonomy) for document in documents]
        # A name is known though the file's other lines are wrong: a child must not be told that there is no parent.
        self._names = [name_of(document) for document in documents]
        self._done: dict[int, Policy | None] = {}

    def policies(self) -> list[Policy | None]:
        for i, file in enumerate(self._files):
            if file and file.extends is not None and (problem := self._problem(i, file, file.extends)):
                self._documents[i].report(_PLACE, problem)
                self._done[i] = None
        return [self._policy(i) for i in range(len(self._files))]

    def _policy(self, i: int) -> Policy | None:
        if i in self._done:
            return self._done[i]
        self._done[i] = None  # what a way round that leads back here finds
        file = self._files[i]
        if file is None:
            return None
        parent = None
        if file.extends is not None:
            among = self._named(file.extends, i)
            parent = self._policy(among[0]) if among else self._there[file.extends]
            if parent is None:
                return None
        self._done[i] = resolve(file, self._taxonomy, parent)
        return self._done[i]

    def _problem(self, i: int, file: PolicyFile, parent: str) -> str | None:
        if parent == file.name:
            return ITSELF
        among = self._named(parent, i)
        if len(among) > 1:
            return f"'{one_line(parent)}' is the name of {len(among)} of the files"
        if among:
            return self._circle(i, file.name)
        if parent not in self._there:
            known = [*self._there, *(name for name in self._names if name not in (None, file.name))]
            return f"unknown policy '{one_line(parent)}'{suggestion(parent, [str(name) for name in known])}"
        return None

    def _circle(self, i: int, name: str) -> str | None:
        """Say so if the way from one parent to the next comes back to `i`."""
        seen, at = [i], i
        while (file := self._files[at]) and file.extends is not None and (among := self._named(file.extends, at)):
            at = among[0]
            if at == i:
                names = [one_line(str(self._names[each])) for each in seen]
                return f"extends in a circle: {' -> '.join([*names, one_line(name)])}"
            if at in seen:
                return None  # a circle further up, and its members say so
            seen.append(at)
        return None

    def _named(self, name: str, but: int) -> list[int]:
        return [i for i, each in enumerate(self._names) if each == name and i != but]


def name_of(document: Document) -> str | None:
    """Return the name that a document gives its policy, though its other lines may be wrong."""
    name = document.data.get("name") if isinstance(document.data, dict) else None
    return name if isinstance(name, str) else None
