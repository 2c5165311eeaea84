"""A path counted in places is the path decided: at every point what models.decide says of the policy of that point."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from models.decide import decide_all
from models.outputs import OUTPUTS
from models.tuning.bands import band_changes, banded, follow, thresholds, widths, with_changes, without
from models.tuning.levels import TOP, along, levels, movable, stopped
from models.tuning.objective import Counted
from models.tuning.rows import LabelledRows, distinct
from taxonomy.categories import Role
from taxonomy.decision import STEPS
from taxonomy.policy import Action, Band, OnError, OnUnsupported, Policy, Rule
from tests.models.tuning.made import SLUGS

SHARES = st.integers(0, 100).map(lambda n: n / 100) | st.integers(0, STEPS).map(lambda n: n / STEPS)
RULES = st.builds(Rule, SHARES, st.sampled_from(Action), st.builds(Band, SHARES, SHARES), st.booleans())
# A few rules, dealt out by a seed: drawing one for each category and role would be most of the test's time.
POLICIES = st.tuples(st.lists(RULES, min_size=1, max_size=6), st.integers(0, 2**32 - 1), st.sampled_from(OnUnsupported))


def policy_from(drawn):
    rules, seed, unsupported = drawn
    rng = np.random.default_rng(seed)
    of_role = {role: {slug: rules[rng.integers(len(rules))] for slug in SLUGS} for role in Role}
    return Policy("made", "", OnError.CLOSED, of_role, unsupported)


def rows_from(seed, n=150):
    rng = np.random.default_rng(seed)
    scores = (rng.random((n, len(OUTPUTS))) ** rng.choice([0.2, 1, 4, 12]) * STEPS).astype(np.uint16)
    labels = np.zeros(scores.shape, bool)
    return distinct(
        LabelledRows(
            np.where(rng.random(scores.shape) < 0.5, scores // 100 * 100, scores).astype(np.uint16),
            labels,
            labels,
            rng.integers(0, len(Role), n).astype(np.uint8),
            np.arange(n),
            rng.random(n) < 0.9,
        )
    )


def path_from(seed, number=25):
    rng = np.random.default_rng(seed)
    return -np.sort(-rng.integers(0, TOP + 1, (number, len(SLUGS))), axis=0).astype(np.int16)


SEEDS = st.integers(0, 2**32 - 1)


@settings(max_examples=60, deadline=None)
@given(POLICIES, SEEDS, st.sampled_from(Counted))
def test_thresholds_on_their_way_down(drawn, seed, counts):
    policy, rows, points = policy_from(drawn), rows_from(seed), path_from(seed)
    tuned = movable(policy, counts)
    found = along(points, levels(rows, policy, counts, tuned), rows, policy, counts)
    some = np.random.default_rng(seed).random(len(rows.scores)) < 0.7
    counted = found.counts(len(points), some)
    for i, point in enumerate(points):
        served = with_changes(policy, thresholds(point, tuned))
        decided = decide_all(rows.scores, rows.roles, rows.supported, served)
        expected = stopped(decided.actions, decided.flagged, counts)
        assert found.at(i).tolist() == expected.tolist()
        assert counted[i] == expected[some].sum()


@settings(max_examples=60, deadline=None)
@given(POLICIES, SEEDS)
def test_bands_on_their_way_out(drawn, seed):
    policy, rows, points = policy_from(drawn), rows_from(seed), path_from(seed)
    has_band = banded(policy, np.random.default_rng(seed).random(len(SLUGS)) < 0.8)
    wide, _ = widths(points, policy, has_band)
    assert (np.diff(wide, axis=0) >= 0).all()
    bare = without(policy, has_band)
    found = follow(rows, bare, wide)
    everything = np.ones(len(rows.scores), bool)
    reviews, caught = found.reviews(len(wide), everything), found.caught(len(wide), everything)
    for i in range(len(wide)):
        served = with_changes(bare, band_changes(wide[i], has_band))
        decided = decide_all(rows.scores, rows.roles, rows.supported, served)
        assert reviews[i] == (decided.actions == Action.REVIEW.gravity).sum()
        assert caught[i] == (decided.actions > Action.ALLOW.gravity).sum()
        assert (decided.flagged == found.flagged).all()  # a band changes nothing of what is decided alone
