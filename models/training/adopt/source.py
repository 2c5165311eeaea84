"""Somebody else's model folder, looked at before anything is exported from it.

config.json -> family, labels, limits; tokenizer.json -> what stands around a text. Nothing is downloaded, and no
code in the folder is run.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec
from tokenizers import Tokenizer
from transformers import AutoConfig, AutoTokenizer

from models.encode import EncodingSpec
from models.errors import first_line
from models.training.adopt.label_map import Activation, Facts, LabelMap
from models.training.export.errors import ExportError

FAMILIES = ("bert", "roberta", "deberta", "deberta-v2", "modernbert")
_HEAD = "ForSequenceClassification"
# A window is no longer than this unless the map says so: attention costs the square of it.
LONGEST_WINDOW = 512
_SAID = {
    "multi_label_classification": Activation.MULTI_LABEL,
    "single_label_classification": Activation.SINGLE_LABEL,
}


class _Config(msgspec.Struct, frozen=True):
    """What config.json must say before transformers is asked to read the rest of it."""

    model_type: str = ""
    architectures: tuple[str, ...] | None = None


class Source(msgspec.Struct, frozen=True):
    """A sequence classifier in a folder. `frame` is the encoding that its tokenizer asks for, lengths left out."""

    folder: Path
    architecture: str
    family: str
    facts: Facts
    tokenizer: Tokenizer
    frame: EncodingSpec


def read_source(folder: Path) -> Source:
    """Read a model folder. Raises ExportError with one line that names the file at fault."""
    config = _config(folder)
    architecture = next((name for name in config.architectures or () if name.endswith(_HEAD)), None)
    if architecture is None:
        named = ", ".join(config.architectures or ("no architecture",))
        raise ExportError(f"{folder}: config.json names {named}, which is no sequence classifier")
    if config.model_type not in FAMILIES:
        raise ExportError(f"{folder}: config.json says '{config.model_type}'; known are {', '.join(FAMILIES)}")
    if not (folder / "tokenizer.json").is_file():
        raise ExportError(f"{folder}: no tokenizer.json; save the fast tokenizer there with save_pretrained")
    full = _full_config(folder)
    tokenizer = _tokenizer(folder)
    labels = _labels(folder, full.id2label)
    facts = Facts(labels, _SAID.get(full.problem_type), _longest(full), tokenizer.get_vocab())
    return Source(folder, architecture, config.model_type, facts, tokenizer, _frame(folder, tokenizer, full))


def encoding_of(source: Source, found: LabelMap) -> EncodingSpec:
    """Return how texts become windows for the source. Raises ValueError when the map's lengths leave no room."""
    longest = found.max_tokens or min(LONGEST_WINDOW, source.facts.longest)
    changes: dict[str, Any] = {
        "max_tokens": longest,
        "overlap": longest * 3 // 16,  # the shipped bundle's share of a window: 48 of 256
        "context_tokens": found.context_tokens,
        "role_markers": found.markers,
    }
    return msgspec.structs.replace(source.frame, **changes)


def _config(folder: Path) -> _Config:
    try:
        return msgspec.json.decode((folder / "config.json").read_bytes(), type=_Config)
    except OSError as error:
        raise ExportError(
            f"{folder}: config.json cannot be read: {error.strerror}; is this a model's folder?"
        ) from error
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise ExportError(f"{folder}: config.json cannot be read: {error}") from error


def _full_config(folder: Path) -> Any:
    try:
        return AutoConfig.from_pretrained(folder, local_files_only=True, trust_remote_code=False)
    except Exception as error:  # transformers has no one class for what it cannot use
        raise ExportError(f"{folder}: config.json cannot be used: {first_line(error)}") from error


def _labels(folder: Path, named: Mapping[int, object]) -> tuple[str, ...]:
    """Return the outputs' names in order."""
    if sorted(named) != list(range(len(named))):
        raise ExportError(f"{folder}: config.json's id2label does not number the outputs from 0 on")
    labels = tuple(str(named[i]) for i in range(len(named)))
    for label in labels:
        if labels.count(label) > 1:
            raise ExportError(f"{folder}: config.json gives {labels.count(label)} outputs the label '{label}'")
    return labels


def _tokenizer(folder: Path) -> Tokenizer:
    """Return the tokenizer as transformers sets it up: tokenizer_config.json may change what tokenizer.json says."""
    try:
        fast = AutoTokenizer.from_pretrained(folder, local_files_only=True, trust_remote_code=False, use_fast=True)
        tokenizer: Tokenizer = Tokenizer.from_str(fast.backend_tokenizer.to_str())
    except Exception as error:  # tokenizers raises bare Exception, and transformers many kinds
        raise ExportError(f"{folder}: tokenizer.json cannot be loaded: {first_line(error)}") from error
    tokenizer.no_truncation()
    tokenizer.no_padding()
    return tokenizer


def _longest(config: Any) -> int:
    # A RoBERTa's first position is the one behind its padding's: 514 of them hold 512 tokens.
    lost = (config.pad_token_id or 0) + 1 if config.model_type == "roberta" else 0
    return int(config.max_position_embeddings) - lost


def _frame(folder: Path, tokenizer: Tokenizer, config: Any) -> EncodingSpec:
    """Read off a pair of texts what the tokenizer puts before, between and behind them."""
    pair, alone = tokenizer.encode("a", "a"), tokenizer.encode("a")
    of_context = [i for i, sequence in enumerate(pair.sequence_ids) if sequence == 0]
    of_text = [i for i, sequence in enumerate(pair.sequence_ids) if sequence == 1]
    words: list[str] = pair.tokens
    if not of_context or not of_text:
        raise ExportError(f"{folder}: tokenizer.json reads no token in 'a'")
    begin, end = words[: of_context[0]], words[of_text[-1] + 1 :]
    between = words[of_context[-1] + 1 : of_text[0]]
    if len(begin) != 1 or len(end) != 1 or alone.tokens != words[: of_context[-1] + 1] + end:
        raise ExportError(f"{folder}: tokenizer.json puts no single special token at each end of a text")
    # A model without a second segment has no row for its id.
    segment = pair.type_ids[of_text[0]] if getattr(config, "type_vocab_size", 0) > 1 else 0
    return EncodingSpec(
        begin=begin[0], between=tuple(between), end=end[0], text_segment=segment, pad_id=config.pad_token_id or 0
    )
