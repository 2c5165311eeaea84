"""From sets of rows to their figures: what the report and the model card share."""

from collections.abc import Callable, Iterable

import numpy as np
from rich.console import Console

from models.scorer import Scorer
from models.training.corpus.build import stack
from models.training.corpus.mix import Example
from models.training.corpus.written import WRITTEN
from models.training.evaluate.figures import figures_of
from models.training.evaluate.judged import Judged, judge
from models.training.evaluate.reliability import diagrams
from models.training.evaluate.report import Measured, Reliability
from models.training.evaluate.rows import OURS, RowSet, Standing
from models.training.evaluate.scored import Scored
from taxonomy.policy import Policy


def measure(scorer: Scorer, sets: Iterable[RowSet], policy: Policy, console: Console) -> Measured:
    """Score every set and work out its figures."""
    return measured_of(score_sets(scorer, sets, policy, console), policy)


def score_sets(scorer: Scorer, sets: Iterable[RowSet], policy: Policy, console: Console) -> list[tuple[RowSet, Judged]]:
    """Score and decide every row of every set."""
    return [(rows, judge(scorer, [e.item for e in rows.examples], policy, rows.name, console)) for rows in sets]


def measured_of(scored: Scored, policy: Policy) -> Measured:
    """Work out the figures of every set, of all held-out sources together, and of what was written for us in dev."""
    lines: list[tuple[RowSet, Judged]] = []
    held_out = [each for each in scored if each[0].standing is Standing.HELD_OUT]
    for rows, found in scored:
        lines.append((rows, found))
        if held_out[1:] and rows is held_out[-1][0]:
            lines.append(_joined("all held out", Standing.HELD_OUT, held_out))
        if rows.standing is Standing.DEV:
            written = _part("dev, written", rows, found, lambda example: example.source in WRITTEN)
            lines += [written] if written[0].examples else []
    return Measured(policy.name, [figures_of(rows, found) for rows, found in lines])


def own_texts(scored: Scored) -> RowSet:
    """Return our own test set, or what was written for this project among the dev rows where there is none."""
    ours = [rows for rows, _ in scored if rows.name == OURS]
    dev = [each for rows, _ in scored if rows.standing is Standing.DEV for each in rows.examples]
    return ours[0] if ours else RowSet("dev, written", Standing.DEV, [e for e in dev if e.source in WRITTEN])


def reliability_of(scored: Scored) -> list[Reliability]:
    """Return the diagrams of rows nobody trained on, and of the dev split, on which calibration was fitted."""
    out: list[Reliability] = []
    for note, standings in (
        ("Sources held out whole, and our own test set", (Standing.HELD_OUT, Standing.TEST)),
        ("The dev split, on which the calibration was fitted", (Standing.DEV,)),
    ):
        chosen = [each for each in scored if each[0].standing in standings]
        if chosen:
            rows, found = _joined(note, standings[0], chosen)
            out.append(Reliability(note, diagrams(found.probabilities, *stack(rows.examples))))
    return out


def _joined(name: str, standing: Standing, scored: Scored) -> tuple[RowSet, Judged]:
    examples = [example for rows, _ in scored for example in rows.examples]
    probabilities = np.concatenate([found.probabilities for _, found in scored])
    return RowSet(name, standing, examples), Judged(probabilities, [v for _, found in scored for v in found.verdicts])


def _part(name: str, rows: RowSet, found: Judged, wanted: Callable[[Example], bool]) -> tuple[RowSet, Judged]:
    mask = np.array([wanted(each) for each in rows.examples], dtype=bool)
    examples = [each for each in rows.examples if wanted(each)]
    return RowSet(name, rows.standing, examples), found.only(mask)
