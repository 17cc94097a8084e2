"""Invented archives have the shape of real ones, and their files hold their stories."""

from collections import Counter
from datetime import UTC, datetime
from itertools import pairwise
from statistics import median

import pytest

from bot.origins.files.storyfile import parse
from bot.stories.model import Relation
from bot.stories.ranking import Rules, rank
from bot.stories.text import STOP_WORDS, words
from tests.benchmarks import profile
from tests.benchmarks.archive import Made, make_archive, value_at
from tests.benchmarks.storyfiles import path_of, text_of

pytestmark = pytest.mark.slow

ARTICLES = 40_000
NOW = datetime(2025, 6, 1, tzinfo=UTC)


@pytest.fixture(scope="module")
def archive() -> list[Made]:
    return [*make_archive(ARTICLES)]


def spoken(archive: list[Made]) -> list[list[str]]:
    """The words of every article once, article by article."""
    articles = {a.url: a for made in archive for a in (made.story.article, *made.story.sources)}
    return [[*words(f"{one.title} {one.excerpt}")] for one in articles.values()]


def test_the_number_of_different_articles_is_exact_and_the_archive_the_same_every_time(
    archive: list[Made],
):
    assert len(spoken(archive)) == ARTICLES
    small = [*make_archive(2000)]
    assert [*make_archive(2000)] == small
    assert [*make_archive(2000, seed=2)] != small


def test_sources_are_as_many_as_real_ones_and_sorted_by_quality(archive: list[Made]):
    sizes = sorted(len(made.story.sources) for made in archive)
    assert 12 <= median(sizes) <= 16
    assert sizes[-1] <= 179
    for share in (0.1, 0.25, 0.75, 0.9):
        wanted = value_at(profile.RELATED, share)
        assert abs(sizes[int(share * len(sizes))] - wanted) <= 1 + 0.2 * wanted
    for made in archive:
        assert all((a.quality or 0) >= (b.quality or 0) for a, b in pairwise(made.story.sources))


def test_topics_and_generations_are_spread_as_in_real_files(archive: list[Made]):
    topics = Counter(len(made.story.topics) for made in archive)
    assert abs(topics[1] / len(archive) - dict(profile.TOPICS)[1]) < 0.05
    assert max(topics) <= 9
    first = Counter(made.story.topics[0] for made in archive)
    assert abs(max(first.values()) / len(archive) - profile.LARGEST_TOPIC) < 0.06
    assert len({t for made in archive for t in made.story.topics}) == ARTICLES / 100
    generations = Counter(made.generation for made in archive)
    for generation, share in profile.GENERATIONS:
        assert abs(generations[generation] / len(archive) - share) < 0.03
        assert generations[generation]


def test_words_are_as_frequent_and_as_many_as_real_ones(archive: list[Made]):
    text = [word for article in spoken(archive) for word in article]
    counted = Counter(text)
    common = [number / len(text) for _, number in counted.most_common(1000)]
    for rank_, real in ((1, 0.035), (10, 0.0140), (100, 0.00127), (1000, 0.000134)):
        assert 0.6 < common[rank_ - 1] / real < 1.7
    for read, real in ((4_024, 1_169), (40_311, 4_719), (96_678, 7_335)):
        assert 0.8 < len({*text[:read]}) / real < 1.3
    stop = sum(number for word, number in counted.items() if word in STOP_WORDS)
    assert abs(stop / len(text) - profile.STOP_WORDS_SHARE) < 0.08


def test_stories_of_an_event_list_each_other_and_the_best_of_them_leads(archive: list[Made]):
    stories = {made.story.article.url: made.story for made in archive}
    linked = 0
    for story in stories.values():
        others = [stories[source.url] for source in story.sources if source.url in stories]
        linked += bool(others)
        assert all(story.article.url in {s.url for s in other.sources} for other in others)
        if story.heat == -1:
            quality = story.article.quality or 0
            listed = (source for source in story.sources if source.url in stories)
            assert any((one.quality or 0) >= quality for one in listed)
    assert 0.4 < linked / len(stories) < 0.9


def test_most_sources_do_not_tell_the_event_and_some_repeat_others_as_in_real_files(
    archive: list[Made], rules: Rules
):
    found = Counter(
        source.relation for made in archive[:300] for source in rank(made.story, rules).sources
    )
    elsewhere = found[Relation.OFF_TOPIC] + found[Relation.BACKGROUND]
    assert 0.75 < elsewhere / found.total() < 1
    assert all(found[relation] for relation in Relation)


def test_a_story_written_to_a_file_of_any_generation_is_read_back_whole(archive: list[Made]):
    for made in archive[:400]:
        assert parse(text_of(made).encode(), NOW) == made.story
    assert len({path_of(made) for made in archive}) == len(archive)
    sizes = [len(text_of(made)) for made in archive]
    assert 10_000 < sum(sizes) / len(sizes) < 30_000  # real ones: 20,293 bytes on average
    assert max(sizes) < 2 * 142_696
