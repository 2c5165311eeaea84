"""Settings from the environment: each one read, each mistake named in words, no secret repeated."""

import os
from pathlib import Path

import msgspec
import pytest

from models.backend import Device
from models.bundle import SHIPPED
from service.configuration.loading import load_settings
from service.configuration.settings import Anonymous, CacheKind, LogLevel, Settings, SettingsError, describe

READ = [
    ("HOST", "0.0.0.0", "0.0.0.0"),
    ("PORT", "9000", 9000),
    ("PORT", "0", 0),
    ("BUNDLE", "/models/mine", "/models/mine"),
    ("DEVICE", "cuda", Device.CUDA),
    ("THREADS", "3", 3),
    ("UDS", "/run/gate.sock", "/run/gate.sock"),
    ("UDS_MODE", "600", "600"),
    ("DOCS_PAGE", "false", False),
    ("CONSOLE", "false", False),
    ("POLICY", "strict", "strict"),
    ("POLICIES", "/etc/tidegate", "/etc/tidegate"),
    ("CACHE", "off", CacheKind.OFF),
    ("CACHE", "memory", CacheKind.MEMORY),
    ("CACHE_ENTRIES", "7", 7),
    ("CACHE_TTL_SECONDS", "60", 60),
    ("CACHE_SECRET", "key of many words", "key of many words"),
    ("CACHE_SECRET", "12345", "12345"),
    ("CACHE_SECRET", "null", "null"),
    ("REDIS_URL", "redis://localhost:6379/0", "redis://localhost:6379/0"),
    ("REDIS_URL", "rediss://me:a%2Fb@cache:6380/1?ssl_cert_reqs=none", None),
    ("REDIS_URL", "unix:///run/redis.sock?db=2", None),
    ("REDIS_TIMEOUT_MS", "20", 20),
    ("STATE", "/var/lib/tidegate/state.db", "/var/lib/tidegate/state.db"),
    ("STATE", "rediss://:p@state:6379/1", "rediss://:p@state:6379/1"),
    ("STATE", "off", "off"),
    ("ANONYMOUS", "anywhere", Anonymous.ANYWHERE),
    ("DECISIONS", "/var/log/decisions", "/var/log/decisions"),
    ("DECISIONS", "redis://:p@log:6379/1", "redis://:p@log:6379/1"),
    ("DECISIONS_SAMPLE", "0.25", 0.25),
    ("DECISIONS_FILE_MB", "7", 7),
    ("DECISIONS_TOTAL_MB", "100", 100),
    ("DECISIONS_DAYS", "7", 7),
    ("DECISIONS_RECENT", "0", 0),
    ("EVALUATION", "counts.json", "counts.json"),
    ("MAX_BODY_BYTES", "1000", 1000),
    ("RECEIVE_SECONDS", "5", 5),
    ("MAX_ITEMS", "1", 1),
    ("MAX_CHARS", "10", 10),
    ("MAX_TOKENS", "100", 100),
    ("MAX_QUEUED_TOKENS", "2147483647", 2**31 - 1),
    ("MAX_WAIT_MS", "80", 80),
    ("STEADY_WAIT_MS", "20", 20),
    ("BATCH_TOKENS", "512", 512),
    ("TOKENISE_THREADS", "2", 2),
    ("DRAIN_SECONDS", "0.5", 0.5),
    ("DRAIN_SECONDS", "3", 3.0),
    ("SHUTDOWN_SECONDS", "5", 5),
    ("LOG_LEVEL", "debug", LogLevel.DEBUG),
]


@pytest.mark.parametrize(("name", "text", "value"), READ)
def test_a_variable_is_read(name, text, value):
    settings = load_settings({f"TIDEGATE_{name}": text})
    found = getattr(settings, name.lower())
    assert found == (text if value is None else value)
    assert type(found) is type(text if value is None else value)
    assert settings == msgspec.structs.replace(Settings(), **{name.lower(): found})


# What is refused by itself.
WITH_A_SOCKET = [("TCP", "false", False), ("UDS_OWNER", "65532:staff", "65532:staff")]


