"""Train, export, open and evaluate for real, on a few rows: every step, no quality."""

import io
import json
import re
import shutil

import msgspec
import onnx
import pytest
from onnx import numpy_helper
from rich.console import Console

from models.backend import Device
from models.bundle import Bundle
from models.encode import Item
from models.outputs import OUTPUTS
from models.scorer import Scorer
from models.training.corpus.sources import Data
from models.training.evaluate import probes
from models.training.evaluate.evaluate import EvaluateSettings, evaluate
from models.training.export import export as export_module
from models.training.export.errors import ExportError
from models.training.export.export import ExportSettings, export
from models.training.export.golden import TOLERANCE, golden_texts
from models.training.export.graph import Weights, to_fused, to_int8
from models.training.export.parity import Limits, ParityError
from models.training.finetune.settings import TrainSettings
from models.training.finetune.train import train
from taxonomy.categories import Role
from tests.training.scored import folded
from tests.training.small import annotation, row, sentence, sources, write_data, write_rows

pytestmark = pytest.mark.train

QUIET = Console(quiet=True)
# After three steps the logits of all texts lie within a few hundredths: ranks mean nothing yet.
LOOSE = Limits(spearman=-1.0)


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    folder = write_data(tmp_path_factory.mktemp("small") / "data", sources(), [annotation("bipia_docs-1", ["hate"], 1)])
    write_rows(
        folder.folder / "restricted", [row(f"oktest-{i}", "prompt", prompt=sentence(i), unsafe=0) for i in range(9)]
    )
    return folder


@pytest.fixture(scope="module")
def checkpoint(data, tmp_path_factory):
    output = tmp_path_factory.mktemp("run")
    return train(TrainSettings(data=data, output=output, batch=8, max_steps=3, bf16=False))


@pytest.fixture(scope="module")
def bundle(checkpoint, data, tmp_path_factory):
    output = tmp_path_factory.mktemp("bundles") / "new" / "small"
    return export(
        settings(checkpoint, data, output, created="2026-01-02", restricted=data.folder / "restricted"), QUIET
    )


def settings(checkpoint, data, output, **changes):
    kept = {"limits": LOOSE, "threads": 1} | changes
    return ExportSettings(checkpoint=checkpoint, data=data, output=output, **kept)


@pytest.fixture(autouse=True)
def few_documents(monkeypatch):
    """Long documents are what takes time; two of each length go the same way."""
    monkeypatch.setattr(probes, "DOCUMENTS", 2)
    monkeypatch.setattr(probes, "HOSTS", 2)


def test_the_checkpoint_says_how_it_was_made(checkpoint):
    record = json.loads((checkpoint / "train.json").read_bytes())
    assert record["held_out"] == ["surge_toxicity"]
    assert record["sources"] == ["bipia_docs", "dolly_sample", "hackaprompt_sample", "stormfront_hate", "written_pairs"]
    assert json.loads((checkpoint / "tokenizer.json").read_bytes())["truncation"] is None


def test_the_sources_of_every_stage_need_a_licence(checkpoint, data, tmp_path):
    later = shutil.copytree(checkpoint, tmp_path / "later")
    record = json.loads((checkpoint / "train.json").read_bytes())
    earlier = record | {"sources": ["ethos"], "before": None}
    for learned_from in ({"before": earlier}, {"taught_by": [record, earlier]}):
        (later / "train.json").write_text(json.dumps(record | learned_from))
        with pytest.raises(ExportError, match="gives no licence for ethos"):
            export(settings(later, data, tmp_path / "bundle"), QUIET)


def test_the_bundle_opens_and_scores_its_golden_set(bundle):
    opened = Bundle.open(bundle)
    Scorer(opened, Device.CPU, 1).check_golden()
    assert opened.manifest.created == "2026-01-02"
    assert opened.manifest.precision == "int8"
    golden = opened.golden()
    assert golden.tolerance == TOLERANCE
    assert [item.text for item in golden.items] == [each.text for each in golden_texts()]


def test_weights_and_embeddings_are_int8_and_every_layer_is_fused(bundle):
    model = onnx.load(bundle / "model.onnx")
    kinds = [node.op_type for node in model.graph.node]
    assert (kinds.count("QAttention"), kinds.count("QEmbedLayerNormalization")) == (6, 1)
    floats = [each for each in model.graph.initializer if each.data_type == onnx.TensorProto.FLOAT]
    assert max(len(each.raw_data) for each in floats) < 10_000
    assert (bundle / "model.onnx").stat().st_size < 24e6
    sizes = [[d.dim_param for d in each.type.tensor_type.shape.dim] for each in model.graph.input]
    assert sizes == [["batch_size", "sequence_length"]] * 3


