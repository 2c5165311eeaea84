"""A decision log as columns, so that millions of decisions fit in memory and are compared at once.

Piece -> polars -> checked as columns -> DecisionLog
      -> where anything is wrong: line by line, each that is no record a Loss
"""

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import NamedTuple

import msgspec
import numpy as np
import polars as pl
from numpy.typing import NDArray

from models.lines import Loss, Piece
from models.record import NoRecord, read_record
from taxonomy.categories import Role, Taxonomy
from taxonomy.decision import LAST_MOMENT, STEPS, Decision, short
from taxonomy.files import native
from taxonomy.policy import Action

_TEXTS = ("kind", "id", "role", "verdict", "policy", "policy_digest", "model", "taxonomy", "text")
_REQUIRED = {**dict.fromkeys(_TEXTS, pl.String()), "time": pl.Int64(), "scores": pl.List(pl.UInt16())}
_DEFAULTS = {"tenant": "", "language": "", "supported": True, "degraded": False}
_OPTIONAL = {"tenant": pl.String(), "language": pl.String(), "supported": pl.Boolean(), "degraded": pl.Boolean()}
_SCHEMA = pl.Schema({**_REQUIRED, **_OPTIONAL, "thresholds": pl.String()})
_NAMES = ("policy", "policy_digest", "model", "tenant", "language")
_THRESHOLDS = msgspec.json.Decoder(dict[str, float])
# Lines of feedback are read by themselves, so that they do not take the decisions around them the slow way.
_FEEDBACK = b'"kind":"feedback"'
_AT_ONCE = 2

Line = tuple[int, bytes]


class DecisionLog(NamedTuple):
    """What was read: n decisions by the taxonomy asked for, and what else there was.

    `frame` has n rows: `id`; `time` in milliseconds since 1970, UTC; `role` (its place in list(Role)) and `verdict`
    (Action.gravity), both UInt8; `policy`, `policy_digest`, `model`, `tenant` and `language`, categorical; `text`, a
    number for the text's hash; `supported` and `degraded`; `thresholds`, a JSON object or null. `scores` has shape
    (n, outputs), in ten-thousandths. `strangers` counts the decisions by other taxonomies, `feedback` what is no
    decision but feedback on one.
    """

    frame: pl.DataFrame
    scores: NDArray[np.uint16]
    losses: tuple[Loss, ...]
    strangers: int
    feedback: int


class _Part(NamedTuple):
    """What a piece gives: `frame` and its scores in one, the rest as in DecisionLog."""

    frame: pl.DataFrame
    losses: tuple[Loss, ...] = ()
    strangers: int = 0
    feedback: int = 0


def read(found: Iterable[Piece | Loss], taxonomy: Taxonomy | None = None) -> DecisionLog:
    """Read a log from its pieces. A line that cannot be read is among the losses, and raises nothing."""
    taxonomy = taxonomy or native()
    reader = _Reader(taxonomy)
    parts = list(_while_unpacking(reader.part, found))
    frame = pl.concat([reader.nothing.frame, *(part.frame for part in parts)])
    scores = frame["scores"].explode(empty_as_null=False).to_numpy().reshape(-1, len(taxonomy.trained) + 2)
    return DecisionLog(
        frame.drop("scores"),
        scores,
        tuple(loss for part in parts for loss in part.losses),
        sum(part.strangers for part in parts),
        sum(part.feedback for part in parts),
    )


def _while_unpacking(part: Callable[[Piece | Loss], _Part], found: Iterable[Piece | Loss]) -> Iterator[_Part]:
    """Yield the parts in order: two threads parse while this one unpacks. polars alone keeps half of two cores busy."""
    with ThreadPoolExecutor(_AT_ONCE) as threads:
        coming: deque[Future[_Part]] = deque()
        for each in found:
            coming.append(threads.submit(part, each))
            if len(coming) > _AT_ONCE:
                yield coming.popleft().result()
        while coming:
            yield coming.popleft().result()


