"""Choose, balance and split: from source rows to the examples of a training run.

Sources are held out whole for evaluation. What remains is split by group, so that no question stands on both
sides, and sampled per source so that a large source does not drown a small one.
"""

import hashlib
import random
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from itertools import chain

import msgspec
import numpy as np

from models.encode import Item
from models.normalise import normalise
from models.training.corpus.duplicates import without_near_duplicates
from models.training.corpus.labels import ATTACK_SOURCES, HARMLESS, Targets, Trust, annotated_targets, source_targets
from models.training.corpus.mix import BROAD, Example, Mix
from models.training.corpus.plant import plant
from models.training.corpus.silver import like_read
from models.training.corpus.sources import (
    Annotation,
    Data,
    SourceMeaning,
    SourceRow,
    fingerprint,
    read_annotations,
    read_holdout,
    read_label_map,
    read_rows,
    without,
)
from models.training.corpus.written import MEANING, OWN, WRITTEN, read_written
from taxonomy.categories import Role

# Judged on, never trained on.
HELD_OUT = frozenset(
    "air_bench_excerpt catqa coconot deepset_injections oasst_sample surge_toxicity toxigen_demos".split()
)
# Word lists teach the encoder that a bare word is an answer; the other two are judged only as a whole.
LEFT_OUT = frozenset("ldnoobw_words jigsaw_sample ailuminate_demo_fr".split())
# Their rows are labelled by readers or not at all: attacks are labelled as wholes, written texts by their writers,
# multijail is in languages no teacher of ours reads, and surge_profanity is a list of words.
NEVER_SILVER = ATTACK_SOURCES | WRITTEN | {"multijail", "surge_profanity"}
DEV_SHARE = 0.08

ROLES = {"prompt": Role.PROMPT, "pair": Role.RESPONSE, "text": Role.TEXT, "document": Role.DOCUMENT}
# Where unsafe = 0 holds for the prompt of a pair as well as for the response that it judges.
HARMLESS_PROMPTS = HARMLESS.keys() - {"written_pairs", OWN, "gptfuzz_responses", "dices_990"}
# A share of the rows changes role, so that the role marker does not stand for the source it came from.
OTHER_ROLES = {Role.PROMPT: (Role.TEXT,), Role.TEXT: (Role.PROMPT, Role.DOCUMENT), Role.RESPONSE: (Role.DOCUMENT,)}
OTHER_ROLE_SHARE = 0.15


class Corpus(msgspec.Struct, frozen=True):
    """The examples of one run."""

    train: list[Example]
    dev: list[Example]
    held_out: list[Example]
    # Rows that nobody has read and that no other list holds, for a teacher to label; and those that were read, but for
    # doubted ones.
    unread: list[Example] = []
    read: list[Example] = []


def build_corpus(
    data: Data, seed: int, limit: int | None = None, mix: Mix = BROAD, left_out: Collection[str] = ()
) -> Corpus:
    """Read, map, deduplicate, balance and split. `limit` caps every source, for a trial run.

    The split does not depend on the mix: what one stage keeps for dev, no other stage trains on. The sources `left_out`
    are held out as well. Of a source held out no text is in a row of another that is trained on.
    """
    meanings = read_label_map(data) | {OWN: MEANING}
    annotations = read_annotations(data)
    holdout = read_holdout(data)
    own = read_written(data.own / "written") if data.own else ()
    allowed = without(holdout, chain(read_rows(data.folder / "train"), own))
    aside = HELD_OUT.union(left_out)
    rows = list(_distinct(_apart(allowed, aside)))
    trust = Trust(rows, {name: each for name, each in annotations.items() if not each.doubted})
    by_source: dict[str, list[Example]] = defaultdict(list)
    for row in rows:
        if mix.takes(row):
            by_source[row.source].extend(examples(row, meanings[row.source], annotations.get(row.id), trust))

    rng = random.Random(seed)  # noqa: S311  # sampling, not secrets
    corpus = Corpus([], [], [])
    for source, found in sorted(by_source.items()):
        if source in LEFT_OUT:
            continue
        if source in left_out:
            corpus.held_out.extend(found)
            continue
        if source in HELD_OUT:
            corpus.held_out.extend(found[:limit])
            continue
        taken = mix.sample(source, found, annotations.keys(), rng, limit)
        if mix.unread and source not in NEVER_SILVER:
            used = {example.id for example in taken} | annotations.keys()
            read = [e for e in found if e.id in annotations and not e.doubted and not is_dev(e.group)]
            left = like_read([e for e in found if e.id not in used and not is_dev(e.group)], read)
            corpus.unread.extend(rng.sample(left, min(mix.unread, limit or mix.unread, len(left))))
            corpus.read.extend(read)
        for example in taken:
            if not is_dev(example.group):
                repeats = mix.repeats(example, annotations.keys())
                corpus.train.extend(_in_some_role(example, rng) for _ in range(repeats))
            # With such rows, of which every one is taken, dev would be harder than its sources; without, it is a little
            # easier.
            elif not example.doubted:
                corpus.dev.append(example)
    rng.shuffle(corpus.train)
    return corpus


