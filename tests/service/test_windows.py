"""`windows`: which part of a text scores what."""

from itertools import pairwise

import httpx
import pytest

from tests.bundles import SURE
from tests.running import RunningServer

FILLER = "the cat went over the hill "


def classify(server: RunningServer, **asked: object) -> httpx.Response:
    return httpx.post(server.url + "/v1/classify", json=asked)


def one(server: RunningServer, text: str, **item: str) -> dict[str, object]:
    answer = classify(server, items=[{"text": text, **item}], windows=True)
    assert answer.status_code == 200, answer.text
    found: dict[str, object] = answer.json()["items"][0]
    return found


def test_the_window_with_the_harm_is_told(server: RunningServer) -> None:
    text = FILLER * 12 + "a weapon " + FILLER * 12
    item = one(server, text)
    windows = item["windows"]
    at = text.index("weapon")
    hot = [each for each in windows if each["start"] <= at < each["end"]]
    cold = [each for each in windows if each not in hot]
    assert hot
    assert cold
    assert {each["slug"] for each in hot} == {"guns_illegal_weapons"}
    assert all(abs(each["score"] - SURE) < 0.01 < 0.5 < each["unsafe"] for each in hot)
    assert all(each["score"] < 0.1 and each["unsafe"] < 0.1 for each in cold)
    scores = {each["slug"]: each["score"] for each in item["categories"]}
    assert max(each["score"] for each in windows) == scores["guns_illegal_weapons"]
    assert len(windows) == item["coverage"]["windows"]


def test_windows_cover_the_text_as_it_was_sent(server: RunningServer) -> None:
    # Invisible characters and runs of white space are gone when it is read; the places are those of the original.
    text = "\u200b  the  \U0001f600 ca\u00adt   " + FILLER * 9 + " weapon  "
    windows = one(server, text)["windows"]
    assert windows[0]["start"] == text.index("the")
    assert text[: windows[-1]["end"]].rstrip().endswith("weapon")
    assert all(after["start"] < before["end"] for before, after in pairwise(windows))


@pytest.mark.parametrize(("text", "number"), [("", 0), ("\u200b", 0), ("weapon", 1)])
def test_short_texts(server: RunningServer, text: str, number: int) -> None:
    assert len(one(server, text)["windows"]) == number


def test_a_disguise_has_no_windows_of_its_own(server: RunningServer) -> None:
    item = one(server, "please w e a p o n now")
    assert [each["end"] for each in item["windows"]] == [len("please w e a p o n now")]


def test_nothing_is_said_of_windows_unasked(server: RunningServer) -> None:
    answer = classify(server, items=[{"text": FILLER * 20}]).json()
    assert "windows" not in answer["items"][0]


def test_turns_have_windows_and_what_is_read_together_has_none(server: RunningServer) -> None:
    turns = [{"role": "user", "content": "hello"}, {"role": "user", "content": "a weapon"}]
    answer = classify(server, messages=turns, windows=True).json()
    assert [each["windows"][0]["end"] for each in answer["items"]] == [5, 8]
    assert "windows" not in answer["together"]


def test_so_long_a_text_has_none(server: RunningServer) -> None:
    before = server.metric("tidegate_tokens_scored_total")
    answer = classify(server, items=[{"text": "a" * 50_001}], windows=True)
    assert (answer.status_code, answer.json()["detail"]) == (
        413,
        "windows: the texts have more than 50000 characters together",
    )
    assert server.metric("tidegate_tokens_scored_total") == before


def test_a_deadline_holds_for_the_windows_too(server: RunningServer) -> None:
    assert classify(server, items=[{"text": FILLER * 900}]).status_code == 200
    answer = httpx.post(
        server.url + "/v1/classify",
        json={"items": [{"text": FILLER * 900}], "windows": True},
        headers={"X-Tidegate-Deadline-Ms": "1"},
    )
    assert answer.status_code == 504
