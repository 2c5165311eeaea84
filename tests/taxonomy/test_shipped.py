"""What ships in taxonomy/data: sound, complete, and regular enough to be tuned line by line."""

import re

import pytest

from taxonomy.categories import Group, Role, Taxonomy
from taxonomy.files import DATA, check, native, shipped_crosswalks, shipped_policies
from taxonomy.policy import OnError, decided_slugs

FILES = sorted(DATA.rglob("*.yaml"))
POLICIES = shipped_policies()


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_every_shipped_file_passes_check(path):
    assert check(path) == ()


def test_what_ships_is_named_after_its_file():
    assert set(POLICIES) == {path.stem for path in DATA.glob("policies/*.yaml")} == {
        "default", "strict", "permissive", "children", "nano",
    }  # fmt: skip
    assert set(shipped_crosswalks()) == {path.stem for path in DATA.glob("crosswalks/*.yaml")}


def test_the_taxonomy_is_aegis_and_two_attacks():
    taxonomy = native()
    count = {group: sum(category.group is group for category in taxonomy.categories) for group in Group}
    assert count == {Group.CORE: 12, Group.FINE_GRAINED: 9, Group.FALLBACK: 2, Group.ATTACK: 2}
    assert len(taxonomy.trained) == 23
    assert taxonomy.attacks == {"jailbreak", "prompt_injection"}
    assert len(taxonomy.hazards) == 21
    assert set(taxonomy.slugs) - set(taxonomy.trained) == {"needs_caution", "other"}
    assert [slug for slug in taxonomy.slugs if slug in taxonomy.trained] == list(taxonomy.trained)


def test_the_taxonomys_digest_follows_its_content():
    taxonomy = native()
    assert Taxonomy(taxonomy.version, taxonomy.categories).digest == taxonomy.digest
    assert Taxonomy("2", taxonomy.categories).digest != taxonomy.digest
    assert Taxonomy(taxonomy.version, taxonomy.categories[::-1]).digest != taxonomy.digest


@pytest.mark.parametrize("name", POLICIES)
def test_a_policy_has_one_aligned_line_for_every_category_with_its_threshold_and_action(name):
    text = (DATA / "policies" / f"{name}.yaml").read_text("utf-8")
    section = re.search(r"^categories:\n(.*?)\n\n", text, re.S | re.M)
    rows = [re.fullmatch(r"  (\w+):( +)\{threshold: 0\.\d\d, action: \w+\}", row) for row in section[1].split("\n")]
    assert all(rows)
    assert tuple(row[1] for row in rows) == decided_slugs(native())
    assert len({len(row[1]) + len(row[2]) for row in rows}) == 1


@pytest.mark.parametrize("name", POLICIES)
def test_roles_change_actions_and_no_thresholds(name):
    rules = POLICIES[name].rules
    for slug in decided_slugs(native()):
        assert len({(rules[role][slug].threshold, rules[role][slug].review_band) for role in Role}) == 1, slug


def test_only_the_permissive_policy_lets_through_what_cannot_be_scored():
    assert {name for name, policy in POLICIES.items() if policy.on_error is OnError.OPEN} == {"permissive"}


@pytest.mark.parametrize("name", POLICIES)
def test_sexual_content_about_minors_blocks_everywhere(name):
    assert {POLICIES[name].rules[role]["sexual_minor"].action for role in Role} == {"block"}


@pytest.mark.parametrize("name", POLICIES)
def test_an_injection_blocks_in_a_document_and_distress_in_a_prompt_is_not_turned_away(name):
    assert POLICIES[name].rules[Role.DOCUMENT]["prompt_injection"].action == "block"
    assert POLICIES[name].rules[Role.PROMPT]["suicide_self_harm"].action in ("flag", "review")


@pytest.mark.parametrize(
    ("role", "slug", "action"),
    [
        ("prompt", "profanity", "flag"),
        ("prompt", "unauthorized_advice", "allow"),
        ("response", "unauthorized_advice", "flag"),
        ("prompt", "jailbreak", "block"),
        ("document", "jailbreak", "allow"),
        ("text", "jailbreak", "allow"),
        ("response", "immoral_unethical", "flag"),
        ("response", "high_risk_gov_decision", "flag"),
        ("text", "other", "flag"),
        ("text", "violence", "block"),
    ],
)
def test_the_default_policy_does_what_its_documentation_says(role, slug, action):
    assert POLICIES["default"].rules[Role(role)][slug].action == action


def test_the_policy_of_the_nano_bundle_differs_from_the_default_in_thresholds_alone():
    thresholds = {slug: rule.threshold for slug, rule in POLICIES["nano"].rules[Role.TEXT].items()}
    like = POLICIES["default"].with_thresholds(thresholds)
    for field in set(like.__struct_fields__) - {"name", "description", "digest"}:
        assert getattr(like, field) == getattr(POLICIES["nano"], field), field


def test_from_permissive_to_children_thresholds_only_fall():
    order = [POLICIES[name].rules[Role.TEXT] for name in ("permissive", "default", "strict", "children")]
    for slug in decided_slugs(native()):
        thresholds = [rules[slug].threshold for rules in order[:3]]
        assert thresholds == sorted(thresholds, reverse=True), slug
        assert order[3][slug].threshold <= order[1][slug].threshold, slug
