"""Where a request comes from: this machine, or elsewhere.

Only the connection is asked, never a header: who asks writes X-Forwarded-For.
"""

from functools import lru_cache
from ipaddress import IPv6Address, ip_address
from typing import Any


def is_near(client: tuple[str, int] | None, server: tuple[str, int | None] | None) -> bool:
    """Tell by ASGI's two ends of a connection whether it is over loopback or a Unix socket."""
    if client is None:
        # A Unix socket has no address to ask from, and no port. A connection that was reset before it was looked at
        # has no address either, but it has a port.
        return server is not None and server[1] is None
    return is_loopback(client[0])


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
