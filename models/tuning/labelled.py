"""Labelled texts read from a file, a batch at a time: texts to be scored, and labels as numbers.

records -> meaning -> Batch

Of a file only one batch of texts is in memory; labels are kept as bits. Mistakes are gathered and said together, each
by its line.
"""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from models.encode import Item
from models.scorer import normalised
from models.tuning.batch import Batch, Row, batch
from models.tuning.classified import classified
from models.tuning.encodings import MOST
from models.tuning.identity import group, row_key
from models.tuning.labels import WORDS, Labels, WrongValue, slugs
from models.tuning.meaning import COLUMNS, SCORED, TEXT, role_of, said, yes_or_no
from models.tuning.records import Record, records
from models.tuning.tuned import DataError
from taxonomy.categories import Role
from taxonomy.wording import counted, one_line, suggestion

_ROWS = 1024
# Mistakes that are said before reading stops.
_SAID = 10
_NAMED = 8
_KINDS = 1000


class Reading:
    """One way through a file; what there is to say of it is known at the end."""

    def __init__(
        self, path: Path, role: Role = Role.TEXT, labels: Labels = slugs, *, as_written: bool = False, key: bytes = b""
    ) -> None:
        """Take `role` for rows that do not say theirs; `labels` reads the words of lists.

        `as_written`: texts come out as they stand in the file, to be written out again and not to be scored. `key` is
        what rows are told by in a file of scores.
        """
        self.path = path
        self._role = role
        self._labels = labels
        self._as_written = as_written
        self._key = key
        self._columns: set[tuple[str, ...]] = set()
        self._unknown: dict[str, None] = {}
        self._left_out: Counter[str] = Counter()
        self._problems: list[str] = []
        self._rows = 0
        self._without_text = 0

    def batches(self) -> Iterator[Batch]:
        """Yield the file's rows. Raises DataError."""
        waiting: list[Row] = []
        scored: bool | None = None
        for record in records(self.path):
            try:
                row = self._row(record, scored)
            except WrongValue as error:
                self._problem(record, str(error))
                continue
            if row is None:
                continue
            scored = row.scores is not None
            waiting.append(row)
            self._rows += 1
            if len(waiting) == _ROWS:
                if not self._problems:
                    yield batch(waiting)
                waiting = []
        if self._problems:
            raise DataError("\n".join(self._problems))
        if waiting:
            yield batch(waiting)
        if not self._rows:
            raise DataError(f"{self.path.name}: there are no rows{self._why_none()}")

    @property
    def notes(self) -> tuple[str, ...]:
        """Sentences on what was let through."""
        notes = [f"{counted(count, 'row has', 'rows have')} {what}" for what, count in self._left_out.items()]
        if self._unknown:
            names = [one_line(name) for name in list(self._unknown)[:_NAMED]]
            more = len(self._unknown) - len(names)
            said = ", ".join(names) + (f" and {more} more" if more else "")
            notes.append(f"columns that mean nothing here were passed over: {said}")
        if self._without_text:
            notes.append("rows without a text were scored before; copies among them cannot be told")
        return tuple(notes)

    def _why_none(self) -> str:
        return f" ({', '.join(self.notes)})" if self._left_out else ""

    def _problem(self, record: Record, words: str) -> None:
        self._problems.append(f"{self.path.name}, line {record.line}: {words}")
        if len(self._problems) == _SAID:
            self._problems.append("there may be more: nothing was read behind these")
            raise DataError("\n".join(self._problems))

    def _row(self, record: Record, scored: bool | None) -> Row | None:
        values = record.values
        mine = isinstance(values.get(SCORED), dict)
        if scored is not None and mine is not scored:
            raise WrongValue("some rows have scores and some have none: give all of them, or texts alone")
        text = values.get(TEXT)
        if TEXT not in values and not mine:
            raise self._no_text(record)
        if text is not None and not isinstance(text, str):
            raise WrongValue("'text' must be a text")
        if text is not None and len(text) > MOST:
            raise WrongValue(f"'text' is longer than {MOST:,} characters")
        # Every line of JSON may have keys of its own: those of the first thousand kinds are looked at.
        if (names := tuple(values)) not in self._columns and len(self._columns) < _KINDS:
            self._columns.add(names)
            self._unknown |= dict.fromkeys(str(name) for name in names if name not in COLUMNS and name not in WORDS)
        written = self._item(values, text)
        item = normalised(written)
        if not item.text and not mine:
            self._left_out["no text: left out"] += 1
            return None
        self._without_text += not item.text
        positive, negative = said(values, self._labels, mine)
        traffic = yes_or_no(values["traffic"], "traffic") is True if "traffic" in values else True
        name = values.get("id")
        name = str(record.line) if name is None or name == "" else str(name)
        copies = group(item.text) if item.text else record.line
        given = written if self._as_written else item
        scores = classified(values) if mine else None
        return Row(given, name, positive, negative, copies, row_key(item, self._key), traffic, scores)

    def _item(self, values: dict[str, Any], text: str | None) -> Item:
        role = role_of(values.get("role"), self._role)
        context = values.get("context")
        if context is not None and not isinstance(context, str):
            raise WrongValue("'context' must be a text")
        return Item(role, text or "", context or None)

    def _no_text(self, record: Record) -> Exception:
        names = [str(name) for name in record.values]
        near = next((each for name in names if (each := suggestion(name.strip().lower(), [TEXT]))), "")
        what = f"there is no column 'text' among its {len(names)}{' (one is nearly called so)' if near else ''}"
        return DataError(f"{self.path.name}, {record.named_at}: {what}")
