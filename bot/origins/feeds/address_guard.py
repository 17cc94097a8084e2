"""Which addresses may be connected to: those of the public internet.

The check stands where a socket is made, after names are resolved: so it covers every way to an
address, such as a redirect, or a name that is resolved anew between a check and its use.
"""

import socket
from collections.abc import Callable
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import Final

IsAllowed = Callable[[str], bool]
"""Says of an IP address, as text, whether it may be connected to."""
AddressInfo = tuple[int, int, int, str, tuple[str, int] | tuple[str, int, int, int]]
"""Family, type, protocol, canonical name and address, as socket.getaddrinfo gives them."""

_TRANSLATED: Final = tuple(
    ip_network(network)
    # Addresses that a gateway turns into IPv4 ones, perhaps private ones; `is_global` allows them.
    for network in ("64:ff9b::/96", "64:ff9b:1::/48", "2002::/16", "2001::/32", "192.88.99.0/24")
)


class ForbiddenAddress(OSError):
    """An address that must not be connected to. An OSError, since aiohttp then tries the next."""


def is_public(address: str) -> bool:
    """Whether an IP address is one of the public internet."""
    found: IPv4Address | IPv6Address = ip_address(address)
    if isinstance(found, IPv6Address) and found.ipv4_mapped:
        found = found.ipv4_mapped
    special = found.is_multicast or found.is_reserved or any(found in one for one in _TRANSLATED)
    return found.is_global and not special


def guarded_socket(is_allowed: IsAllowed) -> Callable[[AddressInfo], socket.socket]:
    """Makes sockets for aiohttp's connector; raises ForbiddenAddress."""

    def make(info: AddressInfo) -> socket.socket:
        family, kind, protocol, _, address = info
        if not is_allowed(address[0]):
            raise ForbiddenAddress("not an address of the public internet")
        return socket.socket(family, kind, protocol)

    return make
