"""One row that fails is set aside with its reason, reported once, and stops nothing else."""
# ruff: noqa: S608 - the values written into the database are the constants below

import hashlib
import logging
import sqlite3
from collections.abc import Awaitable, Callable
from contextlib import closing
from typing import Any

import pytest

from bot.config import DigestConfig
from bot.delivery import planning
from bot.delivery.bulkhead import BUG_AGAIN
from bot.delivery.freezing import freeze_editions
from bot.delivery.presence import Presence
from bot.delivery.publisher import Posted
from bot.delivery.unreadable_rows import unknown_rows
from bot.digests.ledger import EditionState
from bot.digests.schedule import Occurrence
from bot.digests.setting_types import DigestSettings
from bot.digests.target import Target
from bot.errors import Unreadable
from bot.store.asides import RETRY_AFTER
from bot.store.digests import DigestRow
from bot.store.facts import unreadable_moments
from bot.store.opening import file_of
from bot.store.plausible import Plausibility
from tests.delivery.discord import Answer
from tests.delivery.harness import (
    CHANNEL,
    DAY,
    GUILD,
    HOUR,
    MINUTE,
    MORNING,
    OTHER_CHANNEL,
    TARGET,
    Harness,
    story,
)
from tests.digests.setting_examples import EXAMPLES

OTHER_GUILD, THIRD_CHANNEL = 2, 21
NEVER = 1 << 61
"""Seconds since 1970 beyond any calendar."""

SETTING = [(name, value) for name, example in EXAMPLES.items() for value in example.unknown]
"""For each setting, values that this version or machine cannot read."""
OF_DIGEST = [
    *SETTING,
    ("tags", "{oops"),
    ("tags", '{"1": 2}'),
    ("tags", '["1"]'),
    ("next_date", "soon"),
    ("gone_at", NEVER),
    *(
        pytest.param(name, b"\xffA", marks=pytest.mark.sqlite)
        for name in ("time", "timezone", "days", "quiet_day", "tags", "next_date")
    ),
]


def sql(value: object) -> str:
    if isinstance(value, bytes):
        return f"CAST(x'{value.hex()}' AS TEXT)"
    if isinstance(value, str):
        quoted = value.replace("'", "''")
        return f"'{quoted}'"
    return str(value)


async def begin(harness: Harness) -> None:
    """Two channels of one server and one of another, each with a story a day."""
    await harness.restart()
    await harness.load(*(story(n, 100, -(n - 1) * DAY) for n in range(1, 5)))
    await harness.follow()
    await harness.follow(OTHER_CHANNEL)
    await harness.follow(THIRD_CHANNEL, guild=OTHER_GUILD)


def told(harness: Harness, guild: int = GUILD) -> list[str]:
    bodies = [body for to, body in harness.discord.told if to == guild]
    return [line for body in bodies for line in body["content"].splitlines()]


def others(harness: Harness) -> list[list[int]]:
    return [harness.shown(OTHER_CHANNEL), harness.shown(THIRD_CHANNEL)]


async def set_value(harness: Harness, name: str, value: object) -> None:
    digest = await harness.digest()
    await harness.execute(
        f"UPDATE digest SET {name} = {sql(value)} WHERE digest_id = {digest.digest_id}"
    )


async def named(harness: Harness) -> str:
    """The findings of `check`."""
    async with harness.database.reading() as db:
        return "\n".join(await unknown_rows(db, harness.config))


