"""Everything that one evaluation found: what the JSON file holds, and what the tables and the page are made of."""

import msgspec

from models.training.evaluate.conversations import ConversationLine
from models.training.evaluate.figures import Figures
from models.training.evaluate.kinds import KindLine
from models.training.evaluate.lengths import LengthLine, PlantLine
from models.training.evaluate.precision import PrecisionLine
from models.training.evaluate.reliability import Diagram
from models.training.evaluate.robustness import DisguiseLine
from models.training.evaluate.speed import Speed
from models.training.evaluate.swaps import Swaps
from models.training.evaluate.targets import TargetLine
from models.training.folds.lines import Folds


class Measured(msgspec.Struct, frozen=True):
    """The figures of every set of rows, under the policy that decided."""

    policy: str
    figures: list[Figures]


class About(msgspec.Struct, frozen=True, kw_only=True):
    """What it takes to measure the same again. `cap` is the most rows of a source, `date` is in UTC."""

    bundle: str
    digest: str
    policy: str
    policy_digest: str
    date: str
    command: str
    seed: int
    cap: int
    processor: str
    processors: int
    threads: int
    software: str


class Reliability(msgspec.Struct, frozen=True):
    """Diagrams over one choice of rows; `note` says which."""

    note: str
    diagrams: list[Diagram]


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """The parts in the order of the page; empty where there was nothing to measure on.

    `folds` is another's work: a bundle cannot be cross-validated by itself.
    """

    about: About
    targets: list[TargetLine]
    measured: Measured
    kinds: list[KindLine]
    swaps: Swaps
    disguises: list[DisguiseLine]
    conversations: list[ConversationLine]
    lengths: list[LengthLine]
    plants: list[PlantLine]
    precision: list[PrecisionLine]
    speed: list[Speed]
    reliability: list[Reliability]
    folds: Folds | None = None
