"""What the application says of its parts before it serves."""

import pytest

from service.app import create_app
from service.configuration.settings import Settings


@pytest.mark.parametrize(
    ("bundle", "policy", "warned"),
    [
        ("nano", "nano", []),
        (
            "nano",
            "strict",
            ["the thresholds of the policy strict were chosen for another bundle; the policy for this one is nano"],
        ),
        ("default", "strict", []),
        (
            "default",
            "nano",
            ["the thresholds of the policy nano were chosen for another bundle; the policy for this one is default"],
        ),
    ],
)
def test_a_policy_for_another_bundle_is_warned_of(bundle, policy, warned, caplog):
    create_app(Settings(bundle=bundle, policy=policy, state="off", threads=1))
    assert [each.message for each in caplog.records if each.name == "tidegate"] == warned


def test_a_policy_of_ones_own_is_not(tmp_path, caplog):
    own = tmp_path / "mine.yaml"
    own.write_text("kind: policy\nname: mine\ndescription: d\nextends: default\n", "utf-8")
    create_app(Settings(bundle="nano", policy=str(own), state="off", threads=1))
    assert caplog.records == []