@pytest.mark.parametrize(("name", "value"), OF_DIGEST)
async def test_a_digest_that_is_unknown_here_waits_and_is_named_and_all_others_come(
    harness: Harness, name: str, value: object
):
    await begin(harness)
    before = (await harness.rows(f"SELECT {name} AS it FROM digest WHERE channel_id = 11"))[0]["it"]
    await set_value(harness, name, value)
    await harness.tick(at=MORNING)
    assert (harness.shown(), others(harness)) == ([], [[1], [1]])
    status = await harness.statuses.of_channel(TARGET)
    assert status is not None
    assert status.held is not None
    assert (status.next, "is unknown here" in status.held) == (None, True)
    assert f"server {GUILD}, channel {CHANNEL}: {status.held}" in await named(harness)
    (line,) = told(harness)
    assert f"<#{CHANNEL}>" in line
    assert status.held in line
    assert told(harness, OTHER_GUILD) == []
    # Readable again, as on another machine, at the next start: its edition was kept for it.
    await harness.execute(f"UPDATE digest SET {name} = {sql(before) if before else 'NULL'}")
    await harness.restart()
    await harness.tick(after=MINUTE)
    assert (harness.shown(), others(harness)) == ([1], [[1], [1]])
    assert len(told(harness)) == 1
    assert await named(harness) == ""
    assert await harness.rows("SELECT * FROM aside") == []


@pytest.mark.parametrize(("name", "value"), SETTING)
async def test_a_servers_value_that_is_unknown_holds_back_those_that_inherit_it_and_is_told_once(
    harness: Harness, name: str, value: object
):
    await begin(harness)
    await harness.execute(f"UPDATE server SET {name} = {sql(value)} WHERE guild_id = {GUILD}")
    for hour in range(3):
        await harness.tick(at=MORNING + hour * HOUR)
    assert (harness.shown(), others(harness)) == ([], [[], [1]])
    (line,) = told(harness)
    assert "channels of this server" in line
    assert "the server's" in line
    settings = await harness.statuses.inherited(GUILD)
    assert settings.timetable.timezone == "UTC", "what is shown instead is inherited"
    await harness.settings.set_for_server(GUILD, name, None, by=1)
    await harness.tick(after=MINUTE)
    assert (harness.shown(), others(harness)) == ([1], [[1], [1]])


@pytest.mark.parametrize("name", sorted(EXAMPLES))
async def test_setting_it_right_lets_it_go_on_at_once_with_what_it_is_due_for(
    harness: Harness, name: str
):
    await begin(harness)
    await set_value(harness, name, EXAMPLES[name].unknown[0])
    await harness.tick(at=MORNING)
    status = (await harness.settings.set_for_channel(TARGET, name, None, by=1)).status
    assert status.held is None
    await harness.tick(after=MINUTE)
    assert harness.shown() == [1]


async def test_what_came_too_late_while_it_was_held_back_is_told_with_that_reason(harness: Harness):
    await begin(harness)
    await set_value(harness, "timezone", "US/Pacific-New")
    for hour in range(30):
        await harness.tick(at=MORNING + hour * HOUR)
    assert len(told(harness)) == 1
    await harness.settings.set_for_channel(TARGET, "timezone", "UTC", by=1)
    await harness.tick(after=MINUTE)
    *_, line = told(harness)
    assert f"<#{CHANNEL}> did not get 2 digests" in line
    assert "held back because its time zone `US/Pacific-New` is unknown here" in line
    await harness.tick(at=MORNING + 2 * DAY)
    assert harness.shown() == [3, 2, 1]


async def test_a_change_of_what_is_due_later_ends_it_without_an_edition(harness: Harness):
    await begin(harness)
    await set_value(harness, "timezone", "US/Pacific-New")
    await harness.planner.rearm_all(harness.clock.now())
    assert len(await harness.rows("SELECT * FROM aside")) == 1
    await harness.settings.set_for_channel(TARGET, "timezone", "Asia/Tokyo", by=1)
    assert await harness.rows("SELECT * FROM aside") == []
    await harness.tick(at=MORNING)
    assert harness.shown() == []
    await harness.tick(at=MORNING + 15 * HOUR)
    assert harness.shown() == [1]


