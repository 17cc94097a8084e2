"""Look-ups in large archives: a topic's page, search, autocomplete."""

import asyncio
import sqlite3
from collections.abc import Callable, Iterator
from itertools import cycle
from random import Random
from typing import Any

import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from bot.app.services import Services
from bot.store.opening import file_of
from bot.store.sqlite.connection import SqliteConnection
from bot.stories import text
from bot.stories.model import ListedStory, Topic
from tests.benchmarks.conftest import AT_FULL_SIZE, LARGEST, SIZES
from tests.benchmarks.filling import Archive
from tests.benchmarks.plain import BEST_MATCHES, LIKE, TOPIC_INDEX, TOPIC_PAGE, connect
from tests.benchmarks.table import Row, note, p50, p99, shown, spread
from tests.benchmarks.timing import interleaved

pytestmark = pytest.mark.benchmark

PAGE = 5
"""How many stories a page has."""
TIMES_PAGE, GROWTH = 200, 2.0
SEARCH_SECONDS, SUGGEST_SECONDS = 10e-3, 2e-3
COMMONEST, SAMPLED, PAIRS, TYPED = 50, 350, 200, 500
"""How many queries of common words, words of all frequencies, two words, and topics' beginnings."""

RoomsOf = Callable[[int], Services]
Plain = Callable[[int], sqlite3.Connection]
Ask = Callable[[Any], Any]
"""Waits for a coroutine."""


@pytest.fixture
def ask(loop: asyncio.AbstractEventLoop) -> Ask:
    return loop.run_until_complete


@pytest.fixture
def plain(archive_of: Callable[[int], Archive]) -> Iterator[Plain]:
    """Opens plain connections to the archives."""
    opened: list[sqlite3.Connection] = []

    def connected(articles: int) -> sqlite3.Connection:
        opened.append(connect(file_of(archive_of(articles).places.database)))
        return opened[-1]

    yield connected
    for connection in opened:
        connection.close()


def largest_topic(services: Services, ask: Ask) -> Topic:
    found: list[Topic] = ask(services.queries.topics())
    return max(found, key=lambda topic: topic.stories)


async def statements(services: Services, topic: Topic) -> list[str]:
    """The SQL of a topic's page, with its values, as a look-up sends it."""
    sent: list[str] = []
    async with services.database.reading() as db:
        assert isinstance(db, SqliteConnection)
        await db.set_trace_callback(sent.append)
        await services.queries.topic_page(topic, PAGE)
        await db.set_trace_callback(None)  # type: ignore[arg-type]  # the type lacks None
    return sent


def test_the_page_of_the_largest_topic_costs_the_same_at_every_size(
    benchmark: BenchmarkFixture, services_of: RoomsOf, plain: Plain, ask: Ask
):
    def ours(size: int) -> Callable[[], list[Any]]:
        connection, services = plain(size), services_of(size)
        sent = ask(statements(services, largest_topic(services, ask)))
        return lambda: [connection.execute(sql).fetchall() for sql in sent]

    def window(size: int) -> Callable[[], list[Any]]:
        connection = plain(size)
        connection.execute(TOPIC_INDEX)
        values = {"topic": largest_topic(services_of(size), ask).topic_id, "limit": PAGE}
        return lambda: connection.execute(TOPIC_PAGE, values).fetchall()

    services = services_of(LARGEST)
    topic = largest_topic(services, ask)
    shown_stories = ask(services.queries.topic_page(topic, PAGE)).stories
    found = dict.fromkeys(row[2] for row in window(LARGEST)())
    assert [*found] == [story.article.url for story in shown_stories]
    others: dict[str, Callable[[], Any]] = {
        **{f"ours at {size}": ours(size) for size in SIZES[:-1]},
        **{f"window at {size}": window(size) for size in SIZES},
        "bot": lambda: ask(services.queries.topic_page(topic, PAGE)),
    }
    times = interleaved(benchmark, ours(LARGEST), others, rounds=300)
    plain(LARGEST).execute("DROP INDEX plain_topic")  # the other benchmarks do without
    note(*page_rows({**times, f"ours at {LARGEST}": times["ours"]}, topic))


def page_rows(times: dict[str, list[float]], topic: Topic) -> Iterator[Row]:
    for size in SIZES:
        ours, window = times[f"ours at {size}"], times[f"window at {size}"]
        ratio, full = p50(window) / p50(ours), size == LARGEST and AT_FULL_SIZE
        figures = f"**{ratio:.0f} times** (SQL p50 / p99 {spread(ours)} against {spread(window)})"
        yield Row(
            f"topic page at {size:,} articles",
            "foreign keys + window function",
            f"≥ {TIMES_PAGE} times" if full else "-",
            figures,
            met=ratio >= TIMES_PAGE if full else None,
        )
    growth = p50(times[f"ours at {LARGEST}"]) / p50(times[f"ours at {SIZES[0]}"])
    yield Row(
        f"topic page at {LARGEST:,}, topic of {topic.stories:,} stories",
        f"the same at {SIZES[0]:,}",
        f"p50 ≤ {GROWTH:.0f} times",
        f"**{growth:.2f} times**; through the bot p50 / p99 {spread(times['bot'])}",
        met=growth <= GROWTH,
    )


