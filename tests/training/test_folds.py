"""Sources left out in turn: nothing of them is trained on, and the table holds the figures of the scores."""

import io
from collections import Counter

import msgspec
import numpy as np
import pytest
import torch
from rich.console import Console
from sklearn.metrics import average_precision_score, roc_auc_score

from models.encode import Encoder
from models.outputs import OUTPUTS
from models.training.corpus.build import build_corpus, is_dev, training_set
from models.training.corpus.labels import INDEX
from models.training.corpus.mix import BROAD
from models.training.evaluate.quality import decided
from models.training.finetune.base import SPEC, base_folder, build_tokenizer
from models.training.finetune.settings import TrainSettings
from models.training.finetune.teacher import teacher_logits
from models.training.finetune.train import train
from models.training.folds import crossvalidate as module
from models.training.folds.crossvalidate import CrossSettings, crossvalidate, measured_rows, with_windows
from models.training.folds.lines import Scores, fold_lines, read_folds
from models.training.folds.plan import divide
from taxonomy.categories import Role
from tests.training.scored import example
from tests.training.small import annotation, row, sentence, sources, write_data

pytestmark = pytest.mark.train

SOURCES = {"bipia_docs", "dolly_sample", "hackaprompt_sample", "stormfront_hate"}
UNSAFE = INDEX["unsafe"]


def uneven():
    """Return rows of twelve sources of 20 to 240 rows, of which 0 to 100 % are harmful, and of written texts."""
    for i in range(12):
        for j in range(20 * (i + 1)):
            harm = ("unsafe",) if j % 10 < i // 2 * 2 else ()
            yield example(f"s{i}-{j}", *harm, role=(Role.PROMPT, Role.TEXT)[i % 2])
    yield from (example(f"written-{j}", "unsafe") for j in range(5000))


def test_every_source_is_left_out_once_and_written_texts_never():
    folds = divide(list(uneven()), 4, 1)
    assert len(folds) == 4
    assert Counter(source for fold in folds for source in fold) == {f"s{i}": 1 for i in range(12)}
    assert divide(list(uneven()), 4, 1) == folds
    assert all(divide(list(uneven()), 12, 1))


def test_folds_are_alike_in_rows_and_in_harm():
    found = [each for each in uneven() if each.source != "written"]
    folds = divide(found, 3, 1)
    rows = np.array([sum(each.source in fold for each in found) for fold in folds])
    harmful = np.array([sum(each.source in fold and each.targets[0][UNSAFE] == 1 for each in found) for fold in folds])
    assert np.abs(rows / rows.mean() - 1).max() < 0.1
    assert np.ptp(harmful / rows) < 0.1


# What stormfront_hate says: in a source that comes before it, as a question, in a written text, and with a word more.
COPIES = [
    row("bipia_docs-900", "document", text=f"heard, there is a BLUE{sentence(1)[16:]}"),
    row("dolly_sample-901", "pair", prompt=f"Heard: {sentence(2)}", response="That is so, as far as I know.", unsafe=0),
    row("written_pairs-903", "pair", prompt=f"Heard: {sentence(6)}", response="Yes, it was.", labels={"hate": 0}),
    row("hackaprompt_sample-902", "prompt", prompt=f"Heard: {sentence(4)} Yes.", labels={"attack": 1}, unsafe=1),
    row("bipia_docs-904", "document", text="Nothing of the kind was ever heard in any place at all."),
]
MIX = msgspec.structs.replace(BROAD, planted=40)


@pytest.fixture(scope="module")
def crossed(tmp_path_factory):
    read = [annotation(f"stormfront_hate-{i}", ["hate"], 1.0) for i in range(0, 60, 2)]
    read += [annotation(f"written_pairs-{i}", ["hate"], 1.0) for i in range(1, 20, 2)]  # to plant
    where = [
        row(
            f"dolly_sample-{950 + i}",
            "pair",
            prompt=f"And where is {i}?",
            response=f"{sentence(i, 'tall')} " * 5,
            unsafe=0,
        )
        for i in range(9)
    ]
    return write_data(tmp_path_factory.mktemp("crossed") / "data", [*sources(), *COPIES, *where], read)


