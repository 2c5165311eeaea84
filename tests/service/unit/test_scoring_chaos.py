"""Many requests at once, and everything going wrong among them: what answers come are right, and nothing is left."""

import asyncio
import random

import pytest

from models.encode import Item
from service.cache.store import NoStore
from service.errors import ServiceError
from taxonomy.categories import Role
from tests.service.unit.session import sample

pytestmark = pytest.mark.usefixtures("no_lost_errors")


@pytest.mark.parametrize("seed", range(5))
async def test_whatever_happens_each_gets_its_own_answer_and_nothing_is_left(make_scoring, model, metrics, seed):
    """Cancelled, late, refused and failing requests among good ones: chaos with a seed."""
    chance = random.Random(seed)
    scoring = make_scoring(NoStore(), batch_tokens=40, max_queued_tokens=250)
    texts = [Item(Role.TEXT, f"{'weapon ' if i % 2 else ''}the cat " * (i + 1)) for i in range(8)]
    loop = asyncio.get_running_loop()

    async def client() -> None:
        chosen = chance.choices(texts, k=chance.randint(1, 4))
        deadline = loop.time() + chance.random() / 100 if chance.random() < 0.3 else None
        try:
            scored = await scoring.score(chosen, deadline)
        except ServiceError:
            return
        for item, each in zip(chosen, scored, strict=True):
            assert (each.scores.unsafe > 0.5) == ("weapon" in item.text)
            assert each.coverage.tokens == len(item.text.split())

    tasks = []
    for _ in range(60):
        tasks.append(asyncio.create_task(client()))
        model.error = RuntimeError() if chance.random() < 0.1 else None
        if chance.random() < 0.4:
            chance.choice(tasks).cancel()
        await asyncio.sleep(chance.choice([0, 0, 0.001]))
    model.error = None
    found = await asyncio.wait_for(asyncio.gather(*tasks, return_exceptions=True), 60)
    assert {type(each) for each in found} <= {type(None), asyncio.CancelledError}
    await scoring.score([Item(Role.TEXT, "the door")])
    assert sample(metrics, "tidegate_queued_tokens") == 0
    assert scoring._flights._flights == {}
