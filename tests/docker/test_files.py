"""What can be checked of the images without an engine: files they copy, lists they install, settings they set."""

import json
import os
import re
import shutil
import subprocess
import tomllib
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from service.configuration.loading import load_settings
from service.configuration.settings import Anonymous, Settings, describe

ROOT = Path(__file__).parents[2]
REQUIREMENTS = ROOT / "requirements"
DOCKERFILES = [pytest.param(path, id=path.name) for path in sorted((ROOT / "docker").glob("*.Dockerfile"))]
LISTS = [pytest.param(path, id=path.name) for path in sorted(REQUIREMENTS.glob("*.txt")) if "excludes" not in path.name]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))


def instructions(dockerfile: Path) -> list[tuple[str, str]]:
    """Return (instruction, arguments) in order, continued lines joined."""
    lines = [line for line in dockerfile.read_text("utf-8").splitlines() if not line.lstrip().startswith("#")]
    joined = "\n".join(lines).replace("\\\n", " ").splitlines()
    return [(word, rest) for word, _, rest in (line.partition(" ") for line in joined) if word]


def environment(dockerfile: Path) -> dict[str, str]:
    return dict(pair.split("=", 1) for word, rest in instructions(dockerfile) if word == "ENV" for pair in rest.split())


def pins(path: Path) -> dict[str, str]:
    """Return package -> version of a hashed list."""
    return dict(re.findall(r"^([\w.-]+)==([^\s;]+)", path.read_text("utf-8"), re.MULTILINE))


def names(requirements: list[str]) -> set[str]:
    return {canonicalize_name(Requirement(each).name) for each in requirements}


@pytest.mark.parametrize("dockerfile", DOCKERFILES)
def test_copied_files_exist_and_are_in_the_context(dockerfile: Path) -> None:
    kept = {line.removeprefix("!") for line in (ROOT / ".dockerignore").read_text("utf-8").splitlines() if "!" in line}
    copied = [rest.split()[:-1] for word, rest in instructions(dockerfile) if word == "COPY" and "--from" not in rest]
    for source in (each for sources in copied for each in sources):
        assert (ROOT / source).exists(), source
        assert Path(source).parts[0] in kept, f"{source} is kept out by .dockerignore"


@pytest.mark.parametrize("dockerfile", DOCKERFILES)
def test_everything_installed_is_hashed(dockerfile: Path) -> None:
    runs = " && ".join(rest for word, rest in instructions(dockerfile) if word == "RUN").split("&&")
    installs = [run for run in runs if re.search(r"pip\b.* install ", run)]
    assert installs
    for run in installs:
        assert "--require-hashes" in run or "--no-index" in run, run


@pytest.mark.parametrize("dockerfile", DOCKERFILES)
def test_runs_as_a_numeric_user_on_all_addresses(dockerfile: Path) -> None:
    found = instructions(dockerfile)
    user = [rest for word, rest in found if word == "USER"][-1]
    assert re.fullmatch(r"[1-9]\d*:[1-9]\d*", user)
    assert ("EXPOSE", "8000") in found
    assert ("STOPSIGNAL", "SIGTERM") in found
    variables = environment(dockerfile)
    settings = load_settings({name: value for name, value in variables.items() if name.startswith("TIDEGATE_")})
    assert (settings.host, settings.port) == ("0.0.0.0", 8000)
    assert settings.device == ("cuda" if "gpu" in dockerfile.name else "cpu")


@pytest.mark.parametrize("dockerfile", DOCKERFILES)
def test_health_check_is_a_program_that_compiles(dockerfile: Path) -> None:
    (check,) = [rest for word, rest in instructions(dockerfile) if word == "HEALTHCHECK"]
    command = json.loads(check[check.index("[") :])
    assert command[:2] == ["python", "-c"]
    compile(command[2], "HEALTHCHECK", "exec")
    assert "/health/ready" in command[2]


@pytest.mark.parametrize("dockerfile", DOCKERFILES)
def test_hadolint_finds_nothing(dockerfile: Path) -> None:
    hadolint = shutil.which("hadolint")
    if hadolint is None:
        pytest.skip("hadolint is not installed")
    found = subprocess.run([hadolint, dockerfile], capture_output=True, text=True, check=False)
    assert found.stdout == ""


def compose() -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load((ROOT / "docker" / "compose.yaml").read_text("utf-8"))
    return loaded


