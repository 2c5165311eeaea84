"""What one writes first: a frame of a decision log, and decide() for each of its rows."""

import sys
from collections import Counter
from pathlib import Path

import pandas as pd

from taxonomy.categories import Role
from taxonomy.decision import scores_of
from taxonomy.files import load_policy, native
from taxonomy.verdict import decide


def main(log: Path, policy: Path) -> None:
    """Print how many verdicts of a file would be which."""
    candidate, taxonomy, moves = load_policy(policy), native(), Counter[tuple[str, str]]()
    for _, row in pd.read_json(log, lines=True).iterrows():
        verdict = decide(scores_of(tuple(row["scores"]), taxonomy), candidate, Role(row["role"]))
        moves[row["verdict"], verdict.action] += 1
    print(moves)  # noqa: T201


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
