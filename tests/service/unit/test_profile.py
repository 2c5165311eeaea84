"""Profiles: what a file may say, one mistake a file with the exact lines, and what ships.

To add a case, put NAME.yaml and NAME.expected into profile_gallery/; nothing else has to be told.
"""

from pathlib import Path

import pytest

from models.backend import Device
from models.machine import Measured
from service.configuration.profile import Profile, ProfileError, read_profile, shipped_profiles, written
from service.configuration.settings import CacheKind, Settings, SettingsError

GALLERY = Path(__file__).parent / "profile_gallery"
NAMES = sorted(path.stem for path in GALLERY.glob("*.yaml"))
MEASURED = Measured(
    date="2026-11-22",
    processor="A processor: of two words",
    cores=2,
    device=Device.CPU,
    onnxruntime="1.31",
    bundle="sha256:00",
    rounds=3,
    tokens_per_second={"1": {"256": 8000.0, "512": 7000.0}, "2": {"256": 9000.0, "512": 9500.0}},
)


def test_every_file_has_its_partner():
    assert sorted(path.stem for path in GALLERY.glob("*.expected")) == NAMES
    assert {path.suffix for path in GALLERY.iterdir()} == {".yaml", ".expected"}


@pytest.mark.parametrize("name", NAMES)
def test_the_mistake_is_named_exactly(name, monkeypatch):
    monkeypatch.chdir(GALLERY)
    with pytest.raises(ProfileError) as caught:
        read_profile(f"{name}.yaml")
    assert str(caught.value) == Path(f"{name}.expected").read_text("utf-8").rstrip("\n")
    assert isinstance(caught.value, SettingsError)
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("sidcar", "the profile must be one of sidecar, or the path of a file, not 'sidcar', did you mean 'sidecar'?"),
        ("big", "the profile must be one of sidecar, or the path of a file, not 'big'"),
        ("x" * 300, f"the profile must be one of sidecar, or the path of a file, not '{'x' * 59}…'"),
        ("sidecar.yaml", "sidecar.yaml:1: cannot be read: No such file or directory"),
        ("./sidecar", "sidecar:1: cannot be read: No such file or directory"),
        (".", ".:1: cannot be read: Is a directory"),
    ],
)
def test_a_profile_that_is_not_there(name, message, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ProfileError) as caught:
        read_profile(name)
    assert str(caught.value) == message


def test_every_kind_of_setting_is_read_as_its_own_type(tmp_path):
    file = tmp_path / "profile"
    file.write_text(
        "settings:\n  threads: 3\n  drain_seconds: 2\n  docs_page: off\n  cache: 'off'\n"
        "  uds_mode: '600'\n  device: cuda\n  policy: strict\n  uds: ''\n"
    )
    found = read_profile(str(file))
    wanted = {"threads": 3, "drain_seconds": 2.0, "docs_page": False, "cache": CacheKind.OFF, "uds_mode": "600"}
    assert found.settings == wanted | {"device": Device.CUDA, "policy": "strict", "uds": ""}
    assert type(found.settings["cache"]) is CacheKind
    assert type(found.settings["drain_seconds"]) is float
    assert (found.description, found.measured) == ("", None)


def test_a_file_of_a_shipped_name_is_asked_for_by_its_path(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("sidecar").write_text("settings: {threads: 7}")
    assert read_profile("./sidecar").settings == {"threads": 7}
    assert read_profile("sidecar") == shipped_profiles()["sidecar"]


@pytest.mark.parametrize("measured", [None, MEASURED])
def test_what_is_written_reads_the_same(measured, tmp_path):
    profile = Profile(
        description="Of mine: yes, no, ü.",
        settings={"threads": 2, "cache": "off", "uds_mode": "060", "drain_seconds": 1.5, "docs_page": False},
        measured=measured,
    )
    file = tmp_path / "a.yaml"
    file.write_text(written(profile), "utf-8")
    assert read_profile(str(file)) == profile


@pytest.mark.parametrize(
    ("bundle", "cores", "doubts"),
    [
        ("sha256:00", 2, []),
        ("sha256:01", 2, ["was measured with the bundle sha256:00, this one is sha256:01"]),
        ("sha256:00", 8, ["was measured where there were 2 threads, here there are 8"]),
    ],
)
def test_figures_are_doubted_for_another_bundle_and_another_machine(bundle, cores, doubts):
    profile = Profile(settings={"threads": 1}, measured=MEASURED)
    assert profile.doubts(bundle, cores) == doubts
    assert Profile(settings={"threads": 1}).doubts(bundle, cores) == []
    assert len(profile.doubts("sha256:01", 8)) == 2


def test_what_ships_is_smaller_than_the_defaults_and_agrees_with_itself():
    profiles = shipped_profiles()
    assert set(profiles) == {"sidecar"}
    settings, defaults = Settings(**profiles["sidecar"].settings), Settings()
    assert profiles["sidecar"].description.endswith(".")
    assert (settings.threads, settings.docs_page) == (1, False)
    limits = ("cache_entries", "max_body_bytes", "max_items", "max_chars", "max_tokens", "max_queued_tokens")
    for name in limits:
        assert getattr(settings, name) < getattr(defaults, name), name
    # As with the defaults: a request at its limit has room in the queue, the windows of its views included.
    assert settings.max_tokens * 2 <= settings.max_queued_tokens
    assert settings.tokens_a_batch <= settings.max_queued_tokens
