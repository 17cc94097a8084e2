"""The ledger: the content of its tables and what their keys forbid."""

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta

import pytest

from bot.digests.edition import Part
from bot.digests.ledger import (
    CLOSED,
    EDITION_MOVES,
    EditionEvent,
    EditionState,
    IllegalMove,
    PartEvent,
    PartState,
)
from bot.digests.schedule import Occurrence
from bot.digests.selection import Had
from bot.digests.target import Channel
from bot.store import digests, editions, ledger
from bot.store.database import Connection, Database, every
from bot.store.editions import FrozenPart, NewEdition
from bot.store.ledger import LostClaim, OpenEdition
from tests.archives import ROWS_REFUSED

NOW = datetime(2026, 5, 4, 8, 0, tzinfo=UTC)
TODAY = NOW.date()
SECOND, DAY = timedelta(seconds=1), timedelta(days=1)


async def make_stories(db: Connection, count: int) -> None:
    await db.executemany(
        """
        INSERT INTO story (story_id, url, title, excerpt, published_at, provider, domain, removed,
                           heat, publishers, arrived_at, event_id)
        VALUES (?, 'https://news.example/' || ?, 't', '', 0, 'p', 'p.example', 0, 1, 1, 0, ?)
        """,
        [(number, number, number) for number in range(1, count + 1)],
    )


def frozen(number: int, *story_ids: int) -> FrozenPart:
    return FrozenPart("{}", b"hash", f"line {number}", f"nonce {number}", story_ids)


async def make_edition(
    db: Connection,
    parts: Sequence[FrozenPart] = (),
    key: tuple[date, int] = (TODAY, 1),
    due_at: datetime = NOW,
) -> int:
    digest = await digests.make_digest(db, Channel(1, 11), NOW)
    edition_id = await editions.add_edition(db, new(digest.digest_id, key, due_at), NOW)
    assert edition_id is not None
    await editions.freeze(db, {edition_id: parts})
    return edition_id


def new(
    digest_id: int,
    key: tuple[date, int] = (TODAY, 1),
    due_at: datetime = NOW,
    state: EditionState = EditionState.READY,
    reason: str | None = None,
) -> NewEdition:
    return NewEdition(digest_id, key, due_at, due_at + DAY, state, reason)


async def claimed(db: Connection, edition_id: int) -> OpenEdition:
    found = await ledger.claim(db, edition_id, NOW + DAY)
    assert found is not None
    return found


async def open_ids(db: Connection, now: datetime) -> list[int]:
    return [one.ref.row_id for one in await ledger.open_editions(db, now, None, 10)]


EVENTS: Mapping[EditionState, EditionEvent] = {
    state: next(
        event for (_, event), to in EDITION_MOVES.items() if to is state and event != "again"
    )
    for state in EditionState
    if state is not EditionState.READY
}
"""An event that leads from `ready` into each other state."""


async def only_part(db: Connection, edition_id: int) -> Part:
    (part,) = await ledger.parts_of(db, edition_id)
    return part


async def test_a_key_is_claimed_once(archive: Database):
    async with archive.writing() as db:
        await make_edition(db)
        digest = await digests.make_digest(db, Channel(1, 11), NOW)
        assert await editions.add_edition(db, new(digest.digest_id), NOW) is None
        skipped = new(digest.digest_id, state=EditionState.SKIPPED, reason="why")
        assert await editions.add_edition(db, skipped, NOW) is None
        other = await digests.make_digest(db, Channel(1, 12), NOW)
        taken = await editions.add_edition(db, new(other.digest_id), NOW)
        assert taken is not None, "another channel has keys of its own"


async def test_a_story_is_posted_in_a_channel_once_by_its_key(archive: Database):
    async with archive.writing() as db:
        await make_stories(db, 1)
        await make_edition(db, [frozen(1, 1)])
    with pytest.raises(ROWS_REFUSED):
        await post_again(archive)
    async with archive.reading() as db:
        assert await editions.taken_keys(db, [1], TODAY) == {1: {(TODAY, 1)}}, "and nothing is left"


async def post_again(archive: Database) -> None:
    async with archive.writing() as db:
        await make_edition(db, [frozen(2, 1)], (TODAY, 2))


async def test_a_nonce_is_used_once(archive: Database):
    with pytest.raises(ROWS_REFUSED):
        await freeze_twins(archive)


async def freeze_twins(archive: Database) -> None:
    async with archive.writing() as db:
        await make_edition(db, [frozen(1), frozen(1)])


async def test_parts_are_kept_as_they_were_frozen(archive: Database):
    async with archive.writing() as db:
        await make_stories(db, 3)
        edition_id = await make_edition(db, [frozen(1, 1, 2), frozen(2, 3)])
        assert await ledger.parts_of(db, edition_id) == [
            Part(
                edition_id, n, "{}", b"hash", f"line {n}", f"nonce {n}", PartState.PENDING, 0, None
            )
            for n in (1, 2)
        ]
        assert await editions.posted_to(db, 1, NOW) == Had({1: 1, 2: 2, 3: 3}, frozenset((1, 2, 3)))
        assert await editions.posted_to(db, 2, NOW) == Had()


