"""Lines of the log: what is noted comes back as a Decision, and of the text nothing but a hash."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from taxonomy.categories import Role
from taxonomy.decision import Decision, scores_of
from taxonomy.files import native, shipped_policies
from taxonomy.policy import Action
from tests.service.decisions.made import DEFAULT, WEAPON, judged, lines, noted

EPOCH_MS = 1_700_000_000_000.0


def read(line: bytes) -> Decision:
    return msgspec.json.decode(line, type=Decision)


def test_what_was_noted_comes_back():
    weapon = judged(WEAPON, Role.RESPONSE, cached=True, supported=False, language="eo")
    asked = noted(weapon, judged(), answer="tg-" + "0" * 24, tenant="acme", version=3, thresholds={"hate": 0.5})
    first, second = map(read, lines().of(asked, EPOCH_MS))
    assert first == Decision(
        id="tg-000000000000000000000000-0",
        time=1_700_000_001_000,
        role=Role.RESPONSE,
        scores=first.scores,
        verdict=Action.BLOCK,
        policy="default",
        policy_digest=DEFAULT.digest[7:23],
        model="ab" * 8,
        taxonomy="cd" * 8,
        text=first.text,
        tokens=12,
        scored=12,
        windows=1,
        tenant="acme",
        version=3,
        language="eo",
        supported=False,
        cached=True,
        thresholds={"hate": 0.5},
    )
    assert scores_of(first.scores, native()) == weapon.scored.scores
    assert (second.id, second.verdict) == ("tg-000000000000000000000000-1", Action.ALLOW)


def test_a_degraded_decision_says_so():
    (line,) = lines().of(noted(judged(degraded=True)), EPOCH_MS)
    assert read(line).degraded


@given(
    st.text(max_size=20),
    st.dictionaries(st.sampled_from(native().trained), st.floats(0, 1), max_size=3),
    st.integers(0, 9),
)
def test_no_name_of_a_tenant_breaks_a_line(tenant, thresholds, version):
    asked = noted(tenant=tenant, thresholds=thresholds, version=version)
    (line,) = lines().of(asked, EPOCH_MS)
    found = read(line)
    assert (found.tenant, found.thresholds, found.version) == (tenant, thresholds, version)
    assert b"\n" not in line


def test_of_a_text_asked_often_the_line_is_made_once_and_each_request_has_its_own_beginning():
    often = judged(cached=True)
    (first,) = lines().of(noted(often, tenant="a"), EPOCH_MS)
    kept = often.written["decision"]
    (second,) = lines().of(noted(often, tenant="b"), EPOCH_MS)
    assert often.written["decision"] is kept
    one, other = read(first), read(second)
    assert (one.tenant, other.tenant) == ("a", "b")
    assert msgspec.structs.replace(other, id=one.id, tenant="a") == one


def test_a_hash_is_the_texts_under_the_secret_and_not_the_one_of_the_cache():
    def text(secret: bytes, text_hash: bytes) -> str:
        (line,) = lines(secret=secret).of(noted(judged(text=text_hash)), EPOCH_MS)
        return read(line).text

    assert text(b"secret", b"a" * 32) == text(b"secret", b"a" * 32)
    assert len({text(b"secret", b"a" * 32), text(b"secret", b"b" * 32), text(b"other", b"a" * 32)}) == 3
    assert len(text(b"secret", b"a" * 32)) == 32
    assert (b"a" * 32).hex()[:32] != text(b"secret", b"a" * 32)


@pytest.mark.parametrize("share", [0.0, 0.25, 1.0])
def test_a_sample_keeps_whole_answers_and_about_its_share_of_them(share):
    made = lines(share)
    kept = [len(list(made.of(noted(judged(), judged(), judged()), EPOCH_MS))) for _ in range(4000)]
    assert set(kept) <= {0, 3}
    assert sum(map(bool, kept)) / 4000 == pytest.approx(share, abs=0.02)


def test_every_replica_keeps_the_same_answers():
    asked = [noted() for _ in range(200)]
    one, other = lines(0.5), lines(0.5, b"other")
    assert [bool(list(one.of(a, 0.0))) for a in asked] == [bool(list(other.of(a, 0.0))) for a in asked]


def test_the_policy_in_a_line_is_the_one_that_decided():
    strict = shipped_policies()["strict"]
    (line,) = lines().of(noted(policy=strict), EPOCH_MS)
    assert (read(line).policy, read(line).policy_digest) == ("strict", strict.digest[7:23])
