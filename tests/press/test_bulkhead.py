"""One row that fails is set aside with its reason, told once, and stops nothing else."""
# ruff: noqa: S608 - the values written into the database are the constants below

import hashlib
import logging
import sqlite3
from collections.abc import Awaitable, Callable
from contextlib import closing
from datetime import timedelta

import pytest

from bot.config import DigestConfig
from bot.digests.ledger import EditionState
from bot.digests.schedule import Occurrence
from bot.digests.settings import SETTINGS, DigestSettings
from bot.errors import Unreadable
from bot.press import planning
from bot.press.bulkhead import BUG_AGAIN
from bot.press.health import Health
from bot.press.unknown import unknown_rows
from bot.store.asides import AGAIN
from bot.store.digests import DigestRow
from bot.store.facts import unreadable_moments
from bot.store.plausible import Plausibility
from tests.press.bench import (
    CHANNEL,
    DAY,
    GUILD,
    HOUR,
    MORNING,
    OTHER_CHANNEL,
    Bench,
    story,
)
from tests.press.discord import Answer

MINUTE = timedelta(minutes=1)
OTHER_GUILD, THIRD_CHANNEL = 2, 21
NEVER = 1 << 61
"""Seconds since 1970 that no calendar has."""

UNKNOWN: dict[str, list[object]] = {
    "time": ["25:00", "sunrise", ""],
    "timezone": ["US/Pacific-New", "../etc/passwd", "", "US"],
    "days": ["mon-holiday", "second tuesday"],
    "quiet_day": ["rotate"],
    "paused": [7],
    "catch_up": [9e9, -1.0],
    "publish": [2],
    "role": [-5],
}
"""Values that this version or machine does not know, of each setting."""
SETTING = [(name, value) for name, values in UNKNOWN.items() for value in values]
OF_DIGEST = [
    *SETTING,
    ("tags", "{oops"),
    ("tags", '{"1": 2}'),
    ("tags", '["1"]'),
    ("next_date", "soon"),
    ("gone_at", NEVER),
    *((name, b"\xffA") for name in ("time", "timezone", "days", "quiet_day", "tags", "next_date")),
]


def test_every_setting_has_values_that_are_unknown():
    assert set(UNKNOWN) == set(SETTINGS)


def sql(value: object) -> str:
    if isinstance(value, bytes):
        return f"CAST(x'{value.hex()}' AS TEXT)"
    return repr(value) if isinstance(value, str) else str(value)


async def begin(bench: Bench) -> None:
    """Two channels of one server and one of another, each with a story a day."""
    await bench.restart()
    await bench.load(*(story(n, 100, -(n - 1) * DAY) for n in range(1, 5)))
    await bench.follow()
    await bench.follow(OTHER_CHANNEL)
    await bench.follow(THIRD_CHANNEL, guild=OTHER_GUILD)


def told(bench: Bench, guild: int = GUILD) -> list[str]:
    bodies = [body for to, body in bench.discord.told if to == guild]
    return [line for body in bodies for line in body["content"].splitlines()]


def others(bench: Bench) -> list[list[int]]:
    return [bench.shown(OTHER_CHANNEL), bench.shown(THIRD_CHANNEL)]


async def set_value(bench: Bench, name: str, value: object) -> None:
    digest = await bench.digest()
    await bench.execute(
        f"UPDATE digest SET {name} = {sql(value)} WHERE digest_id = {digest.digest_id}"
    )


async def named(bench: Bench) -> str:
    """What `check` says."""
    async with bench.database.reading() as db:
        return "\n".join(await unknown_rows(db, bench.config))


