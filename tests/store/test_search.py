"""The search index and its vocabulary hold the words of search, each whole."""

import sys
from datetime import UTC, datetime, timedelta

import pytest

from bot.store.database import Database, every
from bot.store.search import StoryText, index_stories, search_stories, unindex_stories
from bot.store.story_rows import rows_of, save_stories
from bot.stories.model import Article, Provider, Story
from bot.stories.ranking import Rules, rank
from bot.stories.text import words

WHEN = datetime(2019, 12, 1, tzinfo=UTC)
EVERY_CHARACTER = [chr(code) for code in range(sys.maxunicode + 1) if not 0xD800 <= code < 0xE000]


async def index(archive: Database, rules: Rules, *texts: StoryText) -> None:
    for number, text in enumerate(texts, start=1):
        await index_one(archive, rules, number, text)


async def index_one(
    archive: Database, rules: Rules, number: int, text: StoryText, when: datetime = WHEN
) -> None:
    url = f"https://www.saltmarsh.example/{number}"
    provider = Provider("Saltmarsh", "saltmarsh.example")
    article = Article(url, "", "", when, provider, None, None)
    story = Story(article, (), (), None, None, removed=False)
    async with archive.writing() as db:
        await save_stories(db, {number: rows_of(story, rank(story, rules))}, WHEN)
        await index_stories(db, {number: text}, {number: []})


@pytest.mark.slow
async def test_a_word_with_any_character_is_one_word_to_the_index(
    archive: Database, rules: Rules
) -> None:
    found = words(" ".join(f"a{char}b" for char in EVERY_CHARACTER))
    await index(archive, rules, StoryText("", "", "", " ".join(found)))
    async with archive.writing() as db:
        await db.execute("CREATE VIRTUAL TABLE temp.v USING fts5vocab(main, story_text, row)")
        indexed = {row["term"] for row in await every(db, "SELECT term FROM temp.v")}
    assert indexed == set(found)


@pytest.mark.slow
async def test_no_sign_breaks_a_query(archive: Database, rules: Rules) -> None:
    await index(archive, rules, StoryText("boats", "", "", ""))
    signs = [char for char in EVERY_CHARACTER if not words(char)]
    async with archive.reading() as db:
        for start in range(0, len(signs), 5000):
            query = f"{' '.join(signs[start : start + 5000])}boats"
            assert await search_stories(db, query, 5) == [1]


async def test_the_vocabulary_counts_each_story_once(archive: Database, rules: Rules) -> None:
    both = StoryText("boats and boats", "boats", "", "quays")
    await index(archive, rules, both, StoryText("boats", "", "", ""))
    async with archive.reading() as db:
        rows = await every(db, "SELECT word, stories FROM word ORDER BY word")
    assert [tuple(row) for row in rows] == [("and", 1), ("boats", 2), ("quays", 1)]


async def found(archive: Database, query: str) -> list[int]:
    async with archive.reading() as db:
        return await search_stories(db, query, 10)


async def test_stories_of_one_second_stand_beside_each_other_however_many_came_between(
    archive: Database, rules: Rules
) -> None:
    stories = {1: "quays", 1_048_577: "bridges", 2_097_153: "ferries"}
    for number in (*stories, 1_048_577):  # and one changes
        await index_one(archive, rules, number, StoryText("boats", "", "", stories[number]))
    assert set(await found(archive, "boats")) == {*stories}
    for number, word in stories.items():
        assert await found(archive, word) == [number]
    async with archive.writing() as db:
        await unindex_stories(db, [1])
    assert set(await found(archive, "boats")) == {1_048_577, 2_097_153}


async def test_the_newest_stories_come_first_and_of_one_second_those_that_came_last(
    archive: Database, rules: Rules
) -> None:
    boats, second = StoryText("boats", "", "", ""), timedelta(seconds=1)
    for number, when in ((5, WHEN), (7, WHEN), (6, WHEN + second), (9, WHEN - second)):
        await index_one(archive, rules, number, boats, when)
    assert await found(archive, "boats") == [6, 7, 5, 9]


async def test_a_story_finds_a_place_where_its_second_ends(archive: Database, rules: Rules) -> None:
    last, boats = 1_048_575, StoryText("boats", "", "", "")
    await index_one(archive, rules, last, boats)
    await index_one(archive, rules, last + 1_048_576, boats)
    await index_one(archive, rules, last + 1, boats, WHEN + timedelta(seconds=1))
    assert len(await found(archive, "boats")) == 3
