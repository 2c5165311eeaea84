"""A bundle in another precision says what its source says, whole and by the files that a server reads."""

import importlib.metadata
import json
import re
import shutil
import subprocess
import sys
import tomllib
from collections import Counter
from pathlib import Path

import msgspec
import numpy as np
import onnx
import pytest
from onnx import TensorProto
from onnxruntime.quantization import QuantType, quantize_dynamic

from models.backend import Device
from models.bundle import SHIPPED, Bundle, digest_of, part_of
from models.encode import Item
from models.outputs import OUTPUTS
from models.scorer import Scorer
from models.training.convert import convert as convert_module
from models.training.convert.convert import ConvertSettings, convert
from models.training.convert.dequantise import INTEGER
from models.training.convert.record import LIMITS, Precision
from models.training.export.golden import TOLERANCE
from models.training.export.graph import quiet
from taxonomy.categories import Role
from tests.bundles import TRIGGERS, build_tiny_bundle, sign

pytestmark = pytest.mark.train

# Of the tiny model int8 keeps the words it knows, and hardly any rank between other texts.
LOOSE = msgspec.structs.replace(LIMITS, spearman=-1.0)
# A column of weights has one step: beside a sure word's the small numbers would all be 0.
WEAK = {word: dict.fromkeys(row, 0.5) for word, row in TRIGGERS.items()}


@pytest.fixture(scope="module")
def tiny_int8(tmp_path_factory):
    """The tiny bundle, its weights and table quantised, in all 8 bits: in 7 its small numbers would be lost."""
    folder = build_tiny_bundle(tmp_path_factory.mktemp("int8"), triggers=WEAK)
    with quiet():
        quantize_dynamic(folder / "model.onnx", folder / "model.onnx", per_channel=True, weight_type=QuantType.QInt8)
    golden = json.loads((folder / "golden.json").read_bytes())
    (folder / "golden.json").write_text(json.dumps(golden | {"tolerance": 0.1}))
    sign(folder, precision="int8")
    return folder


@pytest.fixture(scope="module")
def shipped(tmp_path_factory):
    """The bundle that ships, for a GPU; half a minute on two cores, so it is made once."""
    output = tmp_path_factory.mktemp("shipped") / "fp16"
    return convert(ConvertSettings(bundle="default", output=output, created="2026-01-02"))


def made(source, folder, **changes):
    return convert(ConvertSettings(bundle=str(source), output=folder / "new", threads=1, limits=LOOSE, **changes))


def kinds(bundle):
    return Counter(node.op_type for node in onnx.load(bundle / "model.onnx").graph.node)


def test_the_shipped_bundle_becomes_one_of_fused_fp16_operators(shipped):
    found = kinds(shipped)
    assert not set(found) & INTEGER
    assert (found["Attention"], found["EmbedLayerNormalization"], found["SkipLayerNormalization"]) == (6, 1, 12)
    assert (found["BiasGelu"], found["MatMul"], found["ReduceMean"]) == (6, 20, 0)
    graph = onnx.load(shipped / "model.onnx").graph
    assert {each.data_type for each in graph.initializer} == {TensorProto.FLOAT16, TensorProto.INT64}
    assert [each.type.tensor_type.elem_type for each in graph.input] == [TensorProto.INT64] * 3
    assert [each.type.tensor_type.elem_type for each in graph.output] == [TensorProto.FLOAT]


def test_it_is_a_whole_bundle_of_its_own(shipped):
    opened, source = Bundle.open(shipped), Bundle.open(SHIPPED)
    Scorer(opened, Device.CPU, 1).check_golden()
    manifest = opened.manifest
    assert (manifest.name, manifest.precision, manifest.created) == ("tidegate-minilm-l6-fp16", "fp16", "2026-01-02")
    assert opened.digest != source.digest
    kept = ("base", "normaliser", "outputs", "unscored", "languages", "encoding")
    assert all(getattr(manifest, name) == getattr(source.manifest, name) for name in kept)
    assert (
        set(manifest.files)
        == set(source.manifest.files)
        == {path.name for path in shipped.iterdir()} - {"manifest.json"}
    )
    for name in ("tokenizer.json", "calibration.json", "DATA.md"):
        assert manifest.files[name] == source.manifest.files[name]


def test_its_golden_set_is_the_sources_and_scored_by_itself(shipped):
    golden, before = Bundle.open(shipped).golden(), Bundle.open(SHIPPED).golden()
    assert golden.tolerance == TOLERANCE
    assert [(each.role, each.text, each.context) for each in golden.items] == [
        (each.role, each.text, each.context) for each in before.items
    ]
    found, wanted = (np.array([each.probabilities for each in set_.items]) for set_ in (golden, before))
    assert 0 < np.abs(found - wanted).max() < LIMITS.rare_difference