async def test_it_is_tried_again_after_a_while_and_not_with_every_tick(
    harness: Harness, monkeypatch: pytest.MonkeyPatch
):
    await begin(harness)
    await set_value(harness, "timezone", "US/Pacific-New")
    asked, settings_for = [], planning.settings_for

    def counted(config: DigestConfig, digest: DigestRow) -> DigestSettings:
        asked.append(digest.target.channel_id)
        return settings_for(config, digest)

    monkeypatch.setattr(planning, "settings_for", counted)
    harness.clock.put(MORNING - MINUTE)
    for _ in range(60):
        await harness.tick(after=MINUTE)
    tries = asked.count(CHANNEL)
    assert 60 * MINUTE / RETRY_AFTER <= tries <= 2 * 60 * MINUTE / RETRY_AFTER + 2


async def test_a_start_by_another_config_arms_all_others(harness: Harness):
    await begin(harness)
    await set_value(harness, "timezone", "US/Pacific-New")
    await harness.restart(DigestConfig(time="09:00"))
    await harness.tick(at=MORNING + HOUR)
    assert (harness.shown(), others(harness)) == ([], [[1], [1]])


async def test_a_server_that_comes_back_arms_all_its_others(harness: Harness):
    await begin(harness)
    await harness.delivery.presence.left(GUILD)
    await set_value(harness, "days", "mon-holiday")
    await harness.delivery.presence.joined(GUILD)
    await harness.tick(at=MORNING)
    assert (harness.shown(), others(harness)) == ([], [[1], [1]])


async def test_what_needs_the_unknown_is_refused_in_words_and_all_else_is_told(harness: Harness):
    await begin(harness)
    await set_value(harness, "timezone", "US/Pacific-New")
    for asked in (
        harness.on_demand.post_now(TARGET),
        harness.on_demand.preview(TARGET, MORNING),
    ):
        with pytest.raises(Unreadable, match="US/Pacific-New"):
            await asked
    assert [one.target.channel_id for one in await harness.statuses.of_server(GUILD)] == [11, 12]
    change = await harness.settings.set_for_server(GUILD, "time", "09:00", by=1)
    assert len(change.inheriting) == 2


async def test_a_paused_one_is_left_in_peace(harness: Harness):
    await begin(harness)
    await set_value(harness, "timezone", "US/Pacific-New")
    await harness.settings.set_for_channel(TARGET, "paused", "yes", by=1)
    await harness.tick(at=MORNING)
    assert (told(harness), others(harness)) == ([], [[1], [1]])


# Editions and their messages.

EDITION = {
    "a state": "UPDATE edition SET state = 'parked' WHERE digest_id = 1",
    "a date": "UPDATE edition SET local_date = '4 May' WHERE digest_id = 1",
    "a time": f"UPDATE edition SET due_at = {-NEVER} WHERE digest_id = 1",
    "a last time": f"UPDATE edition SET expires_at = {NEVER} WHERE digest_id = 1",
    "the state of a part": "UPDATE edition_part SET state = 'queued' WHERE edition_id = 1",
    "a body": "UPDATE edition_part SET body = 'BINARY', sha256 = :other WHERE edition_id = 1",
}


@pytest.mark.parametrize("broken", EDITION.values(), ids=EDITION)
async def test_an_edition_that_is_unknown_here_waits_and_is_named_and_all_others_come(
    harness: Harness, broken: str
):
    await begin(harness)
    harness.clock.put(MORNING)
    await harness.planner.plan_due(MORNING)
    (was,) = await harness.rows("SELECT * FROM edition WHERE edition_id = 1")
    (part,) = await harness.rows("SELECT * FROM edition_part WHERE edition_id = 1")
    await harness.execute(broken, other=b"\0")
    if "BINARY" in broken:
        await freeze(harness, "BINARY")
    for _ in range(3):
        await harness.tick(after=MINUTE)
    assert (harness.shown(), others(harness)) == ([], [[1], [1]])
    (line,) = told(harness)
    assert f"<#{CHANNEL}>" in line
    assert f"server {GUILD}, channel {CHANNEL}: its " in await named(harness)
    status = await harness.statuses.of_channel(TARGET)
    assert status is not None
    assert "is unknown here" in " ".join(status.waiting)
    columns = ("state", "local_date", "due_at", "expires_at")
    await harness.execute(
        f"UPDATE edition SET {', '.join(f'{c} = {sql(was[c])}' for c in columns)}"
        " WHERE edition_id = 1"
    )
    await harness.execute("UPDATE edition_part SET state = 'pending' WHERE edition_id = 1")
    await freeze(harness, part["body"])
    await harness.restart()
    await harness.tick(after=MINUTE)
    assert harness.shown() == [1]
    await harness.tick(after=MINUTE)
    assert await named(harness) == ""
    _, settled = told(harness)
    assert settled.startswith(
        "✅ Settled: nothing in this server is held back any more because its "
    )


