"""A file of labelled texts with its scores, as a team might have them: one text in ten is harmful, some are copies."""

import csv
from pathlib import Path

import numpy as np

from models.bundle import SHIPPED, digest_of
from models.outputs import ATTACK, OUTPUTS, UNSAFE
from models.tuning.kept import kept_in, write
from models.tuning.labelled import Reading
from models.tuning.scores import Scores
from models.tuning.sheet import sheet
from taxonomy.decision import STEPS
from taxonomy.files import native


def write_texts(path: Path, texts: int, seed: int = 1) -> Path:
    """Write a CSV of so many labelled texts, and beside it their scores by the shipped bundle, whose file is returned.

    Scores are drawn: high where a label holds, low where it does not, and two in ten thousand the other way.
    """
    random = np.random.default_rng(seed)
    trained = native().trained
    holds = np.zeros((texts, len(OUTPUTS)), bool)
    harmful = np.flatnonzero(random.random(texts) < 0.1)
    holds[harmful, random.integers(0, len(trained), len(harmful))] = True
    attacks = [trained.index(slug) for slug in native().attacks]
    holds[:, OUTPUTS.index(ATTACK)] = holds[:, attacks].any(axis=1)
    holds[:, OUTPUTS.index(UNSAFE)] = np.delete(holds[:, : len(trained)], attacks, axis=1).any(axis=1)
    high = holds ^ (random.random(holds.shape) < 0.0002)
    low = 0.9 * random.random(holds.shape) ** 6
    steps = (np.where(high, 1 - low, low) * STEPS).astype(np.uint16)
    # Some texts come again, and score the same.
    of = np.where(random.random(texts) < 0.05, random.integers(0, texts, texts), np.arange(texts))
    steps, holds = steps[of], holds[of]
    words = ["the weather of the north", "a letter to my sister", "how bread is baked", "what the council said"]
    with path.open("w", newline="") as file:
        out = csv.writer(file)
        out.writerow(["text", "role", *OUTPUTS])
        for number, row in zip(of.tolist(), holds.astype(int).tolist(), strict=True):
            out.writerow([f"{words[number % 4]}, number {number}, and so it goes on for a while", "prompt", *row])
    scores = path.with_name(f"{path.name}.scores.npz")
    tokens = np.full(texts, 20, np.int32)
    made = Scores(steps, np.ones(texts, bool), np.zeros(texts, np.uint16), ("en",), tokens, tokens)
    kept = kept_in(scores, digest_of(SHIPPED), b"", again=True)
    write(scores, kept._replace(keys=sheet(Reading(path, key=kept.key)).keys, scores=made))
    return scores
