"""Where the time of a request goes: `python -m tests.bench.steps` prints the table of ARCHITECTURE.md.

Microseconds of each step of one text. A step is measured hot, in a loop of its own, and the least of several rounds is
taken: what else the machine does can only add. Behind a run of the session, which drives everything else out of the
processor's caches, a step takes longer; and so does the session behind a pause, for which the median is given.
"""

import asyncio
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from statistics import median
from typing import Any

import msgspec
from tokenizers import Tokenizer

from models.backend import Backend, Device
from models.bundle import SHIPPED, Bundle
from models.calibrate import as_scores
from models.encode import Encoded, Encoder, Item
from models.language import identify
from models.scorer import Scorer, normalised
from models.threads import available_threads
from models.views import Reader
from service.batching.tickets import Logits
from service.cache.memory import MemoryStore
from service.cache.record import Coverage, Keys, Record
from service.cache.written import WriteBehind
from service.judge import Judged
from service.routes.classify import item_out
from service.scoring import Scored
from service.wire.native import ClassifyRequest
from taxonomy.categories import Role
from taxonomy.files import shipped_policies
from taxonomy.verdict import decide
from tests.bench.mixes import Mix, mixes

RESTED = "session, one core, that has rested for 5 ms"
STEPS = (
    "decode, normalise, key",
    "look for disguises, tell the language",
    "tokenise and cut windows",
    "session, all cores",
    "session, one core",
    RESTED,
    "pool, calibrate, decide, encode the answer",
    "unpack from the cache",
    "look up in memory, miss and keep",
)
TEXTS = 200
RUNS = 20  # of the session, which takes long
ROUNDS = 20


def main() -> None:
    """Measure, and print a column a mix."""
    scorer = Scorer(Bundle.open(SHIPPED), Device.CPU, available_threads())
    columns = {mix.name: steps(scorer, mix) for mix in mixes() if mix.name != "2,000 tokens"}
    sys.stdout.writelines(f"{line}\n" for line in as_table(columns))


def as_table(columns: dict[str, dict[str, float]]) -> Iterator[str]:
    """Yield the lines of a Markdown table, given title -> step -> microseconds."""
    yield f"| step | {' | '.join(columns)} |"
    yield "|---" * (1 + len(columns)) + "|"
    for step in next(iter(columns.values())):
        yield f"| {step} | {' | '.join(f'{column[step]:,.0f}' for column in columns.values())} |"


def steps(scorer: Scorer, mix: Mix) -> dict[str, float]:
    """Return step -> the microseconds it takes for one text."""
    items = [Item(Role(mix.role), text) for text in mix.texts[:TEXTS]]
    bodies = [msgspec.json.encode({"items": [{"role": item.role, "text": item.text}]}) for item in items]
    texts = [normalised(item) for item in items]
    tokenizer = Tokenizer.from_file(str(SHIPPED / "tokenizer.json"))
    reader, plain = Reader(tokenizer.get_vocab()), Encoder(tokenizer, scorer.bundle.manifest.encoding)
    encoded = scorer.encoder.encode(texts[:RUNS])
    rows = [scorer.backend.run(each.windows) for each in encoded]
    scored = list(zip(rows, encoded, strict=True))
    records = [Record.of(scorer.pool(row, each.windows), Coverage.of(each)) for row, each in scored]
    packed = [record.pack() for record in records]
    taken = _Steps(scorer, Role(mix.role))
    pairs = list(zip(bodies, items, strict=True))
    found: tuple[tuple[Callable[[Any], object], Sequence[Any]], ...] = (
        (taken.key, pairs),
        (lambda each: (reader.views(each.text), identify(each.text)), texts),
        (lambda each: plain.encode([each]), texts),
        (lambda each: scorer.backend.run(each.windows), encoded),
        (lambda each: scorer.backend.run_beside(each.windows), encoded),
        (taken.answer, 10 * scored),  # else most of them would come right behind the session
        (lambda each: Record.unpack(each, scorer.backend.width), 10 * packed),
    )
    # Round after round, so that a busy neighbour does not fall on all rounds of one step.
    rounds = [[*(_each(*step) for step in found), asyncio.run(_miss(100 * records))] for _ in range(ROUNDS)]
    least = [min(times) for times in zip(*rounds, strict=True)]
    rested = median(_rested(scorer.backend, each) for each in encoded)
    at = STEPS.index(RESTED)
    return dict(zip(STEPS, [*least[:at], rested, *least[at:]], strict=True))


class _Steps:
    """Steps that go together, as the service takes them."""

    def __init__(self, scorer: Scorer, role: Role) -> None:
        self._scorer, self._role, self._policy = scorer, role, shipped_policies()["default"]
        self._keys = Keys(b"secret", scorer.bundle.digest)
        self._decoder, self._encoder = msgspec.json.Decoder(ClassifyRequest), msgspec.json.Encoder()

    def key(self, given: tuple[bytes, Item]) -> bytes:
        body, item = given
        self._decoder.decode(body)
        return self._keys.key(normalised(item))

    def answer(self, given: tuple[Logits, Encoded]) -> bytes:
        rows, encoded = given
        record = Record.of(self._scorer.pool(rows, encoded.windows), Coverage.of(encoded))
        scores = as_scores(self._scorer.calibration.of_one(record.pooled.logits, self._role))
        scored = Scored(scores, record.pooled.views, record.coverage, cached=False)
        judged = Judged(self._role, scored, decide(scores, self._policy, self._role), ())
        return self._encoder.encode(item_out(judged, "0"))


async def _miss(records: Sequence[Record]) -> float:
    """Return the microseconds that a text costs a cache which never knows it, and is full."""
    store = MemoryStore(len(records) // 2, 60.0)
    written = WriteBehind(store)
    keys = [i.to_bytes(32, "big") for i in range(len(records))]
    began = time.perf_counter()
    for key, record in zip(keys, records, strict=True):
        await store.get([key])
        written.put(key, record.pack())
        await asyncio.sleep(0)  # its turn for what writes
    return 1e6 * (time.perf_counter() - began) / len(records)


def _rested(backend: Backend, encoded: Encoded) -> float:
    """Return the microseconds of one run of the session behind a pause, as between two requests."""
    time.sleep(0.005)
    began = time.perf_counter()
    backend.run_beside(encoded.windows)
    return 1e6 * (time.perf_counter() - began)


def _each(step: Callable[[Any], object], values: Sequence[Any]) -> float:
    """Return the microseconds a value takes."""
    began = time.perf_counter()
    for value in values:
        step(value)
    return 1e6 * (time.perf_counter() - began) / len(values)


if __name__ == "__main__":
    main()
