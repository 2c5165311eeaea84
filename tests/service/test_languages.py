"""What is answered to a text in a language that the model has not learned."""

from collections.abc import Iterator

import httpx
import pytest

from tests.bundles import build_tiny_bundle, sign
from tests.running import RunningServer
from tests.service.asked import ask


@pytest.fixture(scope="module")
def english(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    """A server whose model has learned English only."""
    folder = build_tiny_bundle(tmp_path_factory.mktemp("english"))
    sign(folder, languages=["en"])
    with RunningServer({"TIDEGATE_BUNDLE": str(folder)}, folder.parent / "english.log") as server:
        yield server


GERMAN = "Der Zug nach Hamburg fährt heute zwanzig Minuten später ab."


def test_a_language_that_the_model_has_not_learned_is_said_so_from_the_cache_too(english):
    for cached in (False, True):
        item = ask(english, [{"text": GERMAN}])["items"][0]
        assert (item["language"], item["supported"], item["cached"]) == ("de", False, cached)
        assert (item["verdict"], item["flagged"]) == ("review", False)
    assert ask(english, [{"text": GERMAN}], policy="permissive")["verdict"] == "allow"
    harmful = GERMAN + " weapon"
    assert ask(english, [{"text": harmful}], policy="permissive")["flagged"] is True
    blocked = ask(english, [{"text": harmful}])["items"][0]
    assert (blocked["supported"], blocked["verdict"], blocked["flagged"]) == (False, "block", True)


def test_a_language_that_it_has_learned_and_one_that_cannot_be_told_are_judged(english):
    hello, short = ask(english, [{"text": "hello world, how are you doing today my friend?"}, {"text": "hello"}])[
        "items"
    ]
    assert (hello["language"], hello["verdict"]) == ("en", "allow")
    assert "language" not in short
    assert short["verdict"] == "allow"
    assert "supported" not in hello
    assert "supported" not in short


def test_a_model_that_names_no_language_judges_all(server):
    item = ask(server, [{"text": GERMAN}])["items"][0]
    assert (item["language"], item["verdict"]) == ("de", "allow")
    assert "supported" not in item


def test_info_names_the_languages(server, english):
    found = [httpx.get(each.url + "/v1/info").json()["model"]["languages"] for each in (server, english)]
    assert found == [[], ["en"]]


def test_openai_clients_see_it_too(english):
    found = httpx.post(english.url + "/v1/moderations", json={"input": GERMAN}).json()["results"][0]
    assert (found["tidegate"]["language"], found["tidegate"]["supported"]) == ("de", False)
    assert (found["tidegate"]["verdict"], found["flagged"]) == ("review", False)
