"""The last turns of somebody as one text: what is approached turn by turn is in no turn alone."""

from collections.abc import Sequence

# About two windows.
MOST_CHARS = 2000
FEWEST_TURNS = 2


def together(turns: Sequence[str]) -> str | None:
    """Return the last turns, a line each; None when fewer than FEWEST_TURNS of them hold text.

    So many of the last are read however long they are, more of them while all together are short.
    """
    kept: list[str] = []
    for turn in reversed([turn for turn in turns if turn]):
        if len(kept) >= FEWEST_TURNS and sum(map(len, kept)) + len(turn) > MOST_CHARS:
            break
        kept.insert(0, turn)
    return "\n".join(kept) if len(kept) >= FEWEST_TURNS else None
