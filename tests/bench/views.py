"""What taking disguises off costs on texts that wear none: `python -m tests.bench.views`.

Scores the project's own test texts with and without views, in turns, and prints the ratio of the times. The texts
of `models/texts/test` hold hardly a disguise, so what is measured is the search and the rare mistaken view.
"""

import statistics
import sys
import time

from rich.console import Console
from rich.progress import track
from tokenizers import Tokenizer

from models.backend import Device
from models.bundle import SHIPPED, Bundle
from models.encode import Encoder, Item
from models.scorer import Scorer, normalised
from models.threads import available_threads
from models.training.corpus.written import TEXTS, read_batch
from taxonomy.categories import Role

ROUNDS, AT_ONCE = 5, 16


def main() -> None:
    """Measure and print."""
    scorer = Scorer(Bundle.open(SHIPPED), Device.CPU, available_threads())
    rows = [each for path in sorted((TEXTS / "test").glob("*.jsonl.gz")) for each in read_batch(path)]
    items = [normalised(Item(Role(each.role), each.text, each.context)) for each in rows]
    with_views, spec = scorer.encoder, scorer.bundle.manifest.encoding
    plain = Encoder(Tokenizer.from_file(str(SHIPPED / "tokenizer.json")), spec)
    ratios = []
    for _ in track(range(ROUNDS), "scoring", console=Console(file=sys.stderr)):
        seconds = [_seconds(scorer, encoder, items) for encoder in (plain, with_views)]
        ratios.append(seconds[1] / seconds[0])
    views = sum(1 for each in with_views.encode(items) if each.windows and each.windows[-1].view)
    times = f"{statistics.median(ratios):.3f} times ({min(ratios):.3f} to {max(ratios):.3f}, {ROUNDS} rounds)"
    Console().print(f"{len(items)} texts, {views} with a view: with views, scoring takes {times}")


def _seconds(scorer: Scorer, encoder: Encoder, items: list[Item]) -> float:
    began = time.perf_counter()
    for i in range(0, len(items), AT_ONCE):
        scorer.pooled(encoder.encode(items[i : i + AT_ONCE]))
    return time.perf_counter() - began


if __name__ == "__main__":
    main()
