"""Feeds as Discord text: within its limits, and whatever feeds call themselves."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from bot.render import limits
from bot.render.digest import embed_size
from bot.render.feeds import (
    ADDED,
    added,
    embeds_that_fit,
    failed_trial,
    in_order,
    list_embed,
    not_added,
    owner_text,
    removed,
    still_asking,
    trial,
)
from bot.stories.feeds import FaultKind, Feed, FeedSettings, FeedState

NOW = datetime(2020, 1, 1, 12, tzinfo=UTC)
URL = "https://news.example/feed"
WELL = FeedState(URL, NOW + timedelta(hours=1), succeeded_at=NOW)
FEED = Feed(
    1, "news.example/feed", FeedSettings(URL), False, NOW, "owner", "News", "RSS", WELL, None
)

hostile = st.text(max_size=300) | st.sampled_from(
    ["*" * 300, "[a](https://x.example)" * 20, "`" * 300, "<@1> @everyone", "\n# Heading\n"]
)
moments = st.integers(0, 4 * 10**9).map(lambda seconds: datetime.fromtimestamp(seconds, UTC))
states = st.builds(
    FeedState,
    st.just(URL) | hostile.map(lambda text: f"https://news.example/{text}"),
    st.none() | moments,
    succeeded_at=st.none() | moments,
    failing_since=st.none() | moments,
    failures=st.integers(0, 10**6),
    fault=st.none() | st.sampled_from(FaultKind),
    detail=hostile,
    paused=st.booleans(),
)
settings = st.builds(
    FeedSettings,
    st.just(URL) | hostile.map(lambda text: f"https://news.example/{text}"),
    st.none() | hostile,
    st.lists(hostile, max_size=10).map(tuple),
    off=st.booleans(),
)
feeds = st.builds(
    Feed,
    st.integers(1, 2**40),
    st.just("key"),
    settings,
    st.booleans(),
    st.just(NOW),
    hostile,
    hostile,
    hostile,
    states,
    st.none(),
)


@given(st.lists(feeds, max_size=15), st.booleans())
def test_every_page_fits_and_together_they_show_every_feed_once(
    given_feeds: list[Feed], for_operator: bool
):
    listed, first, shown = in_order(given_feeds), 0, 0
    while True:
        embed, after = list_embed(listed, first, NOW, for_operator=for_operator)
        assert len(embed["description"]) <= limits.DESCRIPTION
        assert embed_size(embed) <= limits.EMBEDS_TOTAL
        shown += after - first
        if after >= len(listed):
            break
        assert after > first
        first = after
    assert shown == len(listed)


@given(feeds)
def test_every_answer_fits_into_a_message(feed: Feed):
    texts = [
        added(feed, 3, NOW, done=ADDED),
        still_asking(feed),
        not_added(feed),
        removed(feed),
        failed_trial(feed.settings.url, FaultKind.BROKEN, feed.state.detail),
        trial(feed.settings.url, [feed.title] * 50),
    ]
    for text in texts:
        assert 0 < len(text) <= limits.CONTENT


@given(st.lists(feeds, max_size=60), st.lists(feeds, max_size=60))
def test_what_the_owner_is_told_fits_into_a_message(failing: list[Feed], healed: list[Feed]):
    text = owner_text(failing, healed, len(failing))
    assert len(text) <= limits.CONTENT
    assert bool(text) == bool(failing or healed)


def test_feeds_that_are_not_fine_come_first():
    paused = replace(FEED, feed_id=2, state=replace(WELL, paused=True, fault=FaultKind.GONE))
    failing = replace(FEED, feed_id=3, state=replace(WELL, fault=FaultKind.SLOW))
    off = replace(FEED, feed_id=4, settings=FeedSettings(URL, off=True))
    assert in_order([off, FEED, failing, paused]) == [paused, failing, FEED, off]
    embed, _ = list_embed([off, FEED, failing, paused], 0, NOW, for_operator=False)
    assert embed["footer"]["text"] == "1 fine, 1 failing, 1 paused, 1 off"


def test_both_what_fails_and_what_answers_again_stand_in_one_message():
    failing = replace(WELL, fault=FaultKind.BROKEN, detail="HTTP 500", failing_since=NOW)
    text = owner_text([replace(FEED, state=failing)], [FEED, FEED], 9)
    assert text == (
        "⚠️ 1 of 9 feeds gives nothing. I go on trying, and tell you when that ends.\n"
        "- **News** `https://news.example/feed` since <t:1577880000:f>: the site answers with an"
        " error \\(HTTP 500\\)\n"
        "`/feeds list` in a server shows how they are.\n"
        "✅ Answer again: **News**, **News**."
    )


def test_only_as_many_stories_are_shown_as_one_message_holds():
    large = {"title": "t", "description": "x" * 2900}
    assert embeds_that_fit([large] * 4) == [large] * 2
    assert embeds_that_fit([{"title": "t"}] * 11) == [{"title": "t"}] * limits.EMBEDS
