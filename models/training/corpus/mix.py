"""What a stage of training is made of: which rows it takes, how many of a source, and how often.

BROAD shows the encoder every style of text there is, at the word of sources that contradict one another. FOCUSED
follows it on few rows that were judged whole or name their category plainly: written and annotated rows repeated,
the others only as company, so that the second stage does not over-correct. SILVER adds rows that nobody has read,
as a teacher labels them. WORDS reads every text and no label.
"""

import random
from collections.abc import Collection, Sequence

import msgspec
import numpy as np

from models.encode import Item
from models.outputs import OUTPUTS
from models.training.corpus.labels import Targets
from models.training.corpus.sources import SourceRow
from models.training.corpus.written import OWN, WRITTEN


class Example(msgspec.Struct, frozen=True):
    """A normalised text with its targets: values and weights of shape (outputs,)."""

    id: str
    source: str
    group: str
    item: Item
    targets: Targets
    # Where the label's reason stands, when the source says so: which window of a long text to learn from.
    position: str = "start"
    # What its source says of it, in a word: rows of which a source says the same are alike.
    says: str = ""
    # Whether it was read because a model was unsure of it (Annotation.doubted).
    doubted: bool = False


class Mix(msgspec.Struct, frozen=True, kw_only=True):
    """One stage. `most` is the most rows of a source, `default_most` that of a source not listed."""

    name: str
    default_most: int
    most: dict[str, int]
    repeat_written: int
    repeat_annotated: int
    english_only: bool = False
    # Only rows that name a category strongly, or are judged harmless on every output.
    plain_only: bool = False
    # The most rows of a source that nobody has read, labelled by a teacher (see silver.py).
    unread: int = 0
    # Whether these rows are for a student, which learns on the word of the checkpoint that labels them (student.py).
    student: bool = False
    # Whether no label is read, and words are masked (pretrain.py).
    masked: bool = False
    # How many texts are made by planting a short one in a long harmless one.
    planted: int = 0
    # How much more a category's positive weighs than its negative: positives are rare.
    positive_weight: float = 1.0

    def takes(self, row: SourceRow) -> bool:
        """Tell whether a row's language is wanted."""
        return not (self.english_only and any(t.startswith("lang:") and t != "lang:en" for t in row.labels))

    def sample(
        self, source: str, found: Sequence[Example], annotated: Collection[str], rng: random.Random, limit: int | None
    ) -> list[Example]:
        """Return the examples of a source that this stage uses; in a plain mix, every annotated one is among them."""
        always: list[Example] = []
        if self.plain_only and source not in WRITTEN:
            always = [each for each in found if each.id in annotated]
            found = [each for each in found if each.id not in annotated and _is_plain(each)]
        most = min(self.most.get(source, self.default_most), limit or len(found))
        return always[:limit] + rng.sample(found, min(most, len(found)))

    def repeats(self, example: Example, annotated: Collection[str]) -> int:
        """Return how often an example is shown."""
        if example.source in WRITTEN:
            return self.repeat_written
        return self.repeat_annotated if example.id in annotated else 1


def _is_plain(example: Example) -> bool:
    values, weights = example.targets
    categories = slice(0, len(OUTPUTS) - 2)
    named = (values[categories] >= 0.5) & (weights[categories] >= 1.0)
    return bool(named.any()) or (not np.any(values) and int((weights > 0).sum()) >= len(OUTPUTS) - 4)


BROAD = Mix(
    name="broad",
    default_most=2500,
    most={
        "cysecbench": 900, "gpteacher": 3000, "davidson": 3500, "edos_sexism": 4000, "diasafety": 3500,
        "gptfuzz_responses": 2000, "identity_templates": 700, "presidio_synthetic": 700, "multijail": 400,
        "covid_fake_news": 2000, "hackaprompt_sample": 1200, "gandalf_mosscap": 1500, "medical_qa": 1500,
        "medquad": 1000, "gsm8k": 700, "arena_hard": 800, "redcode_exec": 500, "surge_profanity": 600,
        "decodingtrust_stereotype": 300, "counsel_chat": 1200, "written_pairs": 10_000, OWN: 50_000,
    },
    repeat_written=3,
    repeat_annotated=3,
)  # fmt: skip

FOCUSED = Mix(
    name="focused",
    default_most=120,
    most={
        "ailuminate_demo": 1200, "caia_safety": 600, "decodingtrust_toxicity": 300, "counsel_chat": 300,
        "bipia_docs": 500, "covid_fake_news": 250, "gsm8k": 80, "gpteacher": 600, "dolly_sample": 400,
        "cyberseceval_coding": 500, "surge_profanity": 100, "written_pairs": 10_000, OWN: 50_000,
    },
    repeat_written=1,
    repeat_annotated=1,
    planted=8000,
    english_only=True,
    plain_only=True,
    positive_weight=3.0,
)  # fmt: skip

SILVER = msgspec.structs.replace(FOCUSED, name="silver", unread=2500)

# A student has everything to learn but the words.
STUDENT = msgspec.structs.replace(FOCUSED, name="student", unread=10_000, student=True)

# Every text once.
WORDS = Mix(
    name="words", default_most=1_000_000, most={}, repeat_written=1, repeat_annotated=1, english_only=True, masked=True
)

MIXES = {mix.name: mix for mix in (BROAD, FOCUSED, SILVER, STUDENT, WORDS)}
