"""Scores are those that serving gives, are kept without a text, and go on where they were broken off."""

import tracemalloc
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from models.calibrate import as_scores
from models.encode import Item
from models.scorer import Scorer, normalised
from models.tuning.identity import row_key
from models.tuning.kept import ScoresError, kept_in
from models.tuning.labelled import Reading
from models.tuning.scores import Scores
from models.tuning.scoring import score
from models.tuning.sheet import sheet
from taxonomy.categories import Role
from taxonomy.decision import steps

MODEL, SECRET = "sha256:" + "b" * 64, b"a secret"
TEXTS = ["a weapon", "hello there", "", "an unsure thing", "Guten Morgen, wie geht es Ihnen heute?", "hateword " * 900]
ITEMS = [normalised(Item(role, text)) for text in TEXTS for role in Role]


def batches(items: list[Item] = ITEMS, size: int = 5) -> Iterator[list[Item]]:
    for begin in range(0, len(items), size):
        yield items[begin : begin + size]


def scored(
    file: Path,
    scorer: Callable[[], Scorer],
    items: list[Item] = ITEMS,
    texts: Iterator[list[Item]] | None = None,
    model: str = MODEL,
    secret: bytes = SECRET,
    again: bool = False,
    progress: Callable[[int], None] = lambda _: None,
) -> Scores:
    """Score items, with those in the file taken from there."""
    kept = kept_in(file, model, secret, again=again)
    keys = np.array([row_key(item, kept.key) for item in items], np.uint64)
    return score(batches(items) if texts is None else texts, keys, kept, file, scorer, progress=progress)


def never() -> Scorer:
    pytest.fail("nothing should be scored")


def same(one: Scores, other: Scores) -> bool:
    return one.names == other.names and all(
        np.array_equal(getattr(one, name), getattr(other, name))
        for name in ("steps", "supported", "languages", "tokens")
    )


def test_they_are_what_is_served(scorer: Scorer, tmp_path: Path) -> None:
    found = scored(tmp_path / "a.npz", lambda: scorer)
    wanted = scorer.score(ITEMS)
    assert found.steps.tolist() == [list(steps(as_scores(each.probabilities))) for each in wanted]
    assert [found.names[place] for place in found.languages] == [each.language for each in wanted]
    assert found.supported.tolist() == [each.supported for each in wanted]
    assert (found.read <= found.tokens).all()
    assert found.tokens.max() > 512  # the long text, read whole
    assert np.array_equal(found.read, found.tokens)


