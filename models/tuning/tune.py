"""The way in: labelled rows and an objective in, thresholds with what they promise out."""

from models.tuning.objective import Costs, Counted, Objective, Scope
from models.tuning.rows import LabelledRows
from models.tuning.tuned import Tuned
from taxonomy.policy import Policy


def tune(
    rows: LabelledRows,
    policy: Policy,
    objective: Objective,
    *,
    confidence: float = 0.95,
    scope: Scope = Scope.OVERALL,
    joint: bool = True,
    counts: Counted | None = None,
    costs: Costs | None = None,
    texts_per_day: float | None = None,
    choosing: float = 0.5,
    seed: int = 0,
) -> Tuned:
    """Choose thresholds (and review bands, where the objective has them) for `policy`, keeping its actions.

    Thresholds are the same in every role; a category that `policy` allows everywhere, or that only shadows, keeps its
    own. `counts` says which verdicts stop a text: by default any but allow, and with review bands to choose those that
    flag or block without a person. `joint`: all promises hold together at `confidence` (Bonferroni); else each by
    itself. `costs` are those of `min_cost`. `texts_per_day` is what `reviews<=N/day` is a share of. A share `choosing`,
    in 0..1, of the distinct texts is for choosing; `seed` draws which.

    Raises TuningError for rows, labels or arguments that nothing can be learned from: NaN, wrong shapes, no rows.
    Too few rows are no error: they end in refusals.
    """
    raise NotImplementedError
