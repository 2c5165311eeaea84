"""Where a request comes from: this machine, or elsewhere.

Only the connection says that somebody is near, never a header: who asks writes X-Forwarded-For. A header may say that
somebody is not: any site can have the browser of a visitor on this machine send us something.
"""

import re
from functools import lru_cache
from ipaddress import IPv6Address, ip_address
from typing import Any
from urllib.parse import urlsplit

_HOST = re.compile(r"(localhost|[0-9.]{7,15}|\[[0-9a-f:.]{3,45}\])(:[0-9]{1,5})?", re.ASCII | re.IGNORECASE)


def is_near(client: tuple[str, int] | None, server: tuple[str, int | None] | None) -> bool:
    """Tell by ASGI's two ends of a connection whether it is over loopback or a Unix socket."""
    return not is_gone(client, server) if client is None else is_loopback(client[0])


def is_gone(client: tuple[str, int] | None, server: tuple[str, int | None] | None) -> bool:
    """Tell whether the connection was reset before anybody looked where it came from.

    Who asks over a Unix socket has no address either; but there the server has no port.
    """
    return client is None and (server is None or server[1] is not None)


@lru_cache(maxsize=1024)
def is_loopback(host: str) -> bool:
    """Tell whether an address is 127.0.0.0/8 or ::1, as IPv4 in IPv6 (::ffff:127.0.0.1) too."""
    try:
        address: Any = ip_address(host)
    except ValueError:
        return False
    if isinstance(address, IPv6Address) and address.ipv4_mapped:
        address = address.ipv4_mapped
    return bool(address.is_loopback)


@lru_cache(maxsize=1024)
def names_loopback(host: str) -> bool:
    """Tell whether a Host header names loopback itself, at any port: localhost, 127.0.0.0/8 or ::1.

    To a browser a page belongs to the name that it came from. A site that lets its own resolve to 127.0.0.1, once its
    page is open, could have that page read our answers as the site's; what it cannot change is the name in Host.
    """
    found = _HOST.fullmatch(host)
    return found is not None and (found[1].lower() == "localhost" or is_loopback(found[1].strip("[]")))


def is_foreign_page(origin: str | None, host: str | None) -> bool:
    """Tell by a request's Origin and Host whether a browser sends it for a page that we did not serve over loopback.

    A name is not enough to be the same: its owner may have it resolve to 127.0.0.1.
    """
    if origin is None:
        return False
    try:
        parts = urlsplit(origin)
        name = parts.hostname or ""
    except ValueError:
        return True
    return parts.netloc != host or not (name == "localhost" or is_loopback(name))