def test_compose_locks_its_services_down() -> None:
    for name, service in compose()["services"].items():
        assert service["read_only"] is True, name
        assert service["cap_drop"] == ["ALL"], name
        assert service["security_opt"] == ["no-new-privileges:true"], name
        assert "mem_limit" in service, name


def test_compose_uses_real_settings_and_needs_a_secret() -> None:
    service = compose()["services"]["tidegate"]
    assert set(service["environment"]) <= {each.variable for each in describe(Settings())}
    assert service["environment"]["TIDEGATE_CACHE_SECRET"].startswith("${TIDEGATE_CACHE_SECRET:?")
    assert (ROOT / "docker" / service["build"]["context"]).resolve() == ROOT
    assert (ROOT / service["build"]["dockerfile"]).exists()


def test_compose_answers_through_its_port_which_only_this_machine_reaches() -> None:
    service = compose()["services"]["tidegate"]
    plain = re.compile(r"\$\{\w+:[-?]([^}]*)\}")
    settings = load_settings({name: plain.sub(r"\1", value) for name, value in service["environment"].items()})
    # Who comes through the port comes from the bridge's address, not from loopback.
    assert settings.anonymous is Anonymous.ANYWHERE
    assert all(port.startswith("127.0.0.1:") for port in service["ports"])


def test_compose_keeps_what_operators_change() -> None:
    services = compose()["services"]
    place = services["tidegate"]["environment"]["TIDEGATE_STATE"]
    name = urlsplit(place).hostname
    assert name != urlsplit(services["tidegate"]["environment"]["TIDEGATE_REDIS_URL"]).hostname
    assert name in services["tidegate"]["depends_on"]
    command = services[name]["command"]
    options = dict(zip(command[1::2], command[2::2], strict=True))
    assert (options["--appendonly"], options["--appendfsync"]) == ("yes", "always")
    assert options["--maxmemory-policy"] == "noeviction"
    assert services[name]["volumes"] == ["state:/data"]
    assert compose()["volumes"] == {"state": None}


def test_compose_is_accepted_by_docker() -> None:
    docker = shutil.which("docker")
    if docker is None or subprocess.run([docker, "compose", "version"], capture_output=True, check=False).returncode:
        pytest.skip("docker compose is not installed")
    command = [docker, "compose", "-f", ROOT / "docker" / "compose.yaml", "config", "--quiet"]
    ran = subprocess.run(command, env={**os.environ, "TIDEGATE_CACHE_SECRET": "x"}, check=False)
    assert ran.returncode == 0


@pytest.mark.parametrize("path", LISTS)
def test_list_is_hashed_and_names_no_index(path: Path) -> None:
    entries = re.split(r"^(?=[\w.-]+==)", path.read_text("utf-8"), flags=re.MULTILINE)[1:]
    assert entries
    for entry in entries:
        assert "--hash=sha256:" in entry, entry
    text = path.read_text("utf-8")
    assert not re.search(r"://|@ |^-|--index|--extra-index|--find-links|--trusted-host|\s/\w", text, re.MULTILINE)


def test_lists_hold_what_the_project_needs() -> None:
    runtime = pins(REQUIREMENTS / "runtime.txt")
    needed = names(PROJECT["project"]["dependencies"])
    assert needed <= runtime.keys()
    assert needed | names(PROJECT["dependency-groups"]["test"]) <= pins(REQUIREMENTS / "test.txt").keys()
    assert names(PROJECT["build-system"]["requires"]) <= pins(REQUIREMENTS / "build.txt").keys()
    assert {"torch", "transformers", "optimum"}.isdisjoint(runtime)


def test_what_is_tested_is_what_is_served() -> None:
    runtime = pins(REQUIREMENTS / "runtime.txt")
    assert runtime.items() <= pins(REQUIREMENTS / "test.txt").items()
    on_gpu = pins(REQUIREMENTS / "gpu.txt")
    assert on_gpu.pop("onnxruntime-gpu") == runtime.pop("onnxruntime")
    assert on_gpu == runtime


def test_makefile_installs_the_torch_of_the_train_extra() -> None:
    (torch,) = [each for each in PROJECT["project"]["optional-dependencies"]["train"] if each.startswith("torch==")]
    assert f"pip install {torch}\n" in (ROOT / "Makefile").read_text("utf-8")
