"""Short texts planted in long harmless ones, so that what matters is found however much stands around it.

Four kinds in turn: harm, a harmless text like it, a foreign instruction, and a document's own sentence like that.
Harmless ones are planted as often as the others: a seam between two texts is no sign of harm.
"""

import random
import re
from collections.abc import Iterator, Sequence
from itertools import cycle, islice

import msgspec

from models.encode import Item
from models.outputs import ATTACK, OUTPUTS, UNSAFE
from models.training.corpus.mix import Example
from taxonomy.categories import Role
from taxonomy.files import native

# In words. Together they fit into one window of 256 tokens.
SEED_WORDS = range(4, 46)
HOST_WORDS = range(40, 131)
# The source that a planted text counts under.
PLANTED = "planted"
_SENTENCE = re.compile(r"(?<=[.!?]) ")
_ATTACKS = [OUTPUTS.index(name) for name in (*native().attacks, ATTACK)]
_UNSAFE = OUTPUTS.index(UNSAFE)
_INJECTION = OUTPUTS.index("prompt_injection")


def plant(found: Sequence[Example], count: int, rng: random.Random) -> Iterator[Example]:
    """Yield `count` texts made of `found`, as many of each kind; fewer kinds when there is nothing to plant of one."""
    whole = [each for each in found if (each.targets[1] > 0).all()]
    hosts = [each for each in whole if not each.targets[0].any() and len(each.item.text.split()) in HOST_WORDS]
    seeds = [each for each in whole if len(each.item.text.split()) in SEED_WORDS]
    said = [each for each in seeds if each.item.role in (Role.PROMPT, Role.TEXT)]
    retrieved = [each for each in seeds if each.item.role is Role.DOCUMENT]
    pairs = [
        ([_unjudged(each) for each in said if each.targets[0][_UNSAFE] == 1], _harmless(said)),
        ([each for each in retrieved if each.targets[0][_INJECTION] == 1], _harmless(retrieved)),
    ]
    kinds = [kind for pair in pairs if all(pair) for kind in pair]
    for kind in islice(cycle(kinds), count if hosts else 0):
        seed, host = rng.choice(kind), rng.choice(hosts)
        role = Role.DOCUMENT if seed.item.role is Role.DOCUMENT else rng.choice((Role.TEXT, Role.DOCUMENT))
        item = Item(role, _inside(seed.item.text, host.item.text, rng))
        yield msgspec.structs.replace(seed, id=f"{seed.id}/in/{host.id}", source=PLANTED, item=item, position="start")


def _harmless(found: Sequence[Example]) -> list[Example]:
    return [each for each in found if not each.targets[0].any()]


def _unjudged(seed: Example) -> Example:
    """Return a seed of which nobody judged whether it is a foreign instruction when it stands in a document."""
    values, weights = seed.targets
    weights = weights.copy()
    weights[_ATTACKS] = 0.0
    return msgspec.structs.replace(seed, targets=(values, weights))


def _inside(seed: str, host: str, rng: random.Random) -> str:
    """Put a text at the start of another, at its end, or between two of its sentences, each a third of the time."""
    sentences = _SENTENCE.split(host)
    sentences.insert(rng.choice((0, len(sentences), rng.randint(0, len(sentences)))), seed)
    return " ".join(sentences)
