"""Which part of a text scores what: its windows one by one, for who asks. Never cached, never logged.

originals -> normalised, with the way back -> windows and where they stand -> batcher, a window a ticket -> scores
"""

import asyncio
from collections.abc import Iterable, Sequence

import msgspec

from models.calibrate import as_scores
from models.encode import Encoded, Item
from models.normalise import Aligned
from models.pool import Pooled, for_length
from models.scorer import Scorer, normalised
from service.batching.batcher import Batcher
from service.errors import DeadlineExceeded, ScoringFailed, TooLarge
from taxonomy.files import native

# The way back from a normalised text is found character by character: a second for a million of them.
MOST_CHARS = 50_000


class WindowScore(msgspec.Struct, frozen=True):
    """A window of the text as it stands: characters [start, end) of it, and the category that scores highest there.

    `unsafe` is the overall score. Both are in 0..1, and less what a text of as many windows gains by chance: the
    highest of all windows is the text's, unless a view has it.
    """

    start: int
    end: int
    slug: str
    score: float
    unsafe: float


def check_chars(texts: Iterable[str]) -> None:
    """Refuse texts that are too long to find their windows' places in, before anything is scored. Raises TooLarge."""
    if sum(map(len, texts)) > MOST_CHARS:
        raise TooLarge(f"windows: the texts have more than {MOST_CHARS} characters together")


class Windows:
    """Scores windows beside what Scoring scores, in the same queue. For one event loop."""

    def __init__(self, scorer: Scorer, batcher: Batcher) -> None:
        self._scorer = scorer
        self._batcher = batcher

    async def of(
        self, items: Sequence[Item], tenant: str = "", deadline: float | None = None
    ) -> Sequence[list[WindowScore] | None]:
        """Return the windows of each item, in order; None for all where the session failed, which no verdict waits for.

        `deadline` is in the event loop's clock. Raises Overloaded, DeadlineExceeded. What is queued is
        dropped when cancelled.
        """
        placed = await asyncio.to_thread(self._placed, items)
        alone = [Encoded((window,), len(window.ids), 0) for each, _ in placed for window in each.windows]
        queued = self._batcher.submit(alone, tenant)
        try:
            async with asyncio.timeout_at(deadline):
                pooled = iter(await asyncio.gather(*queued))
        except ScoringFailed:
            return [None] * len(items)
        except TimeoutError:
            raise DeadlineExceeded("the deadline passed before the windows' scores were there") from None
        finally:
            for each in queued:
                each.cancel()
        return [
            [self._score(item, next(pooled), encoded, span) for span in spans]
            for item, (encoded, spans) in zip(items, placed, strict=True)
        ]

    def _placed(self, items: Sequence[Item]) -> list[tuple[Encoded, list[tuple[int, int]]]]:
        """Return the windows of each text as it stands, and where they are in the original; in a thread."""
        out = []
        for item in items:
            aligned = Aligned(item.text)
            read = normalised(item)
            (encoded,) = self._scorer.encoder.encode([read])
            windows = tuple(window for window in encoded.windows if not window.view)
            spans = [aligned.span(begin, end) for begin, end in self._scorer.encoder.spans(read)]
            out.append((msgspec.structs.replace(encoded, windows=windows), spans))
        return out

    def _score(self, item: Item, pooled: Pooled, encoded: Encoded, span: tuple[int, int]) -> WindowScore:
        calibration = self._scorer.calibration
        logits = for_length(pooled, encoded.windows, calibration.tails).logits
        scores = as_scores(calibration.of_one(logits, item.role))
        score, slug = max(zip(scores.categories, native().trained, strict=True))
        return WindowScore(*span, slug, score, scores.unsafe)