@pytest.mark.parametrize(("name", "value"), OF_DIGEST)
async def test_a_digest_that_is_unknown_here_waits_and_is_named_and_all_others_come(
    bench: Bench, name: str, value: object
):
    await begin(bench)
    before = (await bench.rows(f"SELECT {name} AS it FROM digest WHERE channel_id = 11"))[0]["it"]
    await set_value(bench, name, value)
    await bench.tick(at=MORNING)
    assert (bench.shown(), others(bench)) == ([], [[1], [1]])
    status = await bench.subscriptions.status(GUILD, CHANNEL)
    assert status is not None
    assert status.held is not None
    assert (status.next, "is unknown here" in status.held) == (None, True)
    assert f"server {GUILD}, channel {CHANNEL}: {status.held}" in await named(bench)
    (line,) = told(bench)
    assert f"<#{CHANNEL}>" in line
    assert status.held in line
    assert told(bench, OTHER_GUILD) == []
    # Known again, as on another machine, at the next start: its edition was kept for it.
    await bench.execute(f"UPDATE digest SET {name} = {sql(before) if before else 'NULL'}")
    await bench.restart()
    await bench.tick(after=MINUTE)
    assert (bench.shown(), others(bench)) == ([1], [[1], [1]])
    assert len(told(bench)) == 1
    assert await named(bench) == ""
    assert await bench.rows("SELECT * FROM aside") == []


@pytest.mark.parametrize(("name", "value"), SETTING)
async def test_a_servers_value_that_is_unknown_holds_back_those_that_inherit_it_and_is_told_once(
    bench: Bench, name: str, value: object
):
    await begin(bench)
    await bench.execute(f"UPDATE server SET {name} = {sql(value)} WHERE guild_id = {GUILD}")
    for hour in range(3):
        await bench.tick(at=MORNING + hour * HOUR)
    assert (bench.shown(), others(bench)) == ([], [[], [1]])
    (line,) = told(bench)
    assert "channels of this server" in line
    assert "the server's" in line
    settings = await bench.subscriptions.server_settings(GUILD)
    assert settings.timetable.timezone == "UTC", "what is shown instead is inherited"
    await bench.subscriptions.set_for_server(GUILD, name, None)
    await bench.tick(after=MINUTE)
    assert (bench.shown(), others(bench)) == ([1], [[1], [1]])


@pytest.mark.parametrize("name", sorted(UNKNOWN))
async def test_setting_it_right_lets_it_go_on_at_once_with_what_it_is_due_for(
    bench: Bench, name: str
):
    await begin(bench)
    await set_value(bench, name, UNKNOWN[name][0])
    await bench.tick(at=MORNING)
    status = await bench.subscriptions.set_for_channel(GUILD, CHANNEL, name, None)
    assert status.held is None
    await bench.tick(after=MINUTE)
    assert bench.shown() == [1]


async def test_what_came_too_late_while_it_was_held_back_is_told_with_that_reason(bench: Bench):
    await begin(bench)
    await set_value(bench, "timezone", "US/Pacific-New")
    for hour in range(30):
        await bench.tick(at=MORNING + hour * HOUR)
    assert len(told(bench)) == 1
    await bench.subscriptions.set_for_channel(GUILD, CHANNEL, "timezone", "UTC")
    await bench.tick(after=MINUTE)
    *_, line = told(bench)
    assert f"<#{CHANNEL}> did not get 2 digests" in line
    assert "held back, since its time zone `US/Pacific-New` is unknown here" in line
    await bench.tick(at=MORNING + 2 * DAY)
    assert bench.shown() == [3, 2, 1]


async def test_a_change_of_what_is_due_later_ends_it_without_an_edition(bench: Bench):
    await begin(bench)
    await set_value(bench, "timezone", "US/Pacific-New")
    await bench.planner.rearm_all(bench.clock.now())
    assert len(await bench.rows("SELECT * FROM aside")) == 1
    await bench.subscriptions.set_for_channel(GUILD, CHANNEL, "timezone", "Asia/Tokyo")
    assert await bench.rows("SELECT * FROM aside") == []
    await bench.tick(at=MORNING)
    assert bench.shown() == []
    await bench.tick(at=MORNING + 15 * HOUR)
    assert bench.shown() == [1]


