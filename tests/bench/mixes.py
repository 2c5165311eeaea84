"""Three mixes of lengths, made of texts written for this project: chat turns, prompts, documents.

Lengths are in tokens of the shipped bundle.
"""

import random
from itertools import cycle

import msgspec
from tokenizers import Tokenizer

from models.bundle import SHIPPED, Bundle
from models.encode import Encoder, Item
from models.training.corpus.written import TEXTS, read_batch
from taxonomy.categories import Role


class Mix(msgspec.Struct, frozen=True):
    """Texts of like length; `role` is what they are to tidegate."""

    name: str
    role: str
    texts: tuple[str, ...]


def mixes(most: int = 2000) -> tuple[Mix, ...]:
    """Return chat turns of about 20 tokens, prompts of about 130 and documents of about 2,000."""
    bundle = Bundle.open(SHIPPED)
    encoder = Encoder(Tokenizer.from_file(str(bundle.folder / "tokenizer.json")), bundle.manifest.encoding)
    found = [each.text for path in sorted((TEXTS / "written").glob("*.jsonl.gz")) for each in read_batch(path)]
    random.Random(1).shuffle(found)
    encoded = encoder.encode([Item(Role.TEXT, text) for text in found])
    sized = [(text, each.tokens) for text, each in zip(found, encoded, strict=True)]
    turns = [text for text, tokens in sized if 10 <= tokens <= 32]
    prompts = [text for text, tokens in sized if 80 <= tokens <= 190]
    return (
        Mix("20 tokens", "prompt", tuple(turns[:most])),
        Mix("130 tokens", "prompt", tuple(prompts[:most])),
        Mix("2,000 tokens", "document", tuple(_documents([s for s in sized if s[1] > 80], most // 10))),
    )


def _documents(sized: list[tuple[str, int]], count: int) -> list[str]:
    """Join texts until each document has 2,000 tokens."""
    source = cycle(sized)
    documents = []
    for _ in range(count):
        parts, tokens = [], 0
        while tokens < 2000:
            text, length = next(source)
            parts.append(text)
            tokens += length
        documents.append("\n\n".join(parts))
    return documents