@pytest.mark.parametrize("number", [-(1 << 63), -1, (1 << 63) - 1])
@pytest.mark.parametrize("counter", ["edition.epoch", "edition.attempts", "edition_part.attempts"])
async def test_no_number_that_only_counts_holds_an_edition_back(
    harness: Harness, counter: str, number: int
):
    await begin(harness)
    harness.clock.put(MORNING)
    await harness.planner.plan_due(MORNING)
    table, column = counter.split(".")
    await harness.execute(f"UPDATE {table} SET {column} = {number} WHERE edition_id = 1")
    harness.discord.answers.extend([Answer.NOT_NOW] * 3)
    await harness.tick()
    await harness.tick(after=6 * MINUTE)
    assert (harness.shown(), others(harness), told(harness)) == ([1], [[1], [1]], [])


@pytest.mark.parametrize("number", [-(1 << 63), -1, (1 << 63) - 1])
async def test_nor_a_channel_that_is_to_be_read_back(harness: Harness, number: int):
    await begin(harness)
    taken = int(harness.clock.now().timestamp())
    await harness.execute(f"UPDATE digest SET read_back_since = {taken}")
    await harness.execute(f"UPDATE digest SET read_back_tries = {number} WHERE digest_id = 1")
    harness.discord.silent.add(CHANNEL)
    await harness.tick(at=MORNING)
    harness.discord.silent.clear()
    await harness.tick(after=6 * MINUTE)
    assert (harness.shown(), others(harness), told(harness)) == ([1], [[1], [1]], [])


async def freeze(harness: Harness, body: str) -> None:
    """Another body for the first edition, with the matching hash."""
    digest = hashlib.sha256(body.encode()).digest()
    async with harness.database.writing() as db:
        await db.execute(
            "UPDATE edition_part SET body = ?, sha256 = ? WHERE edition_id = 1", (body, digest)
        )


async def test_a_body_of_another_form_goes_out_as_it_is(harness: Harness):
    """It only has to be JSON, unless Discord wants it plainer."""
    await begin(harness)
    harness.clock.put(MORNING)
    await harness.planner.plan_due(MORNING)
    await freeze(harness, '{"flags":32768,"content":"-# new","embeds":[],"components":[]}')
    await harness.tick()
    assert [m.body["content"] for m in harness.discord.shown(CHANNEL)] == ["-# new"]


async def test_a_date_that_is_none_takes_no_key_from_others(harness: Harness):
    """An edition with an unreadable date blocks no other."""
    await begin(harness)
    await harness.tick(at=MORNING)
    await harness.execute("UPDATE edition SET local_date = 'tomorrow' WHERE edition_id = 1")
    await harness.tick(at=MORNING + DAY)
    assert (harness.shown(), others(harness)) == ([1, 2], [[1, 2], [1, 2]])
    status = await harness.statuses.of_channel(TARGET)
    assert status is not None
    assert [one.local_date for one in status.last] == [(MORNING + DAY).date()]
    assert "local date `tomorrow`" in status.waiting[0]


# The other loops.