async def test_it_is_tried_again_after_a_while_and_not_with_every_tick(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
):
    await begin(bench)
    await set_value(bench, "timezone", "US/Pacific-New")
    asked, settings_for = [], planning.settings_for

    def counted(config: DigestConfig, digest: DigestRow) -> DigestSettings:
        asked.append(digest.channel_id)
        return settings_for(config, digest)

    monkeypatch.setattr(planning, "settings_for", counted)
    bench.clock.put(MORNING - MINUTE)
    for _ in range(60):
        await bench.tick(after=MINUTE)
    tries = asked.count(CHANNEL)
    assert 60 * MINUTE / AGAIN <= tries <= 2 * 60 * MINUTE / AGAIN + 2


async def test_a_start_by_another_config_arms_all_others(bench: Bench):
    await begin(bench)
    await set_value(bench, "timezone", "US/Pacific-New")
    await bench.restart(DigestConfig(time="09:00"))
    await bench.tick(at=MORNING + HOUR)
    assert (bench.shown(), others(bench)) == ([], [[1], [1]])


async def test_a_server_that_comes_back_arms_all_its_others(bench: Bench):
    await begin(bench)
    await bench.press.health.left(GUILD)
    await set_value(bench, "days", "mon-holiday")
    await bench.press.health.joined(GUILD)
    await bench.tick(at=MORNING)
    assert (bench.shown(), others(bench)) == ([], [[1], [1]])


async def test_what_needs_the_unknown_is_refused_in_words_and_all_else_is_told(bench: Bench):
    await begin(bench)
    await set_value(bench, "timezone", "US/Pacific-New")
    for asked in (
        bench.subscriptions.post_now(GUILD, CHANNEL),
        bench.subscriptions.preview(GUILD, CHANNEL, MORNING),
    ):
        with pytest.raises(Unreadable, match="US/Pacific-New"):
            await asked
    assert [one.channel_id for one in await bench.subscriptions.statuses(GUILD)] == [11, 12]
    change = await bench.subscriptions.set_for_server(GUILD, "time", "09:00")
    assert len(change.inheriting) == 2


async def test_a_paused_one_is_left_in_peace(bench: Bench):
    await begin(bench)
    await set_value(bench, "timezone", "US/Pacific-New")
    await bench.subscriptions.set_for_channel(GUILD, CHANNEL, "paused", "yes")
    await bench.tick(at=MORNING)
    assert (told(bench), others(bench)) == ([], [[1], [1]])


# Editions and their messages.

EDITION = {
    "a state": "UPDATE edition SET state = 'parked' WHERE digest_id = 1",
    "a date": "UPDATE edition SET local_date = '4 May' WHERE digest_id = 1",
    "a time": f"UPDATE edition SET due_at = {-NEVER} WHERE digest_id = 1",
    "a last time": f"UPDATE edition SET expires_at = {NEVER} WHERE digest_id = 1",
    "the state of a part": "UPDATE edition_part SET state = 'queued' WHERE edition_id = 1",
    "a body": (
        "UPDATE edition_part SET body = 'BINARY', sha256 ="
        " x'6ec1f52be9ae2a1bcf5a5f5c8b2f8b4f' WHERE edition_id = 1"
    ),
}


