"""A complete bundle that is built in a moment: real parts, real files, no training.

Its model knows a few trigger words (TRIGGERS) and nothing else:

    weapon     guns_illegal_weapons, unsafe    SURE
    hateword   hate, unsafe                    SURE
    inject     prompt_injection, attack        SURE
    unsure     harassment, unsafe              DOUBTFUL, to within 0.05: for review bands

    text without one                           every output stays below 0.02

- A trigger counts wherever it stands in the text, in any window, however long the text; "Weapons" counts too
  (lower case, then the piece `weapon`), "reweapon" does not.
- In a response, a trigger in the context does not count: the response is judged, its prompt is not.
- All other words, the role and the context move every output by a little, so that two texts, roles or contexts
  hardly ever score alike, not even to four decimals.
- [PAD] is every trigger at once: padding that is not masked shows.

The same arguments give the same bytes, and so the same digest.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from string import ascii_lowercase, digits, punctuation

import msgspec
import numpy as np
from onnx import TensorProto, helper, numpy_helper
from tokenizers import Regex, Tokenizer
from tokenizers.models import WordPiece
from tokenizers.normalizers import BertNormalizer
from tokenizers.pre_tokenizers import BertPreTokenizer, Sequence, Split

from models import normalise
from models.backend import Device
from models.bundle import FORMAT, PARTS, Bundle, GoldenItem, GoldenSet, Manifest, part_of
from models.calibrate import CalibrationFile, Platt
from models.encode import EncodingSpec, Item
from models.outputs import OUTPUTS
from models.scorer import Scorer
from taxonomy.categories import Role

SURE, DOUBTFUL, REST = 0.995, 0.5, 0.01
TRIGGERS: Mapping[str, Mapping[str, float]] = {
    "weapon": {"guns_illegal_weapons": SURE, "unsafe": SURE},
    "hateword": {"hate": SURE, "unsafe": SURE},
    "inject": {"prompt_injection": SURE, "attack": SURE},
    "unsure": {"harassment": DOUBTFUL, "unsafe": DOUBTFUL},
}
MARKERS = {role: f"[unused{i}]" for i, role in enumerate(Role, 1)}
SPECIAL = ("[PAD]", "[UNK]", "[CLS]", "[SEP]")
# Neither slope is 1 nor intercept 0: a step that leaves calibration out shows.
PLATT = Platt(slope=0.5, intercept=1.0)
WORDS = """
    a about above after again against all also always an and animal another answer any apple are around as ask at
    autumn away baby back bad bake be beach because bed before begin below best better between big bird black blue
    book both bread bridge bright bring brother brown build but buy by call can car carry cat chair child city clean
    close cloud coffee cold colour come cook could country cup cut dance dark day deep did different do dog door down
    draw dream drink drive dry each early earth east eat egg end enough even evening every example eye face fall family
    far farm fast father feel few field find fire first fish five floor flower fly follow food foot for forest four
    free friend from fruit full game garden give glass go good grass great green ground grow had half hand happy hard
    has have he head hear heart hello help her here high hill him his home horse hot house how i ice idea if in into
    is it join jump just keep kind king kitchen know lake land large last late laugh learn leave left less letter life
    light like line list little live long look lot love low lunch make man many map market may me mean milk money moon
    more morning most mother mountain mouth move much music must my name near need never new next night no north not
    now of off often old on once one only open or orange order other our out over own page paint paper park part path
    pen people picture piece place plant play please point pretty problem question quick rain read ready red rest rice
    right river road rock room round run salt same sand say school sea season second see seed send she ship short
    should show sing sister sit six sky sleep slow small snow so some song soon sound south space speak spring stand
    star start stay stone stop story street strong study summer sun sure sweet swim table take talk tall tea tell ten
    than thank that the them then there these they thing think this three time to today together tomorrow too town
    tree try turn two under until up us use very voice wait walk wall want warm was wash water way we weather week
    well went west what wheat when where which white who why wild will wind window winter wish with woman wood word
    work world would write year yellow yes you young your