def words_of(connection: sqlite3.Connection) -> list[str]:
    """Every word of an archive, the word in most stories first."""
    connection.execute(
        "CREATE VIRTUAL TABLE IF NOT EXISTS temp.found USING fts5vocab (main, story_text, row)"
    )
    return [row[0] for row in connection.execute("SELECT term FROM temp.found ORDER BY doc DESC")]


def single_words(words: list[str], random: Random) -> list[str]:
    """The most common words, and others evenly over ranks and over the logarithm of ranks."""
    even = [random.choice(words) for _ in range(SAMPLED // 2)]
    by_order = [words[int(len(words) ** random.random()) - 1] for _ in range(SAMPLED // 2)]
    return [*words[:COMMONEST], *even, *by_order]


def word_pairs(words: list[str], connection: sqlite3.Connection, random: Random) -> list[str]:
    """Two common words, a common and any word, and two of one headline."""
    common = words[:COMMONEST]
    third = PAIRS // 3
    sql = "SELECT title FROM story WHERE story_id >= ? AND NOT hidden LIMIT 1"
    last = connection.execute("SELECT max(story_id) FROM story").fetchone()[0]
    titles = [
        connection.execute(sql, (random.randrange(1, last - 10),)).fetchone()[0].split()
        for _ in range(third)
    ]
    return [
        *(" ".join(random.sample(common, 2)) for _ in range(third)),
        *(f"{random.choice(common)} {random.choice(words)}" for _ in range(third)),
        *(" ".join(random.sample(title, 2)) for title in titles),
    ]


@pytest.mark.parametrize("kind", ["any single word", "two words"])
def test_any_word_of_a_large_archive_is_found_at_once(
    kind: str, benchmark: BenchmarkFixture, services_of: RoomsOf, plain: Plain, ask: Ask
):
    services, connection, random = services_of(LARGEST), plain(LARGEST), Random(7)  # noqa: S311 - data
    words = words_of(connection)
    single = kind == "any single word"
    queries = single_words(words, random) if single else word_pairs(words, connection, random)
    random.shuffle(queries)
    waiting, current = iter(queries), [""]
    found: dict[str, list[ListedStory]] = {}

    def bm25() -> None:
        query = " ".join(f'"{word}"' for word in text.words(current[0]))
        connection.execute(BEST_MATCHES, {"query": query, "limit": PAGE}).fetchall()

    def search() -> None:
        found[current[0]] = ask(services.queries.find(current[0], PAGE))

    def next_query() -> None:
        current[0] = next(waiting)

    times = interleaved(benchmark, search, {"bm25": bm25}, len(queries), next_query)
    assert [word for word in queries if single and not found[word]] == []
    ours = times["ours"]
    note(
        Row(
            f"search at {LARGEST:,}, {kind} ({len(words):,} words, {len(queries)} queries)",
            "bm25 over all matches",
            f"p99 ≤ {shown(SEARCH_SECONDS)} in the bot",
            f"p50 / p99 **{spread(ours)}** against {spread(times['bm25'])}",
            met=p99(ours) <= SEARCH_SECONDS,
        )
    )


def test_topics_are_completed_while_they_are_typed(
    benchmark: BenchmarkFixture, services_of: RoomsOf, plain: Plain, ask: Ask
):
    services, connection, random = services_of(LARGEST), plain(LARGEST), Random(7)  # noqa: S311 - data
    names = [topic.name for topic in ask(services.queries.topics())]
    beginnings = (random.choice(names)[: random.randrange(7)].lower() for _ in range(TYPED))
    waiting, current = cycle([*beginnings]), [""]

    def like() -> None:
        connection.execute(LIKE, {"typed": current[0].replace(" ", "-")}).fetchall()

    def suggest() -> None:
        assert ask(services.queries.suggest_topics(current[0]))

    def next_typed() -> None:
        current[0] = next(waiting)

    times = interleaved(benchmark, suggest, {"like": like}, TYPED, next_typed)
    ours = times["ours"]
    note(
        Row(
            f"autocomplete at {len(names):,} topics",
            "LIKE, without the bot",
            f"p99 ≤ {shown(SUGGEST_SECONDS)}",
            f"p50 / p99 **{spread(ours)}** through the bot against {spread(times['like'])}",
            met=p99(ours) <= SUGGEST_SECONDS,
        )
    )