async def test_a_notice_that_is_unknown_here_waits_and_the_others_are_told(harness: Harness):
    await begin(harness)
    for channel in (CHANNEL, OTHER_CHANNEL, THIRD_CHANNEL):
        harness.discord.obstacles[channel] = "I lack Send Messages."
    harness.discord.telling.extend([Answer.NOT_NOW] * 2)
    await harness.tick(at=MORNING)
    await harness.execute(f"UPDATE notice SET tried_at = {NEVER} WHERE notice_id = 1")
    for _ in range(3):
        await harness.tick(after=MINUTE)
    assert (len(told(harness)), len(told(harness, OTHER_GUILD))) == (1, 1)
    assert "its time" in await named(harness)


async def test_a_message_to_publish_that_is_unknown_here_waits_and_the_others_go_on(
    harness: Harness,
):
    await begin(harness)
    for guild in (GUILD, OTHER_GUILD):
        await harness.settings.set_for_server(guild, "publish", "yes", by=1)
    await harness.tick(at=MORNING)
    await harness.execute(f"UPDATE edition SET due_at = {NEVER} WHERE edition_id = 1")
    await harness.delivery.crossposting.work_off()
    assert len(harness.discord.published) == 2
    await harness.tick(after=MINUTE)
    assert "is unknown here" in told(harness)[0]


async def test_a_channel_to_read_back_that_is_unknown_here_waits_and_the_others_go_on(
    harness: Harness,
):
    await begin(harness)
    taken = int(harness.clock.now().timestamp())
    await harness.execute(f"UPDATE digest SET read_back_since = {taken}")
    await harness.execute(f"UPDATE digest SET read_back_since = {NEVER} WHERE digest_id = 1")
    await harness.tick(at=MORNING)
    assert (harness.shown(), others(harness)) == ([], [[1], [1]])
    assert "time of the copy" in await named(harness)


@pytest.mark.parametrize("fact", ["not JSON", "[]", '{"at": 1}', '{"taken_at": null}'])
async def test_a_restore_of_an_unknown_kind_reads_everything_back(harness: Harness, fact: str):
    await begin(harness)
    await harness.tick(at=MORNING)
    await harness.execute(f"INSERT INTO fact VALUES ('restored', '{fact}')")
    await harness.restart()
    await harness.tick(after=MINUTE)
    assert (harness.shown(), others(harness)) == ([1], [[1], [1]])
    assert await harness.rows("SELECT * FROM fact WHERE name = 'restored'") == []


async def test_what_cannot_be_purged_stays_and_the_others_are_forgotten(
    harness: Harness, caplog: pytest.LogCaptureFixture
):
    """A table of a newer version still refers to it."""
    await begin(harness)
    await harness.execute("CREATE TABLE newer (digest_id INTEGER REFERENCES digest)")
    await harness.execute("INSERT INTO newer VALUES (1)")
    await harness.delivery.presence.left(GUILD)
    harness.clock.move(31 * DAY)
    await harness.delivery.presence.purge()
    left = await harness.rows("SELECT channel_id FROM digest ORDER BY channel_id")
    assert [row["channel_id"] for row in left] == [CHANNEL, THIRD_CHANNEL]
    assert "IntegrityError" in caplog.text or "ForeignKeyViolation" in caplog.text
    await harness.execute("DROP TABLE newer")
    await harness.delivery.presence.purge()  # which counts again what an earlier purge left
    harness.clock.move(31 * DAY)
    await harness.delivery.presence.purge()
    assert len(await harness.rows("SELECT * FROM digest")) == 1
    assert await harness.rows("SELECT * FROM aside") == []


async def test_a_clock_that_said_what_no_calendar_has_stops_nothing(harness: Harness):
    await begin(harness)
    await harness.tick(at=MORNING)
    await harness.execute(f"UPDATE edition SET planned_at = {NEVER} WHERE edition_id = 1")
    await harness.restart()
    await harness.tick(at=MORNING + DAY)
    assert (harness.shown(), others(harness)) == ([1, 2], [[1, 2], [1, 2]])


