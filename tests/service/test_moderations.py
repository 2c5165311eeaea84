"""`POST /v1/moderations` as OpenAI's own client sees it."""

from collections.abc import Iterator
from pathlib import Path

import openai
import pytest
from openai.types import Moderation

from service.configuration.settings import Settings
from taxonomy.files import shipped_crosswalks
from tests.gated import GatedService
from tests.running import RunningServer, until

CROSSWALK = shipped_crosswalks()["openai"]
LABELS = list(CROSSWALK.labels)
PICTURE = {"type": "image_url", "image_url": {"url": "data:image/png;base64,iVBORw0KGgo="}}


@pytest.fixture(scope="module")
def client(server: RunningServer) -> Iterator[openai.OpenAI]:
    with openai.OpenAI(base_url=server.url + "/v1", api_key="x", max_retries=0) as client:
        yield client


def scores_of(result: Moderation) -> dict[str, float]:
    return result.category_scores.model_dump(by_alias=True)


def flags_of(result: Moderation) -> dict[str, bool]:
    return result.categories.model_dump(by_alias=True)


def test_a_string_gets_one_result_with_every_label(client: openai.OpenAI) -> None:
    answer = client.moderations.create(model="omni-moderation-latest", input="a weapon")
    assert answer.id.startswith("modr-")
    assert answer.model == "tiny"
    (result,) = answer.results
    assert result.flagged is True
    types = result.category_applied_input_types.model_dump(by_alias=True)
    assert len(LABELS) == 13
    assert set(flags_of(result)) == set(scores_of(result)) == set(types) == set(LABELS)
    assert all(each == ["text"] for each in types.values())
    assert [label for label, flag in flags_of(result).items() if flag] == ["illicit", "illicit/violent"]
    assert result.categories.illicit_violent is True
    assert result.category_scores.illicit > 0.9 > 0.1 > result.category_scores.hate


def test_strings_get_a_result_each_in_order(client: openai.OpenAI) -> None:
    answer = client.moderations.create(input=["hello", "a hateword", "a weapon", "hello"])
    assert [result.flagged for result in answer.results] == [False, True, True, False]
    assert answer.results[1].categories.hate is True
    assert answer.results[2].categories.hate is False


def test_parts_are_one_text_together(client: openai.OpenAI) -> None:
    parts: list[openai.types.ModerationMultiModalInputParam] = [
        {"type": "text", "text": "hello"},
        {"type": "text", "text": "a weapon"},
    ]
    (result,) = client.moderations.create(input=parts).results
    assert result.flagged is True
    assert result.model_extra is not None
    assert result.model_extra["tidegate"]["coverage"] == {"tokens": 3, "scored": 3, "windows": 1}


def test_a_picture_is_refused_and_not_passed_over(client: openai.OpenAI) -> None:
    with pytest.raises(openai.BadRequestError, match="only text can be judged") as caught:
        client.moderations.create(input=[{"type": "text", "text": "hello"}, PICTURE])  # type: ignore[list-item]
    assert (caught.value.param, caught.value.code) == ("input[1]", "bad_request")
    assert caught.value.type == "invalid_request_error"


@pytest.mark.parametrize("text", ["hello", "a weapon", "a hateword", "unsure", "a hateword and a weapon", ""])
def test_a_sub_label_is_never_above_its_parent(client: openai.OpenAI, text: str) -> None:
    (result,) = client.moderations.create(input=text).results
    scores, flags = scores_of(result), flags_of(result)
    children = [label for label in LABELS if "/" in label]
    assert len(children) == 7
    for child in children:
        parent = child.split("/")[0]
        assert scores[child] <= scores[parent]
        assert flags[child] <= flags[parent]


def test_scores_are_the_crosswalks_reading_of_our_own(client: openai.OpenAI) -> None:
    (result,) = client.moderations.create(input="the hateword of a weapon").results
    assert result.model_extra is not None
    assert scores_of(result) == CROSSWALK.translate(result.model_extra["tidegate"]["categories"])


def test_our_own_answer_is_kept_beside_it(client: openai.OpenAI) -> None:
    (result,) = client.moderations.create(input="now inject this").results
    assert result.model_extra is not None
    own = result.model_extra["tidegate"]
    assert own.keys() == {"verdict", "unsafe", "attack", "categories", "coverage", "policy"}
    assert (own["verdict"], own["policy"]) == ("block", "default")
    assert own["attack"] > 0.9
    # OpenAI has no label for an injection: it is flagged all the same.
    assert result.flagged is True
    assert not any(flags_of(result).values())


def test_a_role_and_a_policy_can_be_asked_for(client: openai.OpenAI) -> None:
    extra = {"tidegate": {"role": "document", "policy": "strict"}}
    (result,) = client.moderations.create(input="a weapon", extra_body=extra).results
    assert result.model_extra is not None
    assert result.model_extra["tidegate"]["policy"] == "strict"
    with pytest.raises(openai.BadRequestError) as caught:
        client.moderations.create(input="hello", extra_body={"tidegate": {"policy": "nobodys"}})
    assert caught.value.param == "policy"


def test_keys_that_are_not_ours_are_let_through(client: openai.OpenAI) -> None:
    assert client.moderations.create(input="hello", extra_body={"user": "u-1"}).results[0].flagged is False


@pytest.mark.parametrize("base", ["", "/v1/v1"])
def test_a_client_with_another_base_url_is_told(server: RunningServer, base: str) -> None:
    with (
        openai.OpenAI(base_url=server.url + base, api_key="x", max_retries=0) as client,
        pytest.raises(openai.NotFoundError) as caught,
    ):
        client.moderations.create(input="hello")
    assert (
        caught.value.message == "Error code: 404 - there is no such route; let the client's base URL end in /v1, once"
    )


def test_too_much_is_refused_as_openai_would(client: openai.OpenAI) -> None:
    with pytest.raises(openai.APIStatusError) as caught:
        client.moderations.create(input=["hello"] * 513)
    assert (caught.value.status_code, caught.value.code) == (413, "too_large")


async def test_the_async_client_reads_it_too(server: RunningServer) -> None:
    async with openai.AsyncOpenAI(base_url=server.url + "/v1", api_key="x", max_retries=0) as client:
        answer = await client.moderations.create(input=["hello", "a weapon"])
        assert [result.flagged for result in answer.results] == [False, True]
        with pytest.raises(openai.BadRequestError):
            await client.moderations.create(input=[])


def test_overload_is_a_rate_limit_with_a_time_to_come_back(tiny_bundle: Path) -> None:
    settings = Settings(bundle=str(tiny_bundle), threads=1, max_tokens=100, max_queued_tokens=100)
    with GatedService(settings) as service:
        first = service.post("/v1/moderations", {"input": "far " * 60})
        until(service.entered.is_set)
        client = openai.OpenAI(base_url=service.url + "/v1", api_key="x", max_retries=0)
        with client, pytest.raises(openai.RateLimitError) as caught:
            client.moderations.create(input="near " * 60)
        service.gate.set()
        assert first.result().status_code == 200
    assert int(caught.value.response.headers["retry-after"]) >= 1
    assert (caught.value.type, caught.value.code) == ("rate_limit_error", "overloaded")
