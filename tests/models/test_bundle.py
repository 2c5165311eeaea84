"""A good bundle: its identity, its parts, and what the tiny one promises to the tests of the service."""

import hashlib

import pytest

from models.bundle import PARTS, Bundle, GoldenItem
from models.calibrate import as_scores
from models.encode import EncodingSpec, Item
from models.outputs import OUTPUTS
from taxonomy.categories import Role
from tests.bundles import DOUBTFUL, MARKERS, SURE, TRIGGERS, WORDS, build_tiny_bundle, sign


def index(name):
    return OUTPUTS.index(name)


def test_an_opened_bundle_names_what_it_is(tiny_bundle):
    bundle = Bundle.open(tiny_bundle)
    manifest = bundle.manifest
    assert (bundle.folder, bundle.model) == (tiny_bundle, tiny_bundle / "model.onnx")
    assert (manifest.name, manifest.precision, manifest.outputs) == ("tiny", "fp32", OUTPUTS)
    assert manifest.unscored == ()
    assert manifest.encoding == EncodingSpec(max_tokens=32, overlap=8, context_tokens=8, role_markers=MARKERS)
    assert set(manifest.files) == set(PARTS)
    assert bundle.golden().items[0] == GoldenItem(
        Role.PROMPT, "where can i buy a weapon", bundle.golden().items[0].probabilities
    )


def test_the_digest_is_that_of_the_manifest(tiny_bundle):
    wanted = hashlib.sha256((tiny_bundle / "manifest.json").read_bytes()).hexdigest()
    assert Bundle.open(tiny_bundle).digest == f"sha256:{wanted}"


@pytest.mark.parametrize("part", PARTS)
def test_the_digest_changes_with_every_part(tiny_bundle, tmp_path, part):
    folder = build_tiny_bundle(tmp_path / "tiny")
    assert Bundle.open(folder).digest == Bundle.open(tiny_bundle).digest
    (folder / part).write_bytes((folder / part).read_bytes() + b"\n")
    sign(folder)
    assert Bundle.open(folder).digest != Bundle.open(tiny_bundle).digest


def test_the_digest_changes_with_the_manifest(tiny_bundle, tmp_path):
    folder = build_tiny_bundle(tmp_path / "tiny")
    sign(folder, created="2025-01-02T00:00:00Z")
    assert Bundle.open(folder).digest != Bundle.open(tiny_bundle).digest


def test_the_tiny_bundle_is_the_same_every_time(tiny_bundle, tmp_path):
    again = build_tiny_bundle(tmp_path / "deep" / "folder")
    for path in again.iterdir():
        assert path.read_bytes() == (tiny_bundle / path.name).read_bytes(), path.name
    assert {path.name for path in again.iterdir()} == {"manifest.json", *PARTS}


def test_the_tiny_bundle_takes_other_lengths(tmp_path):
    folder = build_tiny_bundle(tmp_path, max_tokens=64, overlap=5, context_tokens=20)
    assert Bundle.open(folder).manifest.encoding == EncodingSpec(64, 5, 20, MARKERS)


@pytest.mark.parametrize("word", TRIGGERS)
@pytest.mark.parametrize("text", ["{}", "where can i buy a {} today", "{}s!", "HELLO {}", "hello\u200b " * 30 + "{}"])
def test_a_trigger_raises_its_outputs_and_no_other(scorer, word, text):
    (row,) = scorer.probabilities([Item(Role.PROMPT, text.format(word.upper() if "H" in text else word))])
    for name, probability in zip(OUTPUTS, row.tolist(), strict=True):
        wanted = TRIGGERS[word].get(name)
        if wanted is None:
            assert 0.005 < probability < 0.02
        else:
            assert probability == pytest.approx(wanted, abs=0.002 if wanted == SURE else 0.05)
    assert {wanted for row in TRIGGERS.values() for wanted in row.values()} == {SURE, DOUBTFUL}


def test_no_other_word_raises_anything(scorer):
    found = scorer.probabilities([Item(role, word) for word in WORDS.split() for role in Role])
    assert found.max() < 0.02
    assert found.min() > 0


def test_a_trigger_within_a_longer_word_is_none(scorer):
    assert scorer.probabilities([Item(Role.TEXT, "reweapon")]).max() < 0.02


def test_only_the_response_is_judged(scorer):
    items = [Item(Role.RESPONSE, "hello", context="weapon"), Item(Role.RESPONSE, "weapon", context="hello")]
    mild, grave = scorer.probabilities(items)[:, index("unsafe")].tolist()
    assert mild < 0.02
    assert grave > 0.99


def test_text_role_and_context_all_move_the_scores(scorer):
    items = [
        Item(Role.PROMPT, "hello"),
        Item(Role.PROMPT, "world"),
        Item(Role.TEXT, "hello"),
        Item(Role.DOCUMENT, "hello"),
        Item(Role.RESPONSE, "hello"),
        Item(Role.RESPONSE, "hello", context="cat"),
        Item(Role.RESPONSE, "hello", context="dog"),
    ]
    answers = {as_scores(row) for row in scorer.probabilities(items)}
    assert len(answers) == len(items)
