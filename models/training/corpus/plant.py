"""Short texts planted in long harmless ones, so that harm is found however much stands around it.

Harmless texts are planted as often as harmful ones: a seam between two texts is no sign of harm.
"""

import random
import re
from collections.abc import Iterator, Sequence

import msgspec

from models.encode import Item
from models.outputs import ATTACK, OUTPUTS, UNSAFE
from models.training.corpus.mix import Example
from taxonomy.categories import Role
from taxonomy.files import native

# In words. Together they fit into one window of 256 tokens.
SEED_WORDS = range(4, 31)
HOST_WORDS = range(40, 131)
# The source that a planted text counts under.
PLANTED = "planted"
_SENTENCE = re.compile(r"(?<=[.!?]) ")
_ATTACKS = [OUTPUTS.index(name) for name in (*native().attacks, ATTACK)]
_UNSAFE = OUTPUTS.index(UNSAFE)


def plant(found: Sequence[Example], count: int, rng: random.Random) -> Iterator[Example]:
    """Yield `count` texts, every other one with harm in it, made of `found`; fewer when there is nothing to plant."""
    whole = [each for each in found if (each.targets[1] > 0).all()]
    hosts = [each for each in whole if not each.targets[0].any() and len(each.item.text.split()) in HOST_WORDS]
    seeds = [e for e in whole if e.item.role in (Role.PROMPT, Role.TEXT) and len(e.item.text.split()) in SEED_WORDS]
    harmful = [each for each in seeds if each.targets[0][_UNSAFE] == 1]
    harmless = [each for each in seeds if not each.targets[0].any()]
    if not (hosts and harmful and harmless):
        return
    for i in range(count):
        seed, host = rng.choice(harmless if i % 2 else harmful), rng.choice(hosts)
        values, weights = seed.targets
        if values.any():
            # A request inside a document may be a foreign instruction: nobody judged whether this one is.
            weights = weights.copy()
            weights[_ATTACKS] = 0.0
        text = _inside(seed.item.text, host.item.text, rng)
        item = Item(rng.choice((Role.TEXT, Role.DOCUMENT)), text)
        yield msgspec.structs.replace(
            seed, id=f"{seed.id}/in/{host.id}", source=PLANTED, item=item, targets=(values, weights)
        )


def _inside(seed: str, host: str, rng: random.Random) -> str:
    """Put a text between two sentences of another, at its start or at its end."""
    sentences = _SENTENCE.split(host)
    sentences.insert(rng.randint(0, len(sentences)), seed)
    return " ".join(sentences)
