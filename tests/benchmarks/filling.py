"""A whole archive: its database, and the folder with its files.

It is filled through the project's own writing functions, as an ingest calls them, but without
reading files: this skips writing and parsing them and comparing their sources, which would take an
hour for a million articles and leave the same rows. Relations are drawn with their real
frequencies. The files exist but are empty, since a known file is not read again.
"""

import asyncio
import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import accumulate, islice
from pathlib import Path
from random import Random
from typing import Final

from bot.app.services import open_services
from bot.environment import Places
from bot.origins.files.folders import stamp
from bot.origins.files.origin import SEEDS
from bot.origins.files.reading import CHUNK
from bot.origins.outcomes import Loaded, Reader
from bot.store import origins
from bot.store.story_rows import rows_of
from bot.stories.model import RankedSource, Relation, Story
from bot.stories.ranking import Ranking
from tests.benchmarks.archive import Made, make_archive
from tests.benchmarks.storyfiles import path_of
from tests.conftest import ROOT

NOW: Final = datetime(2025, 6, 1, tzinfo=UTC)
RELATIONS: Final = (
    (Relation.OFF_TOPIC, 0.947),
    (Relation.ELIGIBLE, 0.027),
    (Relation.BACKGROUND, 0.024),
    (Relation.SAME_OWNER, 0.0010),
    (Relation.COPY, 0.0009),
    (Relation.SIBLING, 0.0006),
)
"""The shares of the relations, from ranking 31,326 real sources."""
_KINDS: Final = [relation for relation, _ in RELATIONS]
_WEIGHTS: Final = [*accumulate(share for _, share in RELATIONS)]


@dataclass(frozen=True, slots=True)
class Archive:
    """A filled archive with this many distinct articles."""

    articles: int
    places: Places


def places_in(folder: Path, seeds: Path | None = None) -> Places:
    """The paths of a separate bot in a folder, with the project's configuration."""
    return Places(
        database=folder / "broadsheet.db", seeds=seeds or folder / "seeds", config=ROOT / "config"
    )


def fill(articles: int, folder: Path) -> Archive:
    """Make the archive in a folder, with everything that an ingest and a rescan after it leave."""
    places = places_in(folder)
    places.seeds.mkdir(parents=True)
    asyncio.run(_fill(places, articles))
    return Archive(articles, places)


async def _fill(places: Places, articles: int) -> None:
    async with open_services(places) as services:
        await services.ingestion.rescan()  # an empty folder: records the ranking rules
        async with services.database.writing() as db:
            seeds = await origins.origin_id(db, SEEDS, "")
        stories = 0
        written: set[int] = set()
        rules = services.ingestion.rules
        reader = Reader(rules.ranking, rules.trackers, NOW)
        chunks = _chunks(make_archive(articles), places.seeds)
        ahead = asyncio.create_task(asyncio.to_thread(next, chunks, None))
        while chunk := await ahead:  # made while the chunk before is written
            ahead = asyncio.create_task(asyncio.to_thread(next, chunks, None))
            stories += len(chunk)
            written |= await services.ingestion._write(seeds, chunk, reader, at_once=False)
        await services.ingestion._count_words_first(written)
        await services.ingestion.grouping.group_all(rules.ranking, written)
        report = await services.ingestion.rescan()
        assert (report.unchanged, report.read) == (stories, stories)
        assert (await services.ingestion.totals())["articles"] == articles


def _chunks(archive: Iterator[Made], seeds: Path) -> Iterator[list[Loaded]]:
    while chunk := [_loaded(made, seeds) for made in islice(archive, CHUNK)]:
        yield chunk


def _loaded(made: Made, seeds: Path) -> Loaded:
    """The result of reading a story's file; the file exists but is empty."""
    key, story = path_of(made), made.story
    path = seeds / key
    path.parent.mkdir(exist_ok=True)
    path.touch()
    content = hashlib.blake2b(repr(story).encode(), digest_size=16).digest()
    rows = rows_of(story, ranking_of(story, Random(made.number)))  # noqa: S311 - data
    at = story.article.published_at
    return Loaded(key, stamp(path), content, rows, rows.headline, story.topics, at, None)


def ranking_of(story: Story, random: Random) -> Ranking:
    """A ranking without comparing any texts."""
    kinds = random.choices(_KINDS, cum_weights=_WEIGHTS, k=len(story.sources))
    sources = tuple(
        RankedSource(article, kind, None if kind in _ALONE else story.sources[0].url, 0.3)
        for article, kind in zip(story.sources, kinds, strict=True)
    )
    best = max(article.quality or 0 for article in (story.article, *story.sources))
    publishers = len({one.article.provider.domain for one in sources}) + 1
    heat = story.heat if story.heat is not None and story.heat >= 0 else best
    return Ranking(sources, publishers, best, heat)


_ALONE: Final = (Relation.ELIGIBLE, Relation.OFF_TOPIC)