class _Reader:
    """Makes parts of pieces; for several threads, since it keeps nothing."""

    def __init__(self, taxonomy: Taxonomy) -> None:
        self._taxonomy = taxonomy
        self._digest = short(taxonomy.digest)
        self._outputs = len(taxonomy.trained) + 2
        self.nothing = self._kept(pl.DataFrame(schema=_SCHEMA))

    def part(self, found: Piece | Loss) -> _Part:
        if isinstance(found, Loss):
            return self.nothing._replace(losses=(found,))
        if _FEEDBACK not in found.data:
            return self._as_columns(found.data) or self._line_by_line(found.source, _numbered(found))
        feedback: list[Line] = []
        others: list[Line] = []
        for line in _numbered(found):
            (feedback if _FEEDBACK in line[1] else others).append(line)
        one = self._line_by_line(found.source, feedback)
        other = self._as_columns(b"\n".join(line for _, line in others)) or self._line_by_line(found.source, others)
        return _Part(
            pl.concat([one.frame, other.frame]),
            tuple(sorted((*one.losses, *other.losses))),
            one.strangers + other.strangers,
            one.feedback + other.feedback,
        )

    def _as_columns(self, data: bytes) -> _Part | None:
        """Read lines that all are plainly decisions; None where they are not."""
        try:
            frame = pl.read_ndjson(data, schema=_SCHEMA)
        except pl.exceptions.PolarsError:
            return None
        return self._kept(frame) if self._sound(frame) else None

    def _sound(self, frame: pl.DataFrame) -> bool:
        right_length = pl.col("scores").list.len() == self._outputs
        sound = frame.select(
            *(pl.col(name).is_not_null().all() for name in _REQUIRED),
            is_decision=(pl.col("kind") == "decision").all(),
            has_role=pl.col("role").is_in([*Role]).all(),
            has_verdict=pl.col("verdict").is_in([*Action]).all(),
            has_time=pl.col("time").is_between(0, LAST_MOMENT).all(),
            has_scores=(right_length | (pl.col("taxonomy") != self._digest)).all(),
        ).row(0)
        each = frame["scores"].explode(empty_as_null=False)
        return (
            all(sound)
            and not each.null_count()
            and bool((each <= STEPS).all())
            and all(_are_thresholds(own) for own in frame["thresholds"].drop_nulls().unique())
        )

    def _line_by_line(self, source: str, lines: Iterable[Line]) -> _Part:
        decisions: list[Decision] = []
        losses: list[Loss] = []
        feedback = strangers = 0
        for number, line in lines:
            try:
                record = read_record(line, self._taxonomy)
            except NoRecord as error:
                losses.append(Loss(source, number, str(error)))
                continue
            if not isinstance(record, Decision):
                feedback += 1
            elif record.taxonomy != self._digest:
                strangers += 1
            else:
                decisions.append(record)
        frame = self._kept(_frame(decisions)).frame if decisions else self.nothing.frame
        return _Part(frame, tuple(losses), strangers, feedback)

    def _kept(self, frame: pl.DataFrame) -> _Part:
        """Return the decisions by this taxonomy, in as few bytes as they take."""
        ours = frame.filter(pl.col("taxonomy") == self._digest)
        filled = ours.with_columns(pl.col(name).fill_null(value) for name, value in _DEFAULTS.items())
        narrow = filled.select(
            *("id", "time", "supported", "degraded", "thresholds", "scores"),
            _place("role", [*Role]),
            _place("verdict", [*Action]),
            pl.col("text").hash(),
            *(pl.col(name).cast(pl.Categorical) for name in _NAMES),
        )
        return _Part(narrow, strangers=len(frame) - len(ours))


def _numbered(piece: Piece) -> Iterable[Line]:
    return ((i, line) for i, line in enumerate(piece.data.split(b"\n"), start=piece.first) if line.strip())


def _are_thresholds(text: str) -> bool:
    try:
        _THRESHOLDS.decode(text)
    except msgspec.DecodeError:
        return False
    return True


def _frame(decisions: Sequence[Decision]) -> pl.DataFrame:
    columns = {name: [getattr(each, name) for each in decisions] for name in _SCHEMA if hasattr(decisions[0], name)}
    own = [msgspec.json.encode(each.thresholds).decode() if each.thresholds else None for each in decisions]
    # As an array first: from tuples polars makes lists number by number, which takes a hundred times as long.
    scores = pl.Series(np.array(columns["scores"], np.uint16)).arr.to_list()
    return pl.DataFrame({**columns, "kind": "decision", "thresholds": own, "scores": scores}, schema=_SCHEMA)


def _place(name: str, words: Sequence[str]) -> pl.Expr:
    return pl.col(name).cast(pl.Enum([str(word) for word in words])).to_physical().cast(pl.UInt8)
