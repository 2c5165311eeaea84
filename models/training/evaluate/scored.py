"""Sets of rows, each with what was said of them. Apart from judged.py, which must not need what reads rows."""

from collections.abc import Sequence

from models.training.evaluate.judged import Judged
from models.training.evaluate.rows import RowSet

Scored = Sequence[tuple[RowSet, Judged]]
