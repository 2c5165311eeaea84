"""Classifiers of every family become bundles that say what their source says."""

import io
import json

import msgspec
import numpy as np
import pytest
import torch
from rich.console import Console
from transformers import AutoModelForSequenceClassification, AutoTokenizer

from models.backend import Device
from models.bundle import Bundle
from models.encode import Item
from models.normalise import normalise
from models.outputs import OUTPUTS
from models.scorer import Scorer
from models.training.adopt.adopt import AdoptSettings, Precision, adopt
from models.training.export.golden import golden_texts
from models.training.export.parity import Limits, ParityError
from taxonomy.categories import Role
from tests.training.foreign import FAMILIES, LABELS, foreign

pytestmark = pytest.mark.train

MULTI = """\
activation: multi_label
labels:
  toxic: harassment
  insult: harassment
  severe_toxic: hate
  threat: threat
languages: [en]
max_tokens: 64
"""
SINGLE = MULTI.replace("multi_label", "single_label")
MEANT = {"harassment": ("toxic", "insult"), "hate": ("severe_toxic",), "threat": ("threat",)}
# A random model's scores lie close together and lean on every weight: int8 costs it more than a trained one.
LOOSE = Limits(
    spearman=0.8,
    difference=0.5,
    rare_difference=0.5,
    mean_difference=0.1,
    flips=0.2,
    near_difference=0.5,
    changed_actions=1.0,
)
STRICT = msgspec.structs.replace(LOOSE, mean_difference=0.0)
TEXTS = [each.text for each in golden_texts()]
LONG = " ".join(TEXTS)
FRAMES = {
    "bert": ("[CLS]", ("[SEP]",), "[SEP]", 1),
    "roberta": ("<s>", ("</s>", "</s>"), "</s>", 0),
    "deberta": ("[CLS]", ("[SEP]",), "[SEP]", 0),
    "deberta-v2": ("[CLS]", ("[SEP]",), "[SEP]", 0),
    "modernbert": ("[CLS]", ("[SEP]",), "[SEP]", 0),
}


@pytest.fixture(autouse=True, scope="module")
def one_thread():
    """Threads in models this small only wait for one another: on two busy cores, minutes."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="module")
def sources(tmp_path_factory):
    """A function that makes each family's folder once."""
    made = {}

    def of(family):
        if family not in made:
            made[family] = foreign(tmp_path_factory.mktemp("models") / f"tiny-{family}", family)
        return made[family]

    return of


def adopted(model, folder, labels=MULTI, precision=Precision.FP32, **changes):
    (folder / "labels.yaml").write_text(labels)
    settings = AdoptSettings(
        model=model, labels=folder / "labels.yaml", output=folder / "bundle", precision=precision, threads=1, **changes
    )
    return Scorer(Bundle.open(adopt(settings, Console(quiet=True))), Device.CPU, 1)


def judged(model, ids, activation):
    """Return what the source gives for token ids, by transformers and torch alone: label -> probability."""
    logits = AutoModelForSequenceClassification.from_pretrained(model)(torch.tensor([ids])).logits[0]
    found = logits.sigmoid() if activation == "multi_label" else logits.softmax(-1)
    return dict(zip(LABELS, found.tolist(), strict=True))


def expected(found, activation):
    """Return output -> probability, by the words of the guide."""
    together = max if activation == "multi_label" else sum
    out = {name: together(found[label] for label in labels) for name, labels in MEANT.items()}
    return out | {"unsafe": together(found[label] for labels in MEANT.values() for label in labels)}


@pytest.mark.parametrize("family", FAMILIES)
def test_a_bundle_says_what_its_source_says(sources, tmp_path, family):
    activation = "single_label" if family in ("roberta", "deberta-v2") else "multi_label"
    model = sources(family)
    scorer = adopted(model, tmp_path, MULTI.replace("multi_label", activation))
    fast = AutoTokenizer.from_pretrained(model)
    texts = [normalise(text) for text in sorted(TEXTS, key=len)[:5]]
    rows = scorer.probabilities([Item(Role.TEXT, text) for text in texts])
    for text, row in zip(texts, rows, strict=True):
        ids = fast(text)["input_ids"]
        (window,) = scorer.encoder.encode([Item(Role.TEXT, text)])[0].windows
        assert list(window.ids) == ids
        wanted = expected(judged(model, ids, activation), activation)
        found = dict(zip(OUTPUTS, row.tolist(), strict=True))
        assert {name: found[name] for name in wanted} == pytest.approx(wanted, abs=1e-5)
        assert max(found[name] for name in OUTPUTS if name not in wanted) < 1e-12
    assert rows[:, OUTPUTS.index("unsafe")].std() > 1e-3

    (encoded,) = scorer.encoder.encode([Item(Role.TEXT, normalise(LONG))])
    assert len(encoded.windows) > 8
    each = [expected(judged(model, window.ids, activation), activation) for window in encoded.windows]
    (row,) = scorer.probabilities([Item(Role.TEXT, LONG)])
    for name in each[0]:
        assert row[OUTPUTS.index(name)] == pytest.approx(max(window[name] for window in each), abs=1e-5)

    spec = scorer.encoder.spec
    assert (spec.begin, spec.between, spec.end, spec.text_segment) == FRAMES[family]
    assert spec.pad_id == fast.pad_token_id
    assert (spec.max_tokens, spec.overlap, spec.context_tokens) == (64, 12, 0)


