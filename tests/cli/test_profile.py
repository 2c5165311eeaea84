"""`tidegate serve --profile`: a profile at fault is one line, and the log says where each value comes from."""

import logging
from pathlib import Path

import pytest

from models.bundle import Bundle
from models.threads import available_threads
from service.cli.serve import announce
from service.configuration.loading import load
from tests.cli.conftest import Tidegate
from tests.cli.test_start import QUIET

MEASURED = """\
settings: {{threads: 1}}
measured:
  date: 2026-11-22
  processor: A processor
  cores: {cores}
  device: cpu
  onnxruntime: 1.31.1
  bundle: {bundle}
  rounds: 3
  tokens_per_second: {{"1": {{"256": 8000}}}}
"""


@pytest.mark.parametrize("chosen", ["option", "variable"])
def test_a_profile_at_fault_is_one_line(tidegate: Tidegate, tmp_path: Path, chosen: str) -> None:
    file = tmp_path / "mine.yaml"
    file.write_text("settings: {thread: 1}\n")
    arguments, variables = (("--profile", file), {}) if chosen == "option" else ((), {"TIDEGATE_PROFILE": str(file)})
    result = tidegate("serve", *arguments, **QUIET, **variables)
    line = f"tidegate: {file}:1: settings.thread: unknown setting 'thread', did you mean 'threads'?\n"
    assert (result.exit_code, result.output) == (1, line)


def test_the_terminals_classify_reads_the_profile_too(tidegate: Tidegate, tmp_path: Path) -> None:
    file = tmp_path / "mine.yaml"
    file.write_text("settings: {policy: children}\n")
    assert "policy children" in tidegate("classify", "hello", TIDEGATE_PROFILE=str(file)).stdout


def test_the_log_says_where_each_value_comes_from(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    announce(load({"TIDEGATE_PORT": "8000", "TIDEGATE_REDIS_URL": "redis://:hunter2@cache"}, "sidecar"))
    lines = caplog.messages
    assert "TIDEGATE_PROFILE=sidecar (--profile)" in lines
    assert "TIDEGATE_PORT=8000 (environment)" in lines
    assert "TIDEGATE_REDIS_URL=*** (environment)" in lines
    assert "TIDEGATE_DOCS_PAGE=false (profile sidecar)" in lines
    assert "TIDEGATE_UDS= (default)" in lines
    assert lines[-1] == "session threads: 1"
    assert "hunter2" not in caplog.text
    assert {record.levelname for record in caplog.records} == {"INFO"}


@pytest.mark.parametrize(
    ("bundle", "cores", "doubts"),
    [
        (None, 0, []),
        ("sha256:00", 0, ["was measured with the bundle sha256:00, this one is {digest}"]),
        (None, 1, ["was measured where there were {more} threads, here there are {cores}"]),
        (
            "sha256:00",
            1,
            [
                "was measured with the bundle sha256:00, this one is {digest}",
                "was measured where there were {more} threads, here there are {cores}",
            ],
        ),
    ],
)
def test_a_profile_measured_elsewhere_is_warned_of(
    tiny_bundle: Path,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
    bundle: str | None,
    cores: int,
    doubts: list[str],
) -> None:
    digest, here = Bundle.open(tiny_bundle).digest, available_threads()
    file = tmp_path / "mine.yaml"
    file.write_text(MEASURED.format(bundle=bundle or digest, cores=here + cores))
    announce(load({"TIDEGATE_BUNDLE": str(tiny_bundle)}, str(file)))
    found = [record.getMessage() for record in caplog.records if record.levelno == logging.WARNING]
    words = [doubt.format(digest=digest, more=here + cores, cores=here) for doubt in doubts]
    assert found == [f"the profile {file} {each}; `tidegate bundle tune` measures again" for each in words]
