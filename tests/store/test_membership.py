"""Several processes on one PostgreSQL server: leases, their renewal, and who may write."""

import asyncio
import os
import socket
from collections.abc import AsyncIterator, Callable, Collection
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from pathlib import Path
from time import monotonic

import psycopg
import pytest

from bot.database_url import DatabaseUrl
from bot.digests.schedule import Occurrence
from bot.digests.target import Channel
from bot.environment import ShardRange
from bot.errors import BroadsheetError, ConfigError, DatabaseError, LostLease
from bot.store import digests, facts
from bot.store.membership import MESSAGES
from bot.store.postgres import database as module
from bot.store.postgres import leases, membership
from bot.store.postgres.database import PostgresDatabase, open_database
from bot.store.postgres.hints import Hints
from bot.store.postgres.lock import holders, one_of_the_bots_on, only_bot_on
from bot.store.postgres.membership import PostgresMembership
from bot.store.shards import EVERY_SERVER
from tests import postgres
from tests.conftest import START

SECONDS = 0.05
"""How often a process renews here; what it does else takes as many times longer."""

END_THE_OTHERS = """
SELECT pg_terminate_backend(pid) FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid()
"""
ME = f"{socket.gethostname()} {os.getpid()}"
WAITS = "more processes than shards ({}), and others run them all: this one waits until one of them"


