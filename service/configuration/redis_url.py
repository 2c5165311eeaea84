"""What a setting that is a URL of Redis may hold."""

import re
from urllib.parse import parse_qsl, urlsplit

_NUMBER = re.compile("[0-9]+", re.ASCII)
_TLS_OPTIONS = ("ssl_ca_certs", "ssl_certfile", "ssl_keyfile", "ssl_cert_reqs", "ssl_check_hostname")


def is_url(place: str) -> bool:
    """Tell whether a place that may be a path or the URL of a Redis is a URL."""
    return "://" in place


def wrong_redis_url(url: str) -> str | None:
    """Return what the client would refuse later, in words that repeat nothing of a password; None when all is well."""
    if not url.startswith(("redis://", "rediss://", "unix://")):
        return "must begin with redis://, rediss:// or unix://"
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        return "cannot be read; in a password, write / as %2F, # as %23, ? as %3F and @ as %40"
    try:
        (parts.hostname or "").encode("idna")  # as a socket does, in each connection
    except UnicodeError:
        return "names a host that cannot be"
    # The client would take database 0 for a word.
    if parts.scheme != "unix" and not (parts.path in ("", "/") or _NUMBER.fullmatch(parts.path[1:])):
        return "must name the database by its number, as redis://host/0 does"
    # Timeouts, decoding and the pool are tidegate's own; an option of the URL would overrule them.
    known = _TLS_OPTIONS if parts.scheme == "rediss" else ()
    for name, value in parse_qsl(parts.query, keep_blank_values=True):
        if not (name in known or (name == "db" and _NUMBER.fullmatch(value))):
            return f"takes no options but a number for db and, with rediss://, {', '.join(_TLS_OPTIONS)}"
    return None
