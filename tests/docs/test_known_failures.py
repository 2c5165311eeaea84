"""docs/known-failures.md: each example is still got wrong as the page says. One that is mended leaves the page."""

import re

import pytest

from models.backend import Device
from models.bundle import Bundle, folder_of
from models.calibrate import as_scores
from models.encode import Item
from models.outputs import OUTPUTS
from models.scorer import Scorer
from taxonomy.categories import Role
from taxonomy.files import shipped_policies
from taxonomy.verdict import decide
from tests.docs.pages import ROOT

PAGE = (ROOT / "docs" / "known-failures.md").read_text("utf-8")
EXAMPLES = re.findall(r'^- `(\w+)` "(.+?)"(?: to "(.+?)")?: (\w+), `(\w+)` (\d\.\d\d)$', PAGE, re.MULTILINE)


@pytest.fixture(scope="module")
def scorer() -> Scorer:
    return Scorer(Bundle.open(folder_of("default")), Device.CPU, 1)


def test_every_example_is_read() -> None:
    assert len(EXAMPLES) == PAGE.count("\n- `") > 25


@pytest.mark.parametrize(("role", "text", "context", "action", "output", "score"), EXAMPLES)
def test_an_example_is_scored_as_the_page_says(
    scorer: Scorer, role: str, text: str, context: str, action: str, output: str, score: str
) -> None:
    tolerance = scorer.bundle.golden().tolerance
    found = scorer.score([Item(Role(role), text, context or None)])[0]
    policy = shipped_policies()["default"]
    verdict = decide(as_scores(found.probabilities), policy, Role(role), supported=found.supported)
    assert found.probabilities[OUTPUTS.index(output)] == pytest.approx(float(score), abs=tolerance)
    assert verdict.action == action
