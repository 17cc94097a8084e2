"""A gateway that breaks, ends sessions or stays away, against the sandbox's."""

import asyncio
import logging
from pathlib import Path

import pytest
from discord.http import HTTPClient

from bot.app.run import run
from bot.chat.gateway import connection
from bot.errors import DiscordUnavailable
from bot.sandbox import Sandbox
from bot.sandbox.faults.faults import Fault
from bot.sandbox.gateway.sessions import STARTS_A_DAY
from tests.chat.gateway.test_client import OnStatus, _logged, account, running, sandbox
from tests.conftest import places_at

__all__ = ["_logged", "sandbox"]  # the fixtures of the connection's own tests


@pytest.mark.slow
async def test_a_gateway_that_stays_away_ends_the_run_in_words(
    sandbox: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(connection, "DEAD_AFTER", 1.0)
    log, online = logging.getLogger("bot.app"), OnStatus("online as")
    log.addHandler(online)
    task = asyncio.create_task(run(places_at(tmp_path), account(sandbox)))
    async with asyncio.timeout(15):
        await online.seen.wait()
        log.removeHandler(online)
        await asyncio.sleep(1.5)
        assert not task.done(), "a gateway that is there is not away"
        await sandbox.stop()
        with pytest.raises(DiscordUnavailable, match="gateway has been away for"):
            await task


async def test_a_gateway_that_cannot_be_reached_at_the_start_is_told_in_words(
    sandbox: Sandbox,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
):
    monkeypatch.setattr(connection, "DEAD_AFTER", 0.5)
    there = account(sandbox).model_copy(update={"gateway": "ws://127.0.0.1:1"})
    with pytest.raises(DiscordUnavailable, match="gateway has been away for"):
        await run(places_at(tmp_path), there)
    (line,) = [one for one in caplog.records if one.name == "discord.shard"]
    assert (line.levelname, line.exc_info) == ("WARNING", None)
    assert "Failed to connect for shard_id: 0. Retrying..." in line.getMessage()


async def test_the_last_sessions_of_the_day_are_not_used_up(sandbox: Sandbox, tmp_path: Path):
    for _ in range(STARTS_A_DAY - 10):
        sandbox._gateway.starts.take()
    with pytest.raises(DiscordUnavailable, match="only 10 more of the 1000 logins"):
        await run(places_at(tmp_path), account(sandbox))
    assert sandbox.controls.identified == STARTS_A_DAY - 10


async def test_a_discord_that_does_not_tell_of_sessions_is_joined_all_the_same(
    sandbox: Sandbox, tmp_path: Path
):
    sandbox.faults.add(Fault("status", "GET", "/gateway/bot", status=404))
    async with running(sandbox, tmp_path):
        assert sandbox.controls.identified == 1


@pytest.fixture
def _at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("discord.backoff.ExponentialBackoff.delay", lambda self: 0.0)


@pytest.mark.usefixtures("_at_once")
async def test_how_many_shards_there_should_be_is_asked_until_discord_says_it(
    sandbox: Sandbox,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
):
    sandbox.controls.shards = sandbox.controls.max_concurrency = 3
    sandbox.faults.add(Fault("status", "GET", "/gateway/bot", status=503, times=1))
    sandbox.faults.add(Fault("status", "GET", "/gateway/bot", status=429, times=1))  # a page
    asked = HTTPClient.get_bot_gateway
    unusable: list[object] = [("a page", "", {}), (3, "", {}), (3, "", None)]

    async def asks(self: HTTPClient) -> object:
        return unusable.pop() if unusable else await asked(self)

    monkeypatch.setattr(HTTPClient, "get_bot_gateway", asks)
    async with running(sandbox, tmp_path):
        assert sandbox.controls.identified == 3
    said = [one for one in caplog.messages if "does not say how to connect" in one]
    assert len(said) == 5


@pytest.mark.usefixtures("_at_once")
async def test_a_discord_that_never_says_how_to_connect_ends_the_start_in_words(
    sandbox: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(connection, "DEAD_AFTER", 0.5)
    sandbox.faults.add(Fault("status", "GET", "/gateway/bot", status=503, times=None))
    with pytest.raises(DiscordUnavailable, match="has not said for 0 minutes how to connect"):
        await asyncio.wait_for(run(places_at(tmp_path), account(sandbox)), 10)
    assert sandbox.controls.identified == 0
