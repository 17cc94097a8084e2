"""The editorial report: why an event was not told, and what the figures count."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.config import DigestConfig
from bot.digests.edition import AlsoLine, Contents
from bot.digests.editorial_report import (
    POSSIBLE_REPEAT,
    EventSummary,
    Quiet,
    Reason,
    pairs_of,
    posts_of,
    reason_for,
    report_of,
)
from bot.digests.replayed import Replayed
from bot.digests.selection import Candidate, Choice, Verdict
from bot.digests.settings import settings_of
from bot.stories.model import ArchivedStory, Article, Provider, RankedSource, Relation

END = datetime(2026, 5, 4, 8, 0, tzinfo=UTC)
DAY = timedelta(days=1)
RULES = settings_of(DigestConfig()).rules


def event(number: int, publishers: int = 4, **fields: object) -> EventSummary:
    usual = EventSummary(
        number, number, f"Headline {number}", "Paper", "https://p.example/", END - DAY, 100,
        publishers, None, followed=True,
    )  # fmt: skip
    return usual._replace(**fields)  # type: ignore[arg-type]


def article(number: int, paper: str) -> Article:
    provider = Provider(paper, f"{paper}.example")
    address = f"https://{paper}.example/{number}"
    return Article(address, f"Headline {number}", "", END - DAY, provider, 50, None)


def story(number: int) -> ArchivedStory:
    """A story of the event of its number, with one eligible source and a copy."""
    sources = tuple(
        RankedSource(article(number, paper), relation, None)
        for paper, relation in (("other", Relation.ELIGIBLE), ("copier", Relation.COPY))
    )
    own = article(number, "paper")
    return ArchivedStory(number, own, ("AI",), 100, None, 2, None, sources, event_id=number)


def choice(number: int, verdict: Verdict, other: int | None = None) -> Choice:
    candidate = Candidate(number, str(number), 100, END - DAY, frozenset({1}), number)
    return Choice(candidate, verdict, DAY, 1.0, other)


def day(
    before: int, *posts: int, lines: Sequence[int] = (), left: Sequence[Choice] = ()
) -> Replayed:
    """The edition of that many days before END, with these posts, and lines that are like 1."""
    now = END - before * DAY
    also = tuple(AlsoLine(n, f"Headline {n}", "paper", "https://paper.example/") for n in lines)
    contents = Contents(("AI",), now.date(), 1, tuple(map(story, posts)), also=also)
    choices = [choice(n, Verdict.BEST) for n in posts]
    choices += [choice(n, Verdict.ALSO, other=1) for n in lines]
    return Replayed(now.date(), contents, {}, now, [*choices, *left])


@pytest.mark.parametrize(
    ("fields", "last", "reason"),
    [
        ({"junk": "deal"}, None, Reason.DEAL),
        ({"junk": "market_research", "followed": False}, None, Reason.MARKET_RESEARCH),
        ({"junk": "press_release"}, Verdict.NO_ROOM, Reason.NO_ROOM),
        ({"followed": False, "heat": 3}, None, Reason.NO_TOPIC),
        ({"heat": RULES.minimum_heat - 1}, None, Reason.COLD),
        ({"heat": None}, Verdict.NO_ROOM, Reason.NO_ROOM),
        ({}, Verdict.NO_ROOM, Reason.NO_ROOM),
        ({"published_at": END - RULES.age}, Verdict.NO_ROOM, Reason.OUTSCORED),
        ({}, Verdict.WAITS, Reason.WAITS),
        ({"published_at": END - RULES.age}, Verdict.WAITS, Reason.WAITED),
        ({}, Verdict.POSTED, Reason.POSTED),
        ({}, None, Reason.NEVER_WEIGHED),
    ],
)
def test_an_event_that_was_not_told_has_one_reason(
    fields: dict[str, object], last: Verdict | None, reason: Reason
):
    assert reason_for(event(1, **fields), last, RULES, END) is reason  # type: ignore[arg-type]


def test_the_last_verdict_that_counted_is_the_reason():
    days = [
        day(1, 1, left=[choice(2, Verdict.WAITS), choice(3, Verdict.NO_ROOM)]),
        day(0, 4, left=[choice(2, Verdict.NO_ROOM)]),
    ]
    report = report_of(days, [event(2), event(3)], {}, RULES, 4, 5)
    assert [reason for _, reason in report.missed] == [Reason.NO_ROOM, Reason.NO_ROOM]


def test_big_events_are_told_by_a_post_or_a_line_on_their_first_day():
    days = [day(1, 1), day(0, 4, lines=[2], left=[choice(1, Verdict.POSTED)])]
    events = [event(1, 4), event(2, 9), event(3, 5), event(5, 3, followed=False)]
    report = report_of(days, events, {}, RULES, 4, 5)
    told = [(one.event.event_id, one.day, one.line) for one in report.told]
    assert told == [(2, END.date(), True), (1, (END - DAY).date(), False)]
    assert [one.event_id for one, _ in report.missed] == [3]
    assert (report.events, report.followed) == (4, 3)


def test_a_line_names_the_post_that_it_is_like():
    report = report_of([day(1, 1), day(0, 4, lines=[2])], [], {}, RULES, 4, 5)
    assert [(one.line.headline, one.like) for one in report.lines] == [("Headline 2", "Headline 1")]
    unknown = report_of([day(0, 4, lines=[2])], [], {}, RULES, 4, 5)
    assert [one.like for one in unknown.lines] == [None]


def test_a_repeat_is_a_similar_post_of_the_seven_days_before():
    days = [day(9, 1), day(7, 2), day(0, 3)]
    assert [(a.story.story_id, b.story.story_id) for a, b in pairs_of(posts_of(days))] == [
        (2, 1),
        (3, 2),
    ]
    similarities = {(2, 1): POSSIBLE_REPEAT - 0.001, (3, 2): POSSIBLE_REPEAT, (3, 1): 0.9}
    report = report_of(days, [], similarities, RULES, 4, 5)
    assert [(one.post.story.story_id, one.earlier.story.story_id) for one in report.repeats] == [
        (3, 2)
    ]


def test_junk_is_counted_by_kind_in_followed_topics():
    kinds = ["deal", "deal", "market_research", "press_release", None]
    events = [event(n, 1, junk=kind) for n, kind in enumerate(kinds, 1)]
    report = report_of(
        [day(0, 9)], [*events, event(9, junk="deal", followed=False)], {}, RULES, 4, 5
    )
    assert report.junk == {"deal": 2, "market_research": 1}


def test_publishers_are_counted_in_headlines_and_in_sources_that_are_shown():
    report = report_of([day(1, 1, 2), day(0, 3)], [], {}, RULES, 4, 5)
    assert report.headlines == (("paper", 3),)
    assert report.sources == (("other", 3),)


def test_days_without_news_say_what_they_got():
    note = day(2)
    nothing = day(1)._replace(contents=None)
    old = Contents(("AI",), date(2026, 5, 4), 1, (story(1),), from_archive=True)
    report = report_of(
        [day(3, 5), note, nothing, day(0)._replace(contents=old)], [], {}, RULES, 4, 5
    )
    assert [kind for _, kind in report.quiet] == [Quiet.NOTE, Quiet.NOTHING, Quiet.ARCHIVE]
    assert [post.archive for post in report.posts] == [False, True]


@given(
    st.lists(
        st.builds(
            event,
            st.integers(1, 30),
            st.integers(1, 9),
            heat=st.none() | st.integers(0, 99),
            junk=st.sampled_from([None, "deal", "market_research", "press_release"]),
            followed=st.booleans(),
        ),
        unique_by=lambda one: one.event_id,
    ),
    st.lists(st.tuples(st.integers(1, 30), st.sampled_from(Verdict))),
    st.integers(1, 9),
)
def test_every_big_event_is_either_told_or_missed(
    events: list[EventSummary], verdicts: list[tuple[int, Verdict]], publishers: int
):
    days = [day(0, left=[choice(number, verdict) for number, verdict in verdicts])]
    report = report_of(days, events, {}, RULES, publishers, 5)
    found = [one.event.event_id for one in report.told] + [one.event_id for one, _ in report.missed]
    assert sorted(found) == sorted(e.event_id for e in events if e.publishers >= publishers)