@pytest.mark.parametrize("broken", EDITION.values(), ids=EDITION)
async def test_an_edition_that_is_unknown_here_waits_and_is_named_and_all_others_come(
    bench: Bench, broken: str
):
    await begin(bench)
    bench.clock.put(MORNING)
    await bench.planner.plan_due(MORNING)
    (was,) = await bench.rows("SELECT * FROM edition WHERE edition_id = 1")
    (part,) = await bench.rows("SELECT * FROM edition_part WHERE edition_id = 1")
    await bench.execute(broken)
    if "BINARY" in broken:
        await freeze(bench, "BINARY")
    for _ in range(3):
        await bench.tick(after=MINUTE)
    assert (bench.shown(), others(bench)) == ([], [[1], [1]])
    (line,) = told(bench)
    assert f"<#{CHANNEL}>" in line
    assert f"server {GUILD}, channel {CHANNEL}: its " in await named(bench)
    status = await bench.subscriptions.status(GUILD, CHANNEL)
    assert status is not None
    assert "is unknown here" in " ".join(status.waiting)
    columns = ("state", "local_date", "due_at", "expires_at")
    await bench.execute(
        f"UPDATE edition SET {', '.join(f'{c} = {sql(was[c])}' for c in columns)}"
        " WHERE edition_id = 1"
    )
    await bench.execute("UPDATE edition_part SET state = 'pending' WHERE edition_id = 1")
    await freeze(bench, part["body"])
    await bench.restart()
    await bench.tick(after=MINUTE)
    assert bench.shown() == [1]
    assert (await named(bench), len(told(bench))) == ("", 1)


@pytest.mark.parametrize("number", [-(1 << 63), -1, (1 << 63) - 1])
@pytest.mark.parametrize("counter", ["edition.epoch", "edition.attempts", "edition_part.attempts"])
async def test_no_number_that_only_counts_holds_an_edition_back(
    bench: Bench, counter: str, number: int
):
    await begin(bench)
    bench.clock.put(MORNING)
    await bench.planner.plan_due(MORNING)
    table, column = counter.split(".")
    await bench.execute(f"UPDATE {table} SET {column} = {number} WHERE edition_id = 1")
    bench.discord.answers.extend([Answer.NOT_NOW] * 3)
    await bench.tick()
    await bench.tick(after=6 * MINUTE)
    assert (bench.shown(), others(bench), told(bench)) == ([1], [[1], [1]], [])


@pytest.mark.parametrize("number", [-(1 << 63), -1, (1 << 63) - 1])
async def test_nor_a_channel_that_is_to_be_read_back(bench: Bench, number: int):
    await begin(bench)
    taken = int(bench.clock.now().timestamp())
    await bench.execute(f"UPDATE digest SET read_back_since = {taken}")
    await bench.execute(f"UPDATE digest SET read_back_tries = {number} WHERE digest_id = 1")
    bench.discord.silent.add(CHANNEL)
    await bench.tick(at=MORNING)
    bench.discord.silent.clear()
    await bench.tick(after=6 * MINUTE)
    assert (bench.shown(), others(bench), told(bench)) == ([1], [[1], [1]], [])


async def freeze(bench: Bench, body: str) -> None:
    """Another body for the first edition, with the hash that belongs to it."""
    digest = hashlib.sha256(body.encode()).digest()
    async with bench.database.writing() as db:
        await db.execute(
            "UPDATE edition_part SET body = ?, sha256 = ? WHERE edition_id = 1", (body, digest)
        )


async def test_a_body_of_another_form_goes_out_as_it_is(bench: Bench):
    """That it is JSON is enough, unless Discord wants it plainer."""
    await begin(bench)
    bench.clock.put(MORNING)
    await bench.planner.plan_due(MORNING)
    await freeze(bench, '{"flags":32768,"content":"-# new","embeds":[],"components":[]}')
    await bench.tick()
    assert [m.body["content"] for m in bench.discord.shown(CHANNEL)] == ["-# new"]


async def test_a_date_that_is_none_takes_no_key_from_others(bench: Bench):
    """An edition of yesterday that nobody can place is in no one's way."""
    await begin(bench)
    await bench.tick(at=MORNING)
    await bench.execute("UPDATE edition SET local_date = 'tomorrow' WHERE edition_id = 1")
    await bench.tick(at=MORNING + DAY)
    assert (bench.shown(), others(bench)) == ([1, 2], [[1, 2], [1, 2]])
    status = await bench.subscriptions.status(GUILD, CHANNEL)
    assert status is not None
    assert [one.local_date for one in status.last] == [(MORNING + DAY).date()]
    assert "local date `tomorrow`" in status.waiting[0]


