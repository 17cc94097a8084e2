"""Which addresses may be connected to: those of the public internet.

The check stands where a socket is made, after names are resolved: so it covers every way to an
address, such as a redirect, or a name that is resolved anew between a check and its use.
"""

import socket
from collections.abc import Callable
from ipaddress import IPv6Address, IPv6Network, ip_address, ip_network
from typing import Final

IsAllowed = Callable[[str, int], bool]
"""Says of an IP address, as text, and a port whether they may be connected to."""
AddressInfo = tuple[int, int, int, str, tuple[str, int] | tuple[str, int, int, int]]
"""Family, type, protocol, canonical name and address, as socket.getaddrinfo gives them."""

_UNICAST: Final = IPv6Network("2000::/3")
"""The only part of IPv6 that is given out to the public internet so far."""
_SPECIAL: Final = tuple(
    ip_network(network)
    # `is_global` allows these: addresses that a gateway turns into IPv4 ones, perhaps private, and
    # those of documents.
    for network in ("2001::/32", "2002::/16", "192.88.99.0/24", "3fff::/20")
)


_RECEIVED: Final = 65_536
"""Bytes that the system may have ready, doubled by Linux. They are parsed in one step of the event
loop: 256 KiB in chunks of a byte took 33 ms.
"""


class ForbiddenAddress(OSError):
    """An address that must not be connected to. An OSError, since aiohttp then tries the next."""


def is_public(address: str, port: int = 0) -> bool:
    """Whether an IP address is one of the public internet, whatever the port."""
    found = ip_address(address)
    if isinstance(found, IPv6Address):
        found = found.ipv4_mapped or found
    if isinstance(found, IPv6Address) and found not in _UNICAST:
        return False
    special = found.is_multicast or found.is_reserved or any(found in one for one in _SPECIAL)
    return found.is_global and not special


def guarded_socket(is_allowed: IsAllowed) -> Callable[[AddressInfo], socket.socket]:
    """Makes sockets for aiohttp's connector; raises ForbiddenAddress."""

    def make(info: AddressInfo) -> socket.socket:
        family, kind, protocol, _, address = info
        if not is_allowed(address[0], address[1]):
            raise ForbiddenAddress("not an address of the public internet")
        made = socket.socket(family, kind, protocol)
        made.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _RECEIVED)
        return made

    return make