def test_the_manifest_and_the_card_say_what_is_not_judged(sources, tmp_path):
    scorer = adopted(sources("bert"), tmp_path)
    manifest = scorer.bundle.manifest
    assert (manifest.name, manifest.base, manifest.precision) == ("tiny-bert", "tiny-bert", "fp32")
    assert manifest.languages == ("en",)
    assert manifest.unscored == tuple(name for name in OUTPUTS if name not in {*MEANT, "unsafe"})
    assert manifest.metrics["source"] == {
        "architecture": "BertForSequenceClassification",
        "activation": "multi_label",
        "labels": {"toxic": "harassment", "insult": "harassment", "severe_toxic": "hate", "threat": "threat"},
        "ignored": ["fine"],
    }
    assert manifest.metrics["agreement"]["windows"] > manifest.metrics["agreement"]["texts"] > 50
    assert manifest.metrics["agreement"]["logit"] < 1e-4
    card = (scorer.bundle.folder / "MODEL_CARD.md").read_text()
    assert "no judgement: `violence`, `sexual`, `criminal_planning`," in card
    assert "Labels of the source that are ignored: `fine`." in card
    assert "Languages: en." in card
    assert "Not quantised: fp32 was asked for." in card


def test_what_is_not_judged_is_said_on_the_way(sources, tmp_path):
    (tmp_path / "labels.yaml").write_text("activation: multi_label\nlabels: {toxic: jailbreak}\n")
    settings = AdoptSettings(
        model=sources("bert"), labels=tmp_path / "labels.yaml", output=tmp_path / "bundle", precision=Precision.FP32
    )
    console = Console(record=True, file=io.StringIO(), width=2000)
    adopt(settings, console)
    said = console.export_text()
    assert "ignored labels of the model: severe_toxic, threat, insult, fine\n" in said
    assert ", prompt_injection, unsafe\n" in said


@pytest.mark.parametrize("family", ["bert", "roberta", "modernbert"])
def test_int8_ships_where_it_holds_parity(sources, tmp_path, family):
    scorer = adopted(sources(family), tmp_path, precision=Precision.INT8, limits=LOOSE)
    assert scorer.bundle.manifest.precision == "int8"
    parity = scorer.bundle.manifest.metrics["quantisation"]["parity"]
    assert set(parity["spearman"]) == set(parity["categories"]) == {*MEANT, "unsafe"}
    assert parity["rows"] == 54
    assert scorer.bundle.model.stat().st_size < (sources(family) / "model.safetensors").stat().st_size


def test_fp32_ships_with_the_reason_where_int8_does_not_hold(sources, tmp_path):
    scorer = adopted(sources("bert"), tmp_path, precision=Precision.AUTO, limits=STRICT)
    assert scorer.bundle.manifest.precision == "fp32"
    reason = scorer.bundle.manifest.metrics["quantisation"]["refused"]
    assert reason.startswith("int8 strays from fp32 over 54 rows: mean difference of a probability is 0.0")
    assert reason in (scorer.bundle.folder / "MODEL_CARD.md").read_text()


def test_int8_that_was_asked_for_and_does_not_hold_is_refused(sources, tmp_path):
    with pytest.raises(ParityError, match=r"^int8 strays from fp32 over 54 rows: mean difference of a probability"):
        adopted(
            sources("bert"),
            tmp_path,
            precision=Precision.INT8,
            limits=msgspec.structs.replace(LOOSE, mean_difference=0.0),
        )
    assert not (tmp_path / "bundle").exists()


def test_roles_and_a_context_are_read_where_the_map_says_so(sources, tmp_path):
    more = 'context_tokens: 12\nrole_markers: {response: "[MASK]"}\n'
    scorer = adopted(sources("bert"), tmp_path, MULTI + more)
    (alone, behind) = scorer.encoder.encode(
        [Item(Role.TEXT, "plain words"), Item(Role.RESPONSE, "plain words", "a question")]
    )
    word = scorer.encoder._tokenizer.id_to_token
    assert [word(i) for i in alone.windows[0].ids[:2]] != ["[CLS]", "[MASK]"]
    assert [word(i) for i in behind.windows[0].ids[:2]] == ["[CLS]", "[MASK]"]
    assert max(behind.windows[0].segments) == 1


def test_without_max_tokens_a_window_is_what_the_model_reads_and_512_at_most(sources, tmp_path):
    short = MULTI.replace("max_tokens: 64\n", "")
    assert adopted(sources("modernbert"), tmp_path, short).encoder.spec.max_tokens == 512
    model = foreign(tmp_path / "short", "roberta", max_position_embeddings=102)
    spec = adopted(model, tmp_path, short).encoder.spec
    assert (spec.max_tokens, spec.overlap) == (100, 18)


def test_a_map_of_every_output_leaves_none_unscored(tmp_path):
    model = foreign(tmp_path / "all", "bert", labels=OUTPUTS[:-2])
    scorer = adopted(
        model, tmp_path, "activation: multi_label\nlabels: " + json.dumps({name: name for name in OUTPUTS[:-2]})
    )
    assert scorer.bundle.manifest.unscored == ()
    rows = scorer.probabilities([Item(Role.TEXT, text) for text in TEXTS])
    hazards, attacks = rows[:, :-4], rows[:, -4:-2]
    np.testing.assert_allclose(rows[:, -2], hazards.max(axis=1))
    np.testing.assert_allclose(rows[:, -1], attacks.max(axis=1))
