"""SQLite and PostgreSQL answer alike: the same archive is found, chosen from and replayed alike."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.app.services import Services, open_services
from bot.database_url import DatabaseAddress
from bot.environment import Places
from tests import postgres
from tests.conftest import ROOT, SetClock, files_at, make_story_file

FIRST = datetime(2020, 5, 1, 9, 0, tzinfo=UTC)
WORDS = (
    *(
        "ferry",
        "timetable",
        "Machine",
        "machines",
        "Straße",
        "naïve",
        "zürich",
        "東京",
        "5G",
        "o'clock",
    ),
    *(
        "harbour",
        "harbor",
        "council",
        "vote",
        "engine",
        "rocket",
        "launch",
        "delay",
        "storm",
        "record",
    ),
)
TOPICS = ("AI", "Space", "Überwachung", "ai safety")

titles = st.lists(st.sampled_from(WORDS), min_size=2, max_size=6).map(" ".join)
articles = st.fixed_dictionaries(
    {
        "title": titles,
        "excerpt": st.lists(st.sampled_from(WORDS), min_size=3, max_size=12).map(" ".join),
        "day": st.integers(0, 6),
        "publisher": st.integers(1, 5),
        "quality": st.none() | st.integers(0, 100),
    }
)
stories = st.fixed_dictionaries(
    {
        "article": articles,
        "related": st.lists(articles, max_size=3),
        "topics": st.lists(st.sampled_from(TOPICS), min_size=1, max_size=3, unique=True),
        "heat": st.none() | st.integers(-1, 400),
    }
)
queries = st.lists(
    st.sampled_from((*WORDS, "mashine", "harb", "zurich", "x")), min_size=1, max_size=3
)


def fields(number: int, article: dict[str, Any]) -> dict[str, Any]:
    domain = f"p{article['publisher']}.example"
    return {
        "title": article["title"],
        "excerpt": article["excerpt"],
        "publishedDateTime": FIRST + timedelta(days=article["day"]),
        "webUrl": f"https://{domain}/{number}",
        "quality": article["quality"],
        "provider": {"name": f"Paper {article['publisher']}", "domain": domain},
    }


def write(folder: Path, told: list[dict[str, Any]]) -> None:
    """The archive as story files; every address is another one's."""
    folder.mkdir()
    for number, one in enumerate(told):
        related = [fields(100 * (number + 1) + n, a) for n, a in enumerate(one["related"])]
        text = make_story_file(
            **fields(number, one["article"]),
            topics=one["topics"],
            heat=one["heat"],
            related=related or None,
        )
        (folder / f"{number:03}.md").write_bytes(text)


@asynccontextmanager
async def filled(address: DatabaseAddress, folder: Path) -> AsyncIterator[Services]:
    places = Places(database=address, seeds=folder, config=ROOT / "config")
    async with open_services(places, SetClock(FIRST + timedelta(days=8))) as services:
        await services.ingestion.ingest(files_at(folder))
        yield services


async def everything(services: Services, asked: list[str]) -> list[object]:
    """What is found, listed, suggested and chosen."""
    found: list[object] = []
    topics = await services.queries.topics()
    for query in (*asked, " ".join(asked)):
        found.append(await services.queries.search(query, 20))
        found.append(await services.queries.suggest_stories(query))
    found += [(topic, await services.queries.newest(topic, 50)) for topic in topics]
    span = (FIRST.date(), FIRST.date() + timedelta(days=8), time(8), UTC)
    found.append([day async for day in services.previews.replay(topics, *span)])
    found.append(await services.previews.preview(topics, FIRST + timedelta(days=5)))
    return found


async def on_both(told: list[dict[str, Any]], asked: list[str]) -> list[list[object]]:
    with TemporaryDirectory() as made:
        folder = Path(made)
        write(folder / "stories", told)
        addresses = (folder / "a.db", postgres.server().database_of(folder / "b.db"))
        try:
            answers = []
            for address in addresses:
                async with filled(address, folder / "stories") as services:
                    answers.append(await everything(services, asked))
            return answers
        finally:
            postgres.server().take_back(folder)


@pytest.mark.slow
@settings(max_examples=20)
@given(st.lists(stories, min_size=1, max_size=8), queries)
def test_both_kinds_of_database_answer_alike(told: list[dict[str, Any]], asked: list[str]) -> None:
    file, server = asyncio.run(on_both(told, asked))
    assert file == server
