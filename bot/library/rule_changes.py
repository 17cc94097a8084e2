"""Bringing stories in line with rules that changed: addresses recomputed, stories reranked."""

import hashlib
import json
import logging
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from typing import Final

from bot.library.grouping import Progress
from bot.library.leading import lead, rank_again
from bot.library.rekeying import Rekeyed, readdress_sources, readdress_stories
from bot.library.saving import follow_items
from bot.library.topic_names import distinct
from bot.store import addresses, boilerplate, facts, feed_items, items, search, stories, topics
from bot.store.database import Connection, Database
from bot.stories.ranking import VERSION, Rules
from bot.stories.text import VERSION as WORDS
from bot.stories.urls import VERSION as ADDRESS_VERSION
from bot.stories.urls import Trackers

logger = logging.getLogger(__name__)

Shown = Callable[[str], AbstractContextManager[Progress]]
"""Shows the progress of work with this name while it lasts."""

_RANKED_BY, _ADDRESSED_BY, _RATED_BY = "ranked_by", "addressed_by", "feeds_rated_by"
_RANK_AT_ONCE: Final = 200
_READDRESS_AT_ONCE: Final = 2000
"""How many stories are processed at a time."""


@contextmanager
def logged(what: str) -> Iterator[Progress]:
    """Work whose progress is logged."""
    yield lambda done, total: logger.info("%s: %d of %d", what, done, total)


class RuleChanges:
    """Notices if the rules of this version or of the operator differ from those by which stories
    were made, and updates the stories.
    """

    def __init__(self, database: Database, ranking: Rules, trackers: Trackers) -> None:
        self._database, self.ranking, self.trackers = database, ranking, trackers

    async def readdress_if_version_changed(self, shown: Shown = logged) -> None:
        """Recompute all addresses if another version made them, or none did."""
        async with self._database.reading() as db:
            former = await facts.read_fact(db, _ADDRESSED_BY)
        if former is None or not former.startswith(f"{ADDRESS_VERSION} "):
            await self.readdress_if_changed(shown)

    async def readdress_if_changed(self, shown: Shown = logged) -> None:
        """Recompute all links and keys if the rules or the operator's trackers changed since last
        time, and merge the stories that share one by now. It may be interrupted and started again.
        """
        rules = f"{ADDRESS_VERSION} {_hash(f'{self.trackers.rules}').hex()}"
        async with self._database.reading() as db:
            former = await facts.read_fact(db, _ADDRESSED_BY)
            if former == rules:
                return
            ids = await stories.all_story_ids(db)
        with (shown if ids else logged)("addresses recomputed") as tell:
            for start in range(0, len(ids), _READDRESS_AT_ONCE):
                await self._readdress_sources(ids[start : start + _READDRESS_AT_ONCE])
                tell(min(start + _READDRESS_AT_ONCE, len(ids)), len(ids))
            found = await self._merge(first=former is None)
            async with self._database.reading() as db:
                repeating = await addresses.stories_with_repeats(db)
            for start in range(0, len(repeating), _RANK_AT_ONCE):
                await self._rerank(repeating[start : start + _RANK_AT_ONCE])
            async with self._database.writing() as db:
                await items.readdress_all(db)
                await feed_items.load_all_again(db)
                await facts.write_fact(db, _ADDRESSED_BY, rules)
        if ids:
            text = "recomputed all addresses; stories merged: %d, withdrawn: %d"
            logger.info(text, len(found.merged), len(found.refused))

    async def _readdress_sources(self, ids: Sequence[int]) -> None:
        async with self._database.writing() as db:
            changed = sorted(await readdress_sources(db, ids, self.trackers))
            await self._rank(db, changed)

    async def _merge(self, *, first: bool) -> Rekeyed:
        """All in one transaction, so that nothing is planned in between."""
        async with self._database.writing() as db:
            found = await readdress_stories(db, self.trackers, by_headline=first)
            touched = {*found.merged, *found.refused}
            await follow_items(db, self.ranking, {}, {}, touched)
            await lead(db, found.events, self.ranking)
        return found

    async def rerank_if_changed(self) -> None:
        """Rank and index every story again if the rules for ranking or words, or the operator's
        owners or junk rules, changed since last time. Those that are not grouped yet are ranked
        when they are.
        """
        rules = _hash(f"{VERSION} {WORDS} {_as_text(self.ranking)}").hex()
        async with self._database.reading() as db:
            if await facts.read_fact(db, _RANKED_BY) == rules:
                return
            ids = await stories.grouped_story_ids(db)
        if ids:
            logger.info("the rules changed; stories to rerank: %d", len(ids))
        async with self._database.writing() as db:
            await topics.respell_topics(db)
            await search.forget_words(db)
        for start in range(0, len(ids), _RANK_AT_ONCE):
            await self._rerank(ids[start : start + _RANK_AT_ONCE])
        async with self._database.writing() as db:
            await boilerplate.find_again(db, self.ranking.junk.boilerplate)
            await facts.write_fact(db, _RANKED_BY, rules)
        if ids:
            logger.info("stories reranked: %d", len(ids))

    async def load_feeds_again_if_changed(self) -> None:
        """Have what feeds gave loaded again if the operator's phrases or tiers changed."""
        ranking = self.ranking
        rules = _hash(f"{ranking.lexicon.text} {sorted(ranking.tiers.items())}").hex()
        async with self._database.reading() as db:
            if await facts.read_fact(db, _RATED_BY) == rules:
                return
        async with self._database.writing() as db:
            await feed_items.load_all_again(db)
            await facts.write_fact(db, _RATED_BY, rules)

    async def _rerank(self, ids: Sequence[int]) -> None:
        async with self._database.writing() as db:
            await self._rank(db, ids)

    async def _rank(self, db: Connection, ids: Sequence[int]) -> None:
        names = distinct(await items.topics_of_stories(db, ids))
        await topics.set_topics(db, await topics.with_other_topics(db, names))
        await rank_again(db, ids, self.ranking)


def _as_text(rules: Rules) -> str:
    """What the operator may change of the rules. Other counts of words change no old ranking."""
    owners = rules.owners
    by_domain = sorted(f"{domain}={owner}" for domain, owner in owners.by_domain.items())
    return f"{json.dumps([by_domain, sorted(owners.aggregators)])} {rules.junk}"


def _hash(text: str) -> bytes:
    return hashlib.blake2b(text.encode(), digest_size=16).digest()
