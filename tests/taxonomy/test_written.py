"""A policy to YAML and back: nothing is lost, and a person can read it."""

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from taxonomy.categories import Role
from taxonomy.document import DocumentError
from taxonomy.evidence import Evidence, Promise
from taxonomy.files import DATA, native
from taxonomy.policy import Action, Band, OnError, OnUnsupported, Override, RuleChange, decided_slugs
from taxonomy.resolve import PolicyFile
from taxonomy.written import as_yaml, from_yaml

SHARES = st.integers(0, 100).map(lambda n: n / 100) | st.floats(0, 1)
# Any character but half of a pair, which is in no UTF-8 text.
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)
NAMES = st.from_regex(r"[A-Za-z0-9][A-Za-z0-9._-]{0,20}", fullmatch=True) | st.sampled_from(
    ["yes", "null", "1.0", "0x1"]
)
BANDS = st.builds(Band, SHARES, SHARES)
CHANGES = st.builds(
    RuleChange,
    *(st.just(msgspec.UNSET) | each for each in (SHARES, st.sampled_from(Action), BANDS, st.booleans())),
)
WHOLE = st.builds(RuleChange, SHARES, st.sampled_from(Action), BANDS, st.booleans())
RULES = st.dictionaries(st.sampled_from(decided_slugs(native())), CHANGES, max_size=5)
ROWS = st.integers(0, 2**53)
PROMISES = st.builds(Promise, TEXTS, TEXTS, SHARES, ROWS, ROWS, st.none() | SHARES)
EVIDENCE = st.builds(Evidence, TEXTS, SHARES, *[TEXTS] * 4, ROWS, ROWS, st.lists(PROMISES, max_size=3).map(tuple))
BESIDE = {
    "description": TEXTS,
    "on_unsupported": st.none() | st.sampled_from(OnUnsupported),
    "override": st.none() | st.sampled_from(Override),
    "categories": RULES,
    "roles": st.dictionaries(st.sampled_from(Role).map(str), RULES, max_size=4),
    "evidence": st.none() | EVIDENCE,
}
FILES = st.builds(PolicyFile, name=NAMES, on_error=st.sampled_from(OnError), defaults=WHOLE, **BESIDE) | st.builds(
    PolicyFile,
    name=NAMES,
    extends=NAMES,
    on_error=st.none() | st.sampled_from(OnError),
    defaults=st.none() | CHANGES,
    **BESIDE,
)


@settings(max_examples=300, deadline=None)
@given(FILES)
def test_nothing_is_lost_on_the_way_out_and_back(file: PolicyFile):
    text = as_yaml(file)
    assert from_yaml(text, "there") == file
    assert as_yaml(from_yaml(text, "there")) == text


@pytest.mark.parametrize("path", sorted((DATA / "policies").glob("*.yaml")), ids=lambda path: path.stem)
def test_a_shipped_policy_comes_back_as_it_is_written_but_for_its_comments(path):
    text = path.read_text("utf-8")
    uncommented = [line for line in text.splitlines() if not line.lstrip().startswith("#")]
    assert as_yaml(from_yaml(text, path.name)).splitlines() == uncommented


def test_how_it_looks():
    file = PolicyFile(
        name="mine",
        description="For us: adults, mostly.",
        extends="default",
        override=Override.STRICTER,
        categories={
            "threat": RuleChange(0.4, Action.FLAG, Band(0.1, 0.05)),
            "hate": RuleChange(threshold=0.12345, shadow=True),
        },
        roles={"document": {"malware": RuleChange(action=Action.ALLOW)}, "prompt": {}},
        evidence=Evidence(
            "max_recall@fpr<=0.01", 0.95, "2026-11-22", "sha256:aa", "sha256:bb", "sha256:cc", 500, 480,
            (Promise("overall", "fpr", 0.0089, 300, 0, 0.01), Promise("hate", "recall", 0.71, 40, 6)),
        ),
    )  # fmt: skip
    assert (
        as_yaml(file)
        == """\
kind: policy
name: mine
description: 'For us: adults, mostly.'
extends: default
override: stricter

categories:
  hate:                                {threshold: 0.12345, shadow: true}
  threat:                              {threshold: 0.40, action: flag, review_band: {below: 0.10, above: 0.05}}

roles:
  prompt: {}
  document:
    malware:                             {action: allow}

evidence:
  objective: max_recall@fpr<=0.01
  confidence: 0.95
  made: '2026-11-22'
  data: sha256:aa
  model: sha256:bb
  rules: sha256:cc
  chosen_on: 500
  verified_on: 480
  promises:
    - {of: overall, figure: fpr, bound: 0.0089, rows: 300, errors: 0, limit: 0.01}
    - {of: hate, figure: recall, bound: 0.71, rows: 40, errors: 6}
"""
    )


def test_a_text_with_mistakes_is_refused_with_all_of_them():
    with pytest.raises(DocumentError) as caught:
        from_yaml("kind: policy\nname: mine\ndescription: ''\nextends: no such\noverride: maybe\n", "sent")
    assert str(caught.value).splitlines() == [
        "sent:4: extends: must be a name of letters, digits, '.', '_' and '-', not 'no such'",
        "sent:5: override: must be one of none, stricter, any, not 'maybe'",
    ]
