"""The last turns of somebody as one text: what is approached turn by turn is in no turn alone."""

from collections.abc import Sequence

# About two windows.
MOST_CHARS = 2000


def together(turns: Sequence[str]) -> str | None:
    """Return the last MOST_CHARS characters of the turns, a line each; None when they are of one turn.

    The earliest may be cut: its end is what stands before the others.
    """
    kept: list[str] = []
    room = MOST_CHARS
    for turn in reversed([turn for turn in turns if turn]):
        if room <= 0:
            break
        kept.insert(0, turn[-room:])
        room -= len(turn) + 1
    return "\n".join(kept) if len(kept) > 1 else None
