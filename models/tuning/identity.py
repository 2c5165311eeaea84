"""What rows are told by: copies of a text in one reading, and a row from one run to the next."""

from hashlib import blake2b
from secrets import token_bytes

from models.encode import Item

# Groups are numbers of this process alone: nobody can look for a text among them later.
_KEY = token_bytes(16)


def group(text: str) -> int:
    """Return a number that copies of a text have in common."""
    digest = blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8, key=_KEY).digest()
    return int.from_bytes(digest, "little", signed=True)


def row_key(item: Item, key: bytes) -> int:
    """Return 64 bits of a keyed hash of all that a text's scores come from, normalised.

    Of a million texts two have the same once in thirty million times.
    """
    parts = [str(item.role), item.text, item.context or ""]
    whole = b"".join(len(part).to_bytes(8) + part for each in parts for part in [each.encode("utf-8", "surrogatepass")])
    return int.from_bytes(blake2b(whole, digest_size=8, key=key).digest())
