"""A policy in a request's body: what takes long is not done by the event loop."""

import asyncio

import pytest

from service.errors import InvalidPolicy
from service.policies.document import from_json, from_yaml, wants_yaml

# Turns of the loop, of a millisecond and more each: a look of tenths of a second on the loop itself leaves two.
FEWEST_TURNS = 5
CATEGORIES = [f"harasment{i:05d}" for i in range(5500)]


@pytest.mark.parametrize("kind", ["json", "yaml"])
async def test_others_are_served_while_thousands_of_mistakes_are_looked_for(kind):
    given = {"description": "d", "extends": "default", "categories": {slug: {} for slug in CATEGORIES}}
    lines = [f"  {slug}: {{}}\n" for slug in CATEGORIES]
    text = "kind: policy\nname: mine\ndescription: d\nextends: default\ncategories:\n" + "".join(lines)
    asked = from_json(given, "mine") if kind == "json" else from_yaml(text.encode(), "mine")
    turns = 0
    task = asyncio.create_task(asked)
    while not task.done():
        await asyncio.sleep(0.001)
        turns += 1
    with pytest.raises(InvalidPolicy) as caught:
        await task
    assert len(caught.value.problems) == len(CATEGORIES)
    assert turns >= FEWEST_TURNS


@pytest.mark.parametrize(
    ("accept", "yaml"),
    [
        ("application/yaml", True),
        ("application/yaml, */*", True),
        ("*/*, Application/YAML", True),
        ("text/x-yaml; charset=utf-8", True),
        ("application/json;q=0.5, application/yaml", True),
        ("application/yaml;q=0.5, application/json", False),
        ("application/yaml;q=0, */*", False),
        ("application/yaml;q=0.5, */*;q=nan", False),
        ("application/yaml;q=inf", False),
        ("application/*", False),
        ("text/html,application/xml;q=0.9,*/*;q=0.8", False),
        ("", False),
        (',;"', False),
    ],
)
def test_who_would_rather_have_yaml_gets_it(accept, yaml):
    assert wants_yaml(accept) is yaml
