"""docs/guides/perspective.md: its Python is run against a server, and its words are the crosswalk's."""

from typing import Any

import pytest

from taxonomy.crosswalk import Quality
from taxonomy.files import shipped_crosswalks
from tests.docs.pages import ROOT, blocks
from tests.running import RunningServer

GUIDE = ROOT / "docs" / "guides" / "perspective.md"


@pytest.fixture
def told(server: RunningServer, capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    """The names that the guide's code leaves behind, run against the server with the tiny bundle."""
    (code,) = blocks(GUIDE, "python")
    names: dict[str, Any] = {}
    exec(compile(code.replace("http://127.0.0.1:8000", server.url), str(GUIDE), "exec"), names)
    assert capsys.readouterr().out.startswith("{'value': 0.")
    return names


def test_its_code_answers_as_perspective_does(told: dict[str, Any]) -> None:
    answer = told["analyze"]("hateword \U0001f600", ["TOXICITY", "IDENTITY_ATTACK", "THREAT"])
    scores = answer["attributeScores"]
    assert list(scores) == ["TOXICITY", "IDENTITY_ATTACK", "THREAT"]
    hate = scores["IDENTITY_ATTACK"]["summaryScore"]
    assert (hate["type"], hate["value"] > 0.5, hate["value"] > scores["THREAT"]["summaryScore"]["value"]) == (
        "PROBABILITY",
        True,
        True,
    )
    assert scores["TOXICITY"]["summaryScore"] == hate
    assert scores["TOXICITY"]["spanScores"] == [{"begin": 0, "end": 11, "score": hate}]
    assert answer["detectedLanguages"] == []
    with pytest.raises(KeyError, match="FLIRTATION"):
        told["analyze"]("hello", ["FLIRTATION"])


def test_its_words_are_those_of_the_crosswalk(told: dict[str, Any]) -> None:
    crosswalk = shipped_crosswalks()["perspective"]
    for label, slugs in told["MEANS"].items():
        cells = {slug: cell[label] for slug, cell in crosswalk.cells.items() if label in cell}
        exact = {slug for slug, quality in cells.items() if quality is Quality.EXACT}
        assert set(slugs) == (set(cells) if label == "TOXICITY" else exact)
    unsupported = {*crosswalk.unsupported}
    assert not unsupported & {*told["MEANS"]}
    assert {"SEVERE_TOXICITY", "FLIRTATION", "SPAM"} <= unsupported
