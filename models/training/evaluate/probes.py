"""The parts of a report that need texts made for them: scored here, measured by the module that each belongs to."""

import random
from collections.abc import Iterable, Sequence
from itertools import cycle

import msgspec
import numpy as np
from rich.console import Console

from models.encode import Encoded, Item
from models.scorer import Scorer, normalised
from models.training.evaluate.conversations import ConversationLine, conversation_lines, read_conversations
from models.training.evaluate.judged import Array, Judged, judge, judged, share_of
from models.training.evaluate.lengths import (
    PLACES,
    WINDOWS,
    LengthLine,
    Piece,
    PlantLine,
    documents,
    planted,
    tokens_of,
)
from models.training.evaluate.materials import Material
from models.training.evaluate.memory import Memory
from models.training.evaluate.robustness import DisguiseLine, disguise_lines, disguised, short_texts, without_views
from models.training.evaluate.rows import RowSet
from models.training.evaluate.swaps import Swaps, read_swaps, swap_lines, swapped
from models.training.terminal import tracked
from taxonomy.categories import Role
from taxonomy.policy import Policy

# Documents of a material and length, the tokens of all of them, and documents of a length that are planted in. A length
# of 64 windows is some 16,000 tokens, of which there are eight; planting scores up to three times as many again.
DOCUMENTS = 24
TOKENS = 140_000
HOSTS = 15
# Short texts of each polarity in each disguise.
SHORT = 100


class Probes(msgspec.Struct, frozen=True):
    """What is scored, by which policy; `cap` and `seed` are those of the report."""

    scorer: Scorer
    policy: Policy
    console: Console
    cap: int
    seed: int

    def judge(self, items: Sequence[Item], title: str) -> Judged:
        """Score items behind a progress bar and decide."""
        return judge(self.scorer, items, self.policy, title, self.console)

    def swaps(self) -> Swaps:
        """Measure our own sentences with every identity."""
        frames, terms = read_swaps()
        items = [normalised(item) for item in swapped(frames, terms)]
        return swap_lines(frames, terms, self.judge(items, "identity swaps"))

    def disguises(self, rows: RowSet) -> list[DisguiseLine]:
        """Measure the short texts of a set in every disguise."""
        items, harmful = short_texts(rows, min(self.cap, SHORT))
        memory, found = Memory(self.scorer), {}
        for name, worn in tracked(list(disguised(items).items()), "scoring disguises", self.console):
            texts = [normalised(item) for item in worn]
            encoded = self.scorer.encoder.encode(texts)
            plain = [without_views(each) for each in encoded]
            found[name] = (
                self._decide(memory.logits(encoded), texts, encoded),
                self._decide(memory.logits(plain), texts, encoded),
            )
        return disguise_lines(found, harmful)

    def conversations(self) -> list[ConversationLine]:
        """Measure our own conversations."""
        found = read_conversations()
        items = [normalised(item) for each in found for item in each.items]
        return conversation_lines(found, self.judge(items, "conversations"))

    def lengths(self, materials: Iterable[Material]) -> list[LengthLine]:
        """Measure harmless documents of each material and length."""
        return [
            self._length(material, windows, self._documents(pieces, windows, DOCUMENTS))
            for material in materials
            if (pieces := self._pieces(material.items))
            for windows in WINDOWS
        ]

    def plants(self, materials: Iterable[Material], rows: RowSet) -> list[PlantLine]:
        """Plant the short harmful texts of `rows` in documents that pass, made of ordinary rows that pass."""
        items, harmful = short_texts(rows, self.cap)
        short = [item.text for item, holds in zip(items, harmful, strict=True) if holds]
        passing = [
            self._pieces([item for item, stops in zip(each.items, each.stopped, strict=True) if not stops])
            for each in materials
            if each.ordinary
        ]
        hosts = [each for each in passing if each]
        return [self._plant(each, hosts, short) for each in WINDOWS] if hosts and short else []

    def _length(self, material: Material, windows: int, texts: Sequence[str]) -> LengthLine:
        items = [Item(Role.DOCUMENT, text) for text in texts]
        encoded = self.scorer.encoder.encode(items)
        found = self._remembered(Memory(self.scorer), items, encoded, f"{material.kind}, {windows} windows")
        return LengthLine(
            kind=material.kind,
            ordinary=material.ordinary,
            standing=material.standing,
            sources=material.sources,
            rows=len(material.items),
            windows=windows,
            mean_windows=round(float(np.mean([len(each.windows) for each in encoded])), 2),
            flagged=share_of(found.flagged),
            stopped=share_of(found.stopped),
        )

    def _plant(self, windows: int, materials: Sequence[Sequence[Piece]], short: Sequence[str]) -> PlantLine:
        memory = Memory(self.scorer)
        each_of = -(-HOSTS // len(materials))
        hosts = [Item(Role.DOCUMENT, text) for of in materials for text in self._documents(of, windows, each_of)]
        title = f"planted texts in {windows} windows"
        before = self._remembered(memory, hosts, self.scorer.encoder.encode(hosts), title)
        passing = [host.text for host, stops in zip(hosts, before.stopped, strict=True) if not stops]
        pairs = list(zip(passing, cycle(short), strict=False))
        recall = {}
        for place in PLACES:
            items = [Item(Role.DOCUMENT, planted(host, text, place)) for host, text in pairs]
            found = self._remembered(memory, items, self.scorer.encoder.encode(items), f"{title}, {place}")
            recall[place] = share_of(found.stopped)
        alone = [Item(Role.DOCUMENT, text) for _, text in pairs]
        return PlantLine(
            windows=windows,
            documents=len(pairs),
            alone=share_of(self.judge(alone, "them alone").stopped),
            recall=recall,
        )

    def _documents(self, pieces: Sequence[Piece], windows: int, most: int) -> list[str]:
        """Return at most `most` documents, fewer of a length of which these would take too long."""
        tokens = tokens_of(windows, self.scorer.encoder.spec)
        count = min(self.cap, most, max(TOKENS // tokens, 1))
        return list(documents(pieces, tokens, count, random.Random(self.seed)))  # noqa: S311  # sampling, not secrets

    def _pieces(self, items: Sequence[Item]) -> list[Piece]:
        encoded = self.scorer.encoder.encode(items)
        return [Piece(item.text, each.tokens) for item, each in zip(items, encoded, strict=True) if each.tokens]

    def _remembered(self, memory: Memory, items: Sequence[Item], encoded: Sequence[Encoded], title: str) -> Judged:
        """Score and decide, text after text behind a progress bar: long texts fill batches by themselves."""
        rows = [memory.logits([each]) for each in tracked(encoded, f"scoring {title}", self.console)]
        logits = np.concatenate(rows) if rows else np.empty((0, self.scorer.backend.width), dtype=np.float32)
        return self._decide(logits, items, encoded)

    def _decide(self, logits: Array, items: Sequence[Item], encoded: Sequence[Encoded]) -> Judged:
        found = self.scorer.calibration.probabilities(logits, [each.role for each in items])
        return judged(found, items, self.policy, [self.scorer.has_learned(each.language) for each in encoded])
