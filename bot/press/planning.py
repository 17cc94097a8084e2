"""Planning: due digests become editions, chosen and frozen in one commit each."""

import hashlib
import json
import logging
import secrets
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import takewhile
from typing import Final

from bot.config import DigestConfig, QuietDay
from bot.digests.edition import Contents, EditionState
from bot.digests.schedule import Key, Occurrence, next_occurrence, occurrences
from bot.digests.selection import TAKEN, Candidate, Choice, Verdict, archived, select
from bot.digests.settings import DigestSettings, Taste, settings_of
from bot.render.digest import Message, edition_messages
from bot.store import candidates, digests, editions, stories
from bot.store.choices import record_choices
from bot.store.database import Connection, Database
from bot.store.digests import DigestRow
from bot.store.editions import FrozenPart
from bot.stories.model import ArchivedStory

logger = logging.getLogger(__name__)

CHUNK: Final = 50
"""Digests planned between two looks at the rest of the world."""


class Planner:
    """Plans editions. `config` is what servers and channels inherit."""

    def __init__(self, database: Database, config: DigestConfig) -> None:
        self._database, self._config = database, config

    async def plan_due(self, now: datetime) -> int:
        """Plan an edition for every digest that is due; returns how many digests were due.

        A digest is advanced in the transaction that writes its edition, so a crash repeats or
        loses none. One that was missed by more than the catch-up time is noted as skipped.
        """
        planned = 0
        while True:
            async with self._database.writing() as db:
                due = await digests.due_digests(db, now, CHUNK)
                for digest in due:
                    await self._plan(db, digest, now)
            planned += len(due)
            if len(due) < CHUNK:
                return planned

    async def _plan(self, db: Connection, digest: DigestRow, now: datetime) -> None:
        assert digest.next is not None  # noqa: S101 - it is due
        settings = settings_of(self._config, digest.server, digest.own)
        occurrence = await _latest_due(db, digest.digest_id, digest.next, settings, now)
        key = (occurrence.local_date, occurrence.slot)
        if now - occurrence.due_at > settings.catch_up:
            reason = "the bot was not running at the time"
            state = EditionState.SKIPPED
            await editions.add_edition(
                db, digest.digest_id, key, occurrence.due_at, now, state, reason
            )
            logger.warning("channel %d: edition %s skipped: %s", digest.channel_id, key[0], reason)
        else:
            await self.write_edition(db, digest, key, occurrence.due_at, now)
        await rearm(db, digest, self._config, now)

    async def write_edition(
        self, db: Connection, digest: DigestRow, key: Key, due_at: datetime, now: datetime
    ) -> int | None:
        """Choose and freeze one edition; its id, or None where its key is taken.

        A quiet day under `skip`, or with nothing left in the archive, is an edition too, closed
        at once: it keeps its key, and `/digest status` can tell why nothing came.
        """
        settings = settings_of(self._config, digest.server, digest.own)
        posted = await editions.posted_stories(db, digest.digest_id)
        choices = await weigh(db, digest.topics, posted, settings.taste, now)
        contents = await _contents(db, choices, digest.topics, settings.taste, key)
        state, reason = EditionState.READY, None
        if contents is None:
            state, reason = EditionState.SKIPPED, "no new story"
        edition_id = await editions.add_edition(
            db, digest.digest_id, key, due_at, now, state, reason
        )
        if edition_id is not None:
            await record_choices(db, edition_id, choices)
            messages = edition_messages(contents, settings.taste.sources) if contents else []
            await editions.freeze(db, edition_id, [_frozen(message) for message in messages])
        return edition_id


async def _latest_due(
    db: Connection, digest_id: int, first: Occurrence, settings: DigestSettings, now: datetime
) -> Occurrence:
    """Of `first` and the free occurrences passed since the last: one late edition, not many.

    The timetable may be another than the one `first` is from: config/ changed in the meantime.
    """
    day = first.local_date - timedelta(days=1)
    taken = await editions.taken_keys(db, digest_id, day)
    passed = takewhile(lambda o: o.due_at <= now, occurrences(settings.timetable, day))
    later = [o for o in passed if o.due_at > first.due_at and (o.local_date, o.slot) not in taken]
    return later[-1] if later else first


async def choose(
    db: Connection,
    topics: Mapping[int, str],
    posted: Collection[int],
    taste: Taste,
    key: Key,
    now: datetime,
) -> Contents | None:
    """What stands in an edition (local date, slot) for a channel that has had `posted`.

    None = nothing is posted. Topics map id to name. Nothing is recorded.
    """
    return await _contents(db, await weigh(db, topics, posted, taste, now), topics, taste, key)


async def weigh(
    db: Connection, topics: Collection[int], posted: Collection[int], taste: Taste, now: datetime
) -> list[Choice]:
    """The candidates of an edition, those that it takes first; on a quiet day the archive's."""
    found = await candidates.candidates(db, topics, now - taste.age, now, taste.minimum_heat)
    choices = select(found, posted, taste, now)
    if taste.quiet_day is QuietDay.ARCHIVE and not _taken(choices):
        older = await candidates.archive_story(db, topics, posted, now)
        shown = await stories.stories_by_id(db, [] if older is None else [older])
        choices[:0] = [archived(_candidate(story), taste, now) for story in shown]
    return choices


def _candidate(story: ArchivedStory) -> Candidate:
    article, nothing = story.article, frozenset[int]()
    url, published_at = article.url, article.published_at
    return Candidate(story.story_id, url, story.heat, published_at, nothing, nothing)


def _taken(choices: Sequence[Choice]) -> list[Choice]:
    return [choice for choice in choices if choice.verdict in TAKEN]


async def _contents(
    db: Connection, choices: Sequence[Choice], topics: Mapping[int, str], taste: Taste, key: Key
) -> Contents | None:
    taken = _taken(choices)
    if not taken and taste.quiet_day is not QuietDay.NOTE:
        return None
    shown = await stories.stories_by_id(db, [choice.candidate.story_id for choice in taken])
    from_archive = any(choice.verdict is Verdict.ARCHIVE for choice in taken)
    return Contents(tuple(topics.values()), *key, tuple(shown), from_archive)


def _frozen(message: Message) -> FrozenPart:
    body = json.dumps(message.body, ensure_ascii=False, separators=(",", ":"))
    digest = hashlib.sha256(body.encode()).digest()
    return FrozenPart(body, digest, message.marker, new_nonce(), message.story_ids)


def new_nonce() -> str:
    """A nonce of our own: 25 characters are the most Discord takes."""
    return f"bs-{secrets.token_hex(10)}"


async def rearm(
    db: Connection, digest: DigestRow, config: DigestConfig, now: datetime
) -> Occurrence | None:
    """Set and return when a digest comes next; None while it is paused or follows no topic."""
    settings = settings_of(config, digest.server, digest.own)
    following: Occurrence | None = None
    if digest.topics and not settings.paused:
        yesterday = now.astimezone(settings.timetable.zone).date() - timedelta(days=1)
        taken = await editions.taken_keys(db, digest.digest_id, yesterday)
        following = next_occurrence(settings.timetable, now, taken)
    await digests.set_next(db, digest.digest_id, following)
    return following
