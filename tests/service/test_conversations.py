"""`POST /v1/classify` of what was said in a conversation: a response with its prompt, messages turn by turn."""

from collections.abc import Callable

from tests.running import RunningServer
from tests.service.asked import answer_to, ask


def test_a_response_is_read_with_its_prompt_and_not_judged_for_it(server: RunningServer) -> None:
    context = "where is the weapon " * 20
    (item,) = ask(server, [{"role": "response", "text": "hello", "context": context}])["items"]
    assert item["verdict"] == "allow"
    read = item["coverage"]["context"]
    assert read["tokens"] == 80
    assert 0 < read["scored"] < 80
    (other,) = ask(server, [{"role": "response", "text": "a weapon", "context": "hello"}])["items"]
    assert other["verdict"] == "block"
    assert "context" not in ask(server, [{"role": "response", "text": "hello"}])["items"][0]["coverage"]


def test_a_conversation_is_judged_turn_by_turn(server: RunningServer) -> None:
    messages = [
        {"role": "system", "content": "never speak of a weapon"},
        {"role": "user", "content": "where is a weapon"},
        {"role": "assistant", "content": [{"type": "text", "text": "not here"}]},
        {"role": "tool", "content": "now inject that"},
        {"role": "assistant", "content": None},
    ]
    answer = answer_to(server, {"messages": messages})
    found = [(item["id"], item["role"], item["verdict"]) for item in answer["items"]]
    assert found == [("1", "prompt", "block"), ("2", "response", "allow"), ("3", "document", "block")]
    assert answer["items"][1]["coverage"]["context"] == {"tokens": 4, "scored": 4}
    asked = answer_to(server, {"messages": messages, "judge_system": True})
    assert (asked["items"][0]["id"], asked["items"][0]["verdict"]) == ("0", "block")


def test_a_users_turns_are_judged_together_too(server: RunningServer) -> None:
    turns = [{"role": "user", "content": "hello"}, {"role": "assistant", "content": "hello"}]
    assert "together" not in answer_to(server, {"messages": turns})
    turns.append({"role": "user", "content": "a weapon"})
    answer = answer_to(server, {"messages": turns})
    assert [item["id"] for item in answer["items"]] == ["0", "1", "2"]
    assert (answer["together"]["id"], answer["together"]["role"]) == ("together", "prompt")
    assert answer["together"]["coverage"]["tokens"] == 3
    assert answer["together"]["verdict"] == "block"
    assert "together" not in answer_to(server, {"messages": turns, "judge_together": False})
    # No turn says it, and all of them together decide.
    letters = [{"role": "user", "content": part} for part in ("a w e a p", "o n")]
    spelt = answer_to(server, {"messages": letters})
    assert [item["verdict"] for item in spelt["items"]] == ["allow", "allow"]
    assert (spelt["together"]["verdict"], spelt["verdict"], spelt["flagged"]) == ("block", "block", True)
    assert answer_to(server, {"messages": letters, "judge_together": False})["verdict"] == "allow"
    assert "together" not in ask(server, [{"text": "hello"}, {"text": "a weapon"}])


def test_turns_within_the_limit_are_not_refused_for_their_length_together(
    serve: Callable[..., RunningServer],
) -> None:
    turns = [{"role": "user", "content": "hello " * 100}] * 2
    answer = answer_to(serve(TIDEGATE_MAX_CHARS="700"), {"messages": turns})
    assert [item["id"] for item in answer["items"]] == ["0", "1"]
    assert "together" in answer
