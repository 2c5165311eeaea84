"""Model folders and label maps with one mistake each, and the exact line that refuses them.

To add a case, write a function that breaks a good folder, or a map, and enter it with its message; MODEL and MAP stand
for the paths. Where a message ends in ..., the rest is another library's and differs between its versions.
"""

import shutil

import pytest
from rich.console import Console
from safetensors.torch import load_file, save_file

from models.errors import ModelError
from models.training.adopt.adopt import AdoptSettings, Precision, adopt
from tests.training.foreign import LABELS, edit_json, foreign

pytestmark = pytest.mark.train

GOOD = "activation: multi_label\nlabels:\n  toxic: harassment\n"


def config(**changes):
    return lambda folder: edit_json(folder / "config.json", **changes)


def without(name):
    return lambda folder: (folder / name).unlink()


def written(name, text):
    return lambda folder: (folder / name).write_text(text)


def headless(folder):
    path = folder / "model.safetensors"
    save_file({name: value for name, value in load_file(path).items() if "classifier" not in name}, path)


FOLDERS = {
    "no config": (
        without("config.json"),
        "MODEL: config.json cannot be read: No such file or directory; is this a model's folder?",
    ),
    "config not JSON": (
        written("config.json", "model: bert"),
        "MODEL: config.json cannot be read: JSON is malformed: invalid character (byte 0)",
    ),
    "config a list": (
        written("config.json", "[]"),
        "MODEL: config.json cannot be read: Expected `object`, got `array`",
    ),
    "no architecture": (
        config(architectures=None),
        "MODEL: config.json names no architecture, which is no sequence classifier",
    ),
    "a language model": (
        config(architectures=["BertForMaskedLM"]),
        "MODEL: config.json names BertForMaskedLM, which is no sequence classifier",
    ),
    "another family": (
        config(architectures=["GPT2ForSequenceClassification"], model_type="gpt2"),
        "MODEL: config.json says 'gpt2'; known are bert, roberta, deberta, deberta-v2, modernbert",
    ),
    "two outputs of one label": (
        config(id2label={str(i): "toxic" if i < 2 else name for i, name in enumerate(LABELS)}),
        "MODEL: config.json gives 2 outputs the label 'toxic'",
    ),
    "outputs that are numbered from 1": (
        config(id2label={str(i): name for i, name in enumerate(LABELS, 1)}),
        "MODEL: config.json's id2label does not number the outputs from 0 on",
    ),
    "outputs without numbers": (
        config(id2label={name: name for name in LABELS}),
        "MODEL: config.json cannot be used: ...",
    ),
    "a problem nobody has": (
        config(problem_type="chess"),
        "MODEL: config.json cannot be used: ...",
    ),
    "no tokenizer.json": (
        without("tokenizer.json"),
        "MODEL: no tokenizer.json; save the fast tokenizer there with save_pretrained",
    ),
    "tokenizer garbage": (written("tokenizer.json", "garbage"), "MODEL: tokenizer.json cannot be loaded: ..."),
    "tokenizer without special tokens": (
        lambda folder: edit_json(folder / "tokenizer.json", post_processor=None),
        "MODEL: tokenizer.json puts no single special token at each end of a text",
    ),
    "no weights": (without("model.safetensors"), "MODEL: the weights cannot be loaded: ..."),
    "weights garbage": (written("model.safetensors", "garbage"), "MODEL: the weights cannot be loaded: ..."),
    "weights without a head": (headless, "MODEL: the weights have no classifier.bias, classifier.weight"),
}

