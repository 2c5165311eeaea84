"""What goes into a run, and on which side of the split."""

import msgspec
import pytest

from models.outputs import OUTPUTS
from models.training.corpus.build import HELD_OUT, build_corpus
from models.training.corpus.mix import BROAD, FOCUSED
from taxonomy.categories import Role
from tests.training.small import annotation, row, sentence, sources, write_data

pytestmark = pytest.mark.train


def everything(corpus):
    return [*corpus.train, *corpus.dev, *corpus.held_out]


def test_a_text_kept_aside_is_dropped_whatever_its_case_and_punctuation(tmp_path):
    data = write_data(
        tmp_path / "data", sources(), kept_aside=["HEARD there is, a blue chair in the kitchen: number 1"]
    )
    ids = {example.id for example in everything(build_corpus(data, seed=1))}
    assert "stormfront_hate-1" not in ids
    assert "stormfront_hate-3" in ids


def test_a_pair_is_dropped_when_only_its_prompt_is_kept_aside(tmp_path):
    data = write_data(tmp_path / "data", sources(), kept_aside=[f"Where is it? {sentence(4)}"])
    ids = {example.id.removesuffix("/prompt") for example in everything(build_corpus(data, seed=1))}
    assert "dolly_sample-4" not in ids


def test_training_without_the_fingerprints_is_refused(tmp_path):
    data = write_data(tmp_path / "data", sources(4))
    (data.folder / "holdout_fingerprints.txt.gz").unlink()
    with pytest.raises(FileNotFoundError):
        build_corpus(data, seed=1)


def test_no_group_stands_on_both_sides(tmp_path):
    corpus = build_corpus(write_data(tmp_path / "data", sources(180)), seed=1)
    train, dev = ({example.group for example in side} for side in (corpus.train, corpus.dev))
    assert len(dev) > 20
    assert not train & dev
    written = [int(e.id.rsplit("-", 1)[1]) for e in corpus.dev if e.source == "written_pairs"]
    assert written
    assert {i ^ 1 for i in written} == set(written)


def test_answers_to_one_question_stay_together(tmp_path):
    rows = [
        row(f"dolly_sample-{i}", "pair", prompt=sentence(i % 30), response=sentence(i, "other"), unsafe=0)
        for i in range(150)
    ]
    corpus = build_corpus(write_data(tmp_path / "data", rows), seed=1)
    asked = [
        {e.item.context or e.item.text for e in side if e.source == "dolly_sample"}
        for side in (corpus.train, corpus.dev)
    ]
    assert all(asked)
    assert not asked[0] & asked[1]


def test_the_side_of_a_group_does_not_depend_on_the_seed_or_on_other_sources(tmp_path):
    all_rows = sources(180)
    fewer = [each for each in all_rows if each["source"] in ("written_pairs", "bipia_docs")]
    one = build_corpus(write_data(tmp_path / "one", all_rows), seed=1)
    other = build_corpus(write_data(tmp_path / "other", fewer), seed=2)
    assert {e.id for e in other.dev} == {e.id for e in one.dev if e.source in ("written_pairs", "bipia_docs")}


def test_held_out_sources_are_whole_and_only_there(tmp_path):
    corpus = build_corpus(write_data(tmp_path / "data", sources()), seed=1)
    assert {e.id for e in corpus.held_out} == {f"surge_toxicity-{i}" for i in range(60)}
    assert not {e.source for e in (*corpus.train, *corpus.dev)} & HELD_OUT


def test_no_text_of_a_held_out_source_is_trained_on_under_another_name(tmp_path):
    others = [
        row("bipia_docs-900", "document", text=f"seen -- there is a BLUE{sentence(1)[16:]}"),
        row(
            "dolly_sample-901",
            "pair",
            prompt=f"Seen: {sentence(2)}",
            response="That is so, as far as I know.",
            unsafe=0,
        ),
        row("bipia_docs-902", "document", text="Nothing of the kind was ever seen in any place at all."),
    ]
    corpus = build_corpus(write_data(tmp_path / "data", [*others, *sources()]), seed=1)
    assert {e.id for e in everything(corpus)} & {each["id"] for each in others} == {"bipia_docs-902"}
    assert {e.id for e in corpus.held_out} == {f"surge_toxicity-{i}" for i in range(60)}


def test_word_lists_are_left_out(tmp_path):
    rows = [row("ldnoobw_words-0", "text", text="a rude word of some length", labels={"word": 1})]
    assert everything(build_corpus(write_data(tmp_path / "data", rows), seed=1)) == []


def test_a_text_seen_in_another_source_is_used_once(tmp_path):
    twice = [
        row("bipia_docs-0", "document", text=sentence(0)),
        row("stormfront_hate-0", "text", text=sentence(0).upper()),
    ]
    assert len(everything(build_corpus(write_data(tmp_path / "data", twice), seed=1))) == 1


