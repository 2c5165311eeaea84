"""The reference is what the code writes: a setting, metric, category, error or command cannot go undocumented."""

import pytest

from service.configuration.settings import Settings, describe
from service.metrics import Metrics
from taxonomy.files import native, shipped_policies
from taxonomy.policy import Rule
from taxonomy.resolve import PolicyFile
from tests.docs.pages import REFERENCE, generated

GENERATED = generated()


@pytest.mark.parametrize("name", GENERATED)
def test_page_is_what_the_code_writes(name: str) -> None:
    assert (REFERENCE / name).read_text("utf-8") == GENERATED[name], "run `make docs`"


def test_no_other_page_is_in_the_reference() -> None:
    assert {path.name for path in REFERENCE.iterdir()} == GENERATED.keys()


def test_pages_name_everything() -> None:
    """What a page is written from could be left out by a mistake in the generator."""
    for each in describe(Settings()):
        assert f"`{each.variable}`" in GENERATED["settings.md"]
    for metric in Metrics().registry.collect():
        assert f"`{metric.name}" in GENERATED["metrics.md"]
    for slug in native().slugs:
        assert f"`{slug}`" in GENERATED["categories.md"]
    for name in shipped_policies():
        assert f"## {name}" in GENERATED["policies.md"]
    for kind in (PolicyFile, Rule):
        for field in kind.__struct_fields__:
            assert f"| `{field}` |" in GENERATED["policies.md"]


def test_pages_name_no_place_on_this_machine() -> None:
    for name, text in GENERATED.items():
        assert str(REFERENCE.parents[1]) not in text, name