@pytest.mark.parametrize(("name", "text", "value"), WITH_A_SOCKET)
def test_a_variable_is_read_beside_a_unix_socket(name, text, value):
    settings = load_settings({f"TIDEGATE_{name}": text, "TIDEGATE_UDS": "gate.sock"})
    assert settings == msgspec.structs.replace(Settings(uds="gate.sock"), **{name.lower(): value})
    assert getattr(settings, name.lower()) is not getattr(Settings(), name.lower())


def test_every_setting_is_read_above():
    read = {name.lower() for name, _, _ in (*READ, *WITH_A_SOCKET)}
    assert read == set(Settings.__struct_fields__) - {"profile"}  # test_loading.py


WHOLE = "must be a whole number from 1 to 2147483647"
NO_OPTIONS = (
    "takes no options but a number for db and, with rediss://, ssl_ca_certs, ssl_certfile, ssl_keyfile, "
    "ssl_cert_reqs, ssl_check_hostname"
)
BAD = [
    ("PORT", "http", "must be a whole number from 0 to 65535"),
    ("PORT", "65536", "must be a whole number from 0 to 65535"),
    ("PORT", "-1", "must be a whole number from 0 to 65535"),
    ("PORT", "80.5", "must be a whole number from 0 to 65535"),
    ("PORT", " 80", "must be a whole number from 0 to 65535"),
    ("PORT", "null", "must be a whole number from 0 to 65535"),
    ("PORT", "tcp://10.0.0.1:8000", "must be a whole number from 0 to 65535"),
    ("THREADS", "-1", "must be a whole number from 0 to 1024"),
    ("THREADS", "all", "must be a whole number from 0 to 1024"),
    ("DEVICE", "gpu", "must be one of cpu, cuda"),
    ("DEVICE", "CPU", "must be one of cpu, cuda"),
    ("CACHE", "disk", "must be one of off, memory, redis"),
    ("CACHE", "null", "must be one of off, memory, redis"),
    ("CACHE_ENTRIES", "0", WHOLE),
    ("CACHE_TTL_SECONDS", "0", WHOLE),
    ("CACHE_TTL_SECONDS", "99999999999", WHOLE),
    ("CACHE_SECRET", "\udcff\udcfe", "must be UTF-8 text"),
    ("HOST", "\udcff", "must be UTF-8 text"),
    ("DOCS_PAGE", "maybe", "must be true or false"),
    ("REDIS_TIMEOUT_MS", "5ms", WHOLE),
    ("STATE", "postgres://:hunter2@h", "must begin with redis://, rediss:// or unix://"),
    ("STATE", "redis://h?socket_timeout=9", NO_OPTIONS),
    ("DECISIONS", "http://:hunter2@h", "must begin with redis://, rediss:// or unix://"),
    ("DECISIONS", "redis://h?db=first", NO_OPTIONS),
    ("DECISIONS_SAMPLE", "1.01", "must be a number from 0 to 1"),
    ("DECISIONS_SAMPLE", "nan", "must be a number from 0 to 1"),
    ("DECISIONS_SAMPLE", "10%", "must be a number from 0 to 1"),
    ("DECISIONS_FILE_MB", "0", "must be a whole number from 1 to 10000000"),
    ("DECISIONS_TOTAL_MB", "1GB", "must be a whole number from 1 to 10000000"),
    ("DECISIONS_DAYS", "0", "must be a whole number from 1 to 36500"),
    ("DECISIONS_RECENT", "-1", "must be a whole number from 0 to 10000000"),
    ("MAX_BODY_BYTES", "8MB", WHOLE),
    ("MAX_ITEMS", "0", WHOLE),
    ("MAX_CHARS", "-5", WHOLE),
    ("MAX_TOKENS", "many", WHOLE),
    ("MAX_QUEUED_TOKENS", "1.5", WHOLE),
    ("BATCH_TOKENS", "0", WHOLE),
    ("TOKENISE_THREADS", "0", WHOLE),
    ("DRAIN_SECONDS", "-1", "must be a number from 0 to 3600"),
    ("DRAIN_SECONDS", "nan", "must be a number from 0 to 3600"),
    ("DRAIN_SECONDS", "inf", "must be a number from 0 to 3600"),
    ("DRAIN_SECONDS", "5s", "must be a number from 0 to 3600"),
    ("RECEIVE_SECONDS", "0", "must be a whole number from 1 to 3600"),
    ("SHUTDOWN_SECONDS", "0", "must be a whole number from 1 to 3600"),
    ("LOG_LEVEL", "verbose", "must be one of debug, info, warning, error"),
    ("REDIS_URL", "localhost:6379", "must begin with redis://, rediss:// or unix://"),
    ("REDIS_URL", "http://localhost:6379", "must begin with redis://, rediss:// or unix://"),
    ("REDIS_URL", "redis://[::1", "cannot be read; in a password, write / as %2F, # as %23, ? as %3F and @ as %40"),
    (
        "REDIS_URL",
        "redis://:p/w@localhost:6379",
        "cannot be read; in a password, write / as %2F, # as %23, ? as %3F and @ as %40",
    ),
    (
        "REDIS_URL",
        "redis://localhost?socket_timeout=60",
        NO_OPTIONS,
    ),
    (
        "REDIS_URL",
        "redis://h?decode_responses=true",
        NO_OPTIONS,
    ),
    ("REDIS_URL", "redis://h?db=first", NO_OPTIONS),
    ("REDIS_URL", "redis://h?db=²", NO_OPTIONS),
    ("REDIS_URL", "redis://cache..svc:6379", "names a host that cannot be"),
    ("STATE", "redis://" + "x" * 64, "names a host that cannot be"),
    ("REDIS_URL", "redis://h/cache", "must name the database by its number, as redis://host/0 does"),
    ("REDIS_URL", "redis://h/-1", "must name the database by its number, as redis://host/0 does"),
    ("REDIS_URL", "rediss://h/0/1", "must name the database by its number, as redis://host/0 does"),
    ("REDIS_URL", "redis://h?ssl_cert_reqs=none", NO_OPTIONS),
    ("REDIS_URL", "rediss://h?ssl_bogus=1", NO_OPTIONS),
    ("PROT", "8000", "is not a setting, did you mean 'TIDEGATE_PORT'? docs/reference/settings.md lists them all"),
    ("port", "8000", "is not a setting, did you mean 'TIDEGATE_PORT'? docs/reference/settings.md lists them all"),
    ("SERVICE_HOST", "10.0.0.1", "is not a setting; docs/reference/settings.md lists them all"),
    ("", "8000", "is not a setting; docs/reference/settings.md lists them all"),
]


