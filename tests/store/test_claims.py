"""Claims: of all deliveries that work on an edition, only the last to claim it may write."""

from collections.abc import Awaitable, Callable
from dataclasses import replace

import pytest

from bot.digests.edition import Part
from bot.digests.ledger import CLOSED, EditionEvent, EditionState, IllegalMove, PartEvent, PartState
from bot.digests.target import Channel
from bot.store import digests, editions, ledger
from bot.store.database import Connection, Database, every
from bot.store.ledger import LostClaim, OpenEdition
from tests.store.test_editions import (
    DAY,
    NOW,
    SECOND,
    claimed,
    frozen,
    make_edition,
    new,
    only_part,
)

Write = Callable[[Connection, OpenEdition, Part], Awaitable[object]]


async def try_it(db: Connection, claim: OpenEdition, part: Part) -> None:
    await ledger.mark_sending(db, claim, part, NOW)


async def call_it_unsent(db: Connection, claim: OpenEdition, part: Part) -> None:
    tried = replace(part, state=PartState.SENDING)
    await ledger.mark_unsent(db, claim, tried, PartEvent.UNFIT, "another nonce")


async def call_it_sent(db: Connection, claim: OpenEdition, part: Part) -> None:
    tried = replace(part, state=PartState.SENDING)
    await ledger.close_part(db, claim, tried, PartEvent.ANSWER, 1)


async def close(db: Connection, claim: OpenEdition, _: Part) -> None:
    await ledger.move_edition(db, claim, EditionEvent.ALL_SENT, NOW)


async def written(db: Connection) -> list[tuple[object, ...]]:
    """All rows of the ledger."""
    of_editions = await every(db, "SELECT * FROM edition")
    return [tuple(row) for row in (*of_editions, *await every(db, "SELECT * FROM edition_part"))]


@pytest.mark.parametrize("state", [PartState.PENDING, PartState.SENDING])
@pytest.mark.parametrize("write", [try_it, call_it_unsent, call_it_sent, close])
async def test_an_older_claim_writes_nothing(archive: Database, write: Write, state: PartState):
    async with archive.writing() as db:
        older = await claimed(db, await make_edition(db, [frozen(1)]))
        await db.execute("UPDATE edition_part SET state = :state", {"state": state})
        part = await only_part(db, older.edition_id)
        await claimed(db, older.edition_id)
        before = await written(db)
        with pytest.raises(LostClaim):
            await write(db, older, part)
        assert await written(db) == before


@pytest.mark.parametrize("write", [try_it, close])
async def test_the_newest_claim_writes(archive: Database, write: Write):
    async with archive.writing() as db:
        await claimed(db, await make_edition(db, [frozen(1)]))
        newest, before = await claimed(db, 1), await written(db)
        await write(db, newest, await only_part(db, 1))
        assert await written(db) != before


async def test_every_claim_has_an_epoch_of_its_own_and_a_look_takes_none(archive: Database):
    async with archive.writing() as db:
        first = await claimed(db, await make_edition(db))
        (seen,) = await ledger.open_editions(db, NOW, None, 10)
        second = await claimed(db, first.edition_id)
        assert [first.epoch, seen.read().epoch, second.epoch] == [1, 1, 2]


@pytest.mark.parametrize("state", sorted(CLOSED))
async def test_a_closed_edition_is_neither_claimed_nor_moved(
    archive: Database, state: EditionState
):
    async with archive.writing() as db:
        claim = await claimed(db, await make_edition(db))
        await db.execute("UPDATE edition SET state = :state, closed_at = 1", {"state": state})
        assert await ledger.claim(db, claim.edition_id, NOW + DAY) is None
        with pytest.raises(LostClaim):
            await ledger.move_edition(db, claim, EditionEvent.WAIT, NOW)
        known = replace(claim, state=state)
        with pytest.raises(IllegalMove):
            await ledger.move_edition(db, known, EditionEvent.WAIT, NOW)
        assert (await editions.edition_by_id(db, claim.edition_id)).state is state


async def test_an_edition_that_has_its_turn_later_is_not_claimed_before(archive: Database):
    async with archive.writing() as db:
        digest = await digests.make_digest(db, Channel(1, 11), NOW)
        later = new(digest.digest_id)._replace(ready_at=NOW + 30 * SECOND)
        edition_id = await editions.add_edition(db, later, NOW)
        assert edition_id is not None
        assert await ledger.claim(db, edition_id, NOW + 29 * SECOND) is None
        assert await ledger.claim(db, edition_id, NOW + 30 * SECOND) is not None


async def test_what_is_in_doubt_opens_again_with_a_new_nonce_and_the_rest_stays(archive: Database):
    async with archive.writing() as db:
        edition_id = await make_edition(db, [frozen(n) for n in (1, 2, 3)])
        for number, state in ((1, "sent"), (2, "uncertain"), (3, "rejected")):
            await db.execute("UPDATE edition_part SET state = ? WHERE part = ?", (state, number))
        claim = await claimed(db, edition_id)
        await ledger.move_edition(db, claim, EditionEvent.IN_DOUBT, NOW, "why")
        assert await ledger.post_again(db, edition_id, lambda: "another", NOW + 2 * DAY)
        again = await claimed(db, edition_id)
        assert (again.state, again.reason, again.attempts) == (EditionState.READY, None, 0)
        assert again.expires_at == NOW + 2 * DAY
        assert [(p.state, p.nonce) for p in await ledger.parts_of(db, edition_id)] == [
            (PartState.SENT, "nonce 1"),
            (PartState.PENDING, "another"),
            (PartState.REJECTED, "nonce 3"),
        ]
        assert not await ledger.post_again(db, edition_id, lambda: "third", NOW + 2 * DAY)
