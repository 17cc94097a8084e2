"""Grouping stories into events: speed against the known recipe, and the memory of a window."""

import tracemalloc
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from itertools import islice
from random import Random

import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from bot.stories.comparison import Member
from bot.stories.events import HOUR, REACH, Window
from bot.stories.frequencies import LEAST_COUNT, Frequencies, combined, shipped
from bot.stories.model import Article
from bot.stories.similarity import terms, vector
from tests.benchmarks.archive import make_archive
from tests.benchmarks.known_grouping import KnownGrouping
from tests.benchmarks.table import Row, note, p50
from tests.benchmarks.timing import interleaved

pytestmark = pytest.mark.benchmark

ROUNDS = 3
WINDOW = 4000
"""How many stories the window holds: those of 72 hours, at 1,333 a day."""
NEW = 1000
"""How many stories come then, in a round."""
OF_AN_EVENT = 5
"""How many articles of an event come at most; most events of the news have one."""
APART = 6
"""By how many hours their times differ at most from the order in which they are made."""
TIMES_GROUPING, MOST_MEMORY = 3, 40 * 2**20
START = 1_600_000_000


def news(articles: int) -> list[Article]:
    """The invented articles of this many stories, events together."""
    found: dict[str, Article] = {}
    for made in make_archive(articles * 10):
        few = (made.story.article, *made.story.sources[: OF_AN_EVENT - 1])
        found |= {article.url: article for article in few}
    return [*islice(found.values(), articles)]


class Stream:
    """Stories as they come: those of the window, and new ones."""

    def __init__(self) -> None:
        random = Random(1)  # noqa: S311 - data
        articles = news(WINDOW + NEW)
        self._counts = [terms(one.title, one.excerpt) for one in articles]
        found_in = Counter(term for counts in self._counts for term in counts)
        known = {term: number for term, number in found_in.items() if number >= LEAST_COUNT}
        own = Frequencies(1, len(articles), known)
        self.frequencies = combined(shipped(), own, 1)
        # The articles of an event follow each other, a few hours apart.
        step = (REACH / HOUR - APART) / WINDOW
        members = [
            Member(
                number,
                one.url,
                vector(counts, self.frequencies),
                one.title,
                one.excerpt,
                START + int((number * step + random.uniform(0, APART)) * HOUR),
                one.provider.domain,
                one.provider.domain,
            )
            for number, (one, counts) in enumerate(zip(articles, self._counts, strict=True))
        ]
        self.members = sorted(members, key=lambda one: (one.published_at, one.key))

    def counts(self, members: Sequence[Member]) -> list[Counter[str]]:
        return [Counter(self._counts[member.story_id]) for member in members]

    def again(self, members: Sequence[Member], counts: Sequence[Counter[str]]) -> list[Member]:
        """The members, with new vectors."""
        pairs = zip(members, counts, strict=True)
        return [replace(one, vector=vector(had, self.frequencies)) for one, had in pairs]

    def window(self) -> Window:
        """The window with all stories but the new ones."""
        window = Window(self.frequencies)
        window.compare(self.members[:-NEW])
        return window

    def known(self) -> KnownGrouping:
        """The same of the known recipe."""
        grouping = KnownGrouping()
        grouping.group(self.members[:-NEW], self.counts(self.members[:-NEW]))
        return grouping


@pytest.fixture(scope="module")
def stream() -> Stream:
    return Stream()


def test_stories_are_grouped_faster_than_by_the_known_recipe(
    benchmark: BenchmarkFixture, stream: Stream
):
    new = stream.members[-NEW:]
    counts = stream.counts(new)
    window, known = stream.window(), stream.known()

    def prepare() -> None:
        nonlocal window, known
        window, known = stream.window(), stream.known()

    def ours() -> None:
        window.compare(stream.again(new, counts))

    def theirs() -> None:
        known.group(new, counts)

    times = interleaved(benchmark, ours, {"known": theirs}, ROUNDS, prepare)
    ratio = p50(times["known"]) / p50(times["ours"])
    note(
        Row(
            f"grouping {NEW:,} stories in a window of {WINDOW:,}",
            "TF-IDF and group average, in memory",
            f"≥ {TIMES_GROUPING} times",
            f"**{ratio:.1f} times** ({NEW / p50(times['ours']):,.0f} a second against"
            f" {NEW / p50(times['known']):,.0f})",
            met=ratio >= TIMES_GROUPING,
        )
    )


def test_a_window_of_four_thousand_stories_fits_in_memory(stream: Stream):
    tracemalloc.start()
    try:
        window = Window(stream.frequencies)
        first = stream.members[:WINDOW]
        window.compare(stream.again(first, stream.counts(first)))
        held, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert len(window) == WINDOW
    note(
        Row(
            f"memory of a window of {WINDOW:,} stories",
            "-",
            f"≤ {MOST_MEMORY / 2**20:.0f} MiB",
            f"**{held / 2**20:.1f} MiB**",
            met=held <= MOST_MEMORY,
        )
    )
