"""The ring of the last decisions: the newest, in order, whatever is put in."""

import numpy as np
import pytest

from service.decisions.names import OTHERS, Names
from service.decisions.recent import MOST_POLICIES, MOST_TENANTS, Recent
from taxonomy.categories import Role
from taxonomy.decision import steps
from taxonomy.files import native
from tests.service.decisions.made import DEFAULT, WEAPON, judged, noted

EPOCH_MS = 1_700_000_000_000.0


def test_a_decision_comes_back_as_numbers():
    recent = Recent(10)
    weapon = judged(WEAPON, Role.DOCUMENT, cached=True, supported=False)
    recent.add([noted(weapon, judged(degraded=True), tenant="acme", version=2, thresholds={"hate": 0.5})], EPOCH_MS)
    recent.add([noted(judged())], EPOCH_MS)
    rows = recent.rows()
    assert len(rows) == 3
    assert rows.time.tolist() == [1_700_000_001_000] * 3
    assert rows.latency.tolist() == pytest.approx([5.0] * 3)
    assert rows.scores[0].tolist() == list(steps(weapon.scored.scores))
    assert rows.scores.shape == (3, 25)
    assert [list(Role)[i] for i in rows.role] == [Role.DOCUMENT, Role.PROMPT, Role.PROMPT]
    assert rows.verdict.tolist() == [weapon.verdict.action.gravity, 0, 0] != [0, 0, 0]
    acting = [slug for i, slug in enumerate(native().slugs) if int(rows.acting[0]) >> i & 1]
    assert acting == [each.slug for each in weapon.verdict.categories if each.action != "allow"] != []
    assert rows.acting[1:].tolist() == [0, 0]
    assert rows.cached.tolist() == [True, False, False]
    assert rows.degraded.tolist() == [False, True, False]
    assert rows.supported.tolist() == [False, True, True]
    assert rows.own.tolist() == [True, True, False]
    assert [rows.tenants[i] for i in rows.tenant] == ["acme", "acme", ""]
    assert [rows.policies[i] for i in rows.policy] == [("default", 2), ("default", 2), ("default", 0)]


@pytest.mark.parametrize("chunk", [1, 3, 7, 10, 11, 25])
def test_the_newest_stay_in_order(chunk):
    recent = Recent(10)
    for begin in range(0, 50, chunk):
        recent.add([noted(began=float(i)) for i in range(begin, begin + chunk)], 0.0)
        end = begin + chunk
        assert recent.rows().time.tolist() == [1000 * i for i in range(max(0, end - 10), end)]


def test_rows_are_copies():
    recent = Recent(3)
    recent.add([noted(judged(WEAPON)) for _ in range(3)], 0.0)
    rows = recent.rows()
    recent.add([noted() for _ in range(3)], 0.0)
    assert rows.verdict.tolist() == [3, 3, 3]
    assert rows.scores.max() == 9950


def test_rows_can_be_chosen():
    recent = Recent(4)
    recent.add([noted(tenant=name) for name in "abab"], 0.0)
    rows = recent.rows()
    chosen = rows.where(np.array([rows.tenants[i] == "b" for i in rows.tenant]))
    assert len(chosen) == 2
    assert {chosen.tenants[i] for i in chosen.tenant} == {"b"}


def test_tenants_beyond_the_bound_are_counted_together_and_make_room_when_their_rows_are_gone():
    recent = Recent(2 * MOST_TENANTS)
    recent.add([noted(tenant=str(i)) for i in range(2 * MOST_TENANTS)], 0.0)
    rows = recent.rows()
    assert [rows.tenants[i] for i in rows.tenant] == [
        *(str(i) for i in range(MOST_TENANTS)),
        *[None] * MOST_TENANTS,
    ]
    assert len(rows.tenants) == MOST_TENANTS + 1
    recent.add([noted(tenant="new") for _ in range(MOST_TENANTS)], 0.0)  # over the rows of the first 500
    recent.add([noted(tenant="new")], 0.0)
    rows = recent.rows()
    assert [rows.tenants[i] for i in rows.tenant[-2:]] == [None, "new"]


def test_policies_are_bounded_too():
    recent = Recent(1000)
    recent.add([noted(version=i) for i in range(300)], 0.0)
    rows = recent.rows()
    assert [rows.policies[i] for i in rows.policy[:MOST_POLICIES]] == [(DEFAULT.name, i) for i in range(MOST_POLICIES)]
    assert set(rows.policy[MOST_POLICIES:].tolist()) == {OTHERS}


def test_an_empty_ring_has_no_rows():
    rows = Recent(5).rows()
    assert (len(rows), rows.scores.shape) == (0, (0, 25))


def test_a_name_keeps_its_number_until_it_is_forgotten():
    names: Names[str] = Names(2)
    a, b, c = map(names.number, "abc")
    assert (names.number("a"), c) == (a, OTHERS)
    assert names.full
    names.keep([b])
    assert not names.full
    assert names.number("c") == a
    assert names.table()[b] == "b"