def test_the_manifest_and_the_card_say_what_it_was_made_of_and_how_far_it_strays(shipped):
    (conversion,) = Bundle.open(shipped).manifest.metrics.values()
    assert conversion["source"] == {"name": "tidegate-minilm-l6", "digest": digest_of(SHIPPED), "precision": "int8"}
    assert conversion["policy"] == "default"
    parity = conversion["parity"]
    assert min(parity["spearman"].values()) >= LIMITS.spearman
    assert parity["mean_difference"] <= LIMITS.mean_difference
    # Rounded as a GPU rounds, its weights say what they say in fp32.
    assert 0 < parity["export"] <= LIMITS.export
    card = (shipped / "MODEL_CARD.md").read_text()
    assert card.startswith("# tidegate-minilm-l6-fp16\n")
    assert digest_of(SHIPPED) in card
    assert f"| largest difference of a probability | {parity['difference']:.3f} | {LIMITS.difference} |" in card
    assert "No GPU was asked." in card
    assert card.endswith((SHIPPED / "MODEL_CARD.md").read_text())


def test_a_gather_and_products_become_floats_again(tiny_int8, tmp_path):
    before = kinds(tiny_int8)
    assert before["MatMulInteger"]
    assert before["DequantizeLinear"]
    found = kinds(made(tiny_int8, tmp_path, precision=Precision.FP32))
    assert not set(found) & INTEGER
    assert found["Gather"] == before["Gather"]
    assert found["MatMul"] == before["MatMulInteger"]


@pytest.mark.parametrize("precision", Precision)
def test_the_words_it_knows_score_as_before(tiny_int8, tmp_path, precision):
    items = [Item(Role.TEXT, f"the cat saw a {word} in the garden") for word in (*WEAK, "cup")]
    items.append(Item(Role.DOCUMENT, "the cat went over the hill " * 12 + "inject"))
    new = Scorer(Bundle.open(made(tiny_int8, tmp_path, precision=precision)), Device.CPU, 1).probabilities(items)
    old = Scorer(Bundle.open(tiny_int8), Device.CPU, 1).probabilities(items)
    np.testing.assert_allclose(new, old, atol=0.1)
    for i, word in enumerate(WEAK):
        assert all(abs(new[i, OUTPUTS.index(name)] - value) < 0.1 for name, value in WEAK[word].items())


def test_a_bundle_in_fp32_becomes_fp16(tiny_bundle, tmp_path):
    output = made(tiny_bundle, tmp_path, name="smaller")
    assert Bundle.open(output).manifest.name == "smaller"
    assert (output / "model.onnx").stat().st_size < (tiny_bundle / "model.onnx").stat().st_size
    assert "its weights as they are" in (output / "MODEL_CARD.md").read_text()


def test_of_fp32_nothing_is_said_of_rounding(tiny_int8, tmp_path):
    output = made(tiny_int8, tmp_path, precision=Precision.FP32)
    assert "GPU" not in (output / "MODEL_CARD.md").read_text()
    assert Bundle.open(output).manifest.metrics["conversion"]["parity"]["export"] == 0


@pytest.mark.parametrize(
    ("precision", "graphs"), [("fp32", ["fp32.onnx"]), ("fp16", ["fp32.onnx", "fp16.onnx", "rounded.onnx"])]
)
def test_no_graph_is_scored_twice(tiny_int8, tmp_path, monkeypatch, precision, graphs):
    opened = []

    def counted(bundle, device, threads, model):
        opened.append(model.name)
        return Scorer(bundle, device, threads, model)

    monkeypatch.setattr(convert_module, "Scorer", counted)
    made(tiny_int8, tmp_path, precision=Precision(precision))
    assert opened == ["model.onnx", *graphs]


def test_an_older_bundle_is_replaced(tiny_int8, tmp_path):
    build_tiny_bundle(tmp_path / "new")
    assert Bundle.open(made(tiny_int8, tmp_path)).manifest.precision == "fp16"
    assert [path.name for path in tmp_path.iterdir()] == ["new"]


def test_it_may_go_into_the_folder_one_stands_in(tiny_int8, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    convert(ConvertSettings(bundle=str(tiny_int8), output=Path(), threads=1, limits=LOOSE))
    assert Bundle.open(tmp_path).manifest.precision == "fp16"


def test_every_file_of_the_source_is_taken_along_and_sealed(tiny_int8, tmp_path):
    source = tmp_path / "source"
    shutil.copytree(tiny_int8, source)
    (source / "NOTICE").write_text("somebody's")
    manifest = json.loads((source / "manifest.json").read_bytes())
    manifest["files"]["NOTICE"] = msgspec.to_builtins(part_of(source / "NOTICE"))
    (source / "manifest.json").write_text(json.dumps(manifest))
    assert "NOTICE" in Bundle.open(made(source, tmp_path)).manifest.files


def test_it_needs_no_more_than_its_own_extra():
    project = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text())["project"]
    extras = {
        extra: {re.split("[=<>]", each)[0].lower() for each in listed}
        for extra, listed in project["optional-dependencies"].items()
    }
    program = "import sys; import models.training.convert.convert; print(*{name.split('.')[0] for name in sys.modules})"
    found = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    packages = importlib.metadata.packages_distributions()
    loaded = {package.lower() for name in found.stdout.split() for package in packages.get(name, ())}
    assert extras["convert"] <= loaded
    assert not loaded & ((extras["train"] | extras["tune"]) - extras["convert"])
