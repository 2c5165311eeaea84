"""Pages lead where they say, and what they show can be used."""

import re
from pathlib import Path

import msgspec
import pytest

from models.outputs import OUTPUTS
from models.training.adopt.label_map import Activation, Facts, ignored, read_label_map
from service.configuration.settings import PREFIX, Settings, describe
from service.metrics import Metrics
from service.wire.feedback import FeedbackRequest
from service.wire.native import ClassifyRequest
from service.wire.openai import ModerationRequest
from service.wire.policies import ActivateIn, ShadowIn, TenantIn, TryIn
from taxonomy.decision import Decision
from taxonomy.files import check
from tests.docs.pages import ROOT, anchors, blocks, guides, links, markdown

PAGES = [pytest.param(page, id=str(page.relative_to(ROOT))) for page in markdown()]
GUIDES = [pytest.param(page, id=page.name) for page in guides()]
BODIES: dict[str, type[msgspec.Struct]] = {
    "/v1/classify": ClassifyRequest,
    "/v1/moderations": ModerationRequest,
    "/v1/feedback": FeedbackRequest,
    "/v1/tenants": TenantIn,
    "/activate": ActivateIn,
    "/shadow": ShadowIn,
    "/try": TryIn,
}


@pytest.mark.parametrize("page", PAGES)
def test_links_lead_somewhere(page: Path) -> None:
    for target in links(page):
        file, _, anchor = target.partition("#")
        found = (page.parent / file).resolve() if file else page
        assert found.exists(), f"{target} is not there"
        if anchor:
            assert anchor in anchors(found), f"{target}: no such heading"


@pytest.mark.parametrize("page", PAGES)
def test_settings_and_metrics_exist(page: Path) -> None:
    text = page.read_text("utf-8")
    settings = {each.variable for each in describe(Settings())}
    metrics = {sample.name for metric in Metrics().registry.collect() for sample in metric.samples}
    families = {metric.name for metric in Metrics().registry.collect()}
    for name in re.findall(rf"\b{PREFIX}[A-Z_]+\b", text):
        # What Kubernetes puts into a pod, and any variable of ours.
        assert name in settings | {f"{PREFIX}SERVICE_HOST"} or name == PREFIX, name
    for name in re.findall(r"\btidegate_[a-z_]+\b", text):
        assert name in metrics | families or name.removesuffix("_total") in families, name


@pytest.mark.parametrize("page", PAGES)
def test_request_bodies_can_be_read(page: Path) -> None:
    for block in blocks(page, "bash") + blocks(page, "sh") + blocks(page, "console"):
        for command in re.findall(r"curl .*?(?=\bcurl |\Z)", block, re.DOTALL):
            if body := re.search(r"-d '([{].*?)'", command, re.DOTALL):
                (kind,) = {BODIES[route] for route in BODIES if re.search(rf"{route}\b", command)}
                msgspec.json.decode(body[1], type=kind)


@pytest.mark.parametrize("page", GUIDES)
def test_policies_are_valid(page: Path, tmp_path: Path) -> None:
    shown = [block for block in blocks(page, "yaml") if block.startswith("kind:")]
    files = [tmp_path / f"{i}.yaml" for i in range(len(shown))]
    for file, block in zip(files, shown, strict=True):
        file.write_text(block, "utf-8")
    # Together: the policies of a page are those that its tenants have.
    assert [str(problem) for problem in check(*files)] == []


def test_the_decision_of_the_guide_is_one() -> None:
    (block,) = blocks(ROOT / "docs" / "guides" / "decisions.md", "json")
    decision = msgspec.json.decode(block, type=Decision)
    assert len(decision.scores) == len(OUTPUTS)
    assert decision.id.endswith("-0")


def test_the_label_map_of_the_guide_can_be_used(tmp_path: Path) -> None:
    (block,) = blocks(ROOT / "docs" / "guides" / "bring-your-own.md", "yaml")
    (tmp_path / "labels.yaml").write_text(block, "utf-8")
    # Labels of a model that is widely used for this.
    labels = ("toxic", "severe_toxic", "obscene", "threat", "insult", "identity_attack")
    found = read_label_map(tmp_path / "labels.yaml", Facts(labels, Activation.MULTI_LABEL, 512, {}))
    assert ignored(found, labels) == ["severe_toxic"]


def test_pages_that_messages_name_exist() -> None:
    for storey in ("service", "models", "taxonomy"):
        for file in (ROOT / storey).rglob("*.py"):
            for name in re.findall(r"\bdocs/[\w/.-]+\.md\b", file.read_text("utf-8")):
                assert (ROOT / name).exists(), f"{file.name} names {name}"
