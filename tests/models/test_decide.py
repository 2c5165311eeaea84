"""decide_all() against decide(): the same policies, the same scores, one at a time and all at once."""

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.decide import decide_all, lowest_steps
from taxonomy.categories import Role
from taxonomy.decision import STEPS, scores_of
from taxonomy.files import native, shipped_policies
from taxonomy.policy import Action, Band, OnError, OnUnsupported, Policy, Rule
from taxonomy.verdict import decide
from tests.taxonomy.small import TAXONOMY, TRAINED

# Hundredths and sums of tenths (whose floats lie off the decimals), and any float.
SHARES = (
    st.integers(0, 100).map(lambda n: n / 100)
    | st.tuples(st.integers(0, 5), st.integers(0, 5)).map(lambda pair: pair[0] * 0.1 + pair[1] * 0.1)
    | st.floats(0, 1)
)
RULES = st.builds(Rule, SHARES, st.sampled_from(Action), st.builds(Band, SHARES, SHARES), st.booleans())
OF_ROLE = st.fixed_dictionaries(dict.fromkeys((*TRAINED, "other"), RULES))
ROLES = st.fixed_dictionaries(dict.fromkeys(Role, OF_ROLE))
ALONE = st.builds(Policy, st.just("test"), st.just(""), st.just(OnError.CLOSED), ROLES, st.sampled_from(OnUnsupported))
POLICIES = ALONE | st.builds(lambda policy, floor: msgspec.structs.replace(policy, floor=floor), ALONE, ALONE)


def edges_of(policy: Policy) -> list[int]:
    """Every threshold and band edge of a policy as a step, and the steps on both sides."""
    floor = edges_of(policy.floor) if policy.floor else []
    rules = [rule for of_role in policy.rules.values() for rule in of_role.values()]
    shares = {share for rule in rules for share in (rule.threshold, *rule.reviewed)}
    near = {round(share * STEPS) + offset for share in shares for offset in (-1, 0, 1)}
    return sorted({*floor, *(step for step in near if 0 <= step <= STEPS)})


@st.composite
def cases(draw):
    policy = draw(POLICIES)
    step = st.sampled_from(edges_of(policy)) | st.integers(0, STEPS)
    row = st.tuples(st.tuples(*[step] * (len(TRAINED) + 2)), st.sampled_from(Role), st.booleans())
    return policy, draw(st.lists(row, min_size=1, max_size=20))


def arrays_of(rows):
    places = list(Role)
    return (
        np.array([row[0] for row in rows], np.uint16),
        np.array([places.index(row[1]) for row in rows], np.uint8),
        np.array([row[2] for row in rows], np.bool_),
    )


def one_by_one(rows, policy, taxonomy):
    verdicts = [
        decide(scores_of(kept, taxonomy), policy, role, taxonomy, supported=supported) for kept, role, supported in rows
    ]
    return (
        [verdict.action.gravity for verdict in verdicts],
        [verdict.flagged for verdict in verdicts],
        [[each.action.gravity for each in verdict.categories] for verdict in verdicts],
    )


def all_at_once(rows, policy, taxonomy):
    return tuple(array.tolist() for array in decide_all(*arrays_of(rows), policy, taxonomy))


@settings(max_examples=200, deadline=None)
@given(cases())
def test_all_at_once_is_one_by_one(case):
    policy, rows = case
    assert all_at_once(rows, policy, TAXONOMY) == one_by_one(rows, policy, TAXONOMY)


@pytest.mark.parametrize("name", shipped_policies())
def test_the_shipped_policies_decide_alike_over_more_rows_than_are_compared_at_a_time(name):
    policy = shipped_policies()[name]
    random = np.random.default_rng(1)
    near = np.array(edges_of(policy), np.uint16)
    # Most scores are low, as in traffic, or every row would block; few are at an edge.
    scores = (random.random((40_000, len(native().trained) + 2)) ** 12 * STEPS).astype(np.uint16)
    at_edge = random.random(scores.shape) < 0.02
    scores[at_edge] = random.choice(near, at_edge.sum())
    roles = random.integers(0, len(Role), len(scores)).astype(np.uint8)
    supported = random.random(len(scores)) < 0.95
    decided = decide_all(scores, roles, supported, policy)
    assert set(decided.actions.tolist()) == {action.gravity for action in Action}
    places = list(Role)
    some = random.choice(len(scores), 2_000, replace=False)
    rows = [(tuple(scores[i].tolist()), places[roles[i]], bool(supported[i])) for i in some]
    expected = one_by_one(rows, policy, native())
    assert tuple(array[some].tolist() for array in decided) == expected


def test_a_threshold_beside_a_decimal_is_compared_as_a_float():
    # 0.1 + 0.2 lies above 0.3, so a score of 0.3 does not reach it; 0.7 - 0.6 lies below 0.1, so 0.1 does.
    assert lowest_steps([0.1 + 0.2, 0.3, 0.7 - 0.6, 0.0, 1.0, 5e-324]).tolist() == [3001, 3000, 1000, 0, 10_000, 1]


def test_no_rows_give_no_verdicts():
    decided = decide_all(*(array[:0] for array in arrays_of([((0,) * 6, Role.TEXT, True)])), policy(), TAXONOMY)
    assert [array.shape for array in decided] == [(0,), (0,), (0, 6)]


def policy() -> Policy:
    everywhere = dict.fromkeys((*TRAINED, "other"), Rule(0.5, Action.BLOCK))
    return Policy("test", "", OnError.CLOSED, dict.fromkeys(Role, everywhere))


def test_the_arrays_given_are_left_as_they_were():
    scores, roles, supported = arrays_of([((9000, 0, 0, 0, 9000, 0), Role.TEXT, True)] * 3)
    decide_all(scores, roles, supported, policy(), TAXONOMY)
    assert scores.tolist() == [[9000, 0, 0, 0, 9000, 0]] * 3


@pytest.mark.parametrize(
    ("scores", "roles", "supported", "message"),
    [
        (np.zeros((2, 5), np.uint16), [0, 0], [True, True], "scores of shape (2, 5) for 6 outputs"),
        (np.zeros(6, np.uint16), [0], [True], "scores of shape (6,) for 6 outputs"),
        (np.zeros((2, 6), np.uint16), [0], [True, True], "2 rows of scores, roles (1,), supported (2,)"),
        (np.zeros((2, 6), np.uint16), [0, 0], [True], "2 rows of scores, roles (2,), supported (1,)"),
        (
            np.full((1, 6), 10_001, np.uint16),
            [0],
            [True],
            "a score is 10001 ten-thousandths, which is no probability",
        ),
        (np.zeros((1, 6), np.uint16), [4], [True], "role 4 is none of 4"),
    ],
)
def test_what_cannot_be_decided_on_is_said(scores, roles, supported, message):
    with pytest.raises(ValueError) as raised:  # noqa: PT011 - the whole message is compared
        decide_all(scores, np.array(roles, np.uint8), np.array(supported), policy(), TAXONOMY)
    assert str(raised.value) == message