async def test_taken_keys_are_those_on_and_after_a_date(archive: Database):
    keys = [(TODAY - DAY, 1), (TODAY, -1), (TODAY, 0), (TODAY, 2), (TODAY + DAY, 1)]
    async with archive.writing() as db:
        for key in keys:
            await make_edition(db, key=key)
        assert await editions.taken_keys(db, [1, 2], TODAY) == {1: set(keys[1:]), 2: set()}


async def test_a_skipped_edition_is_closed_from_the_beginning(archive: Database):
    async with archive.writing() as db:
        digest = await digests.make_digest(db, Channel(1, 11), NOW)
        skipped = new(digest.digest_id, state=EditionState.SKIPPED, reason="why")
        edition_id = await editions.add_edition(db, skipped, NOW)
        assert edition_id is not None
        assert await ledger.claim(db, edition_id, NOW) is None
        past = await editions.edition_by_id(db, edition_id)
        assert (past.state, past.reason, past.stories) == (EditionState.SKIPPED, "why", 0)


@pytest.mark.parametrize("state", EVENTS)
async def test_an_edition_is_worked_on_until_it_is_closed(archive: Database, state: EditionState):
    async with archive.writing() as db:
        edition_id = await make_edition(db)
        edition = await claimed(db, edition_id)
        assert await ledger.move_edition(db, edition, EVENTS[state], NOW, "why") is state
        assert await open_ids(db, NOW) == ([] if state in CLOSED else [edition_id])
        assert (await editions.edition_by_id(db, edition_id)).state is state


async def test_open_editions_come_oldest_first_without_those_that_wait(archive: Database):
    async with archive.writing() as db:
        late = await make_edition(db, key=(TODAY, 2), due_at=NOW)
        early = await make_edition(db, key=(TODAY, 1), due_at=NOW - DAY)
        waits = await make_edition(db, key=(TODAY, 3), due_at=NOW - 2 * DAY)
        edition, until = await claimed(db, waits), NOW + SECOND / 2
        await ledger.move_edition(db, edition, EditionEvent.WAIT, NOW, "why", until)
        assert await open_ids(db, NOW + 0.9 * SECOND) == [early, late], "not a moment too early"
        assert await ledger.claim(db, waits, NOW) is None
        assert await open_ids(db, NOW + SECOND) == [waits, early, late]


async def test_open_editions_are_read_page_by_page(archive: Database):
    async with archive.writing() as db:
        made = [await make_edition(db, key=(TODAY, slot)) for slot in range(7)]
        found: list[int] = []
        after = None
        while page := await ledger.open_editions(db, NOW, after, 3):
            found += [one.ref.row_id for one in page]
            after = page[-1]
        assert found == made


async def test_only_waits_count_as_attempts_of_an_edition(archive: Database):
    async with archive.writing() as db:
        edition_id = await make_edition(db)
        for event in (EditionEvent.WAIT, EditionEvent.BLOCK, EditionEvent.CLAIM) * 3:
            await ledger.move_edition(db, await claimed(db, edition_id), event, NOW)
        found = await claimed(db, edition_id)
        assert (found.attempts, found.state) == (3, EditionState.DELIVERING)


async def test_an_older_claim_writes_nothing_any_more(archive: Database):
    async with archive.writing() as db:
        edition_id = await make_edition(db, [frozen(1)])
        old, part = await claimed(db, edition_id), await only_part(db, edition_id)
        await claimed(db, edition_id)
        with pytest.raises(LostClaim):
            await ledger.mark_sending(db, old, part, NOW)
        with pytest.raises(LostClaim):
            await ledger.move_edition(db, old, EditionEvent.WAIT, NOW)
        assert await only_part(db, edition_id) == part


async def test_a_part_that_moved_meanwhile_is_not_moved_again(archive: Database):
    async with archive.writing() as db:
        edition_id = await make_edition(db, [frozen(1)])
        edition, part = await claimed(db, edition_id), await only_part(db, edition_id)
        await ledger.mark_sending(db, edition, part, NOW)
        with pytest.raises(LostClaim):
            await ledger.mark_sending(db, edition, part, NOW)
        with pytest.raises(IllegalMove):
            await ledger.close_part(db, edition, part, PartEvent.ANSWER, 1)


async def test_the_first_attempt_in_doubt_keeps_its_time_until_it_is_known(archive: Database):
    async with archive.writing() as db:
        edition_id = await make_edition(db, [frozen(1)])
        edition = await claimed(db, edition_id)
        for later in (0, 10, 20):
            part = await only_part(db, edition_id)
            await ledger.mark_sending(db, edition, part, NOW + later * SECOND)
        part = await only_part(db, edition_id)
        assert (part.state, part.attempts) == (PartState.SENDING, 3)
        assert part.first_tried_at == NOW

        await ledger.mark_unsent(db, edition, part, PartEvent.ABSENT, "a new nonce")
        part = await only_part(db, edition_id)
        assert (part.state, part.first_tried_at, part.version) == (PartState.PENDING, None, 0)
        assert (part.nonce, part.attempts) == ("a new nonce", 3)
        await ledger.mark_sending(db, edition, part, NOW + DAY)
        assert (await only_part(db, edition_id)).first_tried_at == NOW + DAY


