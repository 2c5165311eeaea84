"""Entries one by one: what each changes, and what becomes of one that cannot be read or contradicts."""

import msgspec
import pytest

from service.journal.document import fitted
from service.journal.entries import (
    Entry,
    KeyRevoked,
    PolicyRetired,
    PolicySaved,
    ShadowSet,
    TenantAssigned,
    encode,
)
from service.journal.fold import MOST_BYTES, NAMED, fold, folded
from service.journal.standing import Assignment, Skipped, Standing
from taxonomy.categories import Role
from taxonomy.decision import LAST_MOMENT
from taxonomy.document import DocumentError
from taxonomy.files import shipped_policies
from tests.service.journal.written import AUTHOR, activated, file, key, saved

NEWER = "it cannot be read: damaged, or written by a newer tidegate"
DAMAGED = "its policy cannot be read: damaged, or written by a newer tidegate"


def lines(*entries: Entry | bytes, begin: int = 1) -> list[bytes]:
    """Return entries as a store keeps them, each in its place."""
    return [
        each if isinstance(each, bytes) else encode(msgspec.structs.replace(each, revision=i, time=1000 * i))
        for i, each in enumerate(entries, begin)
    ]


def after(*entries: Entry | bytes) -> Standing:
    return folded(Standing(), lines(*entries))


def test_a_version_is_saved_activated_and_rolled_back() -> None:
    found = after(saved(), saved(version=2, threshold=0.7), activated(), activated(version=2), activated()).policies
    strict = found["strict"]
    assert (strict.active, strict.last, strict.revision, strict.shadow) == (1, 2, 5, None)
    assert [each.policy.rules[Role.TEXT]["violence"].threshold for each in strict.versions.values()] == [0.5, 0.7]
    assert [(each.revision, each.time) for each in strict.versions.values()] == [(1, 1000), (2, 2000)]


def test_version_0_gives_the_name_back() -> None:
    assert after(saved(), activated(), activated(version=0)).policies["strict"].active == 0


def test_a_retired_policy_can_be_read_and_comes_back() -> None:
    retired = after(saved(), activated(), ShadowSet(name="strict", version=1, author=AUTHOR), retirement())
    strict = retired.policies["strict"]
    assert (strict.retired, strict.active, strict.shadow, list(strict.versions)) == (True, 0, None, [1])
    back = folded(retired, lines(activated(), begin=5)).policies["strict"]
    assert (back.retired, back.active) == (False, 1)


def retirement() -> PolicyRetired:
    return PolicyRetired(name="strict", author=AUTHOR)


def test_a_shadow_is_set_and_taken_away() -> None:
    shadowed = after(saved(), ShadowSet(name="strict", version=1, author=AUTHOR))
    assert shadowed.policies["strict"].shadow == 1
    ended = folded(shadowed, lines(ShadowSet(name="strict", author=AUTHOR), begin=3))
    assert ended.policies["strict"].shadow is None


def test_a_candidate_that_is_activated_is_none_any_more_and_does_not_come_back() -> None:
    shadowed = after(saved(), saved(version=2), ShadowSet(name="strict", version=2, author=AUTHOR), activated())
    assert (shadowed.policies["strict"].active, shadowed.policies["strict"].shadow) == (1, 2)
    turned = folded(shadowed, lines(activated(version=2), begin=5))
    assert (turned.policies["strict"].active, turned.policies["strict"].shadow) == (2, None)
    back = folded(turned, lines(activated(), begin=6))
    assert (back.policies["strict"].active, back.policies["strict"].shadow) == (1, None)


def test_a_tenant_gets_a_policy_and_loses_it() -> None:
    given = after(TenantAssigned(tenant="acme", policy="strict", author=AUTHOR, reason="contract"))
    assert given.tenants == {"acme": Assignment("strict", 1, 1000, AUTHOR, "contract")}
    assert folded(given, lines(TenantAssigned(tenant="acme", author=AUTHOR), begin=2)).tenants == {}


def test_a_key_is_created_and_revoked() -> None:
    both = after(key(1), key(2), KeyRevoked(id="k1", author=AUTHOR)).keys
    assert [(each.id, each.revoked) for each in both.values()] == [("k1", 3000), ("k2", 0)]


def test_a_version_stays_what_it_was_when_its_parent_changes() -> None:
    old, new = (shipped_policies()[name] for name in ("default", "strict"))
    new = msgspec.structs.replace(new, name="default")
    written = file("mine", extends="default", on_error=None, defaults=None, categories={"violence": {"threshold": 0.9}})
    first = PolicySaved.of(written, old, version=1, author=AUTHOR)
    second = PolicySaved.of(written, new, version=2, author=AUTHOR)
    versions = after(first, second).policies["mine"].versions
    for number, parent in ((1, old), (2, new)):
        version = versions[number]
        assert version.parent == ("default", parent.digest)
        assert version.policy.digest == (first, second)[number - 1].digest
        assert version.policy.rules[Role.PROMPT]["violence"].threshold == 0.9
        assert version.policy.rules[Role.PROMPT]["hate"] == parent.rules[Role.PROMPT]["hate"]
        assert version.file == written
    assert versions[1].policy.digest != versions[2].policy.digest


