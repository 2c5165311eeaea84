"""A start that cannot succeed ends with status 1 and one line that says what to do; nothing is half started."""

import json
import shutil
import socket
import subprocess
import sys
from pathlib import Path

import onnxruntime
import pytest

from tests.cli.conftest import Tidegate

# The settings in force are logged at level info: only errors are wanted here.
QUIET = {"TIDEGATE_LOG_LEVEL": "error"}


def fails_with(tidegate: Tidegate, line: str, **variables: str) -> None:
    result = tidegate("serve", **QUIET, **variables)
    assert (result.exit_code, result.output) == (1, f"tidegate: {line}\n")


def test_no_such_bundle(tidegate: Tidegate) -> None:
    line = "bundle nope: there is no such folder; those that ship are default, nano"
    fails_with(tidegate, line, TIDEGATE_BUNDLE="nope")


def test_a_folder_without_a_bundle(tidegate: Tidegate, tmp_path: Path) -> None:
    line = f"bundle {tmp_path}: manifest.json cannot be read: No such file or directory"
    fails_with(tidegate, line, TIDEGATE_BUNDLE=str(tmp_path))


def test_a_tampered_bundle(tidegate: Tidegate, tiny_bundle: Path, tmp_path: Path) -> None:
    copy = tmp_path / "bundle"
    shutil.copytree(tiny_bundle, copy)
    model = copy / "model.onnx"
    content = bytearray(model.read_bytes())
    content[len(content) // 2] ^= 1
    model.write_bytes(content)
    line = f"bundle {copy}: model.onnx was changed: its SHA-256 is not the manifest's"
    fails_with(tidegate, line, TIDEGATE_BUNDLE=str(copy))


def test_a_bundle_that_scores_otherwise(tidegate: Tidegate, tiny_bundle: Path, tmp_path: Path) -> None:
    from tests.bundles import sign

    copy = tmp_path / "bundle"
    shutil.copytree(tiny_bundle, copy)
    golden = json.loads((copy / "golden.json").read_bytes())
    golden["items"][0]["probabilities"][0] = 0.5
    (copy / "golden.json").write_text(json.dumps(golden))
    sign(copy)
    line = f"bundle {copy}: the golden set is off by 0.490, more than 0.001"
    fails_with(tidegate, line, TIDEGATE_BUNDLE=str(copy))


def test_a_device_that_is_not_there(tidegate: Tidegate, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(onnxruntime, "get_available_providers", lambda: ["CPUExecutionProvider"])
    line = "TIDEGATE_DEVICE=cuda but onnxruntime here has no CUDAExecutionProvider; see docs/guides/gpu.md"
    fails_with(tidegate, line, TIDEGATE_DEVICE="cuda")


@pytest.mark.parametrize(
    ("variable", "value", "line"),
    [
        ("TIDEGATE_PORT", "http", "TIDEGATE_PORT must be a whole number from 0 to 65535"),
        ("TIDEGATE_PORT", "70000", "TIDEGATE_PORT must be a whole number from 0 to 65535"),
        ("TIDEGATE_DEVICE", "tpu", "TIDEGATE_DEVICE must be one of cpu, cuda"),
        (
            "TIDEGATE_PROT",
            "8000",
            "TIDEGATE_PROT is not a setting, did you mean 'TIDEGATE_PORT'? docs/reference/settings.md lists them all",
        ),
        ("TIDEGATE_CACHE", "redis", "TIDEGATE_CACHE=redis needs TIDEGATE_REDIS_URL"),
        ("TIDEGATE_REDIS_URL", "http://:osprey@x", "TIDEGATE_REDIS_URL must begin with redis://, rediss:// or unix://"),
        (
            "TIDEGATE_REDIS_URL",
            "redis://:osp/rey@x:6379",
            "TIDEGATE_REDIS_URL cannot be read; in a password, write / as %2F, # as %23, ? as %3F and @ as %40",
        ),
        ("TIDEGATE_STATE", "/", "TIDEGATE_STATE cannot be used: the journal's file: is a directory"),
        (
            "TIDEGATE_STATE",
            __file__,
            "TIDEGATE_STATE cannot be used: the journal's file is no SQLite database, or is damaged",
        ),
        ("TIDEGATE_TCP", "maybe", "TIDEGATE_TCP must be true or false"),
        ("TIDEGATE_TCP", "false", "TIDEGATE_TCP=false needs TIDEGATE_UDS: there would be nothing to listen on"),
        ("TIDEGATE_UDS_OWNER", "www-data", "TIDEGATE_UDS_OWNER needs TIDEGATE_UDS"),
        ("TIDEGATE_UDS_MODE", "rw-rw----", "TIDEGATE_UDS_MODE must be three octal digits"),
        ("TIDEGATE_UDS_MODE", "0999", "TIDEGATE_UDS_MODE must be three octal digits"),
        ("TIDEGATE_HOST", "no.such.host.invalid", None),
        (
            "TIDEGATE_POLICY",
            "mine",
            "TIDEGATE_POLICY must be one of children, default, nano, permissive, strict, or the path of a policy file",
        ),
    ],
)
def test_a_setting_that_cannot_be_used(tidegate: Tidegate, variable: str, value: str, line: str | None) -> None:
    if line is None:
        result = tidegate("serve", **QUIET, **{variable: value})
        assert result.exit_code == 1
        assert result.output.startswith(f"tidegate: cannot listen on {value}:0 (TIDEGATE_HOST, TIDEGATE_PORT): ")
        assert result.output.count("\n") == 1
        return
    fails_with(tidegate, line, **{variable: value})


def test_a_port_in_use_in_a_process_of_its_own(tiny_bundle: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        for name, value in {**QUIET, "TIDEGATE_BUNDLE": str(tiny_bundle), "TIDEGATE_PORT": str(port)}.items():
            monkeypatch.setenv(name, value)
        command = [sys.executable, "-m", "service.cli", "serve"]
        found = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    place = f"127.0.0.1:{port} (TIDEGATE_HOST, TIDEGATE_PORT)"
    assert (found.returncode, found.stdout) == (1, "")
    assert found.stderr == f"tidegate: cannot listen on {place}: Address already in use\n"


@pytest.mark.parametrize(
    ("option", "words"),
    [
        ("--port", " Settings are environment variables, did you mean 'TIDEGATE_PORT'?"),
        ("--uds-mode", " Settings are environment variables, did you mean 'TIDEGATE_UDS_MODE'?"),
        ("--drain", " Settings are environment variables, did you mean 'TIDEGATE_DRAIN_SECONDS'?"),
        ("--profil", " Did you mean '--profile'?"),
        ("--workers", ""),
    ],
)
def test_a_setting_given_as_an_option_is_told_its_variable(tidegate: Tidegate, option: str, words: str) -> None:
    result = tidegate("serve", option, "80")
    assert result.exit_code == 2
    assert result.stderr.splitlines()[-1] == f"Error: No such option '{option}'.{words}"
