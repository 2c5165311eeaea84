"""Texts and annotations of our own are read as rows like any other."""

import gzip

import msgspec
import pytest

from models.training.corpus.build import build_corpus
from models.training.corpus.sources import Annotation, Data, averaged, read_annotations
from models.training.corpus.written import OWN, SLUGS, Written, read_written
from models.training.evaluate.rows import test_sets as own_test_sets
from models.training.export.licences import licences
from taxonomy.categories import Role
from tests.training.small import annotation, row, sentence, sources, write_data

pytestmark = pytest.mark.train


def written(group, text, *labels, role=Role.TEXT, unsafe=0.0, **more):
    return Written(group=group, role=role, text=text, labels=labels, unsafe=unsafe, style="test", **more)


def write(folder, kind, name, rows):
    (folder / kind).mkdir(parents=True, exist_ok=True)
    with gzip.open(folder / kind / f"{name}.jsonl.gz", "wb") as file:
        file.writelines(msgspec.json.encode(each) + b"\n" for each in rows)


def test_a_text_becomes_a_row_judged_on_every_category(tmp_path):
    texts = [
        written("g1", "One.", "hate", unsafe=1, soft={"threat": 0.5}),
        written("g1", "Two.", role=Role.RESPONSE, context="Say two."),
        written("g2", "Three.", role=Role.DOCUMENT, position="end"),
    ]
    write(tmp_path, "written", "a", texts)
    one, two, three = read_written(tmp_path / "written")
    assert (one.id, one.source, one.kind, one.text, one.unsafe) == ("written-a-1", OWN, "text", "One.", 1)
    assert {slug: one.labels[slug] for slug in SLUGS if one.labels[slug]} == {"hate": 1.0, "threat": 0.5}
    assert (two.kind, two.prompt, two.response, two.labels["pair:g1"]) == ("pair", "Say two.", "Two.", 1.0)
    assert (three.kind, three.text, three.labels["position:end"]) == ("document", "Three.", 1.0)


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (b'{"group": "g", "role": "text", "text": "x", "labels": [], "unsafe": 0}', "missing required field `style`"),
        (b'{"group": "g", "role": "post", "text": "x", "labels": [], "unsafe": 0, "style": "s"}', "enum value 'post'"),
        (b'{"group": "g", "role": "text", "text": "x", "labels": [], "unsafe": 2, "style": "s"}', "<= 1"),
        (b'{"group": "g", "role": "text", "text": "x", "labels": [], "unsafe": 0, "style": "s", "y": 1}', "field `y`"),
    ],
)
def test_a_line_with_a_mistake_is_refused(tmp_path, line, said):
    (tmp_path / "a.jsonl.gz").write_bytes(gzip.compress(line))
    with pytest.raises(msgspec.ValidationError, match=said):
        list(read_written(tmp_path))


def test_our_texts_are_trained_on_by_group_and_never_what_is_kept_aside(tmp_path):
    texts = [written(f"g{i // 2}", sentence(i), *(["hate"] if i % 2 else []), unsafe=i % 2) for i in range(80)]
    write(tmp_path / "own", "written", "a", texts)
    kept = write_data(tmp_path / "data", sources(4), kept_aside=[sentence(7)])
    corpus = build_corpus(Data(kept.folder, tmp_path / "own"), seed=1)
    train, dev = ({e.group for e in side if e.source == OWN} for side in (corpus.train, corpus.dev))
    assert train
    assert dev
    assert not train & dev
    assert "written-a-8" not in {e.id for e in (*corpus.train, *corpus.dev)}
    assert not any(e.source == OWN for e in build_corpus(kept, seed=1).train)


def test_annotations_of_both_folders_count_and_several_of_a_row_are_averaged(tmp_path):
    data = write_data(tmp_path / "data", [row("ethos-1", "text", text="x")], [annotation("ethos-1", ["hate"], 1.0)])
    second = Annotation("ethos-1", "ethos", (), 0.0, "b", soft={"hate": 0.5})
    write(tmp_path / "own", "annotations", "n", [second, Annotation("ethos-2", "ethos", ("threat",), 1.0, "b")])
    found = read_annotations(Data(data.folder, tmp_path / "own"))
    assert (found["ethos-1"].labels, found["ethos-1"].soft, found["ethos-1"].unsafe) == ((), {"hate": 0.75}, 0.5)
    assert found["ethos-2"].labels == ("threat",)


def test_what_all_say_is_a_label():
    found = averaged([Annotation("x", "s", ("hate",), 1.0, name) for name in "abc"])
    assert (found.labels, found.soft, found.unsafe, found.annotator) == (("hate",), {}, 1.0, "a+b+c")


def test_our_texts_have_a_licence_of_their_own(tmp_path):
    data = write_data(tmp_path / "data", sources(2))
    (found,) = licences(data.folder / "train" / "README.md", [OWN])
    assert (found.licence, found.share_alike) == ("Apache-2.0", False)


def test_our_test_set_is_measured_whole_and_never_trained_on(tmp_path):
    texts = [written(f"t{i}", sentence(i), *(["hate"] if i % 2 else []), unsafe=i % 2) for i in range(6)]
    write(tmp_path / "own", "test", "t", texts)
    data = Data(write_data(tmp_path / "data", sources(2)).folder, tmp_path / "own")
    (found,) = own_test_sets(data)
    assert (found.standing, len(found.examples)) == ("test", 6)
    assert not any(e.source == OWN for e in build_corpus(data, seed=1).train)
