"""broadsheet sandbox and run as real processes: started, stopped, killed and started again."""

import asyncio
import json
import re
import shutil
import signal
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from bot.clock import SystemClock
from bot.jobs import TICK_SECONDS
from bot.origins.files.reading import PROCESSES_FROM
from bot.sandbox import Sandbox
from bot.store.sqlite.backups import folder_of
from tests.archives import database_at, named, run_sql
from tests.chat.conftest import lines
from tests.cli.conftest import Child, Start, is_gone, option
from tests.conftest import ROOT, SetClock, StoryFile

UP = "Ctrl-C ends it."
EVENING, MORNING = "2019-12-22T16:31:00Z", "2019-12-23T08:00:00Z"
TOKEN = "MTIzNDU2Nzg5.Gabcde.a-very-secret-part"  # noqa: S105
POISON = {
    "DISCORD_TOKEN": TOKEN,
    "BROADSHEET_DISCORD_API": "http://127.0.0.1:1/api/v10",
    "BROADSHEET_DISCORD_GATEWAY": "ws://127.0.0.1:1",
}
"""What an operator may have set for the real bot; nothing listens there."""


@contextmanager
def serving(answer: bytes) -> Iterator[str]:
    """A server in a thread that answers every request with these bytes; its address."""
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def serve() -> None:
            while True:
                try:
                    connection, _ = listening.accept()
                except OSError:
                    return
                with connection:
                    connection.recv(65536)
                    connection.sendall(answer)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{listening.getsockname()[1]}/api/v10"
        listening.shutdown(socket.SHUT_RDWR)
    thread.join(5)


def posted(record: Path) -> list[dict[str, Any]]:
    """The digests that the bot posted in channels."""
    return [
        one
        for one in lines(record)
        if one["method"] == "POST" and re.fullmatch(r".*/channels/\d+/messages", one["path"])
        if one["body"].get("embeds")  # the hello to a server has none
    ]


def stories(messages: list[dict[str, Any]]) -> list[str]:
    return [embed["url"] for one in messages for embed in one["body"]["embeds"]]


def test_kill_9_between_two_digests_loses_and_repeats_nothing(tmp_path: Path, start: Start):
    database = option(tmp_path / "d.db")

    def sandbox(name: str, at: str) -> tuple[Child, Path]:
        record = tmp_path / f"{name}.jsonl"
        places = (*database, "--record", record)
        return start("sandbox", "--headless", *places, "--at", at, **POISON), record

    first, evening = sandbox("evening", EVENING)
    first.waits_for(UP)
    first.waits_for("Washington Post (washingtonpost.com)")  # stdout and stderr come side by side
    text = "".join(first.out)
    assert "#news\nAI, Facebook AI\nSunday 22 December 2019, extra edition" in text
    assert "│ Washington Post (washingtonpost.com), Wall Street Journal (wsj.com)" in text
    assert len(posted(evening)) == 1

    refused = start("sandbox", *database).outcome()
    assert refused.code == 1
    assert "a bot is already running on it (process " in refused.sentence
    assert f"{first.process.pid})." in refused.sentence
    refused = start("run", *database, **POISON).outcome()
    assert refused.code == 1
    assert f"{first.process.pid})." in refused.sentence
    assert first.ends(signal.SIGKILL) == -signal.SIGKILL

    second, morning = sandbox("morning", MORNING)
    second.waits_for(UP)
    second.waits_for("Monday 23 December 2019")
    assert len(posted(morning)) == 1
    assert second.ends(signal.SIGKILL) == -signal.SIGKILL

    third, again = sandbox("again", MORNING)
    third.waits_for(UP)
    assert third.ends(signal.SIGTERM, seconds=10) == 0
    assert posted(again) == []
    assert third.out == []

    both = stories(posted(evening) + posted(morning))
    assert len(both) == len(set(both)) > 5
    for record in (evening, morning, again):
        for one in lines(record):
            assert list(one) == ["at", "method", "path", "body", "status"]
            assert datetime.fromisoformat(one["at"]).year == 2019
            assert one["status"] in {200, 204}
        assert TOKEN not in record.read_text(encoding="utf-8")
        assert not re.search(r"sandbox\.[\w-]{20}", record.read_text(encoding="utf-8"))
    for child in (first, second, third):
        assert TOKEN not in child.text
        assert "Traceback" not in child.text


def test_beside_a_running_bot_all_that_reads_and_loads_works(tmp_path: Path, start: Start):
    at = option(tmp_path / "d.db")
    start("sandbox", "--headless", "--at", EVENING, *at).waits_for(UP)
    reading = (("topics",), ("topic", "AI"), ("story", "AI"), ("status",), ("check",))
    for beside in (("ingest",), *reading):
        outcome = start(*beside, *at).outcome()
        assert outcome.code == (1 if beside == ("check",) else 0), outcome.err  # it lacks a token


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_sandbox_of_its_own_ends_in_order_and_leaves_nothing(
    tmp_path: Path, start: Start, number: signal.Signals
):
    child = start("sandbox", "--headless", TMPDIR=str(tmp_path), **POISON)
    child.waits_for(UP)
    (folder,) = tmp_path.glob("broadsheet-*")
    assert (folder / "sandbox.db").exists()
    port = re.search(r"127\.0\.0\.1:(\d+)", child.text)
    assert port
    assert child.ends(number, seconds=10) == 0
    assert "Traceback" not in child.text
    assert is_gone(child.process.pid)
    assert list(tmp_path.iterdir()) == []
    with socket.socket() as one:
        assert one.connect_ex(("127.0.0.1", int(port[1]))) != 0


