"""Scores are those that serving gives, are kept without a text, and go on where they were broken off."""

import tracemalloc
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from models.calibrate import as_scores
from models.encode import Item
from models.scorer import Scorer, normalised
from models.tuning.labelled import Reading
from models.tuning.scores import FORMAT, Of, Scores, ScoresError, score
from models.tuning.sheet import sheet
from taxonomy.categories import Role
from taxonomy.decision import steps

OF = Of("sha256:" + "d" * 64, "sha256:" + "b" * 64, "text")
TEXTS = ["a weapon", "hello there", "", "an unsure thing", "Guten Morgen, wie geht es Ihnen heute?", "hateword " * 900]
ITEMS = [normalised(Item(role, text)) for text in TEXTS for role in Role]


def batches(items: list[Item] = ITEMS, size: int = 5) -> Iterator[list[Item]]:
    for begin in range(0, len(items), size):
        yield items[begin : begin + size]


def never() -> Scorer:
    pytest.fail("nothing should be scored")


def same(one: Scores, other: Scores) -> bool:
    return one.names == other.names and all(
        np.array_equal(getattr(one, name), getattr(other, name))
        for name in ("steps", "supported", "languages", "tokens")
    )


def test_they_are_what_is_served(scorer: Scorer, tmp_path: Path) -> None:
    found = score(batches(), len(ITEMS), OF, tmp_path / "a.npz", lambda: scorer)
    wanted = scorer.score(ITEMS)
    assert found.steps.tolist() == [list(steps(as_scores(each.probabilities))) for each in wanted]
    assert [found.names[place] for place in found.languages] == [each.language for each in wanted]
    assert found.supported.tolist() == [each.supported for each in wanted]
    assert (found.read <= found.tokens).all()
    assert found.tokens.max() > 512  # the long text, read whole
    assert np.array_equal(found.read, found.tokens)


def test_a_second_time_nothing_is_scored(scorer: Scorer, tmp_path: Path) -> None:
    file, done = tmp_path / "a.npz", []
    first = score(batches(), len(ITEMS), OF, file, lambda: scorer, progress=done.append)
    assert (done[0], done[-1], done == sorted(done)) == (0, len(ITEMS), True)
    assert list(tmp_path.iterdir()) == [file]
    assert same(first, score(batches(), len(ITEMS), OF, file, never, progress=done.append))
    assert done[-1] == len(ITEMS)
    with np.load(file) as kept:
        assert sorted(kept) == sorted([*Scores._fields, *Of._fields, "format"])
        assert {name: kept[name].dtype.kind for name in kept if kept[name].dtype.kind not in "uib"} == {
            "data": "U",
            "model": "U",
            "role": "U",
            "names": "U",
            "format": "U",
        }
    raw = file.read_bytes()
    assert b"weapon" not in raw
    assert "weapon".encode("utf-32-le") not in raw


def test_what_was_broken_off_goes_on_where_it_was(scorer: Scorer, tmp_path: Path) -> None:
    file = tmp_path / "a.npz"

    def broken() -> Iterator[list[Item]]:
        yield from list(batches())[:3]
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        score(broken(), len(ITEMS), OF, file, lambda: scorer)
    done: list[int] = []
    resumed = score(batches(size=7), len(ITEMS), OF, file, lambda: scorer, progress=done.append)
    assert done[0] == 15
    assert same(resumed, score(batches(), len(ITEMS), OF, tmp_path / "b.npz", lambda: scorer))


@pytest.mark.parametrize(
    ("of", "message"),
    [
        (
            OF._replace(data="sha256:" + "e" * 64),
            f"a.npz: holds scores of other data (sha256:{'d' * 12}, not sha256:{'e' * 12}): "
            "give --rescore to replace them, or --scores FILE to keep them",
        ),
        (
            OF._replace(model="sha256:" + "e" * 64),
            f"a.npz: holds scores by another bundle (sha256:{'b' * 12}, not sha256:{'e' * 12}): "
            "give --rescore to replace them, or --scores FILE to keep them",
        ),
        (OF._replace(role="prompt"), "a.npz: rows without a role were scored as 'text', not 'prompt': give --rescore"),
    ],
)
def test_scores_of_something_else_are_refused_and_replaced_when_asked(
    scorer: Scorer, tmp_path: Path, of: Of, message: str
) -> None:
    file = tmp_path / "a.npz"
    score(batches(ITEMS[:3]), 3, OF, file, lambda: scorer)
    before = file.read_bytes()
    with pytest.raises(ScoresError) as error:
        score(batches(), len(ITEMS), of, file, never)
    assert str(error.value) == message
    assert file.read_bytes() == before
    assert len(score(batches(), len(ITEMS), of, file, lambda: scorer, again=True).steps) == len(ITEMS)
    assert len(score(batches(), len(ITEMS), of, file, never).steps) == len(ITEMS)


def test_fewer_rows_than_scores(scorer: Scorer, tmp_path: Path) -> None:
    score(batches(), len(ITEMS), OF, tmp_path / "a.npz", lambda: scorer)
    with pytest.raises(ScoresError, match=r"^a\.npz: holds 24 rows, the data 3: give --rescore to replace them$"):
        score(batches(ITEMS[:3]), 3, OF, tmp_path / "a.npz", never)


def _cut(file: Path) -> None:
    file.write_bytes(file.read_bytes()[:-200])


def _text(file: Path) -> None:
    file.write_text("text,label\nmine,safe\n")


def _empty(file: Path) -> None:
    file.write_bytes(b"")


def _other(file: Path) -> None:
    np.savez(file, format="something else")


def _short(file: Path) -> None:
    with np.load(file) as kept:
        parts = dict(kept)
    np.savez(file, **(parts | {"tokens": parts["tokens"][:-1]}))


def _pickled(file: Path) -> None:
    with np.load(file) as kept:
        parts = dict(kept)
    np.savez(file, **(parts | {"steps": np.array([object()], dtype=object)}))


@pytest.mark.parametrize("damage", [_cut, _text, _empty, _other, _short, _pickled])
@pytest.mark.parametrize("again", [False, True])
def test_a_file_that_is_no_file_of_scores_is_never_replaced(
    scorer: Scorer, tmp_path: Path, damage: object, again: bool
) -> None:
    file = tmp_path / "a.npz"
    score(batches(ITEMS[:3]), 3, OF, file, lambda: scorer)
    damage(file)  # type: ignore[operator]
    before = file.read_bytes()
    with pytest.raises(ScoresError) as error:
        score(batches(), len(ITEMS), OF, file, never, again=again)
    assert str(error.value) == "a.npz: is no whole file of scores, and is left as it is: name another"
    assert file.read_bytes() == before


def test_no_place_to_write(scorer: Scorer, tmp_path: Path) -> None:
    with pytest.raises(ScoresError, match=r"^a\.npz: cannot be written: No such file or directory$"):
        score(batches(), len(ITEMS), OF, tmp_path / "no" / "a.npz", lambda: scorer)


def test_the_format_has_a_version() -> None:
    assert FORMAT == "tidegate scores 1"


def test_of_many_rows_no_text_is_held(tmp_path: Path) -> None:
    path, rows = tmp_path / "many.csv", 40_000
    with path.open("w") as file:
        file.write("text,label\n")
        file.writelines(f"{'words of no weight ' * 50}{i},safe\n" for i in range(rows))
    size = path.stat().st_size
    tracemalloc.start()
    found = sheet(Reading(path))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert len(found.roles) == rows
    # What grows with them are a name and numbers, about a hundred bytes a row; beside that a batch of texts.
    assert peak < 110 * rows + 4_000_000 < size / 4
