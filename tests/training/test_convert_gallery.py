"""Bundles that cannot be converted, and the exact line that refuses each; BUNDLE and OUTPUT stand for the folders."""

import errno
import json
import os
import shutil
import sys

import msgspec
import numpy as np
import onnx
import pytest
from click.testing import CliRunner
from onnx import helper, numpy_helper
from onnxruntime.quantization import QuantType, quantize_dynamic

from models.bundle import Bundle, digest_of, part_of
from models.training.export.graph import quiet
from service.cli import main
from tests.bundles import build_tiny_bundle, sign

pytestmark = pytest.mark.train


@pytest.fixture
def bundle(tmp_path):
    return build_tiny_bundle(tmp_path / "source")


def edited(edit):
    """Return a function that changes the bundle's graph and signs it again."""

    def change(folder, output):
        model = onnx.load(folder / "model.onnx")
        edit(model.graph)
        onnx.save(model, folder / "model.onnx")
        sign(folder)

    return change


def quantised_on_the_way(graph):
    """Ranges for the activations that were chosen beforehand, as a static quantiser writes them."""
    graph.initializer.extend(
        [
            numpy_helper.from_array(np.array(0.1, np.float32), "step"),
            numpy_helper.from_array(np.array(0, np.int8), "zero"),
        ]
    )
    for node in graph.node:
        if "features" in node.output:
            node.output[0] = "wide"
    place = len(graph.node) - 1
    graph.node.insert(place, helper.make_node("QuantizeLinear", ["wide", "step", "zero"], ["narrow"]))
    graph.node.insert(place + 1, helper.make_node("DequantizeLinear", ["narrow", "step", "zero"], ["features"]))


def with_branches(graph):
    graph.initializer.append(numpy_helper.from_array(np.array(True), "always"))
    graph.node[-1].output[0] = "same"
    branch = helper.make_graph(
        [helper.make_node("Identity", ["same"], ["out"])],
        "branch",
        [],
        [helper.make_tensor_value_info("out", onnx.TensorProto.FLOAT, None)],
    )
    graph.node.append(helper.make_node("If", ["always"], ["logits"], then_branch=branch, else_branch=branch))


def too_large(graph):
    """The same result, by way of numbers that are in no fp16: a million times as large."""
    graph.initializer.append(numpy_helper.from_array(np.array(1000, np.float32), "thousand"))
    for node in graph.node:
        if "features" in node.output:
            node.output[0] = "narrow"
    steps = (
        ("Mul", "narrow", "larger"),
        ("Mul", "larger", "large"),
        ("Div", "large", "less"),
        ("Div", "less", "features"),
    )
    for kind, given, found in steps:
        graph.node.insert(len(graph.node) - 1, helper.make_node(kind, [given, "thousand"], [found]))


def signed(**changes):
    return lambda folder, output: sign(folder, **changes)


def written(name):
    def write(folder, output):
        output.mkdir()
        (output / name).write_text("mine")

    return write


def with_a_file_elsewhere(folder, output):
    (folder / "more").mkdir()
    (folder / "more" / "NOTES.md").write_text("notes")
    manifest = json.loads((folder / "manifest.json").read_bytes())
    manifest["files"]["more/NOTES.md"] = msgspec.to_builtins(part_of(folder / "more" / "NOTES.md"))
    (folder / "manifest.json").write_text(json.dumps(manifest))


def quantised(folder, output):
    with quiet():
        quantize_dynamic(folder / "model.onnx", folder / "model.onnx", weight_type=QuantType.QInt8)
    sign(folder)


def several_files(folder, output):
    model = onnx.load(folder / "model.onnx")
    onnx.save(model, folder / "model.onnx", save_as_external_data=True, location="weights")
    sign(folder)


