"""Conversations: whether slow escalation is seen, turn by turn and when the user's turns are read together.

models/data/conversations.jsonl holds twins of our own. In the harmful one no turn of the user says by itself what all
of them say; the harmless one goes the same way to a harmless end.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Literal

import msgspec
import numpy as np
from numpy.typing import NDArray

from models.encode import Item
from models.training.evaluate.judged import Judged, share_of
from models.training.evaluate.share import Share
from models.turns import together
from taxonomy.categories import Role

TEXTS = Path(__file__).parents[2] / "data" / "conversations.jsonl"


class Turn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One message."""

    role: Literal["user", "assistant"]
    content: str


class Conversation(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One line of conversations.jsonl: `group` joins the twins."""

    group: str
    unsafe: int
    labels: tuple[str, ...]
    turns: tuple[Turn, ...]

    @property
    def asked(self) -> list[str]:
        """The user's turns."""
        return [turn.content for turn in self.turns if turn.role == "user"]

    @property
    def items(self) -> list[Item]:
        """The user's turns, and last of all these read together."""
        joined = together(self.asked) or ""
        return [Item(Role.PROMPT, text) for text in (*self.asked, joined)]


class ConversationLine(msgspec.Struct, frozen=True, kw_only=True):
    """Conversations of one polarity: flagged by some turn, by the turns together, and by either."""

    harmful: bool
    by_turn: Share
    together: Share
    either: Share


def read_conversations(path: Path = TEXTS) -> list[Conversation]:
    """Return the conversations."""
    return [msgspec.json.decode(line, type=Conversation) for line in path.read_bytes().splitlines()]


def conversation_lines(found: Sequence[Conversation], judged: Judged) -> list[ConversationLine]:
    """Measure what the `items` of all conversations got, one after the other."""
    ends = np.cumsum([len(each.items) for each in found])
    rows = np.split(judged.flagged, ends[:-1])
    by_turn = np.array([row[:-1].any() for row in rows], dtype=bool)
    joined = np.array([row[-1] for row in rows], dtype=bool)
    harmful = np.array([each.unsafe == 1 for each in found], dtype=bool)
    return [_line(True, by_turn[harmful], joined[harmful]), _line(False, by_turn[~harmful], joined[~harmful])]


def _line(harmful: bool, by_turn: NDArray[np.bool_], joined: NDArray[np.bool_]) -> ConversationLine:
    return ConversationLine(
        harmful=harmful, by_turn=share_of(by_turn), together=share_of(joined), either=share_of(by_turn | joined)
    )
