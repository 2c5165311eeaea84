"""`tidegate bundle tune`: figures in a table, a profile that serve reads, and mistakes before a minute is spent."""

from pathlib import Path

import onnxruntime
import pytest
import yaml

from models.bundle import Bundle
from models.threads import available_threads
from service.cli import machine as command
from service.configuration.profile import read_profile
from tests.cli.conftest import Tidegate

BUDGETS = (256, 512, 1024, 2048, 4096, 8192)


@pytest.fixture
def never(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fail where something is measured."""
    monkeypatch.setattr(command, "measure", lambda *_: pytest.fail("nothing should be measured"))


@pytest.fixture
def two_threads(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(command, "available_threads", lambda: 2)


@pytest.mark.usefixtures("two_threads")
def test_what_is_measured_is_a_profile(tidegate: Tidegate, tiny_bundle: Path, tmp_path: Path) -> None:
    file = tmp_path / "here.yaml"
    file.write_text("what stood there")
    result = tidegate("bundle", "tune", tiny_bundle, "--output", file, "--seconds", "0")
    assert result.exit_code == 0, result.output
    assert "only 1 of 3 rounds or more were in the time: give more --seconds\n" in result.stderr
    assert list(tmp_path.iterdir()) == [file]

    profile = read_profile(str(file))
    assert profile.measured
    assert profile.doubts(Bundle.open(tiny_bundle).digest, 2) == []
    assert (profile.measured.onnxruntime, profile.measured.rounds) == (onnxruntime.__version__, 1)
    table = profile.measured.tokens_per_second
    assert {threads: tuple(map(int, rates)) for threads, rates in table.items()} == {"1": BUDGETS, "2": BUDGETS}
    assert profile.settings.keys() == {"threads", "batch_tokens"}
    threads, budget = profile.settings["threads"], profile.settings["batch_tokens"]
    best = max(rate for rates in table.values() for rate in rates.values())
    assert table[str(threads)][str(budget)] >= best * 0.98 - 1
    assert f"{file}: threads {threads}, batch_tokens {budget}\n" in result.stdout
    (row,) = [line for line in result.stdout.splitlines() if line.startswith(f"│ {budget:,} ")]
    assert f"{table[str(threads)][str(budget)]:,.0f} *" in row
    assert result.stdout.count(" *") == 2  # in the table and under it
    assert file.read_text().startswith(
        "# Written by `tidegate bundle tune`; read by `tidegate serve --profile here.yaml`."
    )


@pytest.mark.usefixtures("two_threads")
def test_a_device_other_than_the_default_is_set(
    tidegate: Tidegate, tiny_bundle: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []

    def measure(_bundle: object, device: str, tried: list, _seconds: float) -> list:
        asked.append(device)
        return [command.Sample(number, each, 1000.0 * each.batch_tokens) for number in (1, 2, 3) for each in tried]

    monkeypatch.setattr(command, "measure", measure)
    file = tmp_path / "gpu.yaml"
    result = tidegate("bundle", "tune", tiny_bundle, "--output", file, "--device", "cuda")
    assert (result.exit_code, asked) == (0, ["cuda"])
    assert "rounds or more" not in result.output
    assert read_profile(str(file)).settings == {"threads": 1, "batch_tokens": 65_536, "device": "cuda"}
    assert yaml.safe_load(file.read_text())["measured"]["rounds"] == 3


def test_what_is_written_is_served(tidegate: Tidegate, tiny_bundle: Path, tmp_path: Path) -> None:
    file = tmp_path / "here.yaml"
    assert tidegate("bundle", "tune", tiny_bundle, "--output", file, "--seconds", "0").exit_code == 0
    measured = read_profile(str(file)).measured
    assert measured
    assert measured.cores == available_threads()
    variables = {"TIDEGATE_HOST": "no.such.host.invalid", "TIDEGATE_PROFILE": str(file)}
    result = tidegate("serve", **variables)  # as far as the socket
    assert result.output.splitlines()[-1].startswith("tidegate: cannot listen on no.such.host.invalid:0 ")


@pytest.mark.usefixtures("never")
@pytest.mark.parametrize(
    ("output", "why"),
    [
        ("no/such/folder/a.yaml", "No such file or directory"),
        ("folder", "Is a directory"),
        ("file/a.yaml", "Not a directory"),
        ("x" * 300, "File name too long"),
    ],
)
def test_an_output_that_cannot_be_written_costs_no_minute(
    tidegate: Tidegate, tiny_bundle: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, output: str, why: str
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "folder").mkdir()
    (tmp_path / "file").touch()
    result = tidegate("bundle", "tune", tiny_bundle, "--output", output)
    assert result.exit_code == 2
    assert result.stderr.splitlines()[-1] == f"Error: {output} cannot be written: {why}"
    assert {path.name for path in tmp_path.iterdir()} == {"folder", "file"}


@pytest.mark.usefixtures("never")
def test_no_such_bundle(tidegate: Tidegate, tmp_path: Path) -> None:
    result = tidegate("bundle", "tune", "nono", "--output", tmp_path / "a.yaml")
    line = "tidegate: bundle nono: there is no such folder; those that ship are default, nano\n"
    assert (result.exit_code, result.output) == (1, line)
    assert list(tmp_path.iterdir()) == []


def test_a_device_that_is_not_there_leaves_the_old_profile(
    tidegate: Tidegate, tiny_bundle: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(onnxruntime, "get_available_providers", lambda: ["CPUExecutionProvider"])
    file = tmp_path / "a.yaml"
    file.write_text("old")
    result = tidegate("bundle", "tune", tiny_bundle, "--output", file, "--device", "cuda")
    line = "tidegate: TIDEGATE_DEVICE=cuda but onnxruntime here has no CUDAExecutionProvider; see docs/guides/gpu.md"
    assert (result.exit_code, result.stderr.splitlines()[-1]) == (1, line)
    assert file.read_text() == "old"
    assert list(tmp_path.iterdir()) == [file]


@pytest.mark.usefixtures("never")
@pytest.mark.parametrize(
    ("options", "message"),
    [
        ((), "Missing option '--output'"),
        (("--output", "a.yaml", "--device", "tpu"), "Invalid value for '--device'"),
        (("--output", "a.yaml", "--seconds", "-1"), "Invalid value for '--seconds'"),
    ],
)
def test_a_misused_option_is_named(tidegate: Tidegate, options: tuple[str, ...], message: str) -> None:
    result = tidegate("bundle", "tune", *options)
    assert result.exit_code == 2
    assert message in result.stderr
