"""No way leads to an address that is not of the public internet."""

import asyncio
import socket
from asyncio.selector_events import BaseSelectorEventLoop
from collections.abc import Callable
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.origins.feeds.address_guard import is_public
from bot.origins.feeds.client import FetchPolicy, guarded
from bot.origins.feeds.failures import FetchFailed
from bot.stories.feeds import FaultKind
from tests.origins.feeds.names import LOOPBACK, Names
from tests.origins.feeds.serving import fetched, policy, reply, serving

NOT_PUBLIC = (
    "0.0.0.0/8",
    "10.0.0.0/8",
    "100.64.0.0/10",
    "127.0.0.0/8",
    "169.254.0.0/16",
    "172.16.0.0/12",
    "192.0.2.0/24",
    "192.88.99.0/24",
    "192.168.0.0/16",
    "198.18.0.0/15",
    "198.51.100.0/24",
    "203.0.113.0/24",
    "224.0.0.0/4",
    "240.0.0.0/4",
    "::/128",
    "::1/128",
    "64:ff9b::/96",
    "64:ff9b:1::/48",
    "100::/64",
    "2001::/32",
    "2001:db8::/32",
    "2002::/16",
    "3fff::/20",
    "4000::/2",
    "fc00::/7",
    "fe80::/10",
    "fec0::/10",
    "ff00::/8",
)


def inside(network: str) -> st.SearchStrategy[str]:
    """Addresses of a network."""
    whole = ip_network(network)
    first, last = int(whole.network_address), int(whole.broadcast_address)
    return st.integers(first, last).map(lambda n: str(type(whole.network_address)(n)))


@pytest.mark.parametrize("network", NOT_PUBLIC)
def test_no_address_of_a_special_network_is_public(network: str):
    @given(inside(network))
    def check(address: str) -> None:
        assert not is_public(address)

    check()
    assert not is_public(str(ip_network(network).broadcast_address))
    assert not is_public(str(ip_network(network).network_address))


@given(st.integers(0, 2**32 - 1).map(IPv4Address))
def test_an_ipv4_address_written_as_ipv6_is_what_it_is_as_ipv4(address: IPv4Address):
    assert is_public(f"::ffff:{address}") == is_public(str(address))


@given(st.one_of(st.ip_addresses(v=4), st.ip_addresses(v=6)))
def test_every_address_is_judged(address: IPv4Address | IPv6Address):
    assert is_public(str(address)) <= ip_address(str(address)).is_global


@pytest.mark.parametrize(
    "address", ["1.1.1.1", "93.184.215.14", "2606:4700:4700::1111", "2a00:1450:4001:81b::200e"]
)
def test_addresses_of_well_known_sites_are_public(address: str):
    assert is_public(address)


def test_an_address_of_one_network_card_is_not_public():
    assert not is_public("fe80::1%eth0")


@pytest.fixture
def connected(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The addresses to which a connection was begun."""
    begun: list[str] = []
    connect: Callable[..., Any] = BaseSelectorEventLoop.sock_connect

    async def noted(loop: asyncio.AbstractEventLoop, sock: socket.socket, address: Any) -> None:
        begun.append(address[0])
        await connect(loop, sock, address)

    monkeypatch.setattr(BaseSelectorEventLoop, "sock_connect", noted)
    return begun


def named(address: str) -> FetchPolicy:
    """The policy for the internet, with names that resolve to this address."""
    return FetchPolicy(resolver=Names(address))


ROUTES: dict[str, tuple[str, FetchPolicy]] = {
    "another loopback address": ("http://127.0.0.2/", guarded(None)),
    "loopback of IPv6": ("http://[::1]/", guarded(None)),
    "metadata of clouds": ("http://169.254.169.254/latest/meta-data/", guarded(None)),
    "hexadecimal": ("http://0x7f000001/", named("127.0.0.1")),
    "mapped": ("http://[::ffff:10.0.0.1]/", guarded(None)),
    "NAT64": ("http://[64:ff9b::a00:1]/", guarded(None)),
    "6to4": ("http://[2002:a00:1::]/", guarded(None)),
    "multicast": ("http://224.0.0.1/", guarded(None)),
    "multicast of IPv6": ("http://[ff02::1]/", guarded(None)),
    "all addresses": ("http://0.0.0.0/", guarded(None)),
    "a file": ("file:///etc/passwd", guarded(None)),
    "decimal": ("http://2130706433/", named("127.0.0.1")),
    "short": ("http://127.1/", named("127.0.0.1")),
    "octal": ("http://0177.0.0.1/", named("127.0.0.1")),
    "a name of a private address": ("http://intern.example/", named("10.1.2.3")),
    "a name of a mapped address": ("http://intern.example/", named("::ffff:192.168.0.1")),
    "another scheme": ("gopher://news.example/", named("127.0.0.1")),
    "no host": ("http:///feed", named("127.0.0.1")),
    "no address": ("a page", named("127.0.0.1")),
}


@pytest.mark.parametrize("route", ROUTES)
async def test_a_forbidden_address_is_refused_before_any_connection(
    route: str, connected: list[str]
):
    url, given_policy = ROUTES[route]
    with pytest.raises(FetchFailed) as failed:
        await fetched(url, given_policy)
    assert failed.value.kind is FaultKind.FORBIDDEN
    assert connected == []


REDIRECTS = {
    "a literal address": "http://10.0.0.1/",
    "an address of IPv6": "http://[fd00::1]/feed",
    "loopback": "http://127.0.0.2:8080/",
    "a private name": "http://intern.example/",
    "no scheme": "//169.254.169.254/latest/",
    "a file": "file:///etc/passwd",
    "data": "data:text/xml,<rss/>",
    "broken": "http://[::1",
}


@pytest.mark.parametrize("where", REDIRECTS)
@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_a_redirect_to_a_forbidden_address_is_refused_before_its_connection(
    where: str, status: int, connected: list[str]
):
    private = policy(resolver=Names(intern="10.9.8.7"))
    async with serving(reply(status, location=REDIRECTS[where])) as server:
        with pytest.raises(FetchFailed) as failed:
            await fetched(server.url(), private)
    assert failed.value.kind is FaultKind.FORBIDDEN
    assert {*connected} == {LOOPBACK}
    assert len(server.asked) == 1


async def test_a_public_address_beside_a_private_one_is_used(connected: list[str]):
    class Both(Names):
        async def resolve(self, *asked: Any, **more: Any) -> Any:
            private, public = Names("10.0.0.1"), Names(LOOPBACK)
            return [*await private.resolve(*asked), *await public.resolve(*asked)]

    async with serving(reply(200, b"<rss/>")) as server:
        answer = await fetched(server.url(), policy(resolver=Both()))
    assert answer.body == b"<rss/>"
    assert {*connected} == {LOOPBACK}
