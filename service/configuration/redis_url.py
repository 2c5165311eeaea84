"""What a setting that is a URL of Redis may hold."""

from urllib.parse import parse_qsl, urlsplit

_TLS_OPTIONS = ("ssl_ca_certs", "ssl_certfile", "ssl_keyfile", "ssl_cert_reqs", "ssl_check_hostname")


def wrong_redis_url(url: str) -> str | None:
    """Return what the client would refuse later, in words that repeat nothing of a password; None when all is well."""
    if not url.startswith(("redis://", "rediss://", "unix://")):
        return "must begin with redis://, rediss:// or unix://"
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        return "cannot be read; in a password, write / as %2F, # as %23, ? as %3F and @ as %40"
    # Timeouts, decoding and the pool are tidegate's own; an option of the URL would overrule them.
    known = _TLS_OPTIONS if parts.scheme == "rediss" else ()
    for name, value in parse_qsl(parts.query, keep_blank_values=True):
        if not (name in known or (name == "db" and value.isdigit())):
            return f"takes no options but a number for db and, with rediss://, {', '.join(_TLS_OPTIONS)}"
    return None
