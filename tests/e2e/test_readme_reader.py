"""The reader of the README's examples notices what it must."""

from typing import Any

import pytest

from tests.e2e.readme import differences, examples

MARKDOWN = """
Some words.

```sh
curl -s localhost:8000/v1/classify \\
  -d '{"items":[{"text":"x"}]}'
```

```json
{"id": "tg-1", "verdict": "block", "items": [
  {"unsafe": 0.97, "categories": [{"slug": "hate", "flagged": true}, ...]}
]}
```

```sh
make serve
```

```json
{"not": "an example"}
```
"""
FOUND: dict[str, Any] = {
    "id": "tg-2",
    "verdict": "block",
    "items": [
        {"unsafe": 0.93, "categories": [{"slug": "violence", "flagged": False}, {"slug": "hate", "flagged": True}]}
    ],
    "policy": {},
}


def test_an_example_is_a_curl_command_and_its_answer() -> None:
    (example,) = examples(MARKDOWN)
    assert example.command.startswith("curl -s localhost:8000/v1/classify \\\n  -d")
    assert example.answer["items"][0]["categories"] == [{"slug": "hate", "flagged": True}]


def test_an_answer_that_says_the_same_differs_nowhere() -> None:
    (example,) = examples(MARKDOWN)
    assert differences(example.answer, FOUND) == []


@pytest.mark.parametrize(
    ("changed", "place"),
    [
        ({"verdict": "allow"}, "$.verdict is 'allow', not 'block'"),
        ({"items": []}, "$.items has 0"),
        ({"items": [{"unsafe": 0.5, "categories": FOUND["items"][0]["categories"]}]}, "$.items[0].unsafe is 0.5"),
        ({"items": [{"unsafe": 0.9, "categories": []}]}, "$.items[0].categories has 0"),
        (
            {"items": [{"unsafe": 0.9, "categories": [{"slug": "hate", "flagged": False}]}]},
            "$.items[0].categories[0].flagged is False",
        ),
        ({"items": [{"categories": FOUND["items"][0]["categories"]}]}, "$.items[0].unsafe is not there"),
        ({"items": [{"unsafe": 0.9, "categories": [{"slug": "violence"}]}]}, "$.items[0].categories[0] is None"),
        ({"id": None}, "$.id is None"),
    ],
)
def test_an_answer_that_says_otherwise_is_told_where(changed: dict[str, Any], place: str) -> None:
    (example,) = examples(MARKDOWN)
    (found,) = differences(example.answer, FOUND | changed)
    assert found.startswith(place)