def test_a_port_in_use_is_wrong_use(start: Start):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        outcome = start("sandbox", "--headless", "--port", port).outcome()
    assert outcome.code == 2
    assert f"Port {port} cannot be used" in outcome.sentence
    assert "--port 0" in outcome.sentence


def test_paths_in_use_are_logged_at_start(tmp_path: Path, start: Start):
    database = database_at(tmp_path / "d.db")
    child = start("sandbox", "--headless", "--database", named(database))
    child.waits_for(UP)
    log = "".join(child.err)
    for path in (database, ROOT / "seeds", ROOT / "config"):
        assert str(path) in log


class Account:
    """The environment of a bot with a token, in a folder without a .env."""

    def __init__(self, folder: Path, address: str, **more: str) -> None:
        self.folder = folder
        self.environment = {
            "DISCORD_TOKEN": TOKEN,
            "BROADSHEET_DISCORD_API": address,
            "BROADSHEET_DISCORD_GATEWAY": address.replace("http", "ws"),
            "BROADSHEET_DATABASE": named(database_at(folder / "data" / "broadsheet.db")),
            "BROADSHEET_SEEDS": str(ROOT / "seeds"),
            "BROADSHEET_CONFIG": str(ROOT / "config"),
            **more,
        }


async def test_run_comes_online_with_a_token_answers_and_ends(tmp_path: Path, start: Start):
    record = tmp_path / "record.jsonl"
    sandbox = Sandbox(now=SetClock().now, record=record)
    await sandbox.start()
    (tmp_path / "token").write_text(sandbox.token + "\n")
    account = Account(
        tmp_path,
        sandbox.api,
        DISCORD_TOKEN="",
        DISCORD_TOKEN_FILE=str(tmp_path / "token"),
        BROADSHEET_DISCORD_GATEWAY=sandbox.gateway,
        BROADSHEET_LOG_LEVEL="debug",
    )
    try:
        for _ in range(2):
            child = start("run", folder=tmp_path, **account.environment)
            await asyncio.to_thread(child.waits_for, "online as")
            answer = await sandbox.person("member").command("story", query="AI")
            assert "Twitter, Facebook take down" in answer.text
            assert await asyncio.to_thread(child.ends, signal.SIGTERM, 15) == 0
            assert child.out == []
            assert sandbox.token not in child.text
            assert "Traceback" not in child.text
    finally:
        await sandbox.stop()
    assert sandbox.unknown_routes == []
    assert [one["method"] for one in lines(record)].count("PUT") == 1


async def test_run_once_loads_and_posts_what_is_due_then_ends(
    tmp_path: Path, start: Start, story_file: StoryFile
):
    now = SystemClock().now()
    sandbox = Sandbox(now=SetClock(now).now)
    await sandbox.start()
    seeds = tmp_path / "seeds"
    shutil.copytree(ROOT / "seeds", seeds)
    more = {
        "DISCORD_TOKEN": sandbox.token,
        "BROADSHEET_DISCORD_GATEWAY": sandbox.gateway,
        "BROADSHEET_SEEDS": str(seeds),
    }
    account = Account(tmp_path, sandbox.api, **more)

    async def once() -> str:
        child = start("run", "--once", folder=tmp_path, **account.environment)
        outcome = await asyncio.to_thread(child.outcome, 30)
        assert outcome.code == 0, outcome.err
        return outcome.err

    try:
        child = start("run", folder=tmp_path, **account.environment)
        await asyncio.to_thread(child.waits_for, "online as")
        answer = await sandbox.person("moderator").command("subscribe", "news", topic="AI")
        assert not answer.failed
        assert await asyncio.to_thread(child.ends, signal.SIGTERM, 15) == 0
        database = database_at(tmp_path / "data" / "broadsheet.db")
        run_sql(database, f"UPDATE digest SET next_due_at = {int(now.timestamp()) - 60}")  # noqa: S608
        (seeds / "new.md").write_bytes(story_file(title="Quite new", publishedDateTime=now))
        before = len(sandbox.world.channel("news").messages)
        assert "loaded 1 new" in await once()
        shown = sandbox.world.channel("news").messages[before:]
        assert "Quite new" in str(shown)
        await once()
        assert len(sandbox.world.channel("news").messages) == before + len(shown)
    finally:
        await sandbox.stop()


