"""The file and the folder of policies: read whole, looked at again, and kept as they were while they are wrong."""

import asyncio
import os
from pathlib import Path

import msgspec
import pytest

from service.configuration.settings import SettingsError
from service.errors import BadRequest, Forbidden
from service.policies.files import Source
from service.policies.policies import Policies
from taxonomy.categories import Role
from tests.service.unit.session import sample

OWN = """\
kind: policy
name: {name}
description: One of ours.
on_error: open
override: {override}
defaults: {{threshold: {threshold}, action: flag}}
"""
CHILD = "kind: policy\nname: child\ndescription: Ours.\nextends: {}\n"


def own(name: str, threshold: float = 0.25, override: str = "any") -> str:
    return OWN.format(name=name, threshold=threshold, override=override)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "policies"
    made.mkdir()
    (made / "mine.yaml").write_text(own("mine"))
    (made / "child.yml").write_text(CHILD.format("mine"))
    (made / "tenants.yaml").write_text("kind: tenants\ntenants:\n  acme: child\n  bank: strict\n")
    (made / "README.md").write_text("# no policy")
    (made / "..data.yaml").write_text("Kubernetes keeps such")
    return made


def hate(policies: Policies, name: str | None) -> float:
    return policies.resolve(name, {}).policy.rules[Role.TEXT]["hate"].threshold


def test_a_folders_policies_can_be_named_and_extended(folder):
    policies = Policies("default", str(folder))
    assert hate(policies, "mine") == hate(policies, "child") == 0.25
    sources = {name: known.source for name, known in policies.snapshot.known.items()}
    assert sources["mine"] is sources["child"] is Source.FOLDER
    assert sources["default"] is Source.SHIPPED


def test_one_of_the_folder_may_be_the_default_or_stand_for_a_shipped_one(folder):
    (folder / "strict.yaml").write_text(own("strict", 0.11))
    policies = Policies("mine", str(folder))
    assert policies.default.name == "mine"
    assert hate(policies, "strict") == 0.11
    assert policies.snapshot.known["strict"].source is Source.FOLDER


def test_the_file_may_extend_the_folders_and_lie_in_it(folder):
    (folder / "own.yaml").write_text(CHILD.replace("name: child", "name: own").format("mine"))
    policies = Policies(str(folder / "own.yaml"), str(folder))
    assert policies.default.name == "own"
    assert policies.snapshot.known["own"].source is Source.FILE
    assert hate(policies, None) == 0.25


def test_a_tenant_gets_its_policy_unless_it_names_another(folder):
    policies = Policies("default", str(folder))
    assert policies.resolve(None, {}, "acme").policy.name == "child"
    assert policies.resolve(None, {}, "bank").policy.name == "strict"
    assert policies.resolve("mine", {}, "acme").policy.name == "mine"
    for other in ("", "somebody", "ACME"):
        assert policies.resolve(None, {}, other).policy.name == "default"


def test_override_none_allows_neither_another_policy_nor_thresholds(folder):
    (folder / "mine.yaml").write_text(own("mine", override="none"))
    policies = Policies("default", str(folder))
    assert policies.resolve("child", {}, "acme").policy.name == "child", "to name its own changes nothing"
    for name in ("mine", "permissive", "SECRET"):
        with pytest.raises(Forbidden, match=r"^policy: the policy that this is judged by allows no other policy$"):
            policies.resolve(name, {}, "acme")
    with pytest.raises(Forbidden) as caught:
        policies.resolve(None, {"hate": 0.1}, "acme")
    assert str(caught.value) == "thresholds: the policy that this is judged by allows none of the request's own"
    assert policies.resolve(None, {"hate": 0.1}, "bank").policy.name == "strict", "others are free"


def test_override_stricter_allows_lower_thresholds_of_its_own_policy(folder):
    (folder / "mine.yaml").write_text(own("mine", override="stricter"))
    policies = Policies("default", str(folder))
    changed = policies.resolve(None, {"hate": 0.2}, "acme").policy
    assert changed.rules[Role.TEXT]["hate"].threshold == 0.2
    assert changed.floor is policies.resolve(None, {}, "acme").policy
    with pytest.raises(Forbidden) as caught:
        policies.resolve(None, {"hate": 0.2, "threat": 0.26}, "acme")
    assert (
        str(caught.value) == "thresholds: the policy that this is judged by allows only ones that are not above its own"
    )
    with pytest.raises(Forbidden):
        policies.resolve("strict", {}, "acme")


def test_the_policy_that_is_named_bounds_the_thresholds(folder):
    (folder / "mine.yaml").write_text(own("mine", override="none"))
    policies = Policies("default", str(folder))
    assert policies.resolve("mine", {}).policy.name == "mine"
    with pytest.raises(Forbidden):
        policies.resolve("mine", {"hate": 0.1})