@pytest.fixture(autouse=True)
def hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leases that last less than a second."""
    monkeypatch.setattr(membership, "RENEW_SECONDS", SECONDS)
    monkeypatch.setattr(membership, "LEASE_SECONDS", 12 * SECONDS)
    monkeypatch.setattr(membership, "MARGIN_SECONDS", 2 * SECONDS)
    monkeypatch.setattr(membership, "PATIENCE_SECONDS", 20 * SECONDS)


@pytest.fixture
async def url(tmp_path: Path) -> AsyncIterator[DatabaseUrl]:
    server = postgres.server()
    yield server.database_of(tmp_path / "broadsheet.db")
    server.take_back(tmp_path)


class Process:
    """A member, and what it was told."""

    def __init__(self, database: PostgresDatabase, member: PostgresMembership) -> None:
        self.database, self.member = database, member
        self.shards: frozenset[int] = frozenset()
        self.lost: BroadsheetError | None = None
        member.told(self._note)

    def _note(self, error: BroadsheetError) -> None:
        self.lost = error

    async def use(self, shards: Collection[int]) -> None:
        self.shards = frozenset(shards)

    async def run(self, recommended: int) -> None:
        await self.member.agree(recommended)
        await self.member.run_shards(self.use)

    async def writes(self) -> None:
        async with self.database.writing() as db:
            await facts.write_fact(db, "written", "1")


@asynccontextmanager
async def process(url: DatabaseUrl, fixed: ShardRange | None = None) -> AsyncIterator[Process]:
    database = await open_database(url)
    try:
        async with membership.joined(database, fixed) as member:
            yield Process(database, member)
    finally:
        await database.close()


async def until(found: Callable[[], object], what: str) -> None:
    """Wait until a condition holds."""
    with suppress(TimeoutError):
        async with asyncio.timeout(10):
            while not found():  # noqa: ASYNC110 - it is the database that changes
                await asyncio.sleep(SECONDS / 2)
    assert found(), what


def paused(one: Process) -> None:
    """Have a process renew nothing, as one that was stopped."""

    async def nothing() -> None: ...

    one.member._try_round = nothing  # type: ignore[method-assign]


async def test_one_process_leads_and_runs_every_shard(url: DatabaseUrl):
    async with process(url) as one:
        await one.run(4)
        assert one.member.leads()
        assert one.shards == {0, 1, 2, 3}
        assert one.database.own_servers == EVERY_SERVER


async def test_processes_share_the_shards_evenly_as_they_come_and_go(url: DatabaseUrl):
    async with AsyncExitStack() as stack:
        one = await stack.enter_async_context(process(url))
        await one.run(5)
        async with process(url) as other:
            await other.run(9)
            await until(lambda: len(other.shards) == 2, "it takes what the first gives back")
            assert one.shards | other.shards == {0, 1, 2, 3, 4}
            assert not one.shards & other.shards
            assert not other.member.leads()
        await until(lambda: len(one.shards) == 5, "it takes over what was given back")


async def test_a_process_that_comes_or_goes_gives_the_others_a_hint(
    url: DatabaseUrl, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(membership, "LEASE_SECONDS", 600)
    monkeypatch.setattr(membership, "RENEW_SECONDS", 60)  # longer than anything waits here
    async with process(url) as one:
        await one.run(4)
        await until(lambda: one.member._hints._connection, "it listens")
        async with process(url) as other:
            await until(lambda: other.member._hints._connection, "it listens")
            await other.run(4)
            await until(lambda: len(other.shards) == 2, "it takes what the first gives back")
        await until(lambda: len(one.shards) == 4, "it takes over what was given back")


async def test_while_connections_end_a_hint_is_waited_for_no_less(url: DatabaseUrl):
    hints = Hints(url)
    try:
        await hints.wait(SECONDS)
        with psycopg.connect(url.secret, autocommit=True) as server:
            server.execute(END_THE_OTHERS)
        for _ in range(2):
            began = monotonic()
            await hints.wait(SECONDS)
            assert monotonic() - began >= 0.9 * SECONDS
    finally:
        await hints.close()


async def test_a_process_without_a_shard_waits_until_one_is_free(
    url: DatabaseUrl, caplog: pytest.LogCaptureFixture
):
    async with process(url) as spare:
        async with process(url) as one:
            await one.run(1)
            await spare.run(1)
            assert spare.shards == set()
            assert spare.database.own_servers == "FALSE"
            await until(lambda: WAITS.format(1) in caplog.text, "it says so")
        await until(lambda: spare.shards == {0}, "it takes over")


async def test_of_more_processes_than_shards_the_last_one_waits_and_says_so(
    url: DatabaseUrl, caplog: pytest.LogCaptureFixture
):
    async with process(url) as one, process(url) as other, process(url) as spare:
        for each in (one, other, spare):
            await each.run(2)
        await until(
            lambda: sorted(len(each.shards) for each in (one, other, spare)) == [0, 1, 1],
            "two have one each",
        )
        await until(lambda: WAITS.format(2) in caplog.text, "it says so")


async def test_a_process_that_gets_its_share_does_not_say_that_it_waits(
    url: DatabaseUrl, caplog: pytest.LogCaptureFixture
):
    async with process(url) as one, process(url) as other:
        await one.run(2)
        await other.run(2)
        await until(lambda: other.shards, "it has its share")
        assert "waits" not in caplog.text


async def test_a_process_that_is_silent_loses_everything_and_can_write_nothing(url: DatabaseUrl):
    async with process(url) as one, process(url) as other:
        await one.run(2)
        await other.run(2)
        assert one.member.leads()
        paused(one)
        await until(lambda: not one.member.may_send(), "it stops by its own clock")
        await until(other.member.leads, "the other leads")
        await until(lambda: other.shards == {0, 1}, "the other runs all shards")
        with pytest.raises(LostLease, match="taken this one's place"):
            await one.writes()
        await other.writes()


async def test_nobody_takes_the_place_of_a_process_while_it_writes(url: DatabaseUrl):
    async with process(url) as one, process(url) as other:
        await one.run(1)
        await other.run(1)
        async with one.database.writing() as db:
            paused(one)
            await until(lambda: not one.member.may_send(), "its lease is over")
            await asyncio.sleep(15 * SECONDS)
            await facts.write_fact(db, "written", "1")
            assert not other.member.leads()
        await until(other.member.leads, "the other leads after the transaction")


async def test_a_transaction_that_a_silent_process_left_open_is_ended(
    url: DatabaseUrl, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(module, "_IDLE_SECONDS", 600)  # nor does it end what waits for the client
    monkeypatch.setattr(leases, "ABANDONED_SECONDS", 2 * SECONDS)
    async with process(url) as one, process(url) as other:
        await one.run(1)
        await other.run(1)
        with pytest.raises(DatabaseError, match="does not answer"):
            await begins_to_write_and_falls_silent(one, other)
        await other.writes()


async def begins_to_write_and_falls_silent(one: Process, other: Process) -> None:
    async with one.database.writing() as db:
        paused(one)
        await until(other.member.leads, "the other leads")
        await facts.write_fact(db, "written", "1")


async def test_both_ends_of_a_connection_find_that_the_other_is_gone(url: DatabaseUrl):
    async with process(url) as one, one.database.reading() as db:
        ours = db._connection.info.get_parameters()
    assert (ours["keepalives_idle"], ours["tcp_user_timeout"]) == ("5", "10000")
    assert "tcp_keepalives_idle=5" in ours["options"]


async def test_a_process_that_finds_its_place_taken_says_so(url: DatabaseUrl):
    async with process(url) as one, process(url) as other:
        await one.run(1)
        await other.run(1)
        renew = one.member._try_round
        paused(one)
        await until(other.member.leads, "the other leads")
        one.member._try_round = renew  # type: ignore[method-assign]
        await until(lambda: isinstance(one.lost, LostLease), "it is told")
        assert not one.member.may_send()


async def test_two_that_name_the_same_shard_are_told_apart(url: DatabaseUrl):
    async with (
        process(url, ShardRange(0, 1, 4)) as one,
        process(url, ShardRange(1, 3, 4)) as other,
    ):
        await one.run(1)
        await other.run(1)
        assert one.shards == {0, 1}
        assert other.shards == {2, 3}
        await until(lambda: other.lost, "it is told")
        assert isinstance(other.lost, ConfigError)
        assert "BROADSHEET_SHARDS: shard 1 is run by " in str(other.lost)
        assert one.lost is None


async def test_two_that_name_another_number_of_shards_are_refused(url: DatabaseUrl):
    async with (
        process(url, ShardRange(0, 1, 4)) as one,
        process(url, ShardRange(4, 7, 8)) as other,
    ):
        await one.run(1)
        with pytest.raises(ConfigError, match="other processes run 4 shards"):
            await other.run(1)


async def test_the_application_has_one_budget(url: DatabaseUrl):
    async with process(url) as one, process(url) as other:
        began = monotonic()
        first, held = await one.member.budget.take(MESSAGES, 10, rate=45)
        second, _ = await other.member.budget.take(MESSAGES, 10, rate=45)
        passed = monotonic() - began
        assert held == 0
        assert 10 / 45 - passed <= second - first <= 10 / 45 + 0.001
        assert await one.member.budget.take("sessions", 1, rate=45) == (0, 0)
        await other.member.budget.hold(30)
        assert (await one.member.budget.take(MESSAGES, 10, rate=45))[1] == pytest.approx(30, abs=1)


async def test_each_process_plans_for_its_own_servers_and_leaves_what_is_due_elsewhere(
    url: DatabaseUrl,
):
    due = Occurrence(START, START.date(), 1)
    async with process(url) as one, process(url) as other:
        await one.run(2)
        await other.run(2)
        await until(lambda: one.shards and other.shards, "both have a shard")
        async with one.database.writing() as db:
            guilds = [number << 22 for number in range(1, 7)]
            made = [await digests.make_digest(db, Channel(one, one), START) for one in guilds]
            await digests.set_next(db, {digest.digest_id: due for digest in made})
        found: list[set[int]] = []
        for each in (one, other):
            async with each.database.writing(archive=False) as db:
                some = await digests.due_digests(db, START, 50)
                found.append({digest.target.guild_id for digest in some})
                assert {*await digests.to_rearm(db, START)} == {d.digest_id for d in some}
                assert await digests.count_due(db, START, 50) == len(some) == 3
        assert found[0] | found[1] == {*guilds}
        assert not found[0] & found[1]


async def test_a_digest_that_one_process_plans_is_not_seen_by_another(url: DatabaseUrl):
    async with process(url) as one, process(url) as other:
        one.database.own_servers = other.database.own_servers = EVERY_SERVER
        async with one.database.writing() as db:
            made = await digests.make_digest(db, Channel(1, 2), START)
            await digests.set_next(db, {made.digest_id: Occurrence(START, START.date(), 1)})
        async with one.database.writing(archive=False) as db:
            assert len(await digests.due_digests(db, START, 50)) == 1
            async with other.database.writing(archive=False) as theirs:
                assert await digests.due_digests(theirs, START, 50) == []


async def test_bots_share_a_database_but_not_with_what_must_be_alone_there(
    url: DatabaseUrl, tmp_path: Path
):
    elsewhere = postgres.server().database_of(tmp_path / "elsewhere.db")
    refused = pytest.raises(DatabaseError, match=rf"already running on it \(process {ME}, {ME}\)\.")
    with one_of_the_bots_on(url), one_of_the_bots_on(url):
        assert holders(url) == [ME, ME]
        assert holders(elsewhere) == []
        with refused, only_bot_on(url):
            pass
    refused = pytest.raises(DatabaseError, match=rf"already running on it \(process {ME}\)\.")
    with only_bot_on(url), refused, one_of_the_bots_on(url):
        pass
    assert holders(url) == []


async def test_bots_keep_what_must_be_alone_away_after_the_server_was_away(url: DatabaseUrl):
    with one_of_the_bots_on(url):
        async with process(url):
            postgres.cut_connections(url)
            await until(lambda: holders(url) == [ME], "it shares the lock again")
            with pytest.raises(DatabaseError, match="already running"), only_bot_on(url):
                pass
