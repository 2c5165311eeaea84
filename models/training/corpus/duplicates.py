"""Near-duplicates between sources: the same text copied, cut or slightly edited.

MinHash over runs of words (Broder 1997, "On the resemblance and containment of documents"). Only texts of different
sources are compared: within one, twins that differ in harm are what teaches.
"""

from collections.abc import Iterable, Iterator, Sequence

from datasketch import MinHash, MinHashLSH

from models.training.corpus.mix import Example

# Jaccard similarity of two texts' runs of words from which on they are one text.
ALIKE = 0.8
# Words in a run. Texts with fewer are compared whole: exact duplicates are gone before.
RUN = 4
PERMUTATIONS = 64


def without_near_duplicates(found: Sequence[Example], kept: Iterable[Example] = ()) -> Iterator[Example]:
    """Yield those of `found` that are like no example of another source, in `kept` or earlier in `found`."""
    index = MinHashLSH(threshold=ALIKE, num_perm=PERMUTATIONS)
    sources: dict[str, str] = {}

    def add(example: Example, print_: MinHash) -> None:
        key = f"{len(sources)}"
        sources[key] = example.source
        index.insert(key, print_)

    for example in kept:
        if print_ := _print(example):
            add(example, print_)
    for example in found:
        print_ = _print(example)
        if print_ is None:
            yield example
        elif all(sources[key] == example.source for key in index.query(print_)):
            add(example, print_)
            yield example


def _print(example: Example) -> MinHash | None:
    """Return the MinHash of a text and its context; None when it has too few words for a run."""
    words = f"{example.item.context or ''} {example.item.text}".lower().split()
    if len(words) < RUN:
        return None
    found = MinHash(num_perm=PERMUTATIONS)
    found.update_batch({" ".join(words[i : i + RUN]).encode() for i in range(len(words) - RUN + 1)})
    return found
