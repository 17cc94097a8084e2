"""The messages to systemd, over the sockets on which it listens."""

import asyncio
import logging
import os
import secrets
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from bot.systemd import Systemd


@contextmanager
def listening(address: str) -> Iterator[socket.socket]:
    """systemd's end of the socket; the address as in NOTIFY_SOCKET."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as one:
        one.bind(address.replace("@", "\0", 1))
        one.settimeout(5)
        yield one


@pytest.fixture(params=["a path", "an abstract name"])
def address(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "a path":
        return str(tmp_path / "notify")
    return f"@broadsheet-{secrets.token_hex(8)}"


def test_states_go_to_its_socket_one_a_line(address: str):
    with listening(address) as ears:
        Systemd({"NOTIFY_SOCKET": address}).tell("READY=1", "STATUS=online as Ærø")
        assert ears.recv(1000).decode() == "READY=1\nSTATUS=online as Ærø"


async def test_it_hears_that_the_loop_runs_in_half_its_patience_and_that_it_stops(address: str):
    environment = {
        "NOTIFY_SOCKET": address,
        "WATCHDOG_USEC": "400000",
        "WATCHDOG_PID": str(os.getpid()),
    }
    loop = asyncio.get_running_loop()
    with listening(address) as ears:
        ears.setblocking(False)
        async with asyncio.timeout(5):
            async with Systemd(environment).watching():
                began = loop.time()
                for _ in range(4):
                    assert await loop.sock_recv(ears, 1000) == b"WATCHDOG=1"
                assert 0.55 <= loop.time() - began < 2
            assert await loop.sock_recv(ears, 1000) == b"STOPPING=1"


@pytest.mark.parametrize(
    "more", [{}, {"WATCHDOG_USEC": "1000", "WATCHDOG_PID": "1"}], ids=["none", "another's"]
)
async def test_without_a_watchdog_of_ours_nothing_is_beaten(address: str, more: dict[str, str]):
    with listening(address) as ears:
        async with Systemd({"NOTIFY_SOCKET": address, **more}).watching():
            await asyncio.sleep(0.05)
        assert ears.recv(1000) == b"STOPPING=1"


async def test_where_there_is_no_systemd_nothing_is_told(
    address: str, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("NOTIFY_SOCKET", address)  # not of the environment that it is given
    with listening(address) as ears:
        ears.setblocking(False)
        async with Systemd({}).watching():
            Systemd({}).tell("READY=1")
        with pytest.raises(BlockingIOError):
            ears.recv(1000)


def test_a_systemd_that_does_not_listen_is_said_in_the_log(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
):
    with caplog.at_level(logging.WARNING, "bot.systemd"):
        Systemd({"NOTIFY_SOCKET": str(tmp_path / "nobody")}).tell("READY=1")
    assert "systemd cannot be told READY=1" in caplog.text