def test_nothing_of_a_source_that_is_left_out_is_trained_on(crossed):
    corpus = build_corpus(crossed, 1, None, MIX, {"stormfront_hate"})
    rows = training_set(corpus, MIX, 1)
    aside = [each for each in corpus.held_out if each.source == "stormfront_hate"]
    assert len(aside) == 60
    assert len([each for each in rows if "/in/" in each.id]) == 40
    assert not [each.id for each in [*rows, *corpus.dev] if "stormfront_hate" in each.id]
    assert not {each.group for each in aside} & {each.group for each in rows}
    said = {each.item.text.lower() for each in aside}
    assert not said & {text.lower() for each in rows for text in (each.item.text, each.item.context or "")}
    assert {each.targets[0][INDEX["hate"]] for each in measured_rows(crossed, ("stormfront_hate",), 99, 1)} == {1.0}


def test_its_copies_its_questions_and_near_copies_go_with_it_wherever_they_stand(crossed):
    def copies(found):
        return {each.id.removesuffix("/prompt") for each in found} & {each["id"] for each in COPIES}

    everywhere = {each["id"] for each in COPIES}
    assert copies(build_corpus(crossed, 1, None, MIX).train) == everywhere
    corpus = build_corpus(crossed, 1, None, MIX, {"stormfront_hate"})
    assert copies(corpus.train) == {"hackaprompt_sample-902", "bipia_docs-904"}
    assert copies(training_set(corpus, MIX, 1)) == {"bipia_docs-904"}


def test_the_rows_that_are_measured_are_those_nobody_trains_on_first(crossed):
    every = measured_rows(crossed, ("dolly_sample", "stormfront_hate"), 1000, 1)
    few = measured_rows(crossed, ("dolly_sample", "stormfront_hate"), 3, 1)
    assert Counter(each.source for each in few) == {"dolly_sample": 3, "stormfront_hate": 3}
    for source in ("dolly_sample", "stormfront_hate"):
        kept = [is_dev(each.group) for each in few if each.source == source]
        assert sum(kept) == min(3, sum(is_dev(each.group) for each in every if each.source == source))
    assert {each.id for each in few} <= {each.id for each in every}


def test_a_text_of_which_a_tokenizer_leaves_nothing_is_not_measured():
    encoder = Encoder(build_tokenizer(base_folder()), SPEC)
    found = [example("a-1", text="some words"), example("a-2", text="\u0301\u0300"), example("a-3", text="more words")]
    assert [each.id for each in with_windows(found, encoder)] == ["a-1", "a-3"]


def recall_within(scores, truth, budget):
    """Return the greatest recall over all thresholds that let at most `budget` of the harmless through."""
    return max(
        float((scores[truth] >= at).mean()) for at in [*scores, np.inf] if (scores[~truth] >= at).mean() <= budget
    )


def test_the_figures_are_those_of_scikit_learn_on_the_scores():
    rng = np.random.default_rng(7)
    harm = ((), ("unsafe",), ("attack", "jailbreak"))
    found = [
        example(f"{'ab'[i % 2]}-{i}", *harm[i % 3], role=(Role.TEXT, Role.DOCUMENT)[i % 4 > 1]) for i in range(900)
    ]
    values = np.stack([each.targets[0] for each in found])
    out, trained = ((values * weight + rng.normal(size=values.shape)).astype(np.float32) * 20 for weight in (0.5, 2.0))
    lines = {(each.source, each.role, each.output): each for each in fold_lines(2, found, Scores(out, trained, {"a"}))}
    assert len(lines) == 10
    for (source, role, output), line in lines.items():
        of = np.array([source in (None, each.source) and role in (None, each.item.role) for each in found])
        dev = of & np.array([each.source == "a" and is_dev(each.group) for each in found])
        for logits, rows, figures in (
            (out, of, line.left_out), (out, dev, line.dev_left_out), (trained, dev, line.dev_trained)
        ):  # fmt: skip
            if source == "b" and rows is dev:
                assert figures is None
                continue
            scores, truth = logits[rows, INDEX[output]], values[rows, INDEX[output]] == 1
            assert (figures.positives, figures.negatives) == (truth.sum(), (~truth).sum())
            assert figures.average_precision == pytest.approx(average_precision_score(truth, scores), abs=6e-5)
            assert figures.roc_auc == pytest.approx(roc_auc_score(truth, scores), abs=6e-5)
            for budget, recall in ((0.01, figures.recall_at_1), (0.05, figures.recall_at_5)):
                if budget * (~truth).sum() < 1:
                    assert recall is None
                else:
                    assert recall == pytest.approx(recall_within(scores, truth, budget), abs=6e-5)
    assert lines["a", Role.TEXT, "unsafe"].dev_trained.roc_auc > lines["a", Role.TEXT, "unsafe"].dev_left_out.roc_auc
    assert {each.fold for each in lines.values()} == {2}