MAPS = {
    "no file": (None, "MAP:1: cannot be read: No such file or directory"),
    "empty": ("", "MAP:1: the file is empty"),
    "not YAML": ("labels: [", "MAP:1: not valid YAML: ..."),
    "a list": ("- toxic\n", "MAP:1: must be a mapping, not a list"),
    "no labels": ("activation: multi_label\n", "MAP:1: 'labels' is missing"),
    "nothing mapped": ("activation: multi_label\nlabels: {}\n", "MAP:2: labels: must have 1 entry or more, not 0"),
    "labels a list": ("activation: multi_label\nlabels: [toxic]\n", "MAP:2: labels: must be a mapping, not a list"),
    "no activation": ("labels: {toxic: harassment}\n", "MAP:1: 'activation' is missing"),
    "another activation": (
        GOOD.replace("multi_label", "sigmoid"),
        "MAP:1: activation: must be one of multi_label, single_label, not 'sigmoid'",
    ),
    "an unknown key": (GOOD + "colour: blue\n", "MAP:4: colour: unknown key 'colour'"),
    "an unknown label": (
        GOOD + "  insolt: harassment\n",
        "MAP:4: labels.insolt: unknown label 'insolt', did you mean 'insult'?",
    ),
    "an unknown category": (
        GOOD + "  insult: harrassment\n",
        "MAP:4: labels.insult: unknown category 'harrassment', did you mean 'harassment'?",
    ),
    "a derived category": (
        GOOD + "  insult: other\n",
        "MAP:4: labels.insult: 'other' is derived and has no score of its own; harm of any kind is 'unsafe'",
    ),
    "a label twice": (
        GOOD + "  toxic: hate\n",
        "MAP:4: labels.toxic: 'toxic' stands twice here; it was first on line 3",
    ),
    "a number for a category": (
        GOOD + "  insult: 3\n",
        "MAP:4: labels.insult: must be text, not 3; put it in quotes",
    ),
    "two categories for a label": (
        GOOD + "  insult: [hate, harassment]\n",
        "MAP:4: labels.insult: must be text, not a list",
    ),
    "a softmax without harmlessness": (
        "activation: single_label\nlabels: {" + ", ".join(f"{name}: hate" for name in LABELS) + "}\n",
        "MAP:2: labels: a single_label map must leave out the label that means no harm",
    ),
    "windows that are too short": (
        GOOD + "max_tokens: 8\n",
        "MAP:4: max_tokens: must be a whole number from 16 to 8192, not 8",
    ),
    "windows in words": (
        GOOD + "max_tokens: many\n",
        "MAP:4: max_tokens: must be a whole number from 16 to 8192, not 'many'",
    ),
    "windows beyond the model": (
        GOOD + "max_tokens: 4096\n",
        "MAP:4: max_tokens: the model reads at most 512, not 4096",
    ),
    "a context that leaves no room": (
        GOOD + "max_tokens: 32\ncontext_tokens: 30\n",
        "MAP: max_tokens 32 and context_tokens 30 leave -2 tokens for the text, with overlap 6",
    ),
    "an unknown role": (
        GOOD + 'role_markers: {poem: "[MASK]"}\n',
        "MAP:4: role_markers.poem: unknown role 'poem'; the roles are prompt, response, document, text",
    ),
    "a language by its name": (
        GOOD + "languages: [en, English]\n",
        "MAP:4: languages[1]: unknown language 'English'",
    ),
    "a marker that is no token": (
        GOOD + 'role_markers: {prompt: "[unused1]"}\n',
        "MAP:4: role_markers.prompt: the tokenizer has no token '[unused1]'",
    ),
}


@pytest.fixture(scope="module")
def good(tmp_path_factory):
    return foreign(tmp_path_factory.mktemp("models") / "good", "bert")


@pytest.fixture
def model(good, tmp_path):
    return shutil.copytree(good, tmp_path / "model")


def message_of(model, labels):
    """Export as the command does, and return what refused; nothing may have been written."""
    output = model.parent / "bundle"
    settings = AdoptSettings(model=model, labels=labels, output=output, precision=Precision.FP32, threads=1)
    with pytest.raises(ModelError) as caught:
        adopt(settings, Console(quiet=True))
    assert not output.exists()
    return str(caught.value).replace(str(model), "MODEL").replace(str(labels), "MAP")


def same(found, message):
    if message.endswith("..."):
        return found.startswith(message[:-3]) and len(found) > len(message) and "\n" not in found
    return found == message


@pytest.mark.parametrize("name", FOLDERS)
def test_a_folder_that_cannot_be_used_is_refused(model, name):
    damage, message = FOLDERS[name]
    damage(model)
    labels = model.parent / "labels.yaml"
    labels.write_text(GOOD)
    found = message_of(model, labels)
    assert same(found, message), found


@pytest.mark.parametrize("name", MAPS)
def test_a_map_that_cannot_be_used_is_refused(good, tmp_path, name):
    text, message = MAPS[name]
    labels = tmp_path / "labels.yaml"
    if text is not None:
        labels.write_text(text)
    found = message_of(good, labels)
    assert same(found, message), found


def test_an_activation_that_the_model_denies_is_refused(model):
    edit_json(model / "config.json", problem_type="single_label_classification")
    labels = model.parent / "labels.yaml"
    labels.write_text(GOOD)
    assert message_of(model, labels) == "MAP:1: activation: config.json says single_label, not multi_label"


def test_a_graph_above_2_gb_is_refused(good, tmp_path, monkeypatch):
    monkeypatch.setenv("FORCE_ONNX_EXTERNAL_DATA", "1")  # optimum writes it as if it were so large
    labels = tmp_path / "labels.yaml"
    labels.write_text(GOOD)
    wanted = "MODEL: the graph keeps weights in other files, as one above 2 GB has to; a bundle's is one file"
    assert message_of(good, labels) == wanted


def test_what_stands_at_the_output_and_is_no_bundle_is_left_alone(model):
    home = model.parent / "bundle"
    home.mkdir()
    (home / "letter.txt").write_text("dear")
    settings = AdoptSettings(model=model, labels=model.parent / "labels.yaml", output=home)
    with pytest.raises(ModelError, match=r"bundle is not a bundle and not empty: it is left as it is$"):
        adopt(settings, Console(quiet=True))
