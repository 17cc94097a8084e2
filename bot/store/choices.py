"""What editions took and left out, with the figures of that moment: written once, then read."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from itertools import groupby
from typing import Final

from bot.digests.ledger import EditionState
from bot.digests.reasons import RecordedChoice, Weighing
from bot.digests.selection import TAKEN, TOLD, Choice, Verdict
from bot.store import values
from bot.store.database import Connection, Row, every
from bot.store.heat import heat_in, stored

LEFT_OUT: Final = 10
"""How many left-out stories are kept for a digest's last edition."""


async def record_choices(db: Connection, weighed: Mapping[int, Sequence[Choice]]) -> None:
    """Keep the stories that editions told of, and the first LEFT_OUT of those they left out; by
    edition.

    Those left out of the digests' earlier editions are deleted, so that the table stays small.
    Stories that were never candidates are not kept: those under the minimum heat or over the age
    limit are never read for an edition, since reading them would cost more than choosing.
    """
    await db.execute(
        """
        DELETE FROM edition_choice
        WHERE NOT verdict = ANY(:told) AND edition_id IN (
            SELECT earlier.edition_id FROM edition earlier JOIN edition this USING (digest_id)
            WHERE this.edition_id = ANY(:ids) AND earlier.edition_id <> this.edition_id
        )
        """,
        {"ids": weighed, "told": TOLD},
    )
    await db.executemany(
        """
        INSERT INTO edition_choice (edition_id, position, story_id, verdict, heat, age_seconds,
                                    score, other_id)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?)
        """,
        [
            (edition_id, position, *_values(choice))
            for edition_id, choices in weighed.items()
            for position, choice in enumerate(_kept(choices), start=1)
        ],
    )


def _kept(choices: Sequence[Choice]) -> Sequence[Choice]:
    told = sum(choice.verdict in TOLD for choice in choices)
    return choices[: told + LEFT_OUT]


def _values(choice: Choice) -> tuple[int, str, int, int, float, int | None]:
    one = choice.candidate
    age = int(choice.age.total_seconds())
    return one.story_id, choice.verdict, stored(one.heat), age, choice.score, choice.other


_CHOICES: Final = """
SELECT edition_id, channel_id, local_date, slot, state, position, c.story_id, verdict, c.heat,
       age_seconds, score, s.title AS headline, o.title AS other
FROM edition e JOIN digest USING (digest_id) JOIN edition_choice c USING (edition_id)
JOIN story s ON s.story_id = c.story_id LEFT JOIN story o ON o.story_id = c.other_id
"""


async def places_of(
    db: Connection, story_id: int, channel_id: int | None, limit: int
) -> list[Weighing]:
    """The newest editions that considered a story, each with its choice; None = of any channel."""
    rows = await every(
        db,
        f"""
        {_CHOICES} WHERE c.story_id = :story AND channel_id = coalesce(:channel, channel_id)
        ORDER BY edition_id DESC LIMIT :limit
        """,
        {"story": story_id, "channel": channel_id, "limit": limit},
    )
    return _weighings(rows)


async def taken_by(db: Connection, edition: Weighing) -> list[RecordedChoice]:
    """What an edition took, in its order."""
    rows = await every(
        db,
        f"""
        {_CHOICES} WHERE channel_id = :channel AND local_date = :day AND slot = :slot
        AND verdict = ANY(:taken) ORDER BY position
        """,
        {
            "channel": edition.channel_id,
            "day": edition.local_date.isoformat(),
            "slot": edition.slot,
            "taken": TAKEN,
        },
    )
    return [_choice(row) for row in rows]


async def last_weighings(db: Connection, channel_id: int | None, limit: int) -> list[Weighing]:
    """The last edition of every channel (None) or of one, if it considered any; newest first."""
    rows = await every(
        db,
        f"""
        WITH last AS (
            SELECT (SELECT max(edition_id) FROM edition WHERE digest_id = d.digest_id) AS edition_id
            FROM digest d WHERE channel_id = coalesce(:channel, channel_id)
            ORDER BY edition_id DESC NULLS LAST LIMIT :limit
        )
        {_CHOICES} WHERE edition_id IN (SELECT edition_id FROM last)
        ORDER BY edition_id DESC, position
        """,  # noqa: S608 - only a constant query
        {"channel": channel_id, "limit": limit},
    )
    return _weighings(rows)


def _weighings(rows: Sequence[Row]) -> list[Weighing]:
    return [_weighing(list(choices)) for _, choices in groupby(rows, lambda row: row["edition_id"])]


def _weighing(rows: Sequence[Row]) -> Weighing:
    edition = rows[0]
    return Weighing(
        channel_id=edition["channel_id"],
        local_date=values.day("local date", edition["local_date"]),
        slot=edition["slot"],
        state=values.word("state", EditionState, edition["state"]),
        choices=[_choice(row) for row in rows],
    )


def _choice(row: Row) -> RecordedChoice:
    return RecordedChoice(
        story_id=row["story_id"],
        headline=row["headline"],
        position=row["position"],
        verdict=values.word("verdict", Verdict, row["verdict"]),
        heat=heat_in(row["heat"]),
        age=timedelta(seconds=row["age_seconds"]),
        score=row["score"],
        other=row["other"],
    )