def test_the_metrics_and_the_card_say_what_was_measured(bundle):
    metrics = Bundle.open(bundle).manifest.metrics
    assert set(metrics) == {
        "training", "quantisation", "calibration_rows", "parity", "parity_limits", "golden", "evaluation",
    }  # fmt: skip
    assert set(metrics["evaluation"]) == {
        "policy", "surge_toxicity", "other languages", "oktest", "dev", "dev, written",
    }  # fmt: skip
    card = (bundle / "MODEL_CARD.md").read_text()
    assert re.findall("^## (.*)$", card, re.MULTILINE)[:2] == ["Limits and known failures", "What it gets wrong"]
    assert "measured, never trained or chosen on" in card
    assert all(f"| {name} |" in card for name in OUTPUTS)
    parity = metrics["parity"]
    assert set(parity["categories"]) == set(OUTPUTS)
    assert parity["rows"] == metrics["calibration_rows"]
    assert 0 < parity["rare_difference"] <= parity["difference"]
    assert f"| hate | {parity['spearman']['hate']:.4f} | {parity['categories']['hate']['near']} |" in card


def test_the_data_sheet_counts_what_went_in_and_names_its_licence(bundle, checkpoint):
    counts = json.loads((checkpoint / "train.json").read_bytes())["counts"]
    sheet = (bundle / "DATA.md").read_text()
    assert (
        f"| bipia_docs* | {counts['bipia_docs']} | 1 | CC-BY-SA-4.0 | rows of bipia_docs | test/bipia_docs @ 0 |"
        in sheet
    )
    assert f"{sum(counts.values()):,} rows of 5 sources, and 0 texts made by planting" in sheet
    assert "Held out whole, to measure: surge_toxicity." in sheet
    assert "DATA.md" in Bundle.open(bundle).manifest.files


def test_evaluation_reports_every_set_and_writes_it(bundle, checkpoint, data, tmp_path):
    html, output = tmp_path / "report.html", tmp_path / "report.json"
    (tmp_path / "folds.json").write_bytes(msgspec.json.encode(folded()))
    report = evaluate(
        EvaluateSettings(
            bundle=bundle, data=data, restricted=data.folder / "restricted", html=html, json=output, cap=40, threads=1,
            reference=to_fused(checkpoint, tmp_path / "onnx"), command="tidegate evaluate --cap 40",
            folds=tmp_path / "folds.json",
        ),
        QUIET,
    )  # fmt: skip
    assert msgspec.json.decode(output.read_bytes(), type=type(report)) == report
    figures = report.measured.figures
    assert [(each.name, each.standing) for each in figures] == [
        ("surge_toxicity", "held_out"), ("other languages", "test"), ("oktest", "restricted"), ("dev", "dev"),
        ("dev, written", "dev"),
    ]  # fmt: skip
    by_name = {each.name: each.whole for each in figures}
    held_out = by_name["surge_toxicity"]
    assert held_out.rows == 40
    assert held_out.harmless.rows + held_out.harmful.rows == 40
    assert 0 <= held_out.unsafe.average_precision <= 1
    assert by_name["oktest"].harmful is None
    assert by_name["oktest"].unsafe.roc_auc is None
    assert {each.kind for each in report.kinds} == {"chat", "posts", "near misses", "documents", "other languages"}
    assert [each.trained for each in report.kinds if each.source == "bipia_docs"] == [True]
    assert len(report.swaps.frames) == 80
    assert report.disguises[0].harmful.rows > 0
    assert [(each.kind, each.standing, each.windows) for each in report.lengths] == [
        (kind, standing, windows)
        for kind, standing in (("documents", "dev"), ("chat", "dev"), ("near misses", "restricted"))
        for windows in (1, 4, 16, 64)
    ]
    assert [each.windows for each in report.plants] == [1, 4, 16, 64]
    moderated, *_, loss = report.targets
    counts = moderated.found.harmful, moderated.found.harmless
    assert counts == (held_out.unsafe.positives, held_out.unsafe.negatives)
    assert loss.title.startswith("int8 against fp32")
    assert [each.model for each in report.speed] == ["int8", "reference"]
    assert report.folds == folded()
    text = html.read_text()
    assert report.about.digest in text
    assert "tidegate evaluate --cap 40" in text
    assert not re.search(r"<script|https?://|src=|@import", text)
    assert not [each for each in (sentence(i, "blue") for i in range(60)) if each in text]


