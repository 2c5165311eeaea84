"""Who is owed a mention is mentioned."""

from typing import Any

import msgspec

from models.bundle import SHIPPED
from tests.docs.pages import ROOT


def sources(training: dict[str, Any]) -> set[str]:
    """Return the sources of a run, of the stages before it and of its teachers."""
    earlier = [*filter(None, [training.get("before")]), *training.get("taught_by", ())]
    return set(training["sources"]).union(*map(sources, earlier))


def test_notice_names_what_the_shipped_bundle_was_made_from() -> None:
    manifest = msgspec.json.decode((SHIPPED / "manifest.json").read_bytes())
    notice = (ROOT / "NOTICE").read_text("utf-8")
    assert manifest["base"] in notice
    assert [each for each in sorted(sources(manifest["metrics"]["training"])) if each not in notice] == []