def test_a_source_gives_at_most_its_cap(tmp_path):
    data = write_data(tmp_path / "data", sources())
    mix = msgspec.structs.replace(BROAD, default_most=9, most={"stormfront_hate": 7})
    corpus = build_corpus(data, seed=1, mix=mix)
    assert len({e.id for e in everything(corpus) if e.source == "stormfront_hate"}) == 7
    assert len({e.id for e in everything(corpus) if e.source == "bipia_docs"}) == 9
    limited = build_corpus(data, seed=1, limit=5)
    assert len({e.id for e in everything(limited) if e.source == "bipia_docs"}) == 5
    assert len(limited.held_out) == 5


def test_read_rows_and_written_ones_repeat_in_training_and_not_in_dev(tmp_path):
    read = [annotation(f"stormfront_hate-{i}") for i in range(60)]
    corpus = build_corpus(write_data(tmp_path / "data", sources(), read), seed=1)
    for source, times in (
        ("written_pairs", BROAD.repeat_written),
        ("stormfront_hate", BROAD.repeat_annotated),
        ("bipia_docs", 1),
    ):
        trained = [e.id for e in corpus.train if e.source == source]
        assert {trained.count(each) for each in trained} == {times}
    assert len({e.id for e in corpus.dev}) == len(corpus.dev)


def test_rows_read_because_a_model_doubted_them_are_trained_on_and_say_nothing_of_their_source(tmp_path):
    ids = [f"stormfront_hate-{i}" for i in range(60)]
    mix = msgspec.structs.replace(BROAD, unread=50)

    def corpus(doubted):
        read = [annotation(name, doubted=doubted) for name in ids[:30]]
        return build_corpus(write_data(tmp_path / f"data{doubted}", sources(), read), seed=1, mix=mix)

    def dev(found):
        return {e.id for e in found.dev} & set(ids[:30])

    plain, doubted = corpus(False), corpus(True)
    assert dev(plain)
    assert not dev(doubted)
    assert {e.id for e in plain.train} == {e.id for e in doubted.train}
    assert {e.source for e in plain.read} == {"stormfront_hate"}
    assert doubted.read == doubted.unread == []
    (one, other) = (next(e for e in each.train if e.id == ids[31]) for each in (plain, doubted))
    hate = OUTPUTS.index("hate")
    assert one.targets[0][hate] < other.targets[0][hate]  # the readers found no hate in what the source calls so


def test_the_same_seed_gives_the_same_corpus(tmp_path):
    data = write_data(tmp_path / "data", sources())
    one, other = (build_corpus(data, seed=3) for _ in range(2))
    assert [(e.id, e.item) for e in one.train] == [(e.id, e.item) for e in other.train]


def test_the_prompt_of_a_harmless_pair_is_an_example_too(tmp_path):
    corpus = build_corpus(write_data(tmp_path / "data", sources()), seed=1)
    found = {e.id: e for e in everything(corpus)}
    assert found["dolly_sample-0"].item.role in (Role.RESPONSE, Role.DOCUMENT)
    assert found["dolly_sample-0/prompt"].item.text == f"Where is it? {sentence(0)}"
    values, weights = found["dolly_sample-0/prompt"].targets
    assert values.shape == weights.shape == (len(OUTPUTS),)
    assert not values.any()


def test_an_attack_keeps_its_role(tmp_path):
    corpus = build_corpus(write_data(tmp_path / "data", sources(180)), seed=1)
    assert {e.item.role for e in corpus.train if e.source == "hackaprompt_sample"} == {Role.PROMPT}
    assert {e.item.role for e in corpus.train if e.source == "stormfront_hate"} > {Role.TEXT}


def test_the_focused_mix_takes_what_was_read_or_named_plainly(tmp_path):
    rows = [
        row("stormfront_hate-0", "text", text=sentence(0), labels={"hate": 0}),  # says nothing but "no hate"
        row("stormfront_hate-1", "text", text=sentence(1), labels={"hate": 1}, unsafe=1),
        row("stormfront_hate-2", "text", text=sentence(2), labels={"hate": 0}),  # read again
        row("stormfront_hate-3", "text", text=sentence(3), labels={"hate": 1, "lang:de": 1}, unsafe=1),
        row("dolly_sample-4", "pair", prompt=sentence(4), response=sentence(5), unsafe=0),
        row("written_pairs-6", "text", text=sentence(6), labels={"hate": 0}, unsafe=0),
    ]
    data = write_data(tmp_path / "data", rows, [annotation("stormfront_hate-2")])
    found = {e.id for e in everything(build_corpus(data, seed=1, mix=FOCUSED))}
    assert found == {
        "stormfront_hate-1",
        "stormfront_hate-2",
        "dolly_sample-4",
        "dolly_sample-4/prompt",
        "written_pairs-6",
    }


def test_what_one_mix_keeps_for_dev_no_other_trains_on(tmp_path):
    data = write_data(tmp_path / "data", sources(180))
    broad, focused = (build_corpus(data, seed=seed, mix=mix) for seed, mix in ((1, BROAD), (2, FOCUSED)))
    assert not {e.group for e in broad.dev} & {e.group for e in focused.train}
    assert not {e.group for e in focused.dev} & {e.group for e in broad.train}