# The other loops.


async def test_a_notice_that_is_unknown_here_waits_and_the_others_are_told(bench: Bench):
    await begin(bench)
    for channel in (CHANNEL, OTHER_CHANNEL, THIRD_CHANNEL):
        bench.discord.obstacles[channel] = "I lack Send Messages."
    bench.discord.telling.extend([Answer.NOT_NOW] * 2)
    await bench.tick(at=MORNING)
    await bench.execute(f"UPDATE notice SET tried_at = {NEVER} WHERE notice_id = 1")
    for _ in range(3):
        await bench.tick(after=MINUTE)
    assert (len(told(bench)), len(told(bench, OTHER_GUILD))) == (1, 1)
    assert "its time" in await named(bench)


async def test_a_message_to_publish_that_is_unknown_here_waits_and_the_others_go_on(bench: Bench):
    await begin(bench)
    for guild in (GUILD, OTHER_GUILD):
        await bench.subscriptions.set_for_server(guild, "publish", "yes")
    await bench.tick(at=MORNING)
    await bench.execute(f"UPDATE edition SET due_at = {NEVER} WHERE edition_id = 1")
    await bench.press.publishing.publish_open()
    assert len(bench.discord.published) == 2
    await bench.tick(after=MINUTE)
    assert "is unknown here" in told(bench)[0]


async def test_a_channel_to_read_back_that_is_unknown_here_waits_and_the_others_go_on(
    bench: Bench,
):
    await begin(bench)
    taken = int(bench.clock.now().timestamp())
    await bench.execute(f"UPDATE digest SET read_back_since = {taken}")
    await bench.execute(f"UPDATE digest SET read_back_since = {NEVER} WHERE digest_id = 1")
    await bench.tick(at=MORNING)
    assert (bench.shown(), others(bench)) == ([], [[1], [1]])
    assert "time of the copy" in await named(bench)


@pytest.mark.parametrize("fact", ["not JSON", "[]", '{"at": 1}', '{"taken_at": null}'])
async def test_a_restore_of_an_unknown_kind_reads_everything_back(bench: Bench, fact: str):
    await begin(bench)
    await bench.tick(at=MORNING)
    await bench.execute(f"INSERT INTO fact VALUES ('restored', '{fact}')")
    await bench.restart()
    await bench.tick(after=MINUTE)
    assert (bench.shown(), others(bench)) == ([1], [[1], [1]])
    assert await bench.rows("SELECT * FROM fact WHERE name = 'restored'") == []


async def test_what_cannot_be_purged_stays_and_the_others_are_forgotten(
    bench: Bench, caplog: pytest.LogCaptureFixture
):
    """A table of a newer version still refers to it."""
    await begin(bench)
    await bench.execute("CREATE TABLE newer (digest_id INTEGER REFERENCES digest)")
    await bench.execute("INSERT INTO newer VALUES (1)")
    await bench.press.health.left(GUILD)
    bench.clock.move(31 * DAY)
    await bench.press.health.purge()
    left = await bench.rows("SELECT channel_id FROM digest")
    assert [row["channel_id"] for row in left] == [CHANNEL, THIRD_CHANNEL]
    assert "IntegrityError" in caplog.text
    await bench.execute("DROP TABLE newer")
    await bench.press.health.purge()  # which counts anew what an earlier one has left
    bench.clock.move(31 * DAY)
    await bench.press.health.purge()
    assert len(await bench.rows("SELECT * FROM digest")) == 1
    assert await bench.rows("SELECT * FROM aside") == []


async def test_a_clock_that_said_what_no_calendar_has_stops_nothing(bench: Bench):
    await begin(bench)
    await bench.tick(at=MORNING)
    await bench.execute(f"UPDATE edition SET planned_at = {NEVER} WHERE edition_id = 1")
    await bench.restart()
    await bench.tick(at=MORNING + DAY)
    assert (bench.shown(), others(bench)) == ([1, 2], [[1, 2], [1, 2]])


