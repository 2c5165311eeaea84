"""This machine or elsewhere: by the connection alone."""

import pytest

from service.access.peers import is_foreign_page, is_gone, is_loopback, is_near, names_loopback


@pytest.mark.parametrize(
    "host",
    ["127.0.0.1", "127.0.0.6", "127.255.255.254", "::1", "0:0:0:0:0:0:0:1", "::ffff:127.0.0.1", "::ffff:7f00:1"],
)
def test_loopback(host: str) -> None:
    assert is_loopback(host)
    assert is_near((host, 1), ("127.0.0.1", 8000))


@pytest.mark.parametrize(
    "host",
    [
        "",
        "0.0.0.0",
        "::",
        "10.0.0.1",
        "128.0.0.1",
        "126.255.255.255",
        "172.17.0.1",
        "192.168.0.2",
        "203.0.113.7",
        "fe80::1%eth0",
        "::2",
        "::127.0.0.1",
        "::ffff:10.0.0.1",
        "64:ff9b::127.0.0.1",
        "2002:7f00:1::",
        "localhost",
        "127.0.0.1.example",
        "127.1",
        "0177.0.0.1",
        "2130706433",
        "testclient",
    ],
)
def test_elsewhere(host: str) -> None:
    assert not is_loopback(host)
    assert not is_near((host, 1), ("127.0.0.1", 8000))


def test_a_unix_socket_is_near() -> None:
    assert is_near(None, ("/run/tidegate/gate.sock", None))
    assert not is_gone(None, ("/run/tidegate/gate.sock", None))


def test_a_connection_that_was_reset_is_not_taken_for_a_unix_socket() -> None:
    for server in (("0.0.0.0", 8000), ("::", 8000), None):
        assert not is_near(None, server)
        assert is_gone(None, server)
    assert not is_gone(("127.0.0.1", 1), ("0.0.0.0", 8000))


@pytest.mark.parametrize(
    "host",
    [
        "localhost",
        "localhost:8000",
        "LocalHost:8000",
        "127.0.0.1",
        "127.0.0.1:8000",
        "127.255.255.254:1",
        "[::1]",
        "[::1]:8000",
        "[0:0:0:0:0:0:0:1]:8000",
        "[::ffff:127.0.0.1]:8000",
        "[::FFFF:7f00:1]:8000",
    ],
)
def test_a_host_that_is_loopback(host: str) -> None:
    assert names_loopback(host)


@pytest.mark.parametrize(
    "host",
    [
        "",
        "evil.example",
        "evil.example:8000",
        "localhost.evil.example:8000",
        "127.0.0.1.evil.example",
        "evil.localhost",
        "localhost.",
        "localhost:",
        "localhost:8000:8000",
        "localhost:port",
        "localhost:８０００",
        "127.0.0.1@evil.example",
        "evil.example@127.0.0.1",
        "127.0.0.1/evil.example",
        "127.0.0.1, evil.example",
        "127.0.0.1 ",
        "127.1",
        "127.0.0.256",
        "128.0.0.1:8000",
        "0.0.0.0:8000",
        "10.0.0.1:8000",
        "::1",
        "[::1",
        "[::]:8000",
        "[::2]:8000",
        "[fe80::1]:8000",
        "[localhost]",
        "a" * 60_000,
    ],
)
def test_a_host_that_may_be_a_sites(host: str) -> None:
    assert not names_loopback(host)


@pytest.mark.parametrize(
    ("origin", "host"),
    [
        (None, "tidegate"),
        (None, None),
        ("http://127.0.0.1:8000", "127.0.0.1:8000"),
        ("http://localhost:9000", "localhost:9000"),
        ("http://[::1]:8000", "[::1]:8000"),
        ("http://127.0.0.1", "127.0.0.1"),
    ],
)
def test_our_own_page_and_what_is_no_browser(origin: str | None, host: str | None) -> None:
    assert not is_foreign_page(origin, host)


@pytest.mark.parametrize(
    ("origin", "host"),
    [
        ("https://evil.example", "127.0.0.1:8000"),
        ("http://evil.example:8000", "evil.example:8000"),  # a name that its owner has resolve to 127.0.0.1
        ("http://localhost.evil.example:8000", "localhost.evil.example:8000"),
        ("http://127.0.0.1:3000", "127.0.0.1:8000"),
        ("http://127.0.0.1:8000", None),
        ("http://127.0.0.1:8000@evil.example", "127.0.0.1:8000"),
        ("null", "127.0.0.1:8000"),
        ("", "127.0.0.1:8000"),
        ("http://[::1", "[::1"),
        ("file://", ""),
    ],
)
def test_pages_of_others(origin: str, host: str | None) -> None:
    assert is_foreign_page(origin, host)