@pytest.mark.parametrize("name", ["clock_plausible_at", "purged_before"])
@pytest.mark.parametrize("noted", ["abc", "", "2026-11-29T03:00:00Z", f"{10**20}", f"{-(10**14)}"])
async def test_a_note_of_a_moment_that_is_none_counts_as_no_note(
    harness: Harness, name: str, noted: str, caplog: pytest.LogCaptureFixture
):
    await begin(harness)
    await harness.execute(
        "INSERT INTO fact VALUES (:name, :noted) ON CONFLICT (name) DO UPDATE SET value = :noted",
        name=name,
        noted=noted,
    )
    await Plausibility(harness.database, harness.clock).begin()
    assert await Presence(harness.database, harness.planner, harness.clock).purge() == 0
    async with harness.database.reading() as db:
        assert await unreadable_moments(db) == []
    assert [name in line for line in caplog.messages].count(True) == 1


@pytest.mark.sqlite
async def test_one_text_that_is_not_utf8_is_read_anew_once_it_was_mended_elsewhere(
    harness: Harness,
):
    await begin(harness)
    await set_value(harness, "time", b"\xffA")
    await harness.tick(at=MORNING)
    with closing(sqlite3.connect(file_of(harness.address), isolation_level=None)) as other:
        other.execute("UPDATE digest SET time = NULL")
    await harness.restart()
    await harness.tick(after=MINUTE)
    assert (harness.shown(), others(harness)) == ([1], [[1], [1]])


# Errors of the program itself.


async def fail_planning(harness: Harness, patch: pytest.MonkeyPatch) -> None:
    async def broken(*given: Any) -> list[int | None]:
        if any(one.digest.target.channel_id == CHANNEL for one in given[2]):
            raise ZeroDivisionError
        return await freeze_editions(*given)

    patch.setattr(planning, "freeze_editions", broken)


async def fail_arming(harness: Harness, patch: pytest.MonkeyPatch) -> None:
    coming = planning._coming

    def broken(digest: DigestRow, *rest: object) -> Occurrence | None:
        if digest.target.channel_id == CHANNEL:
            raise ZeroDivisionError
        return coming(digest, *rest)  # type: ignore[arg-type]

    patch.setattr(planning, "_coming", broken)
    await harness.planner.rearm_all(harness.clock.now())


async def fail_posting(harness: Harness, patch: pytest.MonkeyPatch) -> None:
    post = harness.discord.post

    async def broken(target: Target, *rest: object) -> Posted:
        if target == TARGET:
            raise ZeroDivisionError
        return await post(target, *rest)  # type: ignore[arg-type]

    patch.setattr(harness.discord, "post", broken)


@pytest.mark.parametrize(
    ("fails", "shown"), [(fail_planning, []), (fail_arming, [1]), (fail_posting, [])]
)
async def test_a_bug_in_one_row_is_logged_once_with_its_traceback_and_the_others_go_on(
    harness: Harness,
    fails: Callable[[Harness, pytest.MonkeyPatch], Awaitable[None]],
    shown: list[int],
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
):
    await begin(harness)
    with monkeypatch.context() as patch:
        await fails(harness, patch)
        for _ in range(3):
            await harness.tick(at=max(MORNING, harness.clock.now() + MINUTE))
    assert (harness.shown(), others(harness)) == (shown, [[1], [1]])
    (logged,) = [one for one in caplog.records if one.levelno == logging.ERROR]
    assert logged.exc_info is not None
    assert f"channel {CHANNEL}" in logged.getMessage()
    (line,) = told(harness)
    assert "a bug" in line
    await harness.tick(after=BUG_AGAIN)
    await harness.tick(after=2 * MINUTE)
    assert harness.shown() == [1]
    assert (await harness.edition()).state is EditionState.DELIVERED
    assert await harness.rows("SELECT * FROM aside") == []
