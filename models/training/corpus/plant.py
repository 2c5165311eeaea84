"""Short texts planted in long harmless ones, so that what matters is found however much stands around it.

Four kinds in turn: harm that is said, something harmless that is said, a foreign instruction, and a harmless piece of a
document. Harmless ones are planted as often as the others: a seam between two texts is no sign of harm.
"""

import random
from collections.abc import Iterator, Sequence
from itertools import cycle, islice

import msgspec
import numpy as np

from models.encode import Item
from models.outputs import ATTACK, OUTPUTS, UNSAFE
from models.training.corpus.mix import Example
from taxonomy.categories import Role
from taxonomy.files import native

# In words. Together nearly all fit into one window of 256 tokens.
SEED_WORDS = range(4, 46)
HOST_WORDS = range(40, 131)
# The source that a planted text counts under.
PLANTED = "planted"
_ATTACKS = [OUTPUTS.index(name) for name in (*native().attacks, ATTACK)]
_UNSAFE = OUTPUTS.index(UNSAFE)
_INJECTION = OUTPUTS.index("prompt_injection")


def plant(found: Sequence[Example], count: int, rng: random.Random) -> Iterator[Example]:
    """Yield `count` texts made of `found`, as many of each kind; fewer kinds when there is nothing to plant of one."""
    whole = [each for each in found if (np.delete(each.targets[1], _UNSAFE) > 0).all()]
    harmless = [each for each in whole if each.targets[1][_UNSAFE] > 0 and not each.targets[0].any()]
    hosts = [each for each in harmless if len(each.item.text.split()) in HOST_WORDS]
    seeds = [each for each in whole if len(each.item.text.split()) in SEED_WORDS]
    said = (Role.PROMPT, Role.TEXT)
    kinds = [
        [_unjudged(e) for e in seeds if e.item.role in said and e.targets[0][_UNSAFE] * e.targets[1][_UNSAFE] == 1],
        [_unjudged(e) for e in seeds if e.item.role in said and not e.targets[0].any()],
        # Most of these have a harmless payload: whether they are unsafe stays unjudged, as in labels.py.
        [e for e in seeds if e.item.role is Role.DOCUMENT and e.targets[0][_INJECTION] == 1],
        [e for e in seeds if e.item.role is Role.DOCUMENT and not e.targets[0].any()],
    ]
    pairs = [pair for pair in (kinds[:2], kinds[2:]) if all(pair)]
    turns = cycle([kind for pair in pairs for kind in pair])
    for kind in islice(turns, count if hosts else 0):
        yield _planted(rng.choice(kind), rng.choice(hosts), rng)


def _unjudged(seed: Example) -> Example:
    """Return a seed of which nobody judged whether it is a foreign instruction when it stands in a document."""
    values, weights = seed.targets
    weights = weights.copy()
    weights[_ATTACKS] = 0.0
    return msgspec.structs.replace(seed, targets=(values, weights))


def _planted(seed: Example, host: Example, rng: random.Random) -> Example:
    """Put a text at the start of another, inside it, or at its end, each a third of the time.

    Half of the seams stand in mid-sentence; then what is put at the end breaks the host off, as a quota of
    characters does.
    """
    words = host.item.text.split(" ")
    ends = [i for i, word in enumerate(words[:-1], 1) if word.endswith((".", "!", "?"))]
    rough = rng.random() < 0.5
    inside = rng.randrange(1, len(words)) if rough or not ends else rng.choice(ends)
    place, at, until = rng.choice(
        [
            ("start", 0, len(words)),
            ("middle", inside, len(words)),
            ("end", max(inside, len(words) // 2), 0) if rough else ("end", len(words), 0),
        ]
    )
    role = Role.DOCUMENT if seed.item.role is Role.DOCUMENT else rng.choice((Role.TEXT, Role.DOCUMENT))
    return msgspec.structs.replace(
        seed,
        id=f"{seed.id}/in/{host.id}",
        source=PLANTED,
        item=Item(role, " ".join([*words[:at], seed.item.text, *words[at:until]])),
        position=place,
    )
