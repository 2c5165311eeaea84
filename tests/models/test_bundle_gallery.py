"""Broken bundles, one mistake each, with the exact line that refuses to start.

To add a case, write a function that breaks a good bundle and enter it with its message; FOLDER stands for the
bundle's folder. Where a message ends in ..., the rest is another library's and differs between its versions.
"""

import json

import pytest

from models import normalise
from models.backend import Device
from models.bundle import PARTS, Bundle
from models.errors import BundleError
from models.outputs import OUTPUTS
from models.scorer import Scorer
from tests.bundles import TRIGGERS, build_tiny_bundle, sign, tiny_model, tiny_tokenizer

N = len(OUTPUTS)
VOCABULARY = tiny_tokenizer(tuple(TRIGGERS)).get_vocab()


def changed(part, value):
    def damage(folder):
        (folder / part).write_bytes(value if isinstance(value, bytes) else json.dumps(value).encode())
        sign(folder)

    return damage


def edited(part, edit):
    def damage(folder):
        data = json.loads((folder / part).read_bytes())
        edit(data)
        changed(part, data)(folder)

    return damage


def manifest(raw):
    return lambda folder: (folder / "manifest.json").write_bytes(raw)


def manifest_edited(edit):
    def damage(folder):
        data = json.loads((folder / "manifest.json").read_bytes())
        edit(data)
        manifest(json.dumps(data).encode())(folder)

    return damage


def signed(**changes):
    return lambda folder: sign(folder, **changes)


def of_spec(**changes):
    return manifest_edited(lambda m: m["encoding"].update(changes))


CANNOT = "bundle FOLDER: manifest.json cannot be read: "
OUTPUTS_ODD = "bundle FOLDER: its outputs are not the taxonomy's: "
REVERSED = tuple(reversed(OUTPUTS))
RENAMED = tuple("hatred" if name == "hate" else name for name in OUTPUTS)
TWICE = (*OUTPUTS[:-2], OUTPUTS[-1], OUTPUTS[-1])