async def test_a_body_that_does_not_fit_makes_way_for_its_next_version(archive: Database):
    async with archive.writing() as db:
        edition_id = await make_edition(db, [frozen(1)])
        edition = await claimed(db, edition_id)
        for version in (1, 2):
            await ledger.mark_sending(db, edition, await only_part(db, edition_id), NOW)
            part = await only_part(db, edition_id)
            await ledger.mark_unsent(db, edition, part, PartEvent.UNFIT, f"nonce {version}")
            assert (await only_part(db, edition_id)).version == version


async def test_the_outcome_of_a_part_is_kept_with_what_proved_it(archive: Database):
    async with archive.writing() as db:
        edition_id = await make_edition(db, [frozen(1)])
        edition, part = await claimed(db, edition_id), await only_part(db, edition_id)
        snowflake = 2**63 - 1
        await ledger.close_part(db, edition, part, PartEvent.HISTORY, snowflake)
        (row,) = await every(db, "SELECT state, message_id, resolved_by FROM edition_part")
        assert tuple(row) == ("sent", snowflake, "history")


async def test_closing_frees_exactly_the_stories_of_parts_that_were_never_tried(archive: Database):
    """A story that Discord refuses is not tried again tomorrow."""
    numbers = {state: number for number, state in enumerate(PartState, start=1)}
    async with archive.writing() as db:
        await make_stories(db, len(numbers))
        edition_id = await make_edition(db, [frozen(n, n) for n in numbers.values()])
        for state, number in numbers.items():
            await db.execute("UPDATE edition_part SET state = ? WHERE part = ?", (state, number))
        edition = await claimed(db, edition_id)
        await ledger.move_edition(db, edition, EditionEvent.IN_DOUBT, NOW, "why")
        left = {number for state, number in numbers.items() if state is not PartState.PENDING}
        assert {*(await editions.posted_to(db, 1, NOW)).shown} == left
        assert (await editions.edition_by_id(db, edition_id)).stories == len(left)


async def test_past_editions_come_newest_first_and_no_more_than_asked_for(archive: Database):
    async with archive.writing() as db:
        for day in (3, 1, 2, 5, 4):
            await make_edition(db, key=(TODAY + day * DAY, 1), due_at=NOW + day * DAY)
        past = await editions.past_editions(db, 1, 3)
        assert [one.read().due_at for one in past] == [NOW + day * DAY for day in (5, 4, 3)]


async def test_when_the_newest_edition_was_planned_is_known(archive: Database):
    async with archive.writing() as db:
        assert await editions.newest_edition_at(db) is None
        await make_edition(db)
        assert await editions.newest_edition_at(db) == NOW


# Digests.


async def test_a_digest_is_made_once_for_a_channel(archive: Database):
    async with archive.writing() as db:
        first = await digests.make_digest(db, Channel(1, 2**63 - 1), NOW)
        assert await digests.make_digest(db, Channel(1, 2**63 - 1), NOW + DAY) == first
        assert (await digests.make_digest(db, Channel(2, 2**63 - 1), NOW)).target.guild_id == 1
        assert await digests.all_digest_ids(db) == [first.digest_id]


async def test_what_is_due_comes_longest_due_first_and_no_more_than_asked_for(archive: Database):
    async with archive.writing() as db:
        for channel, hours in ((1, 2), (2, 1), (3, 4), (4, None)):
            digest = await digests.make_digest(db, Channel(1, channel), NOW)
            due_at = NOW + timedelta(hours=hours) if hours else None
            following = Occurrence(due_at, TODAY, 1) if due_at else None
            await digests.set_next(db, {digest.digest_id: following})
        later = NOW + timedelta(hours=3)
        due = await digests.due_digests(db, later, 10)
        assert [digest.target.channel_id for digest in due] == [2, 1]
        assert [d.target.channel_id for d in await digests.due_digests(db, later, 1)] == [2]
        assert await digests.due_digests(db, NOW, 10) == []


async def test_an_occurrence_is_kept_whole(archive: Database):
    following = Occurrence(NOW + DAY, TODAY, -3)
    async with archive.writing() as db:
        digest = await digests.make_digest(db, Channel(1, 11), NOW)
        await digests.set_next(db, {digest.digest_id: following})
        assert (await digests.digest_by_id(db, digest.digest_id)).next == following
        await digests.set_next(db, {digest.digest_id: None})
        assert (await digests.digest_by_id(db, digest.digest_id)).next is None


async def test_an_unknown_setting_is_no_column(archive: Database):
    async with archive.writing() as db:
        digest = await digests.make_digest(db, Channel(1, 11), NOW)
        with pytest.raises(KeyError):
            await digests.set_for_digest(db, digest.digest_id, "fault", "x")
        with pytest.raises(KeyError):
            await digests.set_for_server(db, 1, "guild_id = 2 --", "x")