def training_set(corpus: Corpus, mix: Mix, seed: int) -> list[Example]:
    """Return what is trained on: `train` less what is nearly in another source or split, and what `mix` plants."""
    rng = random.Random(seed)  # noqa: S311  # sampling, not secrets
    found = list(without_near_duplicates(corpus.train, kept=[*corpus.held_out, *corpus.dev]))
    found.extend(plant(found, mix.planted, rng))
    rng.shuffle(found)
    return found


def examples(row: SourceRow, meaning: SourceMeaning, annotation: Annotation | None, trust: Trust) -> Iterator[Example]:
    """Yield the examples of a row: its text, and the prompt of a pair whose source is harmless throughout."""
    role = ROLES[row.kind]
    text = row.response if role is Role.RESPONSE else row.prompt if role is Role.PROMPT else row.text
    if not (text := normalise(text or "")):
        return
    context = normalise(row.prompt or "") if role is Role.RESPONSE else ""
    targets = annotated_targets(annotation) if annotation else source_targets(row, meaning, trust)
    position = next((tag.split(":")[1] for tag in row.labels if tag.startswith("position:")), "start")
    group = _group(row)
    named = sorted(label for label, value in row.labels.items() if value >= 0.5 and label in meaning.labels)
    says = f"{row.source} {row.unsafe} {' '.join(named)}"
    doubted = annotation is not None and annotation.doubted
    yield Example(row.id, row.source, group, Item(role, text, context or None), targets, position, says, doubted)
    if context and row.unsafe == 0 and row.source in HARMLESS_PROMPTS:
        # What a reader named is said in the response.
        targets = source_targets(row, meaning, trust)
        yield Example(row.id + "/prompt", row.source, group, Item(Role.PROMPT, context), targets, doubted=doubted)


def _apart(rows: Iterable[SourceRow], aside: Collection[str]) -> Iterable[SourceRow]:
    """Return the rows of the sources `aside` first, then those of other sources that share no text with them."""
    sides: tuple[list[SourceRow], list[SourceRow]] = ([], [])
    for row in rows:
        sides[row.source in aside].append(row)
    texts = frozenset(found for row in sides[1] for text in row.strings if (found := fingerprint(text)))
    return chain(sides[1], without(texts, sides[0]))


def _distinct(rows: Iterable[SourceRow]) -> Iterator[SourceRow]:
    """Drop rows whose texts were all seen before, in whichever source."""
    seen: set[tuple[str | None, ...]] = set()
    for row in rows:
        key = tuple(fingerprint(text) or text for text in row.strings)
        if key not in seen:
            seen.add(key)
            yield row


def _group(row: SourceRow) -> str:
    """Return what must stay on one side of a split: a pair's family, or one question with all its answers."""
    for tag in row.labels:
        if tag.startswith("pair:"):
            return f"{row.source}/{tag}"
    return f"{row.source}/{fingerprint(row.prompt) or row.id}" if row.prompt else row.id


def is_dev(group: str) -> bool:
    """Tell whether a group is kept for dev: by hash, the same in every run, whatever else is in the data."""
    return int.from_bytes(hashlib.sha256(group.encode()).digest()[:4], "big") < DEV_SHARE * 2**32


def _in_some_role(example: Example, rng: random.Random) -> Example:
    others = OTHER_ROLES.get(example.item.role, ())
    if example.source in ATTACK_SOURCES or not others or rng.random() >= OTHER_ROLE_SHARE:
        return example
    return msgspec.structs.replace(example, item=Item(rng.choice(others), example.item.text))


def stack(found: list[Example]) -> Targets:
    """Return (values, weights) of all examples, each of shape (len(found), outputs)."""
    return np.stack([e.targets[0] for e in found]), np.stack([e.targets[1] for e in found])
