"""Make the folders that the peers load: `.venv-peers/bin/python -m tests.bench.peers.weights [BUNDLE [OTHER]]`.

    work/peers/torch   the int8 weights as fp32: config.json, model.safetensors, tokenizer
    work/peers/int8    the bundle's own graph, or that of OTHER: config.json, model.onnx, tokenizer

OTHER is what `tidegate bundle convert` made of BUNDLE, for a GPU. Both folders are compared on the bundle's golden
texts before the command ends. The tokenizer is the bundle's, and puts the role marker of a plain text before each: so
the peers read the very tokens that tidegate reads.
"""

import json
import shutil
import sys
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime
import torch
from numpy.typing import NDArray
from tokenizers import Tokenizer
from transformers import AutoModelForSequenceClassification, AutoTokenizer, BertConfig, PreTrainedTokenizerFast
from transformers import BertForSequenceClassification as Classifier

from models.training.convert.dequantise import dequantise
from models.training.export.layer_norm import put_together
from tests.bench.peers import INT8, ROOT, TORCH, WEIGHTS
from tests.bench.peers.parameters import Floats, parameters, sizes

BUNDLE = Path("models/bundles/default")
ROLE = "text"
# Activations are int8 in one of the two only.
LEAST_CORRELATION, MOST_APART = 0.99, 0.1


def main() -> None:
    """Make both folders, compare, print."""
    bundle = Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / BUNDLE
    manifest = json.loads((bundle / "manifest.json").read_bytes())
    # All of it: the cache of infinity holds a graph made of the last bundle's.
    shutil.rmtree(ROOT / WEIGHTS, ignore_errors=True)
    stored = onnx.load(bundle / "model.onnx")
    put_together(stored)
    dequantise(stored)
    model = classifier(stored.graph, manifest["outputs"])
    model.save_pretrained(ROOT / TORCH)
    model.config.save_pretrained(ROOT / INT8)
    shutil.copy((Path(sys.argv[2]) if len(sys.argv) > 2 else bundle) / "model.onnx", ROOT / INT8)
    words = tokenizer(bundle, manifest["encoding"], model.config.max_position_embeddings)
    for folder in (TORCH, INT8):
        words.save_pretrained(ROOT / folder)
    texts = [item["text"] for item in json.loads((bundle / "golden.json").read_bytes())["items"]]
    print(compare(ROOT / TORCH, ROOT / INT8, texts))  # noqa: T201


def classifier(graph: onnx.GraphProto, outputs: list[str]) -> Classifier:
    """Return the graph's network in fp32."""
    config = BertConfig(
        **sizes(graph),
        # Pipelines choose the sigmoid by it, where they are not told.
        problem_type="multi_label_classification",
        id2label=dict(enumerate(outputs)),
        label2id={name: i for i, name in enumerate(outputs)},
    )
    config.architectures = [Classifier.__name__]
    model = Classifier(config).eval()
    model.load_state_dict({name: torch.tensor(value) for name, value in parameters(graph).items()})
    return model


def tokenizer(bundle: Path, encoding: dict[str, Any], longest: int) -> PreTrainedTokenizerFast:
    """Return the bundle's tokenizer with the marker of ROLE between the beginning and the text."""
    found = json.loads((bundle / "tokenizer.json").read_bytes())
    if marker := encoding["role_markers"].get(ROLE):
        number = found["model"]["vocab"][marker]
        template = found["post_processor"]
        template["special_tokens"][marker] = {"id": marker, "ids": [number], "tokens": [marker]}
        template["single"].insert(1, {"SpecialToken": {"id": marker, "type_id": 0}})
    return PreTrainedTokenizerFast(
        tokenizer_object=Tokenizer.from_str(json.dumps(found)),
        model_max_length=longest,
        pad_token="[PAD]",
        unk_token="[UNK]",
        cls_token="[CLS]",
        sep_token="[SEP]",
    )


def compare(fp32: Path, int8: Path, texts: list[str]) -> str:
    """Return in words how far the scores of the two are apart. Raises AssertionError when they do not agree."""
    words = AutoTokenizer.from_pretrained(fp32)
    network = AutoModelForSequenceClassification.from_pretrained(fp32).eval()
    session = onnxruntime.InferenceSession(int8 / "model.onnx")
    wanted, found = [], []
    for text in texts:
        read = words(text, truncation=True, return_tensors="np")
        wanted.append(session.run(None, {each.name: read[each.name] for each in session.get_inputs()})[0][0])
        with torch.inference_mode():
            found.append(network(**{name: torch.from_numpy(value) for name, value in read.items()}).logits[0].numpy())
    a, b = np.stack(wanted), np.stack(found)
    correlation = float(np.corrcoef(_ranks(a), _ranks(b))[0, 1])
    apart = float(np.abs(_sigmoid(a) - _sigmoid(b)).max())
    said = (
        f"{len(texts)} texts, the graph and its weights in fp32: rank correlation {correlation:.4f}; logits at most "
        f"{np.abs(a - b).max():.3f} apart, on average {np.abs(a - b).mean():.3f}; scores at most {apart:.3f}"
    )
    assert correlation >= LEAST_CORRELATION, said
    assert apart <= MOST_APART, said
    return said


def _ranks(values: Floats) -> NDArray[np.intp]:
    return values.ravel().argsort().argsort()


def _sigmoid(values: Floats) -> Floats:
    return 1 / (1 + np.exp(-values))


if __name__ == "__main__":
    main()
