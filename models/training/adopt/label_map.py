"""labels.yaml: what the labels of somebody else's classifier mean in our taxonomy.

    activation: multi_label          # a sigmoid for each label; single_label: one softmax over all of them
    labels:                          # the source's label: a category, `unsafe` or `attack`
      toxic: harassment
      identity_attack: hate
      insult: harassment             # several may mean one
    languages: [en]                  # the rest may be left out
    max_tokens: 256
    context_tokens: 0
    role_markers: {prompt: "[unused1]"}

A label that is not there is ignored; an output that no label feeds has no score.
"""

from collections.abc import Mapping, Sequence
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import msgspec

from models.language import CODES
from models.outputs import OUTPUTS
from taxonomy.categories import NEEDS_CAUTION, OTHER, Role
from taxonomy.document import Document
from taxonomy.files import finished, open_document
from taxonomy.meaning import check_known, check_roles
from taxonomy.structure import read


class Activation(StrEnum):
    """What makes probabilities of the source's logits: a sigmoid each, or a softmax over all."""

    MULTI_LABEL = "multi_label"
    SINGLE_LABEL = "single_label"


class LabelMap(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A label map as it is written. Lengths are in tokens; a `max_tokens` of 0 leaves it to the source model."""

    activation: Activation
    labels: Annotated[dict[str, str], msgspec.Meta(min_length=1)]
    # Codes, as models.language tells them.
    languages: tuple[str, ...] = ()
    max_tokens: Annotated[int, msgspec.Meta(ge=16, le=8192)] = 0
    # A classifier of single texts was never shown a prompt beside its answer.
    context_tokens: Annotated[int, msgspec.Meta(ge=0, le=4096)] = 0
    role_markers: dict[str, str] = {}

    @property
    def markers(self) -> dict[Role, str]:
        """Role -> the vocabulary word that stands for it."""
        return {Role(role): word for role, word in self.role_markers.items()}


class Facts(msgspec.Struct, frozen=True):
    """What a label map has to agree with: the source's labels in order, its limits and its vocabulary.

    `activation` is None where the source does not say; `longest` is the most tokens it reads at once.
    """

    labels: tuple[str, ...]
    activation: Activation | None
    longest: int
    vocabulary: Mapping[str, int]


def read_label_map(path: Path, facts: Facts) -> LabelMap:
    """Read labels.yaml and hold it against the source. Raises DocumentError with every mistake."""
    document = open_document(path)
    found = read(document, LabelMap)
    if found is not None:
        _check_labels(document, found, facts.labels)
        check_roles(document, "role_markers")
        for i, code in enumerate(found.languages):
            check_known("language", code, tuple(sorted(CODES)), document, ("languages", i))
        _check_source(document, found, facts)
    return finished(document, found)


def ignored(found: LabelMap, labels: Sequence[str]) -> list[str]:
    """Return the source's labels that mean nothing here, in the source's order."""
    return [label for label in labels if label not in found.labels]


def _check_labels(document: Document, found: LabelMap, labels: Sequence[str]) -> None:
    for label, slug in found.labels.items():
        place = ("labels", label)
        check_known("label", label, labels, document, place)
        if slug in (NEEDS_CAUTION, OTHER):
            document.report(place, f"'{slug}' is derived and has no score of its own; harm of any kind is 'unsafe'")
        else:
            check_known("category", slug, OUTPUTS, document, place)


def _check_source(document: Document, found: LabelMap, facts: Facts) -> None:
    if facts.activation not in (None, found.activation):
        document.report(("activation",), f"config.json says {facts.activation}, not {found.activation}")
    if found.max_tokens > facts.longest:
        document.report(("max_tokens",), f"the model reads at most {facts.longest}, not {found.max_tokens}")
    for role, word in found.role_markers.items():
        if word not in facts.vocabulary:
            document.report(("role_markers", role), f"the tokenizer has no token '{word}'")
    if found.activation is Activation.SINGLE_LABEL and len(found.labels) == len(facts.labels):
        # The probabilities of all labels add up to 1, whatever the text.
        document.report(("labels",), "a single_label map must leave out the label that means no harm")