def test_a_policy_that_is_wrong_makes_no_entry() -> None:
    with pytest.raises(DocumentError, match="unknown category 'violense', did you mean 'violence'"):
        PolicySaved.of(file(categories={"violense": {"threshold": 0.1}}), None, version=1, author=AUTHOR)
    with pytest.raises(DocumentError, match="unknown policy 'default'"):
        PolicySaved.of(file(extends="default"), None, version=1, author=AUTHOR)


def changed(entry: Entry, **fields: object) -> bytes:
    """Return the second entry of a journal with some fields changed; None takes one out."""
    plain = {**msgspec.json.decode(encode(msgspec.structs.replace(entry, revision=2))), **fields}
    return msgspec.json.encode({name: value for name, value in plain.items() if value is not None})


GALLERY = {
    "empty": (b"", NEWER),
    "no JSON": (b"{", NEWER),
    "cut off": (encode(saved(version=2))[:200], NEWER),
    "not UTF-8": (b'{"kind":"key revoked","id":"\xff","author":"ada","revision":2}', NEWER),
    "lone surrogate": (b'{"kind":"key revoked","id":"\\ud800","author":"ada","revision":2}', NEWER),
    "a list": (b"[]", NEWER),
    "nested deeply": (b'{"kind":"policy saved","document":' + b'{"a":' * 100_000, NEWER),
    "a number of 400 digits": (b'{"kind":"key revoked","id":"k","author":"a","time":' + b"9" * 400 + b"}", NEWER),
    "a time that no date has": (changed(key(7), time=LAST_MOMENT + 1), NEWER),
    "an unknown kind": (b'{"kind":"model replaced","author":"ada","revision":2}', NEWER),
    "no kind": (b'{"author":"ada","revision":2}', NEWER),
    "no author": (changed(key(7), author=None), NEWER),
    "a name that is none": (changed(activated(), name="a b"), NEWER),
    "a version below 0": (changed(activated(), version=-1), NEWER),
    "too long": (changed(key(7), note="x" * MOST_BYTES), f"it is longer than {MOST_BYTES} bytes"),
    "in the place of another": (changed(key(7), revision=1), "it is not in the place it says"),
    "in no place": (changed(key(7), revision=None), "it is not in the place it says"),
    "a version twice": (changed(saved()), "a version of that number was saved before"),
    "an unknown policy activated": (changed(activated("nobody")), "no policy of that name was saved"),
    "an unknown policy retired": (
        changed(PolicyRetired(name="nobody", author=AUTHOR)),
        "no policy of that name was saved",
    ),
    "an unknown policy in the shadow": (
        changed(ShadowSet(name="nobody", author=AUTHOR)),
        "no policy of that name was saved",
    ),
    "an unknown version activated": (changed(activated(version=2)), "no version of that number was saved"),
    "an unknown version in the shadow": (
        changed(ShadowSet(name="strict", version=2, author=AUTHOR)),
        "no version of that number was saved",
    ),
    "an unknown key revoked": (changed(KeyRevoked(id="k9", author=AUTHOR)), "no key of that id was created"),
    "nothing taken from a tenant": (changed(TenantAssigned(tenant="x", author=AUTHOR)), "the tenant had no policy"),
    "a policy of a newer tidegate": (
        changed(saved(version=2), document={**saved().document, "schedule": "nights"}),
        DAMAGED,
    ),
    "a policy that is none": (changed(saved(version=2), document={}), DAMAGED),
    "a policy without its parent": (
        changed(saved(version=2), document={**saved().document, "extends": "default"}),
        DAMAGED,
    ),
    "a parent that is none": (changed(saved(version=2), parent={"name": "default"}), DAMAGED),
    "a policy of another name": (changed(saved(version=2), name="mild"), "its policy has another name"),
    "a threshold changed afterwards": (
        changed(saved(version=2), document=saved(threshold=0.1).document),
        "its policy has another digest",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", GALLERY)
def test_what_is_wrong_is_skipped_and_named(name: str) -> None:
    line, reason = GALLERY[name]
    before = after(saved())
    found = folded(before, [line])
    assert (found.revision, found.skips, found.skipped) == (2, 1, (Skipped(2, reason),))
    assert found.policies["strict"].versions == before.policies["strict"].versions
    assert (found.policies["strict"].active, found.tenants, found.keys) == (0, {}, {})
    # And life goes on.
    went_on = folded(found, lines(activated(), key(1), begin=3))
    assert (went_on.policies["strict"].active, list(went_on.keys), went_on.skips) == (1, ["k1"], 1)


def test_a_parent_that_is_nearly_too_deep_to_be_read_is_survived() -> None:
    parent = shipped_policies()["default"]
    entry = PolicySaved.of(file(extends="default"), parent, version=2, author=AUTHOR)
    floor = msgspec.json.encode(msgspec.structs.replace(parent, rules={}))[:-1] + b',"floor":'
    whole = changed(entry, parent={**(entry.parent or {}), "floor": "HERE"})
    for depth in range(100, 1000, 20):
        line = whole.replace(b'"HERE"', floor * depth + b"null" + b"}" * depth)
        found = folded(after(saved()), [line, *lines(activated(), begin=3)])
        assert (found.revision, found.policies["strict"].active) == (3, 1)


@pytest.mark.parametrize("name", ["a key twice", "a key revoked twice", "a policy retired twice"])
def test_what_was_done_cannot_be_done_again(name: str) -> None:
    done, reason = {
        "a key twice": (key(1), "a key of that id is there already"),
        "a key revoked twice": (KeyRevoked(id="k1", author=AUTHOR), "the key was revoked before"),
        "a policy retired twice": (retirement(), "the policy was retired before"),
    }[name]
    assert after(saved(), key(1), *([] if name == "a key twice" else [done]), done).skipped[0].reason == reason


def test_the_number_of_a_version_that_cannot_be_read_stays_taken() -> None:
    newer = changed(saved(version=2), document={**saved().document, "schedule": "nights"})
    found = folded(after(saved()), [newer, *lines(saved(version=2), saved(version=3), begin=3)])
    assert found.skipped[1] == Skipped(3, "a version of that number was saved before")
    assert list(found.policies["strict"].versions) == [1, 3]


def test_fields_of_a_newer_tidegate_are_passed_over() -> None:
    found = folded(after(saved()), [changed(activated(), approved_by="grace")])
    assert (found.policies["strict"].active, found.skips) == (1, 0)


def test_a_version_from_another_taxonomy_has_a_rule_for_each_category_of_this_one() -> None:
    now = shipped_policies()["strict"]
    rules = {role: {"vanished": each["violence"], "violence": each["violence"]} for role, each in now.rules.items()}
    found = fitted(msgspec.structs.replace(now, rules=rules))
    spare = shipped_policies()["default"]
    for role in Role:
        assert found.rules[role] == {**spare.rules[role], "violence": now.rules[role]["violence"]}


def test_who_holds_a_standing_goes_on_reading_it() -> None:
    before = after(saved(), key(1), TenantAssigned(tenant="acme", policy="strict", author=AUTHOR))
    kept = msgspec.json.encode(before)
    gone = TenantAssigned(tenant="acme", author=AUTHOR)
    then = folded(before, lines(key(2), activated(), gone, saved(version=2), begin=4))
    assert (then.revision, then.skips, [*then.keys], [*then.tenants]) == (7, 0, ["k1", "k2"], [])
    one_more = fold(before, msgspec.structs.replace(key(2), revision=4))
    assert [*one_more.keys] == ["k1", "k2"]
    assert msgspec.json.encode(before) == kept


def test_only_the_latest_that_were_skipped_are_named() -> None:
    found = folded(Standing(), [b""] * (NAMED + 5))
    assert (found.skips, len(found.skipped), found.skipped[-1].revision) == (NAMED + 5, NAMED, NAMED + 5)


def test_no_reason_repeats_what_stands_in_the_entry() -> None:
    secret = changed(activated("osprey", version=3))
    assert "osprey" not in str(folded(after(saved()), [secret]).skipped)


def test_versions_keep_what_they_have_in_common_once() -> None:
    other = file(categories={"hate": {"threshold": 0.9}}, roles={"text": {"threat": {"action": "flag"}}})
    third = PolicySaved.of(other, None, version=3, author=AUTHOR)
    first, second, changed = after(saved(), saved(version=2), third).policies["strict"].versions.values()
    assert changed.policy.digest == third.digest
    for role in Role:
        assert second.policy.rules[role] is first.policy.rules[role]
        rules = changed.policy.rules[role]
        differing = {slug for slug, rule in rules.items() if rule is not first.policy.rules[role][slug]}
        assert differing == ({"hate", "threat"} if role is Role.TEXT else {"hate"})
        assert list(rules) == list(first.policy.rules[role])
        assert rules["hate"] is changed.policy.rules[Role.PROMPT]["hate"]
    assert changed.policy.rules[Role.DOCUMENT] is changed.policy.rules[Role.PROMPT]
