"""A decision log joined with feedback as labelled rows; its other decisions are the traffic they were drawn from.

What people look at is no fair draw: they look at what was stopped, and at complaints. Their word says which texts are
harmless and harmful; every decision of the log, looked at or not, says how many texts go to review.
"""

import hashlib
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import polars as pl

from models.tuning.labels import slugs
from models.tuning.log import DecisionLog
from models.tuning.meaning import said
from models.tuning.rows import LabelledRows
from models.tuning.scores import uncounted
from models.tuning.sheet import Labelled, numbered, unpacked
from models.tuning.tuned import DataError
from taxonomy.decision import short
from taxonomy.wording import counted


def judged(
    log: DecisionLog,
    rows: Iterable[Mapping[str, Any]],
    model: str,
    left_out: Mapping[str, int],
    unheard: bool = False,
) -> Labelled:
    """Return the log's decisions by `model`, a digest, with what `rows` say of them: `id`, and `labels` or `safe`.

    A text that was asked again is one group; decisions without scores are left out. `left_out` counts the feedback that
    has no row, by the reason. Raises DataError when nothing is left; `unheard`: feedback may be missing.
    """
    frame = log.frame.with_row_index("row").filter(~pl.col("degraded"))
    ours = frame.filter(pl.col("model").cast(pl.String) == short(model))
    if not len(ours):
        raise DataError(f"the log has no decision that the bundle in force, {model[:19]}, has scored")
    heard = {row["id"]: said({k: row.get(k) for k in ("labels", "safe")}, slugs, scored=False) for row in rows}
    if not heard and not unheard:
        why = "".join(f"; {count:,} {reason}" for reason, count in left_out.items())
        raise DataError(f"the log has no feedback on what the bundle in force has scored{why}")
    places = ours.with_row_index("at").filter(pl.col("id").is_in(list(heard)))
    positive, negative = (np.zeros(len(ours), np.uint32) for _ in range(2))
    for at, name in places.select("at", "id").iter_rows():
        positive[at], negative[at] = heard[name]
    steps = log.scores[ours["row"].to_numpy()]
    supported = ours["supported"].to_numpy()
    scores = uncounted(steps, supported, ours["language"].cast(pl.String).to_list())
    roles = ours["role"].to_numpy()
    digest = hashlib.sha256()
    for part in (steps, roles, supported, positive, negative):
        digest.update(np.ascontiguousarray(part).tobytes())
    return Labelled(
        LabelledRows(
            steps,
            unpacked(positive),
            unpacked(positive | negative),
            roles,
            numbered(ours["text"].to_numpy().view(np.int64)),
            supported,
        ),
        scores,
        ours["id"].to_list(),
        f"sha256:{digest.hexdigest()}",
        model,
        tuple(_notes(log, len(log.frame) - len(ours), len(places), left_out)),
    )


def _notes(log: DecisionLog, others: int, heard: int, left_out: Mapping[str, int]) -> Iterable[str]:
    yield f"{counted(len(log.frame) - others, 'decision')} of the log, {heard:,} of them with feedback"
    if others + log.strangers:
        left = counted(others + log.strangers, "decision")
        yield f"left out: {left} without scores, or with those of another model"
    for reason, count in left_out.items():
        yield f"feedback left out: {count:,} {reason}"
    for loss in log.losses[:10]:
        yield f"lost: {loss}"
    if len(log.losses) > 10:
        yield f"lost: {len(log.losses) - 10:,} more"
    yield "people look at what was stopped, and at complaints: their feedback is no fair draw of the traffic"
