"""From normalised text to windows of token ids: the same in training and serving.

    [CLS] <role> text [SEP]                     prompt, document, text, a response without context
    [CLS] <role> context [SEP] text [SEP]       a response with the prompt it answers

The special tokens are the bundle's: a RoBERTa reads <s> context </s> </s> text </s>.
A long text becomes overlapping windows, so every token of it is scored, and a disguised one has windows of what
it hides besides (models.views). A long context keeps its beginning and its end: it is there to read the text by,
and how much of it was used is reported.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Annotated

import msgspec
from tokenizers import Tokenizer

from models.language import VERSION as LANGUAGE_VERSION
from models.language import identify
from models.views import VERSION as VIEWS_VERSION
from models.views import Reader, View
from taxonomy.categories import Role

# A text read otherwise scores otherwise, by the same bundle: part of what any kept score is found by.
READING = f"views {VIEWS_VERSION} language {LANGUAGE_VERSION}"


class EncodingSpec(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How texts become windows; part of a bundle's manifest. Lengths are in tokens.

    `role_markers` maps a role to the vocabulary word that stands for it. A model that was not trained with
    roles has none. `begin`, `between` and `end` are the special tokens around a context and a text, and
    `text_segment` is the segment id of a text behind its context. `pad_id` fills a batch; it is masked, but a
    RoBERTa counts its positions by it. Defaults are BERT's. Raises ValueError when windows beside a full
    context could not move on through a text.
    """

    max_tokens: int = 256
    overlap: int = 48
    context_tokens: int = 96
    role_markers: dict[Role, str] = {}
    begin: str = "[CLS]"
    between: tuple[str, ...] = ("[SEP]",)
    end: str = "[SEP]"
    text_segment: Annotated[int, msgspec.Meta(ge=0, le=1)] = 1
    pad_id: Annotated[int, msgspec.Meta(ge=0)] = 0

    def __post_init__(self) -> None:
        # The beginning, a role, what stands between, the end.
        room = self.max_tokens - self.context_tokens - len(self.between) - 3
        if not 0 <= self.overlap < room or self.context_tokens < 0:
            raise ValueError(
                f"max_tokens {self.max_tokens} and context_tokens {self.context_tokens} leave {room} tokens for the "
                f"text, with overlap {self.overlap}"
            )


class Item(msgspec.Struct, frozen=True):
    """One normalised text to score; `context` is the prompt that a response answers."""

    role: Role
    text: str
    context: str | None = None

    @property
    def chars(self) -> int:
        """Characters of the text and its context."""
        return len(self.text) + len(self.context or "")


class Window(msgspec.Struct, frozen=True):
    """One row of a batch: token ids and segment ids (0, but for a text that has a context).

    `view` names the disguise that was taken off to read it; a window of the text as it stands has none.
    """

    ids: tuple[int, ...]
    segments: tuple[int, ...]
    view: str = ""


class Encoded(msgspec.Struct, frozen=True):
    """All windows of one item, those of its views last.

    `tokens` counts the tokens of the text as it stands, `scored` those of them that are in at least one window.
    """

    windows: tuple[Window, ...]
    tokens: int
    scored: int
    context_tokens: int = 0
    context_scored: int = 0
    # Of the text as it stands; "" where it cannot be told, and where nobody asked.
    language: str = ""