@pytest.mark.parametrize(
    "more",
    [
        {},
        {"BROADSHEET_LOG_LEVEL": "DEBUG"},
        {"BROADSHEET_LOG_LEVEL": "DEBUG", "BROADSHEET_LOG_FORMAT": "json"},
    ],
    ids=["text", "debug", "debug as json"],
)
async def test_a_wrong_token_fails_in_words_and_is_nowhere(
    tmp_path: Path, start: Start, more: dict[str, str]
):
    sandbox = Sandbox(now=SetClock().now)
    await sandbox.start()
    account = Account(tmp_path, sandbox.api, **more)
    child = start("run", folder=tmp_path, **account.environment)
    outcome = await asyncio.to_thread(child.outcome)
    await sandbox.stop()
    assert outcome.code == 1
    assert outcome.sentence.startswith("broadsheet: Discord does not accept the token")
    assert TOKEN not in outcome.err
    if "BROADSHEET_LOG_FORMAT" in more:
        logged = [json.loads(line) for line in outcome.err.splitlines()[:-1]]
        assert all({"at", "level", "logger", "message"} <= line.keys() for line in logged)


def test_no_network_fails_in_words(tmp_path: Path, start: Start):
    account = Account(tmp_path, "http://127.0.0.1:1/api/v10")
    outcome = start("run", folder=tmp_path, **account.environment).outcome()
    assert outcome.code == 1
    assert outcome.sentence.startswith("broadsheet: Discord cannot be reached")
    assert "check the network" in outcome.sentence
    assert TOKEN not in outcome.err


async def test_a_start_that_hangs_can_be_ended(tmp_path: Path, start: Start):
    sandbox = Sandbox(now=SetClock().now)
    await sandbox.start()
    more = {"DISCORD_TOKEN": sandbox.token, "BROADSHEET_DISCORD_GATEWAY": "ws://127.0.0.1:1"}
    account = Account(tmp_path, sandbox.api, **more)
    child = start("run", folder=tmp_path, **account.environment)
    await sandbox._bot_routes.synced.wait()
    code = await asyncio.to_thread(child.ends, signal.SIGTERM, 10)
    await sandbox.stop()
    assert code == 0
    assert "Traceback" not in child.text.split("Attempting a reconnect")[0]


def test_without_a_token_run_is_wrong_use(tmp_path: Path, start: Start):
    account = Account(tmp_path, "http://127.0.0.1:1/api/v10", DISCORD_TOKEN="")
    outcome = start("run", folder=tmp_path, **account.environment).outcome()
    assert outcome.code == 2
    assert "DISCORD_TOKEN" in outcome.sentence


def test_a_kill_9_of_an_ingest_leaves_no_process_and_the_next_one_completes_it(
    tmp_path: Path, start: Start, story_file: StoryFile
):
    folder = tmp_path / "many"
    folder.mkdir()
    count = 3 * PROCESSES_FROM
    for number in range(count):
        url = f"https://www.saltmarsh.example/{number}"
        (folder / f"story-{number}.md").write_bytes(story_file(webUrl=url))
    at = (folder, *option(tmp_path / "broadsheet.db"))
    child = start("ingest", *at)
    child.waits_for(f"story files: 100 of {count}")
    pid = child.process.pid
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    assert len(children) > 1
    child.process.kill()
    child.process.wait()
    assert all(is_gone(int(one)) for one in children)
    outcome = start("ingest", *at, "--json").outcome()
    assert outcome.json["new"] + outcome.json["unchanged"] == count
    assert outcome.json["unchanged"] >= 100
    assert outcome.json["stories"] == count


def replace(database: Path) -> None:
    other = database.with_name("other.db")
    other.touch()
    other.replace(database)


def copy_over(database: Path) -> None:
    (backup,) = folder_of(database).glob("*.db")
    shutil.copyfile(backup, database)


@pytest.mark.sqlite
@pytest.mark.slow
@pytest.mark.parametrize(
    ("happens", "said"),
    [
        (Path.unlink, "it was deleted"),
        (replace, "it, or its -wal, was replaced"),
        (copy_over, "a copy was written over it"),
    ],
)
async def test_run_ends_where_its_database_is_replaced_or_deleted(
    tmp_path: Path, start: Start, happens: Callable[[Path], None], said: str
):
    sandbox = Sandbox(now=SetClock().now)
    await sandbox.start()
    more = {"DISCORD_TOKEN": sandbox.token, "BROADSHEET_DISCORD_GATEWAY": sandbox.gateway}
    account, database = Account(tmp_path, sandbox.api, **more), tmp_path / "data" / "broadsheet.db"
    try:
        child = start("run", folder=tmp_path, **account.environment)
        await asyncio.to_thread(child.waits_for, "online as")
        await asyncio.to_thread(child.waits_for, "backup ")
        happens(database)
        outcome = await asyncio.to_thread(child.outcome, TICK_SECONDS + 15)
    finally:
        await sandbox.stop()
    assert outcome.code == 1
    assert outcome.sentence.startswith(f"broadsheet: Database {database}: {said} while it was in")