def test_the_default_policy_bounds_whoever_has_none(folder):
    (folder / "mine.yaml").write_text(own("mine", override="none"))
    policies = Policies("mine", str(folder))
    with pytest.raises(Forbidden):
        policies.resolve("permissive", {})
    assert policies.resolve("permissive", {}, "bank").policy.name == "permissive"


def test_of_many_names_none_is_listed(folder):
    for i in range(20):
        (folder / f"{i}.yaml").write_text(own(f"own-{i}"))
    with pytest.raises(BadRequest) as caught:
        Policies("default", str(folder)).resolve("SECRET", {})
    assert str(caught.value) == "policy: unknown; GET /v1/policies lists them"


@pytest.mark.parametrize(
    ("file", "text", "problem"),
    [
        ("mine.yaml", own("mine", 2.5), "mine.yaml:6: defaults.threshold: must be a number from 0 to 1, not 2.5"),
        ("again.yaml", own("mine"), "mine.yaml:2: name: 'mine' is the name of the policy in again.yaml too"),
        ("odd.yaml", "kind: crosswalk\n", "odd.yaml:1: kind: must be policy, not 'crosswalk'"),
        ("odd.yaml", "kind: taxonomy\n", "odd.yaml:1: kind: must be policy, not 'taxonomy'"),
        ("odd.yaml", "name: x\n", "odd.yaml:1: 'kind' is missing"),
        ("odd.yaml", "- 1\n", "odd.yaml:1: must be a mapping, not a list"),
        ("odd.yaml", "", "odd.yaml:1: the file is empty"),
        ("odd.yaml", "# " + "x" * 1_048_576, "odd.yaml:1: is larger than 1048576 bytes"),
        ("child.yml", CHILD.format("gone"), "child.yml:4: extends: unknown policy 'gone'"),
        ("tenants.yaml", "kind: tenants\ntenants: {a: strikt}\n", "tenants.yaml:2: tenants.a: unknown policy 'strikt', did you mean 'strict'?"),  # noqa: E501
        ("tenants.yaml", "kind: tenants\n", "tenants.yaml:1: 'tenants' is missing"),
        ("tenants.yaml", "kind: tenants\ntenants: [a]\n", "tenants.yaml:2: tenants: must be a mapping, not a list"),
        ("tenants.yaml", "kind: tenants\ntenants: {'': strict}\n", "tenants.yaml:2: tenants.'': a tenant has 1 to 128 characters"),  # noqa: E501
        ("tenants.yaml", "kind: tenants\ntenants: {é: strict}\n", "tenants.yaml:2: tenants.é: a tenant has printable ASCII characters, and no space around them"),  # noqa: E501
        ("twice.yaml", "kind: tenants\ntenants: {acme: strict}\n", "twice.yaml:2: tenants.acme: the tenant stands in tenants.yaml too"),  # noqa: E501
    ],
)  # fmt: skip
def test_a_mistake_stops_the_start_with_its_line(folder, file, text, problem, monkeypatch):
    monkeypatch.chdir(folder)
    Path(file).write_text(text, "utf-8")
    with pytest.raises(SettingsError) as caught:
        Policies("default", ".")
    first, *rest = str(caught.value).splitlines()
    assert first == "TIDEGATE_POLICIES cannot be used:"
    assert problem in rest


