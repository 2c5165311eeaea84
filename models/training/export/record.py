"""train.json of a checkpoint: what the exporter needs to know of the training."""

from pathlib import Path

import msgspec

from models.training.export.errors import ExportError


class TrainingRecord(msgspec.Struct, frozen=True):
    """What a stage was trained on: `counts` are rows a source, `before` is the stage it started from.

    `silver` is how many of the rows nobody had read; `taught_by` are the stages whose word it learned from.
    """

    base: str
    seed: int
    sources: tuple[str, ...]
    held_out: tuple[str, ...] = ()
    counts: dict[str, int] = {}
    silver: int = 0
    before: "TrainingRecord | None" = None
    taught_by: tuple["TrainingRecord", ...] = ()

    @property
    def all_silver(self) -> int:
        """How many rows nobody had read, in every stage."""
        return self.silver + (self.before.all_silver if self.before else 0)

    @property
    def all_sources(self) -> tuple[str, ...]:
        """Every source of every stage and of every teacher, sorted."""
        earlier = (self.before, *self.taught_by) if self.before else self.taught_by
        return tuple(sorted({*self.sources, *(source for each in earlier for source in each.all_sources)}))


def read_record(checkpoint: Path) -> tuple[dict[str, object], TrainingRecord]:
    """Return the whole record, and what of it is used. Raises ExportError."""
    path = checkpoint / "train.json"
    try:
        data = path.read_bytes()
        return msgspec.json.decode(data, type=dict[str, object]), msgspec.json.decode(data, type=TrainingRecord)
    except OSError as error:
        raise ExportError(f"{path} cannot be read: {error.strerror}; is this what tidegate train wrote?") from error
    except msgspec.DecodeError as error:
        raise ExportError(f"{path} cannot be read: {error}") from error
