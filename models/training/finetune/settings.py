"""What one stage of training is told."""

from pathlib import Path

import msgspec

from models.training.corpus.sources import Data


class TrainSettings(msgspec.Struct, frozen=True, kw_only=True):
    """One stage. `learning_rate` is the peak of a linear warm-up and decay; `limit` caps rows a source.

    Where `mix` is for a student, a small model (student.py) is trained on the word of `start`, which is left as it is.

    `r_drop`, `adversarial` and `average` are steady.py's; 0 is without. `distil` is what the word of the `teachers`,
    checkpoints too, counts beside the labels (distil.py); rows that nobody has read they label in place of `start`. A
    mix that reads no labels takes `average` alone of these, and no `keep`.

    `start` is the checkpoint of the stage before; without it the packaged base is the start. `keep` is the share
    (0..1) of the start's weights in the result: an average of both ranks better than either where the second
    stage's rows are few (Wortsman et al. 2022, "Robust fine-tuning of zero-shot models").
    """

    data: Data
    output: Path
    mix: str = "broad"
    start: Path | None = None
    keep: float = 0.0
    epochs: float = 1.0
    batch: int = 32
    learning_rate: float = 2e-4
    seed: int = 1
    bf16: bool = True
    limit: int | None = None
    max_steps: int = -1
    r_drop: float = 0.0
    adversarial: float = 0.0
    average: float = 0.0
    teachers: tuple[Path, ...] = ()
    distil: float = 0.5