def test_a_restricted_folder_that_is_not_there_is_said(bundle, data, tmp_path):
    console = Console(record=True, file=io.StringIO(), width=200)
    evaluate(EvaluateSettings(bundle=bundle, data=data, restricted=tmp_path / "none", cap=5, threads=1), console)
    printed = console.export_text()
    assert f"{tmp_path / 'none'} is not there" in printed
    assert "surge_toxicity (held_out)" in printed


@pytest.mark.parametrize("weights", Weights)
def test_every_way_of_storing_weights_can_be_served(checkpoint, data, tmp_path, weights):
    made = export(settings(checkpoint, data, tmp_path / "bundle", weights=weights, limit=5, cap=5), QUIET)
    scorer = Scorer(Bundle.open(made), Device.CPU, 1)
    found = scorer.probabilities([Item(Role.PROMPT, "a short text"), Item(Role.RESPONSE, "yes " * 400, "may I?")])
    assert found.shape == (2, len(OUTPUTS))
    assert ((found > 0) & (found < 1)).all()


def test_a_broken_int8_model_is_refused_and_nothing_is_written(checkpoint, data, tmp_path, monkeypatch):
    def broken(fused, path, weights, per_channel):
        model = onnx.load(to_int8(fused, path, weights, per_channel))
        last = next(each for each in model.graph.initializer if each.name.startswith("classifier.weight_quant"))
        last.CopyFrom(numpy_helper.from_array(numpy_helper.to_array(last)[::-1].copy(), last.name))
        onnx.save(model, path)
        return path

    monkeypatch.setattr(export_module, "to_int8", broken)
    output = tmp_path / "bundle"
    with pytest.raises(ParityError, match=r"^int8 strays from fp32 over .* rank correlation"):
        export(settings(checkpoint, data, output, limits=Limits(spearman=0.5)), QUIET)
    assert not list(tmp_path.iterdir())


def test_a_model_that_is_broken_in_one_category_is_refused_by_its_name_and_nothing_is_written(
    checkpoint, data, tmp_path, monkeypatch
):
    def broken(fused, path, weights, per_channel):
        model = onnx.load(to_int8(fused, path, weights, per_channel))
        last = next(each for each in model.graph.initializer if each.name == "classifier.weight_quantized")
        turned = numpy_helper.to_array(last).copy()
        turned[:, OUTPUTS.index("hate")] *= -1
        last.CopyFrom(numpy_helper.from_array(turned, last.name))
        onnx.save(model, path)
        return path

    monkeypatch.setattr(export_module, "to_int8", broken)
    only_ranks = Limits(
        spearman=-0.5,
        difference=1.0,
        rare_difference=1.0,
        mean_difference=1.0,
        flips=1.0,
        near_difference=1.0,
        changed_actions=1.0,
    )
    with pytest.raises(ParityError) as refused:
        export(settings(checkpoint, data, tmp_path / "bundle", limits=only_ranks), QUIET)
    assert re.fullmatch(
        r"int8 strays from fp32 over \d+ rows: rank correlation of hate is -0\.\d+, the limit is -0\.5",
        str(refused.value),
    )
    assert not list(tmp_path.iterdir())


def test_a_bundle_is_replaced_whole_and_anything_else_is_left_alone(bundle, checkpoint, data, tmp_path):
    output = tmp_path / "bundle"
    shutil.copytree(bundle, output)
    (output / "left over").write_text("from before")
    export(settings(checkpoint, data, output, limit=5, cap=5), QUIET)
    assert not (output / "left over").exists()

    (tmp_path / "home").mkdir()
    (tmp_path / "home" / "letter.txt").write_text("dear")
    with pytest.raises(ExportError, match=r"home is not a bundle and not empty: it is left as it is"):
        export(settings(checkpoint, data, tmp_path / "home"), QUIET)


def test_a_source_without_a_licence_is_not_shipped(checkpoint, data, tmp_path):
    bare = Data(shutil.copytree(data.folder, tmp_path / "data"))
    readme = bare.folder / "train" / "README.md"
    readme.write_text(readme.read_text().replace("| bipia_docs |", "| other |"))
    with pytest.raises(ExportError, match="gives no licence for bipia_docs"):
        export(settings(checkpoint, bare, tmp_path / "bundle"), QUIET)


def test_a_folder_that_is_no_checkpoint_is_refused(data, tmp_path):
    with pytest.raises(ExportError, match=r"train\.json cannot be read: No such file"):
        export(settings(tmp_path, data, tmp_path / "bundle"), QUIET)


@pytest.mark.parametrize(("epoch", "date"), [("0", "1970-01-01"), ("1767312000", "2026-01-02")])
def test_the_date_comes_from_the_source_date_epoch(monkeypatch, epoch, date):
    monkeypatch.setenv("SOURCE_DATE_EPOCH", epoch)
    assert export_module.today() == date