def test_a_folder_that_is_not_there_stops_the_start(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("file.yaml").write_text(own("mine"))
    for path, why in (("gone", "No such file or directory"), ("file.yaml/inside", "Not a directory")):
        with pytest.raises(SettingsError) as caught:
            Policies("default", path)
        assert str(caught.value) == f"TIDEGATE_POLICIES cannot be used:\n{path}:1: cannot be read: {why}"


async def test_a_change_is_taken_over(folder, metrics):
    policies = await asyncio.to_thread(Policies, "default", str(folder), metrics)
    before = policies.snapshot
    await policies.look()
    assert policies.snapshot is before, "nothing changed"
    (folder / "mine.yaml").write_text(own("mine", 0.3))
    (folder / "tenants.yaml").write_text("kind: tenants\ntenants: {acme: permissive}\n")
    await policies.look()
    assert hate(policies, "mine") == hate(policies, "child") == 0.3
    assert policies.resolve(None, {}, "acme").policy.name == "permissive"
    assert policies.resolve(None, {}, "bank").policy.name == "default"
    assert before.resolve("mine", {}).policy.rules[Role.TEXT]["hate"].threshold == 0.25, "a request keeps its own"
    (folder / "child.yml").unlink()
    await policies.look()
    with pytest.raises(BadRequest):
        policies.resolve("child", {})
    assert sample(metrics, "tidegate_policy_reloads_total", result="read") == 2


async def test_half_a_file_is_not_taken_over(folder, monkeypatch):
    policies = await asyncio.to_thread(Policies, "mine", str(folder))
    before, path = policies.snapshot, folder / "mine.yaml"

    async def write_on(seconds):
        await asyncio.to_thread(path.write_text, own("mine", 0.3) + "categories: {hate: {threshold: 0.35}}\n")

    with monkeypatch.context() as patched:
        patched.setattr("service.policies.policies.asyncio.sleep", write_on)
        path.write_text(own("mine", 0.3))
        await policies.look()
    assert policies.snapshot is before
    await policies.look()
    assert hate(policies, "mine") == 0.35


async def test_a_link_to_itself_is_a_bad_file_beside_the_default_one(folder, tmp_path):
    path = tmp_path / "default.yaml"
    path.write_text(own("yours"))
    policies = await asyncio.to_thread(Policies, str(path), str(folder))
    (folder / "round.yaml").symlink_to("round.yaml")
    await policies.look()
    assert policies.refused == ["round.yaml:1"]
    (folder / "round.yaml").unlink()
    (folder / "mine.yaml").write_text(own("mine", 0.3))
    await policies.look()
    assert (policies.refused, hate(policies, "mine")) == ([], 0.3)


async def test_a_file_whose_name_is_no_text_can_be_told_of(folder):
    policies = await asyncio.to_thread(Policies, "mine", str(folder))
    odd = folder / os.fsdecode(b"\xff\n.yaml")
    odd.write_text(own("odd") + "SECRET: 1\n")
    await policies.look()
    assert policies.refused == ["\\udcff\\n.yaml:7"]
    assert msgspec.json.encode(policies.refused)
    odd.write_text(own("odd", 0.3))
    await policies.look()
    assert (policies.refused, hate(policies, "odd")) == ([], 0.3)


async def test_an_error_of_ours_does_not_end_the_looking(folder, monkeypatch, caplog):
    policies = await asyncio.to_thread(Policies, "default", str(folder))
    monkeypatch.setattr("service.policies.policies.LOOK_SECONDS", 0.001)
    looks = iter([RuntimeError("SECRET"), None, asyncio.CancelledError()])

    async def look():
        if error := next(looks):
            raise error

    monkeypatch.setattr(policies, "look", look)
    with pytest.raises(asyncio.CancelledError):
        await policies.follow()
    assert [record.getMessage() for record in caplog.records] == ["the policy files cannot be looked at: RuntimeError"]


async def test_a_bad_file_keeps_everything_as_it_was_until_it_is_mended(folder, metrics, caplog):
    policies = await asyncio.to_thread(Policies, "default", str(folder), metrics)
    before = policies.snapshot
    (folder / "child.yml").write_text(CHILD.format("mine") + "categories: {hate: {threshold: SECRET}}\n")
    (folder / "mine.yaml").write_text(own("mine", 0.3))
    for _ in range(3):
        await policies.look()
        assert policies.snapshot is before
        assert policies.refused == ["child.yml:5"]
    assert sample(metrics, "tidegate_policy_reloads_total", result="refused") == 1
    assert sample(metrics, "tidegate_policy_files_refused") == 1
    assert [record.levelname for record in caplog.records] == ["ERROR"]
    assert "Wrong: child.yml:5." in caplog.text
    assert "SECRET" not in caplog.text
    (folder / "child.yml").write_text(CHILD.format("mine"))
    await policies.look()
    assert hate(policies, "child") == 0.3
    assert policies.refused == []
    assert sample(metrics, "tidegate_policy_files_refused") == 0


async def test_a_folder_that_is_gone_keeps_everything_as_it_was(folder):
    policies = await asyncio.to_thread(Policies, "mine", str(folder))
    before = policies.snapshot
    folder.rename(folder.with_name("elsewhere"))
    await policies.look()
    assert (policies.snapshot, policies.refused) == (before, ["policies:1"])
    folder.with_name("elsewhere").rename(folder)
    (folder / "mine.yaml").unlink()
    (folder / "child.yml").unlink()
    (folder / "tenants.yaml").unlink()
    await policies.look()
    assert (policies.snapshot, policies.refused) == (before, ["policies:1"]), "the default policy must not go"


async def test_the_default_file_is_read_again_too(tmp_path):
    path = tmp_path / "own.yaml"
    path.write_text(own("mine"))
    policies = await asyncio.to_thread(Policies, str(path))
    path.write_text(own("yours", 0.4))
    await policies.look()
    assert policies.default.name == "yours"
    assert hate(policies, None) == 0.4
    with pytest.raises(BadRequest):
        policies.resolve("mine", {})
