"""What editions took and left out: stored as it was, and kept small."""

from datetime import UTC, date, datetime, timedelta

from bot.digests.ledger import EditionState
from bot.digests.selection import TAKEN, Candidate, Choice, Verdict
from bot.digests.target import Channel
from bot.store import digests, editions
from bot.store.choices import LEFT_OUT, last_weighings, places_of, record_choices
from bot.store.database import Connection, Database, every
from tests.store.test_editions import make_stories, new

NOW = datetime(2026, 5, 4, 8, 0, tzinfo=UTC)
TODAY, DAY = NOW.date(), timedelta(days=1)
NEWS, SPORT = 11, 12


def choice(number: int, verdict: Verdict = Verdict.BEST, other: int | None = None) -> Choice:
    candidate = Candidate(number, "https://a.example", 100 + number, NOW, frozenset({1}), number)
    return Choice(candidate, verdict, timedelta(hours=number), number / 7, other)


async def edition(db: Connection, *choices: Choice, channel: int = NEWS, day: date = TODAY) -> int:
    digest = await digests.make_digest(db, Channel(1, channel), NOW)
    edition_id = await editions.add_edition(db, new(digest.digest_id, (day, 1)), NOW)
    assert edition_id is not None
    await record_choices(db, {edition_id: choices})
    return edition_id


async def kept(db: Connection, edition_id: int) -> list[int]:
    sql = "SELECT story_id FROM edition_choice WHERE edition_id = :id ORDER BY position"
    return [row["story_id"] for row in await every(db, sql, {"id": edition_id})]


async def test_a_choice_is_read_as_it_was_written(archive: Database):
    async with archive.writing() as db:
        await make_stories(db, 3)
        await edition(db, choice(1), choice(2, Verdict.FILLED), choice(3, Verdict.LINKED, 1))
        (one,) = await last_weighings(db, NEWS, 1)
    assert (one.channel_id, one.local_date, one.slot) == (NEWS, TODAY, 1)
    assert one.state is EditionState.READY
    assert [(c.story_id, c.position, c.verdict, c.heat, c.age, c.score) for c in one.choices] == [
        (1, 1, Verdict.BEST, 101, timedelta(hours=1), 1 / 7),
        (2, 2, Verdict.FILLED, 102, timedelta(hours=2), 2 / 7),
        (3, 3, Verdict.LINKED, 103, timedelta(hours=3), 3 / 7),
    ]
    assert [c.other for c in one.choices] == [None, None, "t"]


async def test_every_verdict_can_be_kept(archive: Database):
    async with archive.writing() as db:
        await make_stories(db, len(Verdict))
        await edition(db, *(choice(n, v) for n, v in enumerate(Verdict, start=1)))
        (one,) = await last_weighings(db, NEWS, 1)
    assert [c.verdict for c in one.choices] == list(Verdict)
    assert {c.verdict for c in one.choices if c.taken} == TAKEN


async def test_at_most_ten_left_out_are_kept_and_all_that_are_taken(archive: Database):
    taken = [choice(n) for n in range(1, 13)]
    left = [choice(n, Verdict.NO_ROOM) for n in range(13, 40)]
    async with archive.writing() as db:
        await make_stories(db, 40)
        edition_id = await edition(db, *taken, *left)
        assert await kept(db, edition_id) == [*range(1, 13 + LEFT_OUT)]


async def test_an_earlier_edition_loses_what_it_left_out_and_another_channels_does_not(
    archive: Database,
):
    left = choice(2, Verdict.NO_ROOM)
    async with archive.writing() as db:
        await make_stories(db, 4)
        first = await edition(db, choice(1), left)
        other = await edition(db, choice(1), left, channel=SPORT)
        second = await edition(db, choice(3), choice(4, Verdict.POSTED), day=TODAY + DAY)
        third = await edition(db, day=TODAY + 2 * DAY)
        found = [await kept(db, one) for one in (first, other, second, third)]
    assert found == [[1], [1, 2], [3], []]


async def test_a_storys_places_are_the_newest_first_in_one_channel_or_in_all(archive: Database):
    async with archive.writing() as db:
        await make_stories(db, 3)
        for days in range(4):
            await edition(db, choice(2), choice(1), day=TODAY + days * DAY)
        await edition(db, choice(1), choice(3, Verdict.NO_ROOM), channel=SPORT)
        here = await places_of(db, 1, NEWS, 3)
        everywhere = await places_of(db, 1, None, 10)
        assert await places_of(db, 3, NEWS, 3) == []
    assert [one.local_date for one in here] == [TODAY + days * DAY for days in (3, 2, 1)]
    assert {one.channel_id for one in here} == {NEWS}
    assert [one.channel_id for one in everywhere] == [SPORT, NEWS, NEWS, NEWS, NEWS]
    assert [[(c.story_id, c.position) for c in one.choices] for one in everywhere] == [
        [(1, 1)], *[[(1, 2)]] * 4
    ]  # fmt: skip


async def test_the_last_edition_is_each_channels_own(archive: Database):
    async with archive.writing() as db:
        await make_stories(db, 2)
        await edition(db, choice(1), channel=NEWS)
        await edition(db, choice(1), channel=SPORT)
        await edition(db, choice(2), channel=NEWS, day=TODAY + DAY)
        last = await last_weighings(db, None, 5)
        assert [one.channel_id for one in await last_weighings(db, None, 1)] == [NEWS]
        assert await last_weighings(db, 99, 5) == []
    assert [(one.channel_id, one.local_date) for one in last] == [
        (NEWS, TODAY + DAY), (SPORT, TODAY)
    ]  # fmt: skip


async def test_a_last_edition_that_weighed_nothing_tells_nothing(archive: Database):
    async with archive.writing() as db:
        await make_stories(db, 1)
        await edition(db, choice(1))
        await edition(db, day=TODAY + DAY)
        assert await last_weighings(db, NEWS, 5) == []