MISTAKES = {
    "no such bundle": (
        lambda folder, output: (folder / "manifest.json").unlink(),
        [],
        "bundle BUNDLE: manifest.json cannot be read: No such file or directory",
    ),
    "fp16 already": (signed(precision="fp16"), [], "bundle BUNDLE: it is fp16 already"),
    "fp32 already": (signed(), ["--precision", "fp32"], "bundle BUNDLE: it is fp32 already"),
    "fp16 for fp32": (
        signed(precision="fp16"),
        ["--precision", "fp32"],
        "bundle BUNDLE: it is fp16; int8 and fp32 can be converted",
    ),
    "another precision": (signed(precision="int4"), [], "bundle BUNDLE: it is int4; int8 and fp32 can be converted"),
    "no graph": (
        lambda folder, output: ((folder / "model.onnx").write_bytes(b"none"), sign(folder)),
        [],
        "bundle BUNDLE: model.onnx cannot be loaded: [ONNXRuntimeError] : 7 : INVALID_PROTOBUF : "
        "Load model from BUNDLE/model.onnx failed:Protobuf parsing failed.",
    ),
    "int8 in name only": (
        signed(precision="int8"),
        [],
        "bundle BUNDLE: it is int8, but its model.onnx has no int8 operator",
    ),
    "operators of another quantiser": (
        edited(quantised_on_the_way),
        [],
        "bundle BUNDLE: model.onnx: DequantizeLinear, QuantizeLinear cannot be turned back into floats",
    ),
    "branches": (
        edited(with_branches),
        [],
        "bundle BUNDLE: model.onnx: If cannot be converted: it has graphs of its own",
    ),
    "weights in another file": (
        several_files,
        [],
        "bundle BUNDLE: the graph keeps weights in other files, as one above 2 GB has to; a bundle's is one file",
    ),
    "a policy nobody ships": (
        signed(),
        ["--policy", "mild"],
        "unknown policy 'mild': shipped are children, default, nano, permissive, strict",
    ),
    "fp32 in name only": (quantised, [], "bundle BUNDLE: it is fp32, but its model.onnx has 4 int8 operators"),
    "a file in another folder": (
        with_a_file_elsewhere,
        [],
        "bundle BUNDLE: manifest.json lists more/NOTES.md, in another folder",
    ),
    "a folder of other things": (
        written("letter.txt"),
        [],
        "OUTPUT is not a bundle and not empty: it is left as it is",
    ),
    "the manifest of something else": (
        written("manifest.json"),
        [],
        "OUTPUT is not a bundle and not empty: it is left as it is",
    ),
}


def refusal(bundle, output, *options):
    result = CliRunner().invoke(main, ["bundle", "convert", str(bundle), "--output", str(output), *options])
    assert result.exit_code == 1, (result.output, result.exception)
    assert isinstance(result.exception, SystemExit), result.exception
    return result.stderr.replace(str(output), "OUTPUT").replace(str(bundle), "BUNDLE")


@pytest.mark.parametrize("case", MISTAKES)
def test_what_cannot_be_converted_is_refused(bundle, tmp_path, case):
    change, options, message = MISTAKES[case]
    output = tmp_path / "new"
    change(bundle, output)
    before = sorted(path.name for path in tmp_path.rglob("*"))
    assert refusal(bundle, output, *options) == f"tidegate: {message}\n"
    assert sorted(path.name for path in tmp_path.rglob("*")) == before


@pytest.mark.parametrize("where", [".", "new", "..", "../link"])
def test_a_bundle_is_not_written_over_itself(bundle, where):
    (bundle.parent / "link").symlink_to(bundle)
    before = sorted(path.name for path in bundle.parent.rglob("*"))
    found = refusal(bundle, bundle / where)
    assert found.endswith(" is the bundle to convert, in it or around it: give another folder\n")
    assert sorted(path.name for path in bundle.parent.rglob("*")) == before


def test_a_place_that_cannot_be_written_is_named(bundle, tmp_path, monkeypatch):
    def full(source, target):
        (target / "model.onnx").parent.mkdir()
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(shutil, "copytree", full)
    assert refusal(bundle, tmp_path / "new") == "tidegate: OUTPUT cannot be written: No space left on device\n"
    assert [path.name for path in tmp_path.iterdir()] == ["source"]


def test_the_old_bundle_is_put_back_where_the_new_one_cannot_take_its_place(bundle, tmp_path, monkeypatch):
    output = build_tiny_bundle(tmp_path / "old", tail=0.5)
    before = digest_of(output)
    monkeypatch.setattr(shutil, "copytree", lambda source, target: None)  # what is to be renamed is not there
    assert refusal(bundle, output) == "tidegate: OUTPUT cannot be written: No such file or directory\n"
    assert Bundle.open(output).digest == before
    assert sorted(path.name for path in tmp_path.iterdir()) == ["old", "source"]


def test_a_graph_that_leaves_the_range_of_fp16_is_refused(bundle, tmp_path):
    edited(too_large)(bundle, None)
    found = refusal(bundle, tmp_path / "new")
    assert found.startswith("tidegate: fp16 strays from fp32 over 54 rows: ")
    assert found.endswith(
        "fp16 against the same weights in fp32, largest difference of a logit is nan, the limit is 0.05\n"
    )
    assert not (tmp_path / "new").exists()


def test_a_missing_package_names_the_extra(bundle, tmp_path, monkeypatch):
    for name in [name for name in sys.modules if name.startswith("models.training.convert")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "onnx", None)
    found = refusal(bundle, tmp_path / "new")
    assert found == "tidegate: onnx is not installed: in the checkout, python -m pip install --editable '.[convert]'\n"
