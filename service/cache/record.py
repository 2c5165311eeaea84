"""What is kept for a text, and under which key."""

import hashlib
import hmac
import struct

import msgspec
import numpy as np

from models.encode import READING, Encoded, Item
from models.language import CODES, LONGEST_CODE
from models.pool import Pooled
from models.views import DISGUISES

_HEAD = struct.Struct(f"<5I{LONGEST_CODE}s")
_VIEWS = ("", *DISGUISES)


class Coverage(msgspec.Struct, frozen=True):
    """How much of a text, and of its context, was read: tokens, and windows of the text as it stands.

    `language` is what the text was taken for, "" where that cannot be told.
    """

    tokens: int
    scored: int
    windows: int
    context_tokens: int = 0
    context_scored: int = 0
    language: str = ""

    @classmethod
    def of(cls, encoded: Encoded) -> "Coverage":
        """Return the coverage of an encoded text."""
        windows = sum(not window.view for window in encoded.windows)
        return cls(
            encoded.tokens, encoded.scored, windows, encoded.context_tokens, encoded.context_scored, encoded.language
        )

    def pack(self) -> bytes:
        """Return 28 bytes, little-endian."""
        *numbers, language = msgspec.structs.astuple(self)
        return _HEAD.pack(*numbers, language.encode("ascii"))

    @classmethod
    def unpack(cls, data: bytes) -> "Coverage":
        """Return the coverage at the beginning of `data`. Raises ValueError for a language that is no code."""
        tokens, scored, windows, context_tokens, context_scored, language = _HEAD.unpack_from(data)
        code = language.rstrip(b"\0").decode("ascii")
        if code and code not in CODES:
            raise ValueError("no language has that code")
        return cls(tokens, scored, windows, context_tokens, context_scored, code)


class Record(msgspec.Struct, frozen=True):
    """What one text scores, and its coverage."""

    pooled: Pooled
    coverage: Coverage

    @classmethod
    def of(cls, pooled: Pooled, coverage: Coverage) -> "Record":
        """Return the record in the precision that is kept, float16, so that a score is the same the second time.

        Where it matters, between -4 and 4, the step is 0.002 of a logit at most: 0.0005 of a probability.
        """
        with np.errstate(over="ignore"):  # to infinity, which is as certain as 70,000
            rounded = pooled.logits.astype(np.float16).astype(np.float32)
        return cls(Pooled(rounded, pooled.views), coverage)

    def pack(self) -> bytes:
        """Return 28 bytes of coverage, 2 an output for its logit, little-endian, and 1 for its view if any has one."""
        views = bytes(map(_VIEWS.index, self.pooled.views)) if any(self.pooled.views) else b""
        return self.coverage.pack() + self.pooled.logits.astype("<f2").tobytes() + views

    @classmethod
    def unpack(cls, data: bytes, outputs: int) -> "Record | None":
        """Return the record, or None for bytes that cannot be one: what another program wrote is a miss."""
        plain = _HEAD.size + 2 * outputs
        if len(data) not in (plain, plain + outputs):
            return None
        logits = np.frombuffer(data, dtype="<f2", count=outputs, offset=_HEAD.size).astype(np.float32)
        try:
            views = tuple([_VIEWS[i] for i in data[plain:]]) or ("",) * outputs
            coverage = Coverage.unpack(data)
        except (IndexError, ValueError):
            return None
        return None if np.isnan(logits).any() else cls(Pooled(logits, views), coverage)


class Keys:
    """Make cache keys for one bundle. Equal texts in equal roles under one secret have equal keys."""

    def __init__(self, secret: bytes, bundle_digest: str) -> None:
        self._hmac = hmac.new(secret, digestmod="sha256")  # to copy it takes 1 µs, hmac.digest() with a key 1.6
        reading = f"{bundle_digest} {READING}".encode()
        # Keyed again, or who has one bundle's keys could tell another's. To copy it takes 0.7 µs, an HMAC 2.6.
        key = hmac.digest(secret, b"key\0" + reading, "sha256")
        self._beginning = hashlib.blake2b(key=key, digest_size=32)

    def text_hash(self, item: Item) -> bytes:
        """Return 32 bytes for a normalised item, the same in every bundle.

        Lengths are part of the message, so fields cannot run together.
        """
        text, context = item.text.encode(), (item.context or "").encode()
        made = self._hmac.copy()
        made.update(b"%b\0%d\0%b%b" % (item.role.encode(), len(text), text, context))
        return made.digest()

    def key_of(self, text_hash: bytes) -> bytes:
        """Return the key, 32 bytes, of the item with that hash: its keyed BLAKE2b. The text is read only once."""
        made = self._beginning.copy()
        made.update(text_hash)
        return made.digest()

    def key(self, item: Item) -> bytes:
        """Return the key of a normalised item, 32 bytes."""
        return self.key_of(self.text_hash(item))
