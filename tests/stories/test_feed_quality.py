"""What the quality of a feed's article is computed from."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.app.services import rules_of
from bot.config import load_config, load_starter
from bot.stories.feed_quality import (
    LEAST_IMPORTED,
    MAPPED,
    TIERS,
    ProviderRecord,
    Providers,
    parts_of,
    quality_of,
    rated,
    raw,
    wilson,
)
from bot.stories.model import Article, Provider, QualityParts, Standing
from bot.stories.ranking import STRONG_QUALITY, Rules
from bot.stories.urls import host_of, registrable_domain
from tests.conftest import ROOT, sentence

CONFIG = load_config(ROOT / "config")
RULES = rules_of(CONFIG)
WHEN = datetime(2020, 5, 1, 9, 0, tzinfo=UTC)
TEXT = f"{sentence(1)} {sentence(2)}"


def article(url: str = "https://gazette.example/ferries", **changes: object) -> Article:
    domain = registrable_domain(host_of(url))
    whole = Article(
        url, "A ferry of twenty letters", TEXT, WHEN, Provider(domain, domain), None, None
    )
    return replace(whole, **changes)  # type: ignore[arg-type]


def parts(
    one: Article,
    providers: Providers | None = None,
    *,
    tier: int | None = None,
    dated: bool = True,
    rules: Rules = RULES,
) -> QualityParts:
    known = providers or Providers()
    return parts_of(one, dated=dated, tier=tier, providers=known, rules=rules)


def known(articles: int, median: float, domain: str = "gazette.example") -> Providers:
    return Providers({domain: ProviderRecord(articles, median, 0, 0)}, 50)


def test_a_lone_item_of_an_unknown_publisher_gets_at_most_45():
    best = parts(article())
    assert (best.standing, best.complete, best.original) == (Standing.UNKNOWN, 1, 1)
    assert 40 <= quality_of(best) <= 45


def test_each_tier_gives_a_lone_item_less_than_the_one_before():
    found = [quality_of(parts(article(), tier=tier)) for tier in TIERS]
    assert found == [83, 70, 57, 33, 11]


@pytest.mark.parametrize(
    "url",
    [
        "https://apnews.com/press-release/pr-newswire/ferries-sail",
        "https://www.prnewswire.com/news-releases/ferries-sail-1.html",
        "https://gazette.example/pressreleases/ferries",
    ],
)
def test_a_press_release_is_in_the_lowest_tier_whoever_prints_it(url: str):
    found = parts(article(url), known(9, 120, registrable_domain(host_of(url))), tier=1)
    assert (found.source, found.standing) == (TIERS[5], Standing.PRESS_RELEASE)
    assert quality_of(found) < 20


def test_a_feed_s_own_tier_goes_before_what_is_known():
    listed = article("https://reuters.com/ferries")
    assert parts(listed, known(9, 120, "reuters.com"), tier=4).standing is Standing.FEED
    assert parts(listed, known(9, 120, "reuters.com"), tier=4).source == TIERS[4]


def test_imported_qualities_go_before_a_listed_tier_from_three_on():
    listed = article("https://reuters.com/ferries")
    assert parts(listed).standing is Standing.TIER
    few = known(LEAST_IMPORTED - 1, 120, "reuters.com")
    assert parts(listed, few).standing is Standing.TIER
    enough = parts(listed, known(LEAST_IMPORTED, 120, "reuters.com"))
    assert (enough.standing, enough.told) == (Standing.IMPORTED, LEAST_IMPORTED)
    assert enough.source == (120 * 3 + 50 * 3) / 6 / 150, "drawn towards that of all by three votes"


def test_a_host_of_a_publisher_goes_before_the_publisher():
    both = Providers(
        {
            "vendor.example": ProviderRecord(30, 40, 0, 0),
            "blog.vendor.example": ProviderRecord(6, 90, 0, 0),
        },
        40,
    )
    page = article("https://blog.vendor.example/ferries")
    assert parts(page, both).source == (90 * 6 + 40 * 3) / 9 / 150
    assert parts(article("https://www.vendor.example/ferries"), both).source == 40 / 150


def test_a_host_in_the_list_of_tiers_goes_before_its_domain():
    rules = replace(RULES, tiers={"blog.vendor.example": 2, "vendor.example": 4})
    assert parts(article("https://blog.vendor.example/a"), rules=rules).told == 2
    assert parts(article("https://www.vendor.example/a"), rules=rules).told == 4


@pytest.mark.parametrize(
    ("one", "dated", "complete"),
    [
        (article(), True, 1),
        (article(), False, 2 / 3),
        (article(excerpt="Too short."), True, 2 / 3),
        (article(title="Ferry"), True, 2 / 3),
        (article(title="Ferry " * 20), True, 2 / 3),
        (article(title="", excerpt=""), False, 0),
    ],
)
def test_complete_is_the_share_of_text_headline_and_date(
    one: Article, dated: bool, complete: float
):
    assert parts(one, dated=dated).complete == pytest.approx(complete)


def test_a_picture_changes_nothing():
    with_one = article(image="https://gazette.example/a.png")
    assert parts(with_one) == parts(article())


def test_few_stories_say_little_of_a_publisher():
    bounds = [wilson(n, n) for n in (0, 1, 3, 10, 100)]
    assert bounds == sorted(bounds)
    assert bounds[0] == 0 < bounds[1] < 0.25
    assert bounds[-1] > 0.95
    assert wilson(0, 50) == 0


def computed(one: Article) -> Article:
    found = parts(one)
    return replace(one, quality=quality_of(found), parts=found)


def test_a_later_copy_is_worth_less_than_the_first():
    first = computed(article())
    copy = computed(article("https://other.example/b", published_at=WHEN + timedelta(hours=1)))
    other = computed(article("https://third.example/c", excerpt=sentence(3) + sentence(4)))
    qualities = [one.quality for one in rated([copy, other, first], RULES)]
    assert qualities[1] == qualities[2] == first.quality
    assert qualities[0] is not None
    assert qualities[0] < 25
    assert [one.quality for one in rated([copy], RULES)] == [first.quality], "alone it is none"


def test_an_aggregator_s_page_is_worth_less():
    assert parts(article("https://news.google.com/ferries")).original == 0.2


def test_an_imported_or_unknown_quality_stays_as_it_is():
    imported, unknown = article(quality=70), article("https://other.example/b")
    assert rated([imported, unknown, computed(article("https://a.example/"))], RULES)[:2] == [
        imported,
        unknown,
    ]


@given(
    *(st.floats(0, 1.3), st.floats(0, 1), st.floats(0, 1), st.floats(0, 1)),
    st.floats(0, 0.5),
)
def test_more_of_a_part_never_gives_less(
    source: float, complete: float, track: float, original: float, more: float
):
    one = QualityParts(source, Standing.UNKNOWN, 0, complete, track, original)
    for name in ("source", "complete", "track", "original"):
        better = replace(one, **{name: getattr(one, name) + more})
        assert 0 <= quality_of(one) <= quality_of(better) <= 150


def test_the_table_rises():
    assert [*MAPPED] == sorted(MAPPED)
    assert [quality for _, quality in MAPPED] == sorted(quality for _, quality in MAPPED)


def test_what_the_sum_of_a_lone_unknown_item_is():
    assert raw(parts(article())) == pytest.approx(150 * (0.60 * 0.33 + 0.20 + 0.15))


def test_a_whole_item_of_every_starter_feed_can_be_posted_alone():
    for feeds in load_starter(ROOT / "config").topics.values():
        for feed in feeds:
            found = parts(article(page_of(feed.url)), tier=feed.tier)
            assert quality_of(found) >= STRONG_QUALITY, feed.url


def page_of(feed: str) -> str:
    """A page of the site that a feed is of."""
    sites = {
        "feeds.feedburner.com": "thehackernews.com",
        "feeds.content.dowjones.io": "www.marketwatch.com",
        "feeds.bbci.co.uk": "www.bbc.co.uk",
    }
    return f"https://{sites.get(host_of(feed), host_of(feed))}/ferries"


def test_our_tiers_list_each_site_once_and_wires_last():
    tiers = CONFIG.tiers.by_domain()
    assert 140 <= len(tiers) <= 250
    wires = {*CONFIG.editorial.press_release[0].pages} & {*tiers}
    assert len(wires) > 10
    assert {tiers[page] for page in wires} == {5}