def test_an_output_without_a_positive_has_a_line_only_for_unsafe():
    found = [example(f"a-{i}") for i in range(9)]
    lines = list(fold_lines(1, found, Scores(np.zeros((9, len(OUTPUTS)), np.float32), None)))
    assert [(each.source, each.output) for each in lines] == [("a", "unsafe"), (None, "unsafe")]
    assert lines[0].left_out.roc_auc is lines[0].dev_trained is lines[0].dev_left_out is None


def test_a_run_broken_off_goes_on_and_measures_each_source_by_the_model_that_never_saw_it(tmp_path, monkeypatch):
    data = write_data(tmp_path / "data", sources())
    stage = TrainSettings(data=data, output=tmp_path / "folds", batch=8, bf16=False, max_steps=2)
    whole = train(msgspec.structs.replace(stage, output=tmp_path / "whole"))
    settings = CrossSettings(stage=stage, folds=2, trained=whole)
    folders = []

    def stopped(each, left_out):
        folders.append(each.output.name)
        if len(folders) == 2:
            raise KeyboardInterrupt
        return train(each, left_out)

    monkeypatch.setattr(module, "train", stopped)
    with pytest.raises(KeyboardInterrupt):
        crossvalidate(settings, Console(quiet=True))
    console = Console(record=True, file=io.StringIO(), width=250)
    file = crossvalidate(settings, console)
    assert folders == ["1", "2", "2"]

    found = read_folds(file)
    assert {source for fold in found.folds for source in fold} == SOURCES
    assert {(each.source, each.fold) for each in found.lines if each.source} == {
        (source, number) for number, fold in enumerate(found.folds, 1) for source in fold
    }
    for number, fold in enumerate(found.folds, 1):
        record = msgspec.json.decode((stage.output / str(number) / "checkpoint" / "train.json").read_bytes())
        assert set(record["sources"]) == SOURCES - set(fold) | {"written_pairs"}
        assert set(record["held_out"]) == {"surge_toxicity", *fold}

    line = next(each for each in found.lines if each.source == "bipia_docs" and each.output == "attack")
    encoder = Encoder(build_tokenizer(base_folder()), SPEC)
    rows = measured_rows(data, ("bipia_docs",), 500, 1)
    values, weights = (np.stack([each.targets[i] for each in rows])[:, INDEX["attack"]] for i in (0, 1))
    positive, negative = decided(values, weights)
    asked = positive | negative

    def precision(checkpoint, of):
        logits = teacher_logits(checkpoint, rows, encoder, torch.float32)[:, INDEX["attack"]]
        return average_precision_score(positive[of], logits[of])

    dev = asked & np.array([is_dev(each.group) for each in rows])
    fold = stage.output / str(line.fold) / "checkpoint"
    assert line.left_out.average_precision == pytest.approx(precision(fold, asked), abs=6e-5)
    assert line.dev_left_out.average_precision == pytest.approx(precision(fold, dev), abs=6e-5)
    assert line.dev_trained.average_precision == pytest.approx(precision(whole, dev), abs=6e-5)
    printed = console.export_text()
    assert f"fold 2 of 2: without {', '.join(found.folds[1])}" in printed
    assert "Left out in turn, in 2 folds" in printed
    assert "On rows that neither model was trained on: source left out, and trained on" in printed
