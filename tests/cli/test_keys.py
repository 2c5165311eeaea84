"""`tidegate keys`: what it prints and where, and what it refuses."""

import json
import re
import sqlite3
import time
from pathlib import Path

import pytest

from service.access.keys import read_key
from service.journal.entries import decode
from service.journal.follow import POLL_SECONDS
from tests.cli.conftest import Tidegate
from tests.running import free_port


@pytest.fixture
def state(tmp_path: Path) -> dict[str, str]:
    return {"TIDEGATE_STATE": str(tmp_path / "state.db")}


def listed(tidegate: Tidegate, state: dict[str, str]) -> list[dict[str, object]]:
    found: list[dict[str, object]] = json.loads(tidegate("keys", "list", "--json", **state).stdout)
    return found


def test_a_key_is_printed_once_to_standard_output_alone(tidegate: Tidegate, state) -> None:
    result = tidegate("keys", "create", **state)
    assert result.exit_code == 0
    key = read_key(result.stdout.removesuffix("\n"))
    assert key
    assert key.secret not in result.stderr
    assert result.stderr == (
        f"id: {key.id}\nfrom now on every request needs a key, but where TIDEGATE_ANONYMOUS=anywhere lets everybody "
        "classify\n"
    )
    second = tidegate("keys", "create", **state)
    assert re.fullmatch(r"id: [a-z0-9]{10}\n", second.stderr)
    assert key.secret not in tidegate("keys", "list", **state).output


def test_what_was_asked_for_is_listed(tidegate: Tidegate, state) -> None:
    arguments = ["--tenant", "bot", "--scope", "feedback", "--scope", "classify", "--scope", "feedback"]
    made = json.loads(tidegate("keys", "create", *arguments, "--note", "for tests", "--json", **state).stdout)
    key = read_key(made.pop("key"))
    assert key
    assert made == {"id": key.id, "tenant": "bot", "scopes": ["feedback", "classify"], "note": "for tests"}
    (found,) = listed(tidegate, state)
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", str(found.pop("created")))
    assert found == made | {"author": "command line", "revoked": None}
    table = tidegate("keys", "list", **state).stdout
    for word in (key.id, "bot", "feedback classify", "command line", "for tests"):
        assert word in table


def test_the_command_ends_when_running_replicas_have_looked_at_the_journal(tidegate: Tidegate, state) -> None:
    for change in ("create", "revoke"):
        given = [] if change == "create" else [str(listed(tidegate, state)[0]["id"])]
        assert tidegate("keys", change, *given, **state).exit_code == 0
        ended = 1000 * time.time()
        with sqlite3.connect(state["TIDEGATE_STATE"]) as connection:
            ((entry,),) = connection.execute("SELECT entry FROM journal ORDER BY revision DESC LIMIT 1")
        connection.close()
        assert ended - decode(entry).time >= 2000 * POLL_SECONDS - 1


def test_without_scopes_a_key_classifies(tidegate: Tidegate, state) -> None:
    tidegate("keys", "create", **state)
    assert listed(tidegate, state)[0]["scopes"] == ["classify"]


@pytest.mark.parametrize("whole", [False, True])
def test_a_key_is_revoked_by_its_id_or_by_itself_and_twice_does_no_harm(tidegate: Tidegate, state, whole: bool) -> None:
    text = tidegate("keys", "create", **state).stdout.strip()
    key = read_key(text)
    assert key
    for _ in range(2):
        result = tidegate("keys", "revoke", text if whole else key.id, "--reason", "found in a log", **state)
        assert (result.exit_code, result.stdout, result.stderr) == (0, "", f"revoked: {key.id}\n")
    (found,) = listed(tidegate, state)
    assert found["revoked"]


def test_an_id_that_is_not_there_is_not_repeated(tidegate: Tidegate, state) -> None:
    text = tidegate("keys", "create", **state).stdout.strip()
    for given in ("nobodys", text[:-1], text.split("_")[2]):
        result = tidegate("keys", "revoke", given, **state)
        line = "tidegate: there is no key of that id; `tidegate keys list` names those there are\n"
        assert (result.exit_code, result.output) == (1, line)


# Nor can a policy be given to one.
NO_TENANT = "--tenant: a tenant has printable ASCII characters, and no space around them"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["create", "--scope", "boss"], "'boss' is not one of 'classify', 'feedback', 'admin'."),
        (["create", "--tenant", "x" * 129], "--tenant: a tenant has 1 to 128 characters"),
        (["create", "--tenant", "a\nb"], NO_TENANT),
        (["create", "--tenant", " acme"], NO_TENANT),
        (["create", "--tenant", "Müller"], NO_TENANT),
        (["create", "--note", "\x1b[2J"], "--note takes at most 200 characters, all of which can be printed"),
        (["create", "--note", "x" * 201], "--note takes at most 200 characters, all of which can be printed"),
        (["revoke", "x", "--reason", "\0"], "--reason takes at most 200 characters, all of which can be printed"),
        (["revoke"], "Missing argument 'ID'."),
    ],
)
def test_a_wrong_call_is_explained(tidegate: Tidegate, state, arguments: list[str], words: str) -> None:
    result = tidegate("keys", *arguments, **state)
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.endswith(f"{words}\n")
    assert not Path(state["TIDEGATE_STATE"]).exists()


def test_a_state_that_keeps_nothing_takes_no_key(tidegate: Tidegate) -> None:
    result = tidegate("keys", "create", TIDEGATE_STATE="off")
    assert (result.exit_code, result.output) == (1, "tidegate: TIDEGATE_STATE is off\n")
    assert tidegate("keys", "list", "--json", TIDEGATE_STATE="off").output == "[]\n"


def test_a_redis_that_is_down_is_said_in_a_line(tidegate: Tidegate) -> None:
    result = tidegate("keys", "create", TIDEGATE_STATE=f"redis://:osprey@127.0.0.1:{free_port()}/0")
    assert result.exit_code == 1
    assert result.output.startswith("tidegate: ")
    assert result.output.count("\n") == 1
    assert "osprey" not in result.output
    assert "tg_" not in result.output


def test_without_keys_the_list_is_empty_and_makes_no_file(tidegate: Tidegate, tmp_path: Path) -> None:
    assert tidegate("keys", "list", "--json", XDG_STATE_HOME=str(tmp_path)).stdout == "[]\n"
    assert list(tmp_path.iterdir()) == []
