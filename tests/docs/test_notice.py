"""Who is owed a mention is mentioned."""

from typing import Any

import msgspec

from models.bundle import SHIPPED
from tests.docs.pages import ROOT


def sources(training: dict[str, Any]) -> set[str]:
    """Return the sources of a run and of the stages before it."""
    return set(training["sources"]) | (sources(training["before"]) if training.get("before") else set())


def test_notice_names_what_the_shipped_bundle_was_made_from() -> None:
    manifest = msgspec.json.decode((SHIPPED / "manifest.json").read_bytes())
    notice = (ROOT / "NOTICE").read_text("utf-8")
    assert manifest["base"] in notice
    assert [each for each in sorted(sources(manifest["metrics"]["training"])) if each not in notice] == []
