"""False alarms per kind of harmless text: what over-flagging would be felt as, and by whom.

Which rows were trained on is said of every line: of a source held out whole or restricted none was; of a source
that was trained on, only rows of the dev split are used.
"""

from collections.abc import Iterable, Iterator, Mapping

import msgspec
import numpy as np

from models.training.corpus.build import stack
from models.training.corpus.mix import Example
from models.training.corpus.sources import Data, read_source
from models.training.evaluate.judged import Judged, share_of
from models.training.evaluate.quality import harmless_rows
from models.training.evaluate.rows import Standing
from models.training.evaluate.scored import Scored
from models.training.evaluate.share import Share


class Origin(msgspec.Struct, frozen=True):
    """A source, or its rows that carry one label."""

    source: str
    label: str | None = None


# The kinds, in the order of the report. A kind shows only those sources that were scored.
KINDS: Mapping[str, tuple[Origin, ...]] = {
    "chat": tuple(map(Origin, ("oasst_sample", "dolly_sample", "self_instruct", "mt_bench", "truthfulqa", "arena_hard",
                               "alpaca_prompts", "toxicchat_train"))),
    "posts": tuple(map(Origin, ("tweeteval_sentiment_benign", "olid", "surge_toxicity"))),
    "near misses": tuple(map(Origin, ("coconot", "oktest"))),
    "code": (Origin("cyberseceval_coding"), Origin("gpteacher", "codegen")),
    "medicine": (Origin("medical_qa"), Origin("medquad")),
    "news": (Origin("ag_news"),),
    "fiction": (Origin("public_domain_fiction"), Origin("gpteacher", "roleplay")),
    "security": (Origin("caia_safety", "topic:cyber-safety"),),
    "counselling": (Origin("counsel_chat"), Origin("caia_safety", "topic:mental-health-safety")),
    "identity terms": (Origin("identity_templates"), Origin("toxigen_demos")),
    "documents": (Origin("bipia_docs"),),
    "other languages": (Origin("languages"),),
}  # fmt: skip


class KindLine(msgspec.Struct, frozen=True, kw_only=True):
    """Harmless rows of one kind from one source. `trained` tells whether other rows of the source were trained on."""

    kind: str
    source: str
    label: str | None
    standing: Standing
    trained: bool
    flagged: Share
    stopped: Share


class Part(msgspec.Struct, frozen=True):
    """The harmless rows of one kind from one source, and what was said of them."""

    kind: str
    origin: Origin
    standing: Standing
    examples: list[Example]
    found: Judged


def labelled_ids(data: Data, more: Iterable[Origin] = ()) -> dict[Origin, frozenset[str]]:
    """Return the ids of the rows of every origin, of KINDS and `more`, that takes only some of a source."""
    origins = (*(origin for of in KINDS.values() for origin in of), *more)
    wanted = [origin for origin in origins if origin.label]
    rows = {source: list(read_source(data.folder / "train", source)) for source in {each.source for each in wanted}}
    return {each: frozenset(row.id for row in rows[each.source] if row.labels.get(each.label or "")) for each in wanted}


def harmless_parts(sets: Scored, labelled: Mapping[Origin, frozenset[str]]) -> Iterator[Part]:
    """Yield the harmless rows of each kind and source, in the order of KINDS. A row must stand in one set only."""
    by_source = _harmless(sets)
    for kind, origins in KINDS.items():
        for origin in origins:
            for standing, examples, found in by_source.get(origin.source, ()):
                mask = np.array([origin.label is None or _row_id(each) in labelled[origin] for each in examples])
                if mask.any():
                    chosen = [examples[i] for i in np.flatnonzero(mask)]
                    yield Part(kind, origin, standing, chosen, found.only(mask))


def kind_lines(parts: Iterable[Part]) -> list[KindLine]:
    """Return a line for each part."""
    return [
        KindLine(
            kind=each.kind,
            source=each.origin.source,
            label=each.origin.label,
            standing=each.standing,
            trained=each.standing is Standing.DEV,
            flagged=share_of(each.found.flagged),
            stopped=share_of(each.found.stopped),
        )
        for each in parts
    ]


def _harmless(sets: Scored) -> dict[str, list[tuple[Standing, list[Example], Judged]]]:
    """Return the harmless rows by source, and what was said of them."""
    out: dict[str, list[tuple[Standing, list[Example], Judged]]] = {}
    for rows, found in sets:
        harmless = harmless_rows(*stack(rows.examples))
        sources = np.array([each.source for each in rows.examples])
        for source in dict.fromkeys(sources.tolist()):
            mask = harmless & (sources == source)
            if mask.any():
                examples = [rows.examples[i] for i in np.flatnonzero(mask)]
                out.setdefault(source, []).append((rows.standing, examples, found.only(mask)))
    return out


def _row_id(example: Example) -> str:
    """Return the id of the row that an example was made of: the prompt of a pair is an example of its own."""
    return example.id.removesuffix("/prompt")
