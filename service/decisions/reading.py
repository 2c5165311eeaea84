"""Records of a log one by one, with what is lost among them said in their place."""

from collections.abc import Iterable, Iterator

from models.lines import Loss, Piece
from models.record import NoRecord, Record, read_record
from taxonomy.categories import Taxonomy
from taxonomy.decision import Decision

OTHER_SCORES = "the scores of this decision are not those of this version's categories"


def records(found: Iterable[Piece | Loss], taxonomy: Taxonomy) -> Iterator[Record | Loss]:
    """Yield what can be read, and a Loss for what cannot, which never repeats any of it. Empty lines are nothing."""
    for piece in found:
        if isinstance(piece, Loss):
            yield piece
            continue
        for number, line in enumerate(piece.data.split(b"\n"), piece.first):
            if line.strip():
                yield _record(line, taxonomy, piece.source, number)


def _record(line: bytes, taxonomy: Taxonomy, source: str, number: int) -> Record | Loss:
    try:
        record = read_record(line, taxonomy)
    except NoRecord as error:
        return Loss(source, number, str(error))
    if isinstance(record, Decision) and len(record.scores) != len(taxonomy.trained) + 2:
        return Loss(source, number, OTHER_SCORES)
    return record