GALLERY = {
    "no folder": (
        lambda folder: folder.rename(folder.with_name("away")),
        "bundle FOLDER: there is no such folder; those that ship are default, nano",
    ),
    "no manifest": (lambda folder: (folder / "manifest.json").unlink(), CANNOT + "No such file or directory"),
    "manifest empty": (manifest(b""), CANNOT + "Input data was truncated"),
    "manifest not JSON": (manifest(b"# tiny"), CANNOT + "JSON is malformed: invalid character (byte 0)"),
    "manifest not UTF-8": (manifest(b'{"format": 1, "\xff": 1}'), CANNOT + "..."),
    "manifest a list": (manifest(b"[]"), CANNOT + "Expected `object`, got `array`"),
    "manifest without a format": (
        manifest_edited(lambda m: m.pop("format")),
        CANNOT + "Object missing required field `format`",
    ),
    "manifest without a name": (
        manifest_edited(lambda m: m.pop("name")),
        CANNOT + "Object missing required field `name`",
    ),
    "manifest with an unknown key": (signed(colour="blue"), CANNOT + "Object contains unknown field `colour`"),
    "manifest with a key of the wrong type": (
        signed(normaliser="1"),
        CANNOT + "Expected `int`, got `str` - at `$.normaliser`",
    ),
    "a later format": (signed(format=2), "bundle FOLDER: format 2, this version reads format 1"),
    "a later format that has other keys": (
        signed(format=2, colour="blue"),
        "bundle FOLDER: format 2, this version reads format 1",
    ),
    "another normaliser": (
        signed(normaliser=99),
        f"bundle FOLDER: made with normaliser 99, this version has {normalise.VERSION}",
    ),
    "an encoding that leaves no room": (
        of_spec(max_tokens=16),
        CANNOT + "max_tokens 16 and context_tokens 8 leave 4 tokens for the text, with overlap 8 - at `$.encoding`",
    ),
    "an encoding of an unknown role": (
        of_spec(role_markers={"poem": "[unused1]"}),
        CANNOT + "Invalid enum value 'poem' - at `key` in `$.encoding.role_markers`",
    ),
    "outputs reordered": (signed(outputs=REVERSED), OUTPUTS_ODD + "the order differs"),
    "outputs renamed": (signed(outputs=RENAMED), OUTPUTS_ODD + "unknown 'hatred', did you mean 'hate'?; no 'hate'"),
    "outputs without one": (signed(outputs=OUTPUTS[1:]), OUTPUTS_ODD + "no 'violence'"),
    "outputs with one more": (signed(outputs=(*OUTPUTS, "spam")), OUTPUTS_ODD + "unknown 'spam'"),
    "outputs with one twice": (signed(outputs=TWICE), OUTPUTS_ODD + "no 'unsafe'; 'attack' stands twice"),
    "unscored that is no output": (
        signed(unscored=["hatred"]),
        "bundle FOLDER: unscored names 'hatred', which is no output, did you mean 'hate'?",
    ),
    "a language that is none": (
        signed(languages=["English"]),
        "bundle FOLDER: languages names 'English', which is no language's code",
    ),
    "unscored throughout": (signed(unscored=OUTPUTS), "bundle FOLDER: every output is unscored: it judges nothing"),
    "an encoding of a third segment": (
        of_spec(text_segment=2),
        CANNOT + "Expected `int` <= 1 - at `$.encoding.text_segment`",
    ),
    "an encoding that pads with nothing": (
        of_spec(pad_id=-1),
        CANNOT + "Expected `int` >= 0 - at `$.encoding.pad_id`",
    ),
    "tokenizer without the end it should write": (
        of_spec(end="</s>"),
        "bundle FOLDER: tokenizer.json cannot be loaded: the tokenizer has no token </s>",
    ),
    "calibration without an output": (
        edited("calibration.json", lambda c: c["outputs"].pop("hate")),
        "bundle FOLDER: calibration.json does not match the outputs: hate",
    ),
    "calibration of another output": (
        edited("calibration.json", lambda c: c["outputs"].update(spam={})),
        "bundle FOLDER: calibration.json does not match the outputs: spam",
    ),
    "calibration that turns scores around": (
        edited("calibration.json", lambda c: c["outputs"].update(hate={"slope": -1.0})),
        "bundle FOLDER: calibration.json cannot be read: Expected `float` > 0.0 - at `$.outputs[...].slope`",
    ),
    "calibration by another method": (
        edited("calibration.json", lambda c: c.update(method="isotonic")),
        "bundle FOLDER: calibration.json cannot be read: Invalid enum value 'isotonic' - at `$.method`",
    ),
    "calibration not UTF-8": (
        changed("calibration.json", b'{"method": "\xff"}'),
        "bundle FOLDER: calibration.json cannot be read: ...",
    ),
    "tokenizer garbage": (
        changed("tokenizer.json", b"\x00garbage"),
        "bundle FOLDER: tokenizer.json cannot be loaded: ...",
    ),
    "tokenizer without a role marker": (
        of_spec(role_markers={"text": "[unused9]"}),
        "bundle FOLDER: tokenizer.json cannot be loaded: the tokenizer has no token [unused9]",
    ),
    "tokenizer without [SEP]": (
        edited("tokenizer.json", lambda t: [t["model"]["vocab"].pop("[SEP]"), t.update(added_tokens=[])]),
        "bundle FOLDER: tokenizer.json cannot be loaded: the tokenizer has no token [SEP]",
    ),
    "model garbage": (changed("model.onnx", b"\x00garbage"), "bundle FOLDER: model.onnx cannot be loaded: ..."),
    "model empty": (changed("model.onnx", b""), "bundle FOLDER: model.onnx cannot be loaded: ..."),
    "model too narrow": (
        changed("model.onnx", tiny_model(VOCABULARY, outputs=OUTPUTS[:3])),
        f"bundle FOLDER: model.onnx has 3 outputs, manifest.json names {N}",
    ),
    "model that was changed and signed": (
        changed("model.onnx", tiny_model(VOCABULARY, {**TRIGGERS, "weapon": {"unsafe": 0.9}})),
        "bundle FOLDER: the golden set is off by 0.985, more than 0.001",
    ),
    "model that computes NaN": (
        changed("model.onnx", tiny_model(VOCABULARY, {**TRIGGERS, "weapon": {"unsafe": float("nan")}})),
        "bundle FOLDER: the golden set is off by nan, more than 0.001",
    ),
    "golden set off beyond its tolerance": (
        edited("golden.json", lambda g: g["items"][1]["probabilities"].__setitem__(4, 0.031)),
        "bundle FOLDER: the golden set is off by 0.021, more than 0.001",
    ),
    "golden set empty": (
        edited("golden.json", lambda g: g.update(items=[])),
        "bundle FOLDER: golden.json cannot be read: Expected `array` of length >= 1 - at `$.items`",
    ),
    "golden set that tolerates all": (
        edited("golden.json", lambda g: g.update(tolerance=1.0)),
        "bundle FOLDER: golden.json cannot be read: Expected `float` < 1.0 - at `$.tolerance`",
    ),
    "golden item of the wrong width": (
        edited("golden.json", lambda g: g["items"][2].update(probabilities=[0.5])),
        f"bundle FOLDER: golden.json item 2 has 1 probabilities, manifest.json names {N} outputs",
    ),
    "golden set not JSON": (
        changed("golden.json", b"{"),
        "bundle FOLDER: golden.json cannot be read: Input data was truncated",
    ),
}