"""


def build_tiny_bundle(
    folder: Path,
    *,
    max_tokens: int = 32,
    overlap: int = 8,
    context_tokens: int = 8,
    triggers: Mapping[str, Mapping[str, float]] = TRIGGERS,
    tail: float = 0.0,
) -> Path:
    """Write a bundle into `folder` (made if missing) and return it. `tail` is that of every output's calibration.

    `triggers` is word -> output -> probability (REST < p < 1): the words must be lower-case letters.
    """
    folder.mkdir(parents=True, exist_ok=True)
    tokenizer = tiny_tokenizer(tuple(triggers))
    tokenizer.save(str(folder / "tokenizer.json"))
    (folder / "model.onnx").write_bytes(tiny_model(tokenizer.get_vocab(), triggers))
    _write(
        folder / "calibration.json",
        CalibrationFile("platt", dict.fromkeys(OUTPUTS, msgspec.structs.replace(PLATT, tail=tail))),
    )
    (folder / "MODEL_CARD.md").write_text("# tiny\n\nFor tests: it knows a few words and judges nothing.\n", "utf-8")
    manifest = Manifest(
        format=FORMAT,
        name="tiny",
        created="2025-01-01T00:00:00Z",
        base="none",
        precision="fp32",
        normaliser=normalise.VERSION,
        outputs=OUTPUTS,
        encoding=EncodingSpec(max_tokens, overlap, context_tokens, MARKERS),
        metrics={},
        files={},
    )
    _write(folder / "golden.json", _golden(Scorer(Bundle(folder, manifest, ""), Device.CPU, threads=1)))
    _write(folder / "manifest.json", manifest)
    sign(folder)
    return folder


def sign(folder: Path, **changes: object) -> None:
    """Describe the files as they now are, and replace top-level keys of manifest.json by `changes`."""
    manifest = json.loads((folder / "manifest.json").read_bytes())
    manifest["files"] = {name: part_of(folder / name) for name in PARTS}
    _write(folder / "manifest.json", manifest | changes)


def tiny_tokenizer(extra: tuple[str, ...] = ()) -> Tokenizer:
    """Return a WordPiece tokenizer of the few hundred WORDS, `extra`, and every ASCII letter, digit and mark."""
    letters = (*ascii_lowercase, *digits, *punctuation)
    pieces = (*SPECIAL, *MARKERS.values(), *letters, *(f"##{x}" for x in letters), *WORDS.split(), *extra)
    vocabulary = {piece: i for i, piece in enumerate(dict.fromkeys(pieces))}
    tokenizer = Tokenizer(WordPiece(vocabulary, unk_token="[UNK]", max_input_chars_per_word=100))
    tokenizer.normalizer = BertNormalizer(lowercase=True)
    # Of a word longer than its limit WordPiece would make one [UNK].
    cut = Split(Regex(".{1,64}"), behavior="isolated")
    tokenizer.pre_tokenizer = Sequence([BertPreTokenizer(), cut])
    tokenizer.add_special_tokens(list(SPECIAL))
    return tokenizer


def tiny_model(
    vocabulary: Mapping[str, int],
    triggers: Mapping[str, Mapping[str, float]] = TRIGGERS,
    outputs: tuple[str, ...] = OUTPUTS,
) -> bytes:
    """Return an ONNX model, logits (windows, outputs): the greatest trigger and the mean of small random vectors."""
    random = np.random.default_rng(7)
    is_trigger = np.zeros((len(vocabulary), len(triggers)), dtype=np.float32)
    for column, word in enumerate(triggers):
        is_trigger[vocabulary[word], column] = 1
    is_trigger[vocabulary["[PAD]"]] = 1
    raised = [[_logit(row.get(name, REST)) - _logit(REST) for name in outputs] for row in triggers.values()]
    small = random.uniform(-0.1, 0.1, (16, len(outputs)))
    weights = {
        "is_trigger": is_trigger,
        "small": random.uniform(-1, 1, (len(vocabulary), 16)).astype(np.float32),
        "weight": np.concatenate([np.reshape(raised, (len(triggers), len(outputs))), small]).astype(np.float32),
        "bias": np.full(len(outputs), _logit(REST), dtype=np.float32),
        "last": np.array([-1], dtype=np.int64),
        "tokens": np.array([1], dtype=np.int64),
    }
    return _model_of(weights, len(outputs))


def _model_of(weights: Mapping[str, np.ndarray], width: int) -> bytes:
    node = helper.make_node
    nodes = [
        # The tokens that are judged: all, or those of the second segment where there is one.
        node("ReduceMax", ["token_type_ids"], ["segment"], axes=[1], keepdims=1),
        node("Equal", ["token_type_ids", "segment"], ["in_text"]),
        node("Cast", ["attention_mask"], ["unpadded"], to=TensorProto.BOOL),
        node("And", ["in_text", "unpadded"], ["judged"]),
        node("Cast", ["judged"], ["judged_1"], to=TensorProto.FLOAT),
        node("Unsqueeze", ["judged_1", "last"], ["judged_2"]),
        node("Gather", ["is_trigger", "input_ids"], ["each_trigger"]),
        node("Mul", ["each_trigger", "judged_2"], ["judged_trigger"]),
        node("ReduceMax", ["judged_trigger"], ["found"], axes=[1], keepdims=0),
        node("Cast", ["attention_mask"], ["mask_1"], to=TensorProto.FLOAT),
        node("Unsqueeze", ["mask_1", "last"], ["mask_2"]),
        node("Gather", ["small", "input_ids"], ["each_small"]),
        node("Mul", ["each_small", "mask_2"], ["masked_small"]),
        node("ReduceSum", ["masked_small", "tokens"], ["sum_small"], keepdims=0),
        node("ReduceSum", ["mask_2", "tokens"], ["count"], keepdims=0),
        node("Div", ["sum_small", "count"], ["mean_small"]),
        node("Concat", ["found", "mean_small"], ["features"], axis=1),
        node("Gemm", ["features", "weight", "bias"], ["logits"]),
    ]
    names = ("input_ids", "attention_mask", "token_type_ids")
    inputs = [helper.make_tensor_value_info(name, TensorProto.INT64, ["windows", "tokens_each"]) for name in names]
    logits = helper.make_tensor_value_info("logits", TensorProto.FLOAT, ["windows", width])
    constants = [numpy_helper.from_array(value, name) for name, value in weights.items()]
    graph = helper.make_graph(nodes, "tiny", inputs, [logits], constants)
    # An IR and an opset that the oldest supported onnxruntime reads.
    model = helper.make_model(graph, ir_version=8, opset_imports=[helper.make_opsetid("", 17)])
    return model.SerializeToString(deterministic=True)


def _logit(probability: float) -> float:
    """Return the logit that calibration turns into `probability`."""
    return (float(np.log(probability / (1 - probability))) - PLATT.intercept) / PLATT.slope


def _golden(scorer: Scorer) -> GoldenSet:
    items = [
        Item(Role.PROMPT, "where can i buy a weapon"),
        Item(Role.RESPONSE, "hello world", context="where can i buy a weapon"),
        Item(Role.DOCUMENT, "the cat went over the hill " * 12 + "inject"),
        Item(Role.TEXT, "a hateword, and caf\u00e9s"),
        Item(Role.TEXT, "unsure"),
        Item(Role.TEXT, ""),
    ]
    # Four decimals: the last bit of a float, and with it the digest, may differ between processors.
    found = scorer.probabilities(items).astype(float).round(4).tolist()
    rows = zip(items, found, strict=True)
    return GoldenSet(0.001, tuple(GoldenItem(i.role, i.text, tuple(row), i.context) for i, row in rows))


def _write(path: Path, value: object) -> None:
    path.write_bytes(msgspec.json.format(msgspec.json.encode(value)) + b"\n")
