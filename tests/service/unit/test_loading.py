"""The order of sources: a variable over the profile, the profile over the default, and what is said of each."""

from pathlib import Path

import msgspec
import pytest

from service.configuration.loading import load, load_settings
from service.configuration.profile import ProfileError, read_profile, shipped_profiles
from service.configuration.settings import Settings, SettingsError


@pytest.fixture
def mine(tmp_path: Path) -> str:
    """A profile of two settings."""
    file = tmp_path / "mine.yaml"
    file.write_text("settings: {threads: 3, batch_tokens: 512}\n")
    return str(file)


def test_without_a_profile_there_are_variables_and_defaults():
    loaded = load({"TIDEGATE_PORT": "8000", "TIDEGATE_THREADS": "2", "TIDEGATE_PROFILE": ""})
    assert loaded.settings == Settings(port=8000, threads=2)
    assert loaded.profile is None
    assert list(loaded.sources) == list(Settings.__struct_fields__)
    # That a value is the default's does not mean that it comes from there.
    set_there = {name for name, source in loaded.sources.items() if source == "environment"}
    assert set_there == {"port", "threads"}
    assert set(loaded.sources.values()) == {"environment", "default"}


def test_a_profile_stands_between_the_variables_and_the_defaults(mine):
    loaded = load({"TIDEGATE_PROFILE": mine, "TIDEGATE_THREADS": "2"})
    assert loaded.settings == Settings(profile=mine, threads=2, batch_tokens=512)
    assert loaded.profile == read_profile(mine)
    sources = {name: source for name, source in loaded.sources.items() if source != "default"}
    assert sources == {"profile": "environment", "threads": "environment", "batch_tokens": f"profile {mine}"}


def test_an_empty_variable_leaves_the_profile_its_word(mine):
    assert load_settings({"TIDEGATE_PROFILE": mine, "TIDEGATE_THREADS": ""}).threads == 3


def test_the_option_wins_over_the_variable(mine):
    loaded = load({"TIDEGATE_PROFILE": "sidecar", "TIDEGATE_THREADS": "2"}, mine)
    assert loaded.settings == Settings(profile=mine, threads=2, batch_tokens=512)
    assert loaded.sources["profile"] == "--profile"


def test_an_empty_option_takes_the_variables_profile_away():
    loaded = load({"TIDEGATE_PROFILE": "sidecar"}, "")
    assert loaded.settings == Settings()
    assert loaded.profile is None


def test_the_profile_of_the_variable_is_not_even_read_where_the_option_names_another(mine):
    assert load({"TIDEGATE_PROFILE": "gone.yaml"}, mine).settings.threads == 3


@pytest.mark.parametrize("name", shipped_profiles())
def test_what_ships_is_what_is_served(name):
    found = load_settings({"TIDEGATE_PROFILE": name})
    assert found == msgspec.structs.replace(Settings(profile=name), **shipped_profiles()[name].settings)
    assert found != msgspec.structs.replace(Settings(), profile=name)


def test_a_profile_that_cannot_be_read_stops_the_start():
    with pytest.raises(ProfileError, match=r"gone\.yaml:1: cannot be read: "):
        load_settings({"TIDEGATE_PROFILE": "gone.yaml"})


ADMITTED = "TIDEGATE_MAX_TOKENS must not exceed TIDEGATE_MAX_QUEUED_TOKENS: such a request could never be admitted"


@pytest.mark.parametrize(
    ("profile", "variables", "message"),
    [
        (
            "{max_queued_tokens: 1000}",
            {"MAX_TOKENS": "2000"},
            f"{ADMITTED} (TIDEGATE_MAX_QUEUED_TOKENS from the profile {{file}})",
        ),
        ("{max_queued_tokens: 1000}", {}, f"{ADMITTED} (TIDEGATE_MAX_QUEUED_TOKENS from the profile {{file}})"),
        (
            "{max_tokens: 2000, max_queued_tokens: 1000}",
            {},
            f"{ADMITTED} (TIDEGATE_MAX_TOKENS and TIDEGATE_MAX_QUEUED_TOKENS from the profile {{file}})",
        ),
        ("{threads: 1}", {"MAX_TOKENS": "2", "MAX_QUEUED_TOKENS": "1"}, ADMITTED),
        # Overruled by the variable, the profile has no part in it.
        ("{max_tokens: 1}", {"MAX_TOKENS": "2", "MAX_QUEUED_TOKENS": "1"}, ADMITTED),
        (
            "{cache: redis}",
            {},
            "TIDEGATE_CACHE=redis needs TIDEGATE_REDIS_URL (TIDEGATE_CACHE from the profile {file})",
        ),
    ],
)
def test_a_contradiction_says_what_part_the_profile_has_in_it(profile, variables, message, tmp_path):
    file = tmp_path / "a.yaml"
    file.write_text(f"settings: {profile}")
    with pytest.raises(SettingsError) as caught:
        load({f"TIDEGATE_{name}": value for name, value in variables.items()}, str(file))
    assert str(caught.value) == message.format(file=file)
