"""Copies, siblings, owners, publishers, heat, and which of two stories leads."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.origins.files.storyfile import parse
from bot.stories.copies import (
    Fingerprint,
    copied_share,
    headline_share,
    highest_similarities,
    telling_words,
)
from bot.stories.model import Article, Provider, Relation, Story
from bot.stories.owners import Owners
from bot.stories.ranking import Ranking, Standing, rank
from bot.stories.text import words
from tests.conftest import START

WHEN = datetime(2019, 12, 20, tzinfo=UTC)
TEXT = (
    "the council of an invented town has handed the timetable of its ferries to a small program"
    " which promises shorter queues for everybody who crosses the bay before the first of january"
)


def article(name: str, quality: int | None = 50, **changes: object) -> Article:
    domain = f"{name}.example"
    made = Article(
        url=f"https://www.{domain}/ferries",
        title=f"Ferries and timetables by a program, says {name}",
        excerpt=f"{name} on ferries",
        published_at=WHEN,
        provider=Provider(name.title(), domain),
        quality=quality,
        image=None,
    )
    return replace(made, **changes)  # type: ignore[arg-type]


def story(*sources: Article, heat: int | None = None, own: Article | None = None) -> Story:
    return Story(own or article("own"), sources, ("AI",), heat, None, removed=False)


def relations(ranking: Ranking) -> dict[str, tuple[str, str | None]]:
    return {s.article.provider.name: (s.relation.value, s.of) for s in ranking.sources}


def shown(ranking: Ranking) -> list[str]:
    eligible = (s.article for s in ranking.sources if s.relation is Relation.ELIGIBLE)
    return [a.provider.name for a in eligible]


def test_the_seeds_sources_stand_as_worked_out_by_hand(seed: bytes, owners: Owners) -> None:
    ranking = rank(parse(seed, START), owners)
    url = {s.article.provider.name: s.article.url for s in ranking.sources}
    assert relations(ranking) == {
        "Washington Post": ("eligible", None),
        "Wall Street Journal": ("eligible", None),
        "CNET": ("eligible", None),
        "Forbes": ("eligible", None),
        "New York Times": ("eligible", None),
        "Mint": ("eligible", None),
        "Business Insider": ("eligible", None),
        "South China Morning Post": ("copy", url["Mint"]),
        "Mercury News": ("eligible", None),
        "WTKR.com": ("copy", url["Mercury News"]),
        "Smart Insights": ("off_topic", None),
        "Dhaka Tribune": ("sibling", url["New York Times"]),
        "NBC News on MSN.com": ("sibling", url["Business Insider"]),
        "The Financial Times": ("eligible", None),
        "Press TV": ("eligible", None),
    }
    best = [(s.article.provider.name, s.article.quality) for s in ranking.sources[:5]]
    assert best == [
        ("Washington Post", 150),
        ("Wall Street Journal", 88),
        ("CNET", 85),
        ("Forbes", 81),
        ("New York Times", 74),
    ]
    assert (ranking.publishers, ranking.heat) == (12, 390)


def test_sources_stand_by_quality_then_earlier_then_url() -> None:
    later = article("beta", 60, published_at=WHEN + timedelta(hours=1))
    sources = (article("none", None), article("gamma", 60), later, article("alpha", 60))
    ordered = rank(story(*sources), Owners()).sources
    assert [s.article.provider.name for s in ordered] == ["Alpha", "Gamma", "Beta", "None"]


def test_the_better_copy_is_kept_and_the_worse_is_no_publisher() -> None:
    texts = {"excerpt": TEXT}
    ranking = rank(story(article("worse", 10, **texts), article("better", 90, **texts)), Owners())
    better = "https://www.better.example/ferries"
    assert relations(ranking) == {"Better": ("eligible", None), "Worse": ("copy", better)}
    assert ranking.publishers == 2


def test_a_sibling_is_hidden_but_counts_as_a_publisher() -> None:
    titles = {"title": "Ferry town hands the timetable to a machine"}
    ranking = rank(story(article("worse", 10, **titles), article("better", 90, **titles)), Owners())
    assert shown(ranking) == ["Better"]
    assert relations(ranking)["Worse"][0] == "sibling"
    assert ranking.publishers == 3


def test_an_owner_is_shown_and_counted_once() -> None:
    owners = Owners({"north.example": "House", "south.example": "House"})
    ranking = rank(story(article("north", 10), article("south", 20)), owners)
    assert shown(ranking) == ["South"]
    assert relations(ranking)["North"] == ("same_owner", "https://www.south.example/ferries")
    assert ranking.publishers == 2


def test_the_storys_own_article_is_a_publisher_and_hides_no_source() -> None:
    own = article("own", 90, excerpt=TEXT)
    owners = Owners({"own.example": "House", "one.example": "House"})
    ranking = rank(story(article("one", 10, excerpt=TEXT, title=own.title), own=own), owners)
    assert shown(ranking) == ["One"]
    assert ranking.publishers == 1


def test_an_aggregators_page_gives_way_to_the_publishers_own_whatever_its_quality() -> None:
    owners = Owners(aggregators=frozenset({"gather.example"}))
    page = article(
        "gather", 90, provider=Provider("The Ferrow on Gather.example", "gather.example")
    )
    own = article("ferrow", 10, provider=Provider("Ferrow", "ferrow.example"))
    ranking = rank(story(page, own), owners)
    assert shown(ranking) == ["Ferrow"]
    assert relations(ranking)["The Ferrow on Gather.example"] == ("same_owner", own.url)
    assert ranking.publishers == 2
    alone = rank(story(page, article("other")), owners)
    assert shown(alone) == ["The Ferrow on Gather.example", "Other"]
    assert alone.publishers == 3


def test_an_owners_next_page_is_shown_where_its_better_one_repeats_anothers_headline() -> None:
    owners = Owners({"north.example": "House", "south.example": "House"})
    headline = {"title": "Ferry town hands the timetable to a machine"}
    best, better = article("best", 90, **headline), article("north", 80, **headline)
    ranking = rank(story(best, better, article("south", 20)), owners)
    assert shown(ranking) == ["Best", "South"]
    assert relations(ranking)["North"] == ("sibling", best.url)


def test_an_announcement_and_its_brief_are_one_text_and_a_retold_one_is_not() -> None:
    announced = (
        "Tidewell, the company dedicated to shorter queues for everybody, today announced the"
        " release of Ferrow Enterprise with native suppo"
    )
    brief = (
        "Tidewell, dedicated to shorter queues for everybody, announced the release of Ferrow"
        " Enterprise with native support for Saltbay."
    )
    retold = "Passengers in Saltbay will wait less once Tidewell's Ferrow Enterprise is installed."
    assert are_copies(announced, brief)
    assert not are_copies(announced, retold)


def test_a_host_that_republishes_gives_way_though_its_sites_other_pages_are_its_own() -> None:
    owners = Owners(aggregators=frozenset({"wire.ledger.example"}))
    paper = Provider("Ledger", "ledger.example")
    carried = article("wire", 90, url="https://wire.ledger.example/1", provider=paper, excerpt=TEXT)
    written = article("ledger", 40, title="What the town thinks of it", excerpt="Ferries, a poll")
    ranking = rank(story(carried, written, article("maker", 10, excerpt=TEXT)), owners)
    of = {source.article.url: (source.relation.value, source.of) for source in ranking.sources}
    assert of[carried.url] == ("copy", "https://www.maker.example/ferries")
    assert shown(ranking) == ["Ledger", "Maker"]


def test_an_off_topic_source_is_no_publisher_and_gives_no_heat() -> None:
    odd = article("odd", 180, title="Knitting patterns", excerpt="wool needles scarves")
    ranking = rank(story(odd, article("one", 40), article("two", 30)), Owners())
    assert relations(ranking)["Odd"] == ("off_topic", None)
    assert (ranking.publishers, ranking.heat) == (3, 50 + 20 * 3)


@pytest.mark.parametrize(
    ("imported", "own", "source", "expected"),
    [
        (70, 10, 10, 70),
        (0, 90, 90, 0),
        (-1, 49, 20, 49),
        (-1, 50, 20, 50 + 40),
        (None, 10, 60, 60 + 40),
        (None, None, None, None),
        (-1, None, None, None),
        (0, None, None, 0),
        (70, None, None, 70),
        (None, None, 50, 50 + 40),
        (None, None, 49, 49),
        (None, None, 44, 45),
        (None, 10, None, 45),
        (None, 44, 0, 44),
        (None, 0, 0, 0),
    ],
)
def test_heat_is_imported_or_the_best_quality_and_coverage_on_top(
    imported: int | None, own: int | None, source: int | None, expected: int | None
) -> None:
    made = story(article("one", source), heat=imported, own=article("own", own))
    assert rank(made, Owners()).heat == expected


def test_three_publishers_of_unknown_quality_say_that_there_is_news() -> None:
    two, three = ([article(name, None) for name in names] for names in (["one"], ["one", "other"]))
    assert rank(story(*two, own=article("own", None)), Owners()).heat is None
    assert rank(story(*three, own=article("own", None)), Owners()).heat == 45 + 20 * 3
    assert rank(story(*three, own=article("own", 20)), Owners()).heat == 45 + 20 * 3
    known = [article("one", 30), article("other", 46)]
    assert rank(story(*known, own=article("own", None)), Owners()).heat == 46


def test_a_story_without_sources_has_one_publisher() -> None:
    assert rank(story(), Owners()) == Ranking((), 1, 50, 70)


numbers = st.none() | st.integers(-1, 3)
standings = st.builds(
    Standing,
    key=st.sampled_from("abc"),
    heat=numbers,
    quality=st.none() | st.integers(0, 3),
    published_at=st.integers(0, 3).map(lambda hours: WHEN + timedelta(hours=hours)),
)


@given(st.lists(standings, min_size=3, max_size=3, unique_by=lambda s: s.key))
def test_of_any_stories_exactly_one_outranks_each_other_and_without_a_circle(
    three: list[Standing],
) -> None:
    for one in three:
        others = [other for other in three if other != one]
        assert all((one.order() < two.order()) != (two.order() < one.order()) for two in others)
    first, second, third = sorted(three, key=Standing.order)
    assert first.order() < second.order() < third.order()


def test_heat_goes_before_quality_before_date_before_url() -> None:
    ordered = [
        Standing("z", 0, 1, WHEN),
        Standing("y", 900, 0, WHEN),
        Standing("x", None, 99, WHEN),
        Standing("w", -1, 99, WHEN + timedelta(hours=1)),
        Standing("a", -1, 99, WHEN),
        Standing("b", -1, 99, WHEN),
        Standing("c", -1, None, WHEN),
    ]
    assert all(better.order() < worse.order() for better, worse in pairwise(ordered))


def are_copies(one: str, other: str) -> bool:
    """Whether two excerpts are one text."""
    a, b = Fingerprint([], words(one)), Fingerprint([], words(other))
    return copied_share(a, b) is not None


def are_siblings(one: str, other: str) -> bool:
    """Whether two headlines are one."""
    a, b = Fingerprint(words(one), []), Fingerprint(words(other), [])
    return headline_share(a, b) is not None


LETTERS = st.lists(st.sampled_from("abcdefgh"), max_size=8)


@given(LETTERS, st.data())
def test_siblings_have_a_telling_word_in_common(title: list[str], data: st.DataObject) -> None:
    one = Fingerprint(title, [])
    other = Fingerprint([*title[data.draw(st.integers(0, 2)) :], *data.draw(LETTERS)[:2]], [])
    if headline_share(one, other) is not None:
        first, second, _ = telling_words([one, other, Fingerprint(data.draw(LETTERS), [])])
        assert not set(first).isdisjoint(second)


def test_a_long_run_in_common_is_a_copy_and_a_short_excerpt_proves_nothing() -> None:
    run = " ".join(TEXT.split()[:21])
    long = run + " " + " ".join(f"other{n}" for n in range(80))
    longer = " ".join(f"more{n}" for n in range(80)) + " " + run
    assert are_copies(long, longer)
    assert not are_copies(TEXT, long.replace(run, ""))
    assert not are_copies("one two three", "one two three")
    assert not are_copies("", "")


def test_headlines_are_compared_without_case_and_stop_words() -> None:
    one = "The Ferry Town hands over the timetable"
    assert are_siblings(one, "ferry town: hands over a TIMETABLE")
    assert not are_siblings(one, "Ferry strike")
    assert not are_siblings("", "the")


def test_one_word_more_is_the_same_headline_even_where_it_makes_a_product_page_news() -> None:
    # A known fault of the limit: four words and the same four plus one have 0.8 in common.
    assert are_siblings("Saltbay Tidal Ferry Planner", "Saltbay updates Tidal Ferry Planner")
    assert not are_siblings("Tidal Ferry Planner", "Saltbay updates Tidal Ferry Planner")


@given(st.lists(st.text(alphabet="abc dé", max_size=12), max_size=5))
def test_a_similarity_lies_between_none_and_all(texts: list[str]) -> None:
    highest = highest_similarities([Fingerprint(words(text), []).weighed for text in texts])
    assert len(highest) == len(texts)
    assert all(0 <= value <= 1 + 1e-9 for value in highest)


def test_every_owner_in_config_is_found_by_host_and_by_domain(owners: Owners) -> None:
    for domain, owner in owners.by_domain.items():
        page = article("x", url=f"https://www.{domain}/a", provider=Provider("X", domain))
        below = article("x", url=f"https://m.{domain}/a", provider=Provider("X", f"m.{domain}"))
        assert set(owners.of([page]).values()) == {owner}
        assert set(owners.of([below]).values()) == {owner}