@pytest.mark.parametrize("name", ["clock_plausible_at", "purged_before"])
@pytest.mark.parametrize("noted", ["abc", "", "2026-11-29T03:00:00Z", f"{10**20}", f"{-(10**14)}"])
async def test_a_note_of_a_moment_that_is_none_counts_as_no_note(
    bench: Bench, name: str, noted: str, caplog: pytest.LogCaptureFixture
):
    await begin(bench)
    await bench.execute(f"INSERT OR REPLACE INTO fact VALUES ('{name}', '{noted}')")
    await Plausibility(bench.database, bench.clock).begin()
    assert await Health(bench.database, bench.planner, bench.clock).purge() == 0
    async with bench.database.reading() as db:
        assert await unreadable_moments(db) == []
    assert [name in line for line in caplog.messages].count(True) == 1


async def test_one_text_that_is_not_utf8_is_read_anew_once_it_was_mended_elsewhere(bench: Bench):
    await begin(bench)
    await set_value(bench, "time", b"\xffA")
    await bench.tick(at=MORNING)
    with closing(sqlite3.connect(bench.database.path, isolation_level=None)) as other:
        other.execute("UPDATE digest SET time = NULL")
    await bench.restart()
    await bench.tick(after=MINUTE)
    assert (bench.shown(), others(bench)) == ([1], [[1], [1]])


# Errors of the program itself.


async def fail_planning(bench: Bench, patch: pytest.MonkeyPatch) -> None:
    write = planning.Planner.write_edition

    async def broken(self: planning.Planner, *rest: object) -> int | None:
        if rest[1].channel_id == CHANNEL:  # type: ignore[attr-defined]
            raise ZeroDivisionError
        return await write(self, *rest)  # type: ignore[arg-type]

    patch.setattr(planning.Planner, "write_edition", broken)


async def fail_arming(bench: Bench, patch: pytest.MonkeyPatch) -> None:
    coming = planning._coming

    def broken(digest: DigestRow, *rest: object) -> Occurrence | None:
        if digest.channel_id == CHANNEL:
            raise ZeroDivisionError
        return coming(digest, *rest)  # type: ignore[arg-type]

    patch.setattr(planning, "_coming", broken)
    await bench.planner.rearm_all(bench.clock.now())


async def fail_posting(bench: Bench, patch: pytest.MonkeyPatch) -> None:
    post = bench.discord.post

    async def broken(channel_id: int, *rest: object) -> int | None:
        if channel_id == CHANNEL:
            raise ZeroDivisionError
        return await post(channel_id, *rest)  # type: ignore[arg-type]

    patch.setattr(bench.discord, "post", broken)


@pytest.mark.parametrize(
    ("fails", "shown"), [(fail_planning, []), (fail_arming, [1]), (fail_posting, [])]
)
async def test_a_bug_in_one_row_is_logged_once_with_its_traceback_and_the_others_go_on(
    bench: Bench,
    fails: Callable[[Bench, pytest.MonkeyPatch], Awaitable[None]],
    shown: list[int],
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
):
    await begin(bench)
    with monkeypatch.context() as patch:
        await fails(bench, patch)
        for _ in range(3):
            await bench.tick(at=max(MORNING, bench.clock.now() + MINUTE))
    assert (bench.shown(), others(bench)) == (shown, [[1], [1]])
    (logged,) = [one for one in caplog.records if one.levelno == logging.ERROR]
    assert logged.exc_info is not None
    assert f"channel {CHANNEL}" in logged.getMessage()
    (line,) = told(bench)
    assert "a bug" in line
    await bench.tick(after=BUG_AGAIN)
    await bench.tick(after=2 * MINUTE)
    assert bench.shown() == [1]
    assert (await bench.edition()).state is EditionState.DELIVERED
    assert await bench.rows("SELECT * FROM aside") == []