class Encoder:
    """Tokenise and cut into windows. Safe to call from several threads."""

    def __init__(self, tokenizer: Tokenizer, spec: EncodingSpec, reader: Reader | None = None) -> None:
        """Without a `reader` a text is read as it stands: a model learns from texts, not from disguises.

        With one, a text's language is told as well, unless the text is disguised: "olleh" is no language.
        """
        # A tokenizer.json may carry truncation or padding from its training: in silence it would cut text.
        tokenizer.no_truncation()
        tokenizer.no_padding()
        # Else a text that says "[SEP]" would get the real one, and could end its own context or role.
        tokenizer.encode_special_tokens = True
        self._tokenizer = tokenizer
        self._reader = reader
        self.spec = spec
        self._begin = _token_id(tokenizer, spec.begin)
        self._between = tuple(_token_id(tokenizer, word) for word in spec.between)
        self._end = _token_id(tokenizer, spec.end)
        self._markers = {role: (_token_id(tokenizer, word),) for role, word in spec.role_markers.items()}

    @classmethod
    def load(cls, path: Path, spec: EncodingSpec) -> "Encoder":
        """Read a tokenizer.json, and take disguises off by its vocabulary."""
        tokenizer = Tokenizer.from_file(str(path))
        return cls(tokenizer, spec, Reader(tokenizer.get_vocab()))

    def encode(self, items: Sequence[Item]) -> list[Encoded]:
        """Return one Encoded per item, in order."""
        views = [self._reader.views(item.text) if self._reader else () for item in items]
        texts = self._ids([item.text for item in items])
        contexts = self._ids([item.context for item in items if item.context])
        readings = self._ids([view.text for each in views for view in each])
        out: list[Encoded] = []
        for item, ids, found in zip(items, texts, views, strict=True):
            context = next(contexts) if item.context else []
            marker = self._markers.get(item.role, ())
            encoded = self._windows(marker, ids, context)
            if found:
                hidden = [window for view in found for window in self._view(view, marker, next(readings), context)]
                encoded = msgspec.structs.replace(encoded, windows=(*encoded.windows, *hidden))
            elif self._reader:
                encoded = msgspec.structs.replace(encoded, language=identify(item.text))
            out.append(encoded)
        return out

    def spans(self, item: Item) -> list[tuple[int, int]]:
        """Return where each window of the text as it stands is in the item's text: [begin, end), in characters.

        In the order of `encode`'s windows, before those of views. Slower than `encode`: for who asks.
        """
        offsets = self._tokenizer.encode(item.text, add_special_tokens=False).offsets
        context = next(self._ids([item.context])) if item.context else []
        room = self._room(self._head(self._markers.get(item.role, ()), context))
        begins = _begins(len(offsets), room, self.spec.overlap)
        return [(offsets[i][0], offsets[min(i + room, len(offsets)) - 1][1]) for i in begins]

    def _ids(self, texts: list[str]) -> Iterator[list[int]]:
        return iter([each.ids for each in self._tokenizer.encode_batch_fast(texts, add_special_tokens=False)])

    def _view(self, view: View, marker: tuple[int, ...], ids: list[int], context: list[int]) -> list[Window]:
        windows = self._windows(marker, ids, context).windows
        return [msgspec.structs.replace(window, view=view.name) for window in windows]

    def _windows(self, marker: tuple[int, ...], ids: list[int], context: list[int]) -> Encoded:
        kept = _both_ends(context, self.spec.context_tokens)
        head = self._head(marker, context)
        segment = self.spec.text_segment if kept else 0
        room = self._room(head)
        windows: list[Window] = []
        scored = 0
        for begin in _begins(len(ids), room, self.spec.overlap):
            part = ids[begin : begin + room]
            scored = begin + len(part)
            row = (*head, *part, self._end)
            windows.append(Window(row, (0,) * len(head) + (segment,) * (len(part) + 1)))
        return Encoded(tuple(windows), len(ids), scored, len(context), len(kept))

    def _head(self, marker: tuple[int, ...], context: list[int]) -> tuple[int, ...]:
        """Return the tokens of a window that stand before the text's."""
        kept = _both_ends(context, self.spec.context_tokens)
        return (self._begin, *marker, *kept, *self._between) if kept else (self._begin, *marker)

    def _room(self, head: tuple[int, ...]) -> int:
        return self.spec.max_tokens - len(head) - 1


def _begins(length: int, room: int, overlap: int) -> list[int]:
    """Return where windows of `room` tokens begin; the last one ends exactly with the text."""
    if length == 0:
        return []
    begins = list(range(0, max(1, length - overlap), room - overlap))
    # A last window of a few tokens would be read without its surroundings: move it back instead.
    begins[-1] = max(0, length - room) if len(begins) > 1 else 0
    return begins


def _both_ends(ids: list[int], limit: int) -> list[int]:
    if len(ids) <= limit:
        return ids
    half = limit // 2
    return ids[: limit - half] + ids[len(ids) - half :]


def _token_id(tokenizer: Tokenizer, word: str) -> int:
    found: int | None = tokenizer.token_to_id(word)
    if found is None:
        raise ValueError(f"the tokenizer has no token {word}")
    return found