@pytest.mark.parametrize(("name", "text", "wrong"), BAD)
def test_a_bad_value_is_named_in_words_and_not_repeated(name, text, wrong):
    with pytest.raises(SettingsError) as caught:
        load_settings({f"TIDEGATE_{name}": text})
    assert str(caught.value) == f"TIDEGATE_{name} {wrong}"
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__ or caught.value.__context__ is None


@pytest.mark.parametrize(
    ("variables", "message"),
    [
        ({"CACHE": "redis"}, "TIDEGATE_CACHE=redis needs TIDEGATE_REDIS_URL"),
        (
            {"MAX_TOKENS": "1000", "MAX_QUEUED_TOKENS": "999"},
            "TIDEGATE_MAX_TOKENS must not exceed TIDEGATE_MAX_QUEUED_TOKENS: such a request could never be admitted",
        ),
        (
            {"DECISIONS_FILE_MB": "11", "DECISIONS_TOTAL_MB": "10"},
            "TIDEGATE_DECISIONS_FILE_MB must not exceed TIDEGATE_DECISIONS_TOTAL_MB",
        ),
        (
            {"MAX_QUEUED_TOKENS": "1000"},
            "TIDEGATE_MAX_TOKENS must not exceed TIDEGATE_MAX_QUEUED_TOKENS: such a request could never be admitted",
        ),
    ],
)
def test_a_contradiction_is_refused(variables, message):
    with pytest.raises(SettingsError) as caught:
        load_settings({f"TIDEGATE_{name}": text for name, text in variables.items()})
    assert str(caught.value) == message


def test_limits_may_be_equal():
    settings = load_settings({"TIDEGATE_MAX_TOKENS": "1000", "TIDEGATE_MAX_QUEUED_TOKENS": "1000"})
    assert settings.max_tokens == settings.max_queued_tokens


def test_an_empty_variable_is_an_unset_one():
    empty = {f"TIDEGATE_{name.upper()}": "" for name in Settings.__struct_fields__}
    assert load_settings(empty) == Settings()