def test_a_second_time_nothing_is_scored(scorer: Scorer, tmp_path: Path) -> None:
    file, done = tmp_path / "a.npz", []
    first = scored(file, lambda: scorer, progress=done.append)
    assert (done[0], done[-1], done == sorted(done)) == (0, len(ITEMS), True)
    assert list(tmp_path.iterdir()) == [file]
    assert same(first, scored(file, never, progress=done.append))
    assert done[-1] == len(ITEMS)
    with np.load(file) as kept:
        assert sorted(kept) == sorted([*Scores._fields, "format", "keys", "model", "proof", "salt"])
        assert {name: kept[name].dtype.kind for name in kept if kept[name].dtype.kind not in "uib"} == {
            "model": "U",
            "salt": "U",
            "proof": "U",
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
        scored(file, lambda: scorer, texts=broken())
    done: list[int] = []
    resumed = scored(file, lambda: scorer, texts=batches(size=7), progress=done.append)
    assert done[0] == 15
    assert same(resumed, scored(tmp_path / "b.npz", lambda: scorer))


def test_scores_of_another_bundle_are_refused_and_replaced_when_asked(scorer: Scorer, tmp_path: Path) -> None:
    file, other = tmp_path / "a.npz", "sha256:" + "e" * 64
    scored(file, lambda: scorer, ITEMS[:3])
    before = file.read_bytes()
    with pytest.raises(ScoresError) as error:
        scored(file, never, model=other)
    assert str(error.value) == (
        f"a.npz: holds scores by another bundle (sha256:{'b' * 12}, not sha256:{'e' * 12}): "
        "give --rescore to replace them, or --scores FILE to keep them"
    )
    assert file.read_bytes() == before
    scored(file, lambda: scorer, model=other, again=True)
    assert len(scored(file, never, model=other).steps) == len(ITEMS)


def test_under_another_secret_nothing_is_found_nor_lost(scorer: Scorer, tmp_path: Path) -> None:
    file = tmp_path / "a.npz"
    scored(file, lambda: scorer, ITEMS[:3])
    before = file.read_bytes()
    for secret in (b"", b"another"):
        with pytest.raises(ScoresError) as error:
            scored(file, never, secret=secret)
        assert str(error.value) == (
            "a.npz: was written under another TIDEGATE_CACHE_SECRET: set that, or give --rescore to replace it"
        )
    assert file.read_bytes() == before


@pytest.mark.parametrize("form", ["tidegate scores 1", "tidegate scores 2 views 1 language 1"])
def test_a_file_of_an_earlier_version(scorer: Scorer, tmp_path: Path, form: str) -> None:
    file = tmp_path / "a.npz"
    np.savez(file, format=form, steps=np.zeros((3, 25), np.uint16))
    with pytest.raises(ScoresError) as error:
        scored(file, never)
    assert str(error.value) == "a.npz: was written by another version: give --rescore to replace it"
    assert len(scored(file, lambda: scorer, again=True).steps) == len(ITEMS)


def test_only_rows_that_are_new_are_scored(scorer: Scorer, tmp_path: Path) -> None:
    file, whole = tmp_path / "a.npz", scored(tmp_path / "b.npz", lambda: scorer)
    scored(file, lambda: scorer, ITEMS[:10])
    order = [23, 4, 4, 11, 0, 23, 9]  # rows gone, new, twice, and in another order
    done: list[int] = []
    items = [ITEMS[i] for i in order]
    found = scored(file, lambda: scorer, items, progress=done.append)
    assert (done[0], done[-1]) == (5, 7)
    assert np.array_equal(found.steps, whole.steps[order])
    assert [found.names[i] for i in found.languages] == [whole.names[i] for i in whole.languages[order]]
    # What is gone may come back.
    assert np.array_equal(scored(file, never, ITEMS[:10]).steps, whole.steps[:10])


def test_role_and_prompt_make_another_row() -> None:
    items = [
        Item(Role.TEXT, "a"),
        Item(Role.PROMPT, "a"),
        Item(Role.RESPONSE, "a"),
        Item(Role.RESPONSE, "a", "b"),
        Item(Role.RESPONSE, "ab"),
        Item(Role.RESPONSE, "", "ab"),
    ]
    assert len({row_key(item, b"") for item in items}) == len(items)
    assert row_key(items[0], b"one") != row_key(items[0], b"two")


@pytest.mark.parametrize("changed", [ITEMS[:-1], [*ITEMS[:-1], Item(Role.TEXT, "another")]])
def test_data_that_changes_while_it_is_read(scorer: Scorer, tmp_path: Path, changed: list[Item]) -> None:
    with pytest.raises(ScoresError, match=r"^the data was changed while it was read: begin again$"):
        scored(tmp_path / "a.npz", lambda: scorer, texts=batches(changed))


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
    scored(file, lambda: scorer, ITEMS[:3])
    damage(file)  # type: ignore[operator]
    before = file.read_bytes()
    with pytest.raises(ScoresError) as error:
        scored(file, never, again=again)
    assert str(error.value) == "a.npz: is no whole file of scores, and is left as it is: name another"
    assert file.read_bytes() == before


def test_no_place_to_write(scorer: Scorer, tmp_path: Path) -> None:
    with pytest.raises(ScoresError, match=r"^a\.npz: cannot be written: No such file or directory$"):
        scored(tmp_path / "no" / "a.npz", lambda: scorer)


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
