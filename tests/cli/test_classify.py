"""`tidegate classify`: a text or lines in, a table or JSON out."""

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result

from taxonomy.categories import Role
from taxonomy.files import native, shipped_policies
from tests.bundles import build_tiny_bundle, sign
from tests.cli.conftest import Tidegate

A_LINE = '; a line is a JSON object such as {"text": "..."}'


def rows(result: Result) -> list[dict[str, Any]]:
    return [json.loads(line) for line in result.stdout.splitlines()]


def lines(*objects: dict[str, Any]) -> str:
    return "".join(json.dumps(each) + "\n" for each in objects)


def test_a_text_is_judged_as_a_prompt_in_a_table(tidegate: Tidegate) -> None:
    result = tidegate("classify", "a weapon and a hateword")
    assert (result.exit_code, result.stderr) == (0, "")
    (row,) = [line for line in result.stdout.splitlines() if "block" in line]
    cells = [cell.strip() for cell in row.strip("│").split("│")]
    assert cells[:5] == ["1", "prompt", "block", "1.00", "0.01"]
    rules = shipped_policies()["default"].rules[Role.PROMPT]
    why = (f"{slug} 0.99 (block at {rules[slug].threshold:.2f})" for slug in ("guns_illegal_weapons", "hate"))
    assert cells[5] == ", ".join(why)
    assert "policy default" in result.stdout


def test_json_holds_every_category(tidegate: Tidegate) -> None:
    result = tidegate("classify", "a weapon", "--json")
    (row,) = rows(result)
    assert row.keys() == {
        "id", "role", "verdict", "flagged", "unsafe", "attack", "categories", "views", "language", "supported",
    }  # fmt: skip
    assert (row["language"], row["supported"]) == ("", True)
    assert (row["id"], row["role"], row["verdict"], row["flagged"]) == (1, "prompt", "block", True)
    assert tuple(row["categories"]) == native().slugs


def test_a_response_is_read_with_its_context(tidegate: Tidegate) -> None:
    (alone,), (answer,) = (
        rows(tidegate("classify", "hello", "--role", "response", "--json", *context))
        for context in ((), ("--context", "where is the weapon"))
    )
    assert (alone["verdict"], answer["verdict"]) == ("allow", "allow")
    assert alone["categories"] != answer["categories"]


def test_lines_are_judged_in_order_and_named_by_number_or_id(tidegate: Tidegate) -> None:
    asked = lines(
        {"text": "hello"},
        {"text": "a weapon", "id": "w", "role": "prompt", "label": "a key of somebody's own"},
        {"text": "hello", "id": 7, "role": "response", "context": "a weapon"},
    )
    result = tidegate("classify", "-", "--json", stdin=asked.replace("\n", "\n\n", 1))
    assert [(row["id"], row["role"], row["verdict"]) for row in rows(result)] == [
        (1, "text", "allow"),
        ("w", "prompt", "block"),
        (7, "response", "allow"),
    ]
    assert (result.exit_code, result.stderr) == (0, "")


def test_more_lines_than_a_chunk_are_all_judged(tidegate: Tidegate) -> None:
    asked = lines(*({"text": "a weapon" if i == 129 else f"number {i}"} for i in range(130)))
    found = rows(tidegate("classify", "-", "--json", stdin=asked))
    assert [row["id"] for row in found] == list(range(1, 131))
    assert [row["id"] for row in found if row["verdict"] != "allow"] == [130]