def test_variables_of_other_programs_are_not_ours():
    assert load_settings({"PORT": "1", "TIDEGATEX": "1", "MY_TIDEGATE_PORT": "1"}) == Settings()


def test_the_environment_of_the_process_is_the_default(monkeypatch):
    for name in [name for name in os.environ if name.startswith("TIDEGATE_")]:
        monkeypatch.delenv(name)
    assert load_settings() == Settings()
    monkeypatch.setenv("TIDEGATE_PORT", "8123")
    assert load_settings().port == 8123


@pytest.mark.parametrize(
    ("variables", "kind"),
    [
        ({}, CacheKind.MEMORY),
        ({"REDIS_URL": "redis://localhost"}, CacheKind.REDIS),
        ({"REDIS_URL": "redis://localhost", "CACHE": "redis"}, CacheKind.REDIS),
        ({"REDIS_URL": "redis://localhost", "CACHE": "memory"}, CacheKind.MEMORY),
        ({"REDIS_URL": "redis://localhost", "CACHE": "off"}, CacheKind.OFF),
        ({"CACHE": "off"}, CacheKind.OFF),
    ],
)
def test_the_cache_is_the_one_asked_for_else_redis_where_there_is_one(variables, kind):
    assert load_settings({f"TIDEGATE_{name}": text for name, text in variables.items()}).cache_kind is kind


@pytest.mark.parametrize(
    ("variables", "tokens"),
    [
        ({}, 256),
        ({"DEVICE": "cuda"}, 16_384),
        ({"BATCH_TOKENS": "512"}, 512),
        ({"DEVICE": "cuda", "BATCH_TOKENS": "512"}, 512),
    ],
)
def test_a_batch_is_as_large_as_asked_for_else_as_suits_the_device(variables, tokens):
    assert load_settings({f"TIDEGATE_{name}": text for name, text in variables.items()}).tokens_a_batch == tokens


def test_a_bundle_is_a_shipped_one_by_name_or_a_folder(tmp_path):
    assert Settings().bundle_folder == SHIPPED
    assert Settings(bundle="default").bundle_folder == SHIPPED
    assert Settings(bundle="nano").bundle_folder == SHIPPED.with_name("nano")
    assert Settings(bundle=str(tmp_path)).bundle_folder == tmp_path
    for path in ("./default", "../bundles/default", "defaults", "default/", ".", ".."):
        assert Settings(bundle=path).bundle_folder == Path(path)


def test_every_setting_is_described_in_a_sentence_or_more():
    described = describe(Settings())
    assert [each.variable for each in described] == [f"TIDEGATE_{name.upper()}" for name in Settings.__struct_fields__]
    assert all(each.description.endswith(".") for each in described)
    assert all(each.value == each.default for each in described)


def test_what_is_set_is_shown_beside_its_default():
    described = {each.variable: each for each in describe(Settings(port=9000, cache=CacheKind.OFF))}
    assert (described["TIDEGATE_PORT"].value, described["TIDEGATE_PORT"].default) == ("9000", "8000")
    assert (described["TIDEGATE_CACHE"].value, described["TIDEGATE_CACHE"].default) == ("off", "")
    assert described["TIDEGATE_DEVICE"].value == "cpu"


def test_secrets_are_never_shown():
    url = "redis://:hunter2@cache"
    described = describe(Settings(cache_secret="hunter2", redis_url=url, state=url, decisions=url))
    shown = {each.variable: each.value for each in described if each.value == "***"}
    assert set(shown) == {"TIDEGATE_CACHE_SECRET", "TIDEGATE_REDIS_URL", "TIDEGATE_STATE", "TIDEGATE_DECISIONS"}
    assert "hunter2" not in str(described)


def test_an_unset_secret_is_shown_as_unset():
    described = {each.variable: each.value for each in describe(Settings())}
    assert described["TIDEGATE_CACHE_SECRET"] == described["TIDEGATE_REDIS_URL"] == ""


@pytest.mark.parametrize(
    "url", ["redis://:hunter2/x@h:1", "http://:hunter2@h", "redis://:hunter2@h?hunter2=1", "hunter2"]
)
def test_a_url_that_is_refused_is_not_repeated(url):
    with pytest.raises(SettingsError) as caught:
        load_settings({"TIDEGATE_REDIS_URL": url})
    assert "hunter2" not in str(caught.value)
