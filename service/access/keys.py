"""The text of an API key, `tg_<id>_<secret>`, and what is kept of it.

The id names the key in lists and as an author, and is no secret. The secret has as many random bits as its hash, so it
cannot be guessed from it, and a slow hash or a salt would add nothing.
"""

import hmac
import secrets
import string
from hashlib import sha256

import msgspec

PREFIX = "tg"
_ID_LETTERS = string.ascii_lowercase + string.digits
_SECRET_LETTERS = string.ascii_letters + string.digits
# 62 ** 43 is above 2 ** 256.
ID_LENGTH, SECRET_LENGTH = 10, 43
LENGTH = len(PREFIX) + 1 + ID_LENGTH + 1 + SECRET_LENGTH
# What an unknown id is compared with, so that it takes as long as a known one. No secret has it.
NO_HASH = "0" * 64


class Key(msgspec.Struct, frozen=True):
    """A key as its owner holds it. It is shown once, and stands in no log, metric, error or journal."""

    id: str
    secret: str

    @property
    def text(self) -> str:
        """The key as it is sent."""
        return f"{PREFIX}_{self.id}_{self.secret}"

    @property
    def hash(self) -> str:
        """What is kept of the secret."""
        return hash_of(self.secret)

    def __repr__(self) -> str:
        return f"Key({self.id})"


def new_key() -> Key:
    """Return a key that nobody has seen: the secret has 256 random bits, the id 51."""
    return Key(_random(_ID_LETTERS, ID_LENGTH), _random(_SECRET_LETTERS, SECRET_LENGTH))


def read_key(text: str) -> Key | None:
    """Return the key that a text is, or None for what cannot be one."""
    if len(text) != LENGTH or not text.isascii():
        return None
    prefix, _, rest = text.partition("_")
    key_id, _, secret = rest.partition("_")
    whole = prefix == PREFIX and len(key_id) == ID_LENGTH and len(secret) == SECRET_LENGTH
    return Key(key_id, secret) if whole else None


def hash_of(secret: str) -> str:
    """Return SHA-256 of a secret, in hexadecimal."""
    return sha256(secret.encode()).hexdigest()


def matches(secret: str, kept: str) -> bool:
    """Tell, in constant time, whether a secret has the hash that was kept."""
    return hmac.compare_digest(hash_of(secret).encode(), kept.encode())  # a text that is not ASCII would raise


def _random(letters: str, length: int) -> str:
    return "".join(secrets.choice(letters) for _ in range(length))