def test_a_role_is_for_lines_that_do_not_say(tidegate: Tidegate) -> None:
    asked = lines({"text": "x"}, {"text": "x", "role": "prompt"})
    assert [row["role"] for row in rows(tidegate("classify", "-", "--json", "--role", "document", stdin=asked))] == [
        "document",
        "prompt",
    ]


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ('{"text": "zebrafinch"', "it is not valid JSON: input data was truncated" + A_LINE),
        ('{"txt": "zebrafinch"}', "object missing required field text" + A_LINE),
        ('["zebrafinch"]', "expected object, got array" + A_LINE),
        ('{"text": 5, "id": "zebrafinch"}', "text: expected str, got int"),
        ('{"text": "x", "role": "zebrafinch"}', "role: must be one of prompt, response, document, text"),
        ('{"text": "x", "context": "zebrafinch"}', "context: only a response has a context"),
        ("zebrafinch", "it is not valid JSON: invalid character (byte 0)" + A_LINE),
    ],
)
def test_a_bad_line_is_named_and_those_before_it_answered(tidegate: Tidegate, line: str, message: str) -> None:
    asked = lines({"text": "hello"}, {"text": "a weapon"}) + line + "\n" + lines({"text": "never read"})
    result = tidegate("classify", "-", "--json", stdin=asked)
    assert [row["verdict"] for row in rows(result)] == ["allow", "block"]
    assert (result.exit_code, result.stderr) == (2, f"tidegate: line 3: {message}\n")


def test_bytes_that_are_not_utf8_are_named_by_their_line(tidegate: Tidegate) -> None:
    result = tidegate("classify", "-", stdin=b'{"text": "\xff"}\n')
    assert (result.exit_code, result.stderr) == (
        2,
        f"tidegate: line 1: it is not valid JSON: not UTF-8{A_LINE}\n",
    )


def test_half_a_surrogate_pair_is_read(tidegate: Tidegate) -> None:
    (row,) = rows(tidegate("classify", "-", "--json", stdin='{"text": "\\ud800 weapon"}\n'))
    assert row["verdict"] == "block"


def test_no_lines_are_no_mistake(tidegate: Tidegate) -> None:
    result = tidegate("classify", "-", "--json")
    assert (result.exit_code, result.output) == (0, "")


def test_an_id_cannot_act_on_the_terminal(tidegate: Tidegate) -> None:
    result = tidegate("classify", "-", stdin=lines({"text": "x", "id": "[/red]\x1b[31m"}))
    assert result.exit_code == 0
    assert "[/red]\\x1b[31m" in result.stdout
    assert "\x1b" not in result.stdout


def test_a_policy_by_name_by_file_or_by_setting(tidegate: Tidegate, tmp_path: Path) -> None:
    policy = tmp_path / "mild.yaml"
    policy.write_text(
        "kind: policy\nname: mild\ndescription: All goes.\non_error: open\ndefaults: {threshold: 1, action: flag}\n"
    )
    assert "policy children" in tidegate("classify", "a weapon", "--policy", "children").stdout
    assert "allow" in tidegate("classify", "a weapon", "--policy", policy).stdout
    assert "policy mild" in tidegate("classify", "a weapon", TIDEGATE_POLICY=str(policy)).stdout


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            ("x", "--policy", "nope"),
            "--policy must be one of children, default, nano, permissive, strict, or the path of",
        ),
        (("x", "--role", "nope"), "Invalid value for '--role'"),
        (("x", "--context", "y"), "--context goes with a TEXT and --role response"),
        (("-", "--context", "y", "--role", "response"), "--context goes with a TEXT and --role response"),
        ((), "Missing argument 'TEXT'"),
    ],
)
def test_a_misused_option_is_named(tidegate: Tidegate, arguments: tuple[str, ...], message: str) -> None:
    result = tidegate("classify", *arguments)
    assert result.exit_code == 2
    assert message in result.stderr


def test_a_language_that_was_not_learned_is_said_so(tidegate: Tidegate, tmp_path: Path) -> None:
    folder = build_tiny_bundle(tmp_path / "english")
    sign(folder, languages=["en"])
    text = "Der Zug nach Hamburg fährt heute zwanzig Minuten später ab."
    (row,) = rows(tidegate("classify", text, "--json", TIDEGATE_BUNDLE=str(folder)))
    assert (row["language"], row["supported"], row["verdict"]) == ("de", False, "review")
    table = tidegate("classify", text, TIDEGATE_BUNDLE=str(folder)).stdout
    assert "language de was not learned" in " ".join(table.replace("│", " ").split())
