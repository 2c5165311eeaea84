"""Where the time of a request goes: `python -m tests.bench.steps`.

Prints the microseconds of each step of one text. A step is measured hot, in a loop of its own; between two runs of the
session, which drives everything else out of the processor's caches, it takes two to three times as long.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from statistics import median
from typing import Any

import msgspec
from rich.console import Console
from rich.table import Table

from models.backend import Device
from models.bundle import SHIPPED, Bundle
from models.calibrate import as_scores
from models.encode import Item
from models.language import identify
from models.scorer import Scorer, normalised
from models.threads import available_threads
from models.views import Reader
from service.cache.record import Coverage, Keys, Record
from service.judge import Judged
from service.routes.classify import item_out
from service.scoring import Scored
from service.wire.native import ClassifyRequest
from taxonomy.categories import Role
from taxonomy.files import shipped_policies
from taxonomy.verdict import decide
from tests.bench.mixes import Mix, mixes

TEXTS = 200


def main() -> None:
    """Measure and print a column a mix."""
    scorer = Scorer(Bundle.open(SHIPPED), Device.CPU, available_threads())
    columns = {mix.name: dict(steps(scorer, mix)) for mix in mixes() if mix.name != "2,000 tokens"}
    table = Table("step", *(f"{name}, µs" for name in columns))
    for step in next(iter(columns.values())):
        table.add_row(step, *(f"{column[step]:,.1f}" for column in columns.values()))
    Console().print(table)


def steps(scorer: Scorer, mix: Mix) -> Iterator[tuple[str, float]]:
    """Yield each step's name and the microseconds it takes for one text."""
    items = [Item(Role(mix.role), text) for text in mix.texts[:TEXTS]]
    bodies = [msgspec.json.encode({"items": [{"role": item.role, "text": item.text}]}) for item in items]
    decoder, encoder = msgspec.json.Decoder(ClassifyRequest), msgspec.json.Encoder()
    keys, policy = Keys(b"secret", scorer.bundle.digest), shipped_policies()["default"]
    reader = Reader(scorer.encoder._tokenizer.get_vocab())
    encoded = [each for item in items for each in scorer.encoder.encode([normalised(item)])]
    windows = [each.windows for each in encoded]
    rows = [scorer.backend.run(each) for each in windows[:40]]
    pooled = [scorer.pool(row, each) for row, each in zip(rows, windows, strict=False)]
    records = [Record(each, Coverage.of(text)) for each, text in zip(pooled, encoded, strict=False)]
    packed = [record.pack() for record in records]
    role, outputs = items[0].role, scorer.backend.width
    scores = [as_scores(scorer.calibration.of_one(each.logits, role)) for each in pooled]
    verdicts = [decide(each, policy, role) for each in scores]
    judged = [
        Judged(role, Scored(score, record.pooled.views, record.coverage, cached=True), verdict, ())
        for score, record, verdict in zip(scores, records, verdicts, strict=True)
    ]
    yield "decode the request", _each(decoder.decode, bodies)
    yield "normalise", _each(normalised, items)
    yield "key", _each(keys.key, items)
    yield "look for disguises", _each(reader.views, [item.text for item in items])
    yield "tell the language", _each(identify, [item.text for item in items])
    yield "tokenise, cut windows, and both of these", _each(lambda item: scorer.encoder.encode([item]), items)
    yield "session, all cores", _each(scorer.backend.run, windows[:40])
    yield "session, one core", _each(scorer.backend.run_beside, windows[:40])
    yield "pool", _each(lambda pair: scorer.pool(*pair), list(zip(rows, windows, strict=False)))
    yield "pack for the cache", _each(Record.pack, records)
    yield "unpack from the cache", _each(lambda data: Record.unpack(data, outputs), packed)
    yield "calibrate", _each(lambda each: as_scores(scorer.calibration.of_one(each.logits, role)), pooled)
    yield "decide", _each(lambda each: decide(each, policy, role), scores)
    yield "encode the answer", _each(lambda each: encoder.encode(item_out(each, "0")), judged)


def _each(step: Callable[[Any], object], values: Sequence[Any], rounds: int = 7) -> float:
    """Return the median over rounds of the microseconds a value takes."""
    taken = []
    for _ in range(rounds):
        began = time.perf_counter()
        for value in values:
            step(value)
        taken.append(time.perf_counter() - began)
    return 1e6 * median(taken) / len(values)


if __name__ == "__main__":
    main()
