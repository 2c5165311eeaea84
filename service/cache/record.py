"""What is kept for a text, and under which key."""

import hmac
import struct

import msgspec
import numpy as np
from numpy.typing import NDArray

from models.encode import Encoded, Item

_HEAD = struct.Struct("<5I")


class Coverage(msgspec.Struct, frozen=True):
    """How much of a text, and of its context, was read: tokens, and windows of the text."""

    tokens: int
    scored: int
    windows: int
    context_tokens: int = 0
    context_scored: int = 0

    @classmethod
    def of(cls, encoded: Encoded) -> "Coverage":
        """Return the coverage of an encoded text."""
        return cls(encoded.tokens, encoded.scored, len(encoded.windows), encoded.context_tokens, encoded.context_scored)


class Record(msgspec.Struct, frozen=True):
    """The pooled logits of one text, shape (outputs,), and its coverage."""

    logits: NDArray[np.float32]
    coverage: Coverage

    def pack(self) -> bytes:
        """Return 20 bytes of coverage and 4 bytes an output, little-endian."""
        return _HEAD.pack(*msgspec.structs.astuple(self.coverage)) + self.logits.astype("<f4").tobytes()

    @classmethod
    def unpack(cls, data: bytes, outputs: int) -> "Record | None":
        """Return the record, or None for bytes that cannot be one: what another program wrote is a miss."""
        if len(data) != _HEAD.size + 4 * outputs:
            return None
        logits = np.frombuffer(data, dtype="<f4", offset=_HEAD.size).astype(np.float32)
        if np.isnan(logits).any():
            return None
        return cls(logits, Coverage(*_HEAD.unpack_from(data)))


class Keys:
    """Make cache keys for one bundle. Equal texts in equal roles under one secret have equal keys."""

    def __init__(self, secret: bytes, bundle_digest: str) -> None:
        self._secret = secret
        self._digest = bundle_digest.encode()

    def key(self, item: Item) -> bytes:
        """Return 32 bytes for a normalised item. Lengths are part of the message, so fields cannot run together."""
        text, context = item.text.encode(), (item.context or "").encode()
        head = b"%b\0%b\0%d\0" % (self._digest, item.role.encode(), len(text))
        return hmac.digest(self._secret, head + text + context, "sha256")