def message_of(folder):
    """Start as the service starts, and return what refused."""
    with pytest.raises(BundleError) as caught:
        Scorer(Bundle.open(folder), Device.CPU, threads=1).check_golden()
    return str(caught.value).replace(str(folder), "FOLDER")


@pytest.fixture
def folder(tmp_path):
    return build_tiny_bundle(tmp_path / "tiny")


def test_without_a_mistake_it_starts(folder):
    Scorer(Bundle.open(folder), Device.CPU, threads=1).check_golden()


@pytest.mark.parametrize("name", GALLERY)
def test_the_mistake_is_named(folder, name):
    damage, message = GALLERY[name]
    damage(folder)
    found = message_of(folder)
    if message.endswith("..."):
        assert found.startswith(message[:-3])
        assert len(found) > len(message)
        assert "\n" not in found
    else:
        assert found == message


@pytest.mark.parametrize("part", PARTS)
def test_a_missing_part_is_named(folder, part):
    (folder / part).unlink()
    assert message_of(folder) == f"bundle FOLDER: {part} cannot be read: No such file or directory"


@pytest.mark.parametrize("part", PARTS)
def test_a_part_the_manifest_does_not_list_is_named(folder, part):
    manifest_edited(lambda m: m["files"].pop(part))(folder)
    assert message_of(folder) == f"bundle FOLDER: manifest.json lists no {part}"


@pytest.mark.parametrize("part", PARTS)
@pytest.mark.parametrize("where", [0, -1])
def test_a_part_with_another_byte_is_named(folder, part, where):
    data = bytearray((folder / part).read_bytes())
    data[where] ^= 1
    (folder / part).write_bytes(data)
    assert message_of(folder) == f"bundle FOLDER: {part} was changed: its SHA-256 is not the manifest's"


@pytest.mark.parametrize("part", PARTS)
def test_a_part_with_a_byte_more_is_named(folder, part):
    data = (folder / part).read_bytes()
    (folder / part).write_bytes(data + b"\n")
    assert message_of(folder) == (f"bundle FOLDER: {part} has {len(data) + 1} bytes, the manifest says {len(data)}")


def test_a_file_listed_besides_the_parts_is_checked_too(folder):
    extra = {"bytes": 3, "sha256": "0" * 64}
    manifest_edited(lambda m: m["files"].update({"model.onnx.data": extra}))(folder)
    assert message_of(folder) == "bundle FOLDER: model.onnx.data cannot be read: No such file or directory"
    (folder / "model.onnx.data").write_bytes(b"abc")
    assert message_of(folder) == "bundle FOLDER: model.onnx.data was changed: its SHA-256 is not the manifest's"
