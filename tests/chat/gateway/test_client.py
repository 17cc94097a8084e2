"""The connection itself: login, when commands are registered, and errors in words."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from discord.http import Route
from pydantic import SecretStr

from bot.app.online import online
from bot.app.run import run
from bot.app.services import open_services
from bot.chat.gateway import client
from bot.chat.gateway.client import BroadsheetBot
from bot.chat.gateway.connection import check_token, use_endpoints
from bot.environment import DiscordAccount
from bot.errors import DatabaseError, DiscordUnavailable
from bot.sandbox import Sandbox
from bot.store.membership import Alone
from tests.chat.conftest import lines, not_waiting_for_servers
from tests.chat.rest.test_server_answers import LIMITED, page, response, server
from tests.conftest import SetClock, places_at


@pytest.fixture
async def sandbox(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Sandbox]:
    """A loopback Discord without a bot. It does not mind two that begin at once."""
    monkeypatch.setattr(client, "GAP", 0.001)
    one = Sandbox(now=SetClock().now, record=tmp_path / "record.jsonl")
    await one.start()
    with not_waiting_for_servers():
        yield one
    await one.stop()
    assert one.unknown_routes == []


def account(sandbox: Sandbox, token: str | None = None) -> DiscordAccount:
    secret = SecretStr(token or sandbox.token)
    return DiscordAccount(token=secret, api=sandbox.api, gateway=sandbox.gateway)


@asynccontextmanager
async def running(sandbox: Sandbox, folder: Path) -> AsyncIterator[None]:
    """`broadsheet run` against the sandbox, stopped as a signal stops it."""
    log, online = logging.getLogger("bot.app"), OnStatus("online as")
    log.addHandler(online)
    task = asyncio.create_task(run(places_at(folder), account(sandbox)))
    try:
        async with asyncio.timeout(10):
            await online.seen.wait()
        yield
    finally:
        task.cancel()
        await asyncio.wait((task,))
        log.removeHandler(online)
    assert task.cancelled()


class OnStatus(logging.Handler):
    """Waits for a text in a log."""

    def __init__(self, words: str) -> None:
        super().__init__()
        self.words, self.seen = words, asyncio.Event()

    def emit(self, record: logging.LogRecord) -> None:
        if self.words in record.getMessage():
            self.seen.set()


@pytest.fixture(autouse=True)
def _logged(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO", "bot.app")


def requests(folder: Path) -> list[str]:
    return [f"{one['method']} {one['path']}" for one in lines(folder / "record.jsonl")]


def commands(sandbox: Sandbox) -> str:
    return f"/api/v10/applications/{sandbox.world.bot.id}/commands"


async def test_commands_are_registered_once_and_again_only_where_they_are_gone(
    sandbox: Sandbox, tmp_path: Path
):
    for _ in range(2):
        async with running(sandbox, tmp_path):
            answer = await sandbox.person("member").command("story", query="AI")
            assert answer.message["embeds"][0]["url"].startswith("https://www.marketwatch.com/")
    path = commands(sandbox)
    assert requests(tmp_path).count(f"PUT {path}") == 1
    assert sum(one.startswith(f"GET {path}") for one in requests(tmp_path)) == 1
    sandbox.world.commands[None] = sandbox.world.commands[None][:-1]
    async with running(sandbox, tmp_path):
        await sandbox.person("member").command("topics")
    assert requests(tmp_path).count(f"PUT {path}") == 2


class Second(Alone):
    """A process beside another, which leads at first."""

    first_is_there = True

    def leads(self) -> bool:
        return not self.first_is_there


async def test_commands_are_registered_by_the_process_that_leads(sandbox: Sandbox, tmp_path: Path):
    second, put = Second(), f"PUT {commands(sandbox)}"
    async with (
        open_services(places_at(tmp_path)) as services,
        online(services, account(sandbox), None, member=second) as bot,
    ):
        await bot.jobs.ticked()
        assert put not in requests(tmp_path)
        second.first_is_there = False
        for _ in range(2):
            bot.jobs.tick_now()
            await bot.jobs.ticked()
        assert requests(tmp_path).count(put) == 1


async def test_help_is_clickable_after_a_start_that_registers_nothing(
    sandbox: Sandbox, tmp_path: Path
):
    for _ in range(2):
        async with running(sandbox, tmp_path):
            answer = await sandbox.person("owner").command("help")
    registered = {one["id"] for one in sandbox.world.commands[None] if one["name"] != "help"}
    assert all(f":{one}>" in answer.text for one in registered)


async def test_run_follows_nothing_and_posts_nothing_by_itself_but_hello(
    sandbox: Sandbox, tmp_path: Path
):
    before = {channel.name: len(channel.messages) for channel in sandbox.world.channels}
    async with running(sandbox, tmp_path):
        await sandbox.person("member").command("topics")
    after = {channel.name: len(channel.messages) for channel in sandbox.world.channels}
    assert {name for name in after if after[name] > before[name]} <= {"general", "elsewhere"}
    assert sum(after.values()) <= sum(before.values()) + 2


@pytest.mark.sqlite
async def test_a_second_bot_on_the_same_database_is_refused(sandbox: Sandbox, tmp_path: Path):
    async with running(sandbox, tmp_path):
        with pytest.raises(DatabaseError, match=r"already running on it \(process \d+\)"):
            await run(places_at(tmp_path), account(sandbox))


async def test_a_wrong_token_is_told_in_words_without_the_token(sandbox: Sandbox, tmp_path: Path):
    with pytest.raises(DiscordUnavailable, match="does not accept the token") as caught:
        await run(places_at(tmp_path), account(sandbox, "wrong.token"))
    assert "wrong.token" not in str(caught.value)


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (b"", "cannot be reached"),
        (response(503, {"message": "overloaded"}), "HTTP 503"),
        (response(404, {"message": "nothing here"}), "HTTP 404"),
        (response(429, LIMITED, "Via: 1.1 proxy"), "asks to wait for 62 seconds"),
        (page(200), "answer cannot be used"),
        (response(200, "text"), "answer cannot be used"),
        (response(200, {"username": None}), "answer cannot be used"),
        (response(429, {}, "Via: 1.1 proxy"), "answer cannot be used"),
        (page(429), "answer cannot be used"),
        (response(429, "banned"), "HTTP 429"),
    ],
)
async def test_a_discord_that_does_not_work_is_told_in_words(
    sandbox: Sandbox, tmp_path: Path, answer: bytes, words: str
):
    async with server(answer) as address:
        there = account(sandbox).model_copy(update={"api": address})
        with pytest.raises(DiscordUnavailable, match=words):
            await run(places_at(tmp_path), there)


async def test_a_start_can_be_stopped_while_the_gateway_does_not_answer(
    sandbox: Sandbox, tmp_path: Path
):
    async with server(b"") as address:
        gateway = address.replace("http", "ws")
        there = account(sandbox).model_copy(update={"gateway": gateway})
        task = asyncio.create_task(run(places_at(tmp_path), there))
        async with asyncio.timeout(10):
            await sandbox._bot_routes.synced.wait()
            task.cancel()
            await asyncio.wait((task,))
    assert task.cancelled()


async def test_a_token_can_be_checked_without_connecting(sandbox: Sandbox):
    use_endpoints(sandbox.api, sandbox.gateway)
    assert await check_token(sandbox.token) == "Broadsheet"
    with pytest.raises(DiscordUnavailable, match="does not accept the token"):
        await check_token("wrong.token")


async def test_endpoints_that_are_not_given_stay_as_they_are():
    before = Route.BASE
    use_endpoints(None, None)
    assert before == Route.BASE


def test_the_bot_keeps_no_messages_no_members_and_mentions_nobody():
    bot = BroadsheetBot()
    assert bot._connection.max_messages is None
    assert bot._connection.member_cache_flags.value == 0
    assert bot.allowed_mentions is not None
    assert bot.allowed_mentions.everyone is bot.allowed_mentions.roles is False
