"""The golden set: texts of our own, scored by the exporter and again at every start of the service.

models/data/golden.jsonl holds the texts and what a person says of them; golden.json in a bundle holds the
texts and the probabilities that the bundle gives them.
"""

from collections.abc import Sequence
from pathlib import Path

import msgspec

from models.bundle import GoldenItem, GoldenSet
from models.encode import Item
from models.scorer import Scorer
from taxonomy.categories import Role
from taxonomy.policy import Action, Policy
from taxonomy.verdict import Scores, decide

TEXTS = Path(__file__).parents[2] / "data" / "golden.jsonl"
# Kernels of other processors round otherwise: on AVX2 instead of AVX-512 VNNI a probability moved by up to 0.004
# (by 0.03 with all 8 bits in the weights, see Weights). A batch of other texts moves it more, by up to 0.07, but the
# golden set is always scored in the same batches. A wrong tokenizer, role or model is off by much more.
TOLERANCE = 0.03


class GoldenText(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One text and the slugs a careful reader would name; none means harmless."""

    role: Role
    text: str
    harmful: tuple[str, ...]
    context: str | None = None


class Misjudged(msgspec.Struct, frozen=True):
    """A golden text on which the verdict and the reader differ: `action` came out, `harmful` was wanted."""

    text: str
    action: str
    harmful: tuple[str, ...]


def golden_texts(path: Path = TEXTS) -> list[GoldenText]:
    """Read the texts."""
    return [msgspec.json.decode(line, type=GoldenText) for line in path.read_bytes().splitlines()]


def golden_set(scorer: Scorer, texts: Sequence[GoldenText | GoldenItem]) -> GoldenSet:
    """Score the texts as Scorer.check_golden will: in one call, in this order."""
    found = scorer.probabilities([Item(each.role, each.text, each.context) for each in texts])
    rounded = [tuple(round(p, 4) for p in row) for row in found.tolist()]
    items = [GoldenItem(t.role, t.text, row, t.context) for t, row in zip(texts, rounded, strict=True)]
    return GoldenSet(TOLERANCE, tuple(items))


def misjudged(golden: GoldenSet, texts: Sequence[GoldenText], policy: Policy) -> list[Misjudged]:
    """Return the texts that the policy stops though harmless, or allows though harmful."""
    out: list[Misjudged] = []
    for item, text in zip(golden.items, texts, strict=True):
        scores = Scores(item.probabilities[:-2], item.probabilities[-2], item.probabilities[-1])
        action = decide(scores, policy, item.role).action
        if (action is Action.ALLOW) == bool(text.harmful):
            out.append(Misjudged(text.text, action, text.harmful))
    return out
