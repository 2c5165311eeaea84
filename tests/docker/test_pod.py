"""The pod of the guide: settings that exist, limits that were measured, probes that compile."""

import re
from typing import Any

import yaml

from service.configuration.loading import load
from service.configuration.settings import Settings, describe
from tests.bench import sidecar
from tests.docs.pages import ROOT, blocks

GUIDE = ROOT / "docs" / "guides" / "sidecar.md"


def container() -> dict[str, Any]:
    pods = [yaml.safe_load(block) for block in blocks(GUIDE, "yaml") if block.startswith("apiVersion:")]
    (pod,) = pods
    (found,) = [each for each in pod["spec"]["containers"] if each["name"] == "tidegate"]
    return dict(found)


def test_its_settings_exist_and_agree() -> None:
    found = container()
    variables = {each["name"]: each["value"] for each in found["env"]}
    assert variables.keys() <= {each.variable for each in describe(Settings())}
    command, option, profile = found["args"]
    assert (command, option) == ("serve", "--profile")
    loaded = load(variables, profile)
    assert loaded.profile
    assert loaded.settings.host == "127.0.0.1"


def test_a_container_that_is_asked_through_a_port_says_who_may() -> None:
    commands = [line for block in blocks(GUIDE, "bash") for line in block.replace("\\\n", " ").splitlines()]
    published = [line for line in commands if re.search(r"docker run .* -p ", line)]
    assert len(published) == 2
    for line in published:
        assert "-p 127.0.0.1:" in line
        assert "-e TIDEGATE_ANONYMOUS=anywhere" in line


def test_its_limits_are_those_the_bench_measures_under(monkeypatch) -> None:
    monkeypatch.setattr("sys.argv", ["sidecar"])
    options = sidecar._options()
    limits = container()["resources"]["limits"]
    assert limits == {"cpu": f"{1000 * options.cores:.0f}m", "memory": f"{options.memory}Mi"}
    assert container()["args"][-1] == options.profile


def test_its_probes_are_programs_that_compile() -> None:
    for name in ("startupProbe", "readinessProbe"):
        python, flag, program = container()[name]["exec"]["command"]
        assert (python, flag) == ("python", "-c")
        compile(program, name, "exec")
