"""What a reader of a new channel got and did not get, by the days of a replay."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Final, NamedTuple

from bot.digests.edition import AlsoLine
from bot.digests.replayed import Replayed
from bot.digests.selection import TOLD, Choice, Verdict
from bot.digests.setting_types import SelectionRules
from bot.stories.junk import NEVER_POSTED
from bot.stories.model import ArchivedStory

REPEATED_WITHIN: Final = timedelta(days=7)
"""How long after a post another may repeat it: an event spans a week (docs/events.md)."""
POSSIBLE_REPEAT: Final = 0.20
"""How similar the events of two posts are at least to be named as a possible repeat: a little less
than folds one, so that an editor sees what folding let pass (docs/ranking.md).
"""


class EventSummary(NamedTuple):
    """An event by its leader; `followed`: a followed topic shows it; `heat` None = unknown."""

    event_id: int
    story_id: int
    headline: str
    publisher: str
    url: str
    published_at: datetime
    heat: int | None
    publishers: int
    junk: str | None
    followed: bool


class Reason(StrEnum):
    """Why a reader was not told of an event."""

    MARKET_RESEARCH = "market_research"
    DEAL = "deal"
    NO_TOPIC = "no_topic"
    COLD = "cold"
    OUTSCORED = "outscored"  # until it was too old
    NO_ROOM = "no_room"  # so far: the next edition may take it
    WAITED = "waited"  # folded, until it was too old
    WAITS = "waits"
    POSTED = "posted"  # its story was posted for another event, or under another address
    NEVER_WEIGHED = "never_weighed"


class Post(NamedTuple):
    """A full story of an edition."""

    day: date
    story: ArchivedStory
    archive: bool


class Line(NamedTuple):
    """A line under an edition, and the headline of the post that it is like, if known."""

    day: date
    line: AlsoLine
    like: str | None


class Told(NamedTuple):
    """An event that a reader was told of, on which day, and whether only by a line."""

    event: EventSummary
    day: date
    line: bool


class Repeat(NamedTuple):
    """A post that may repeat an earlier one; `similarity` is that of their events, 0 to 1."""

    post: Post
    earlier: Post
    similarity: float


class Quiet(StrEnum):
    """What a day without news gave."""

    ARCHIVE = "archive"
    NOTE = "note"
    NOTHING = "nothing"


@dataclass(frozen=True, slots=True)
class EditorialReport:
    """The figures. Of `events` in the span, `followed` are in followed topics.

    `told` and `missed` are its big events, of at least `publishers` publishers, the largest first.
    `junk` counts events of followed topics that no edition takes, by kind; `headlines` and
    `sources` count what each publisher had shown, most first.
    """

    days: int
    events: int
    followed: int
    publishers: int
    posts: tuple[Post, ...]
    repeats: tuple[Repeat, ...]
    lines: tuple[Line, ...]
    told: tuple[Told, ...]
    missed: tuple[tuple[EventSummary, Reason], ...]
    junk: Mapping[str, int]
    headlines: tuple[tuple[str, int], ...]
    sources: tuple[tuple[str, int], ...]
    quiet: tuple[tuple[date, Quiet], ...]


def posts_of(days: Iterable[Replayed]) -> tuple[Post, ...]:
    """Every post, in order."""
    return tuple(
        Post(day.day, story, day.contents.from_archive)
        for day in days
        if day.contents
        for story in day.contents.stories
    )


def pairs_of(posts: Sequence[Post]) -> list[tuple[Post, Post]]:
    """Every post with each one before it that it may repeat."""
    return [
        (post, earlier)
        for place, post in enumerate(posts)
        for earlier in posts[:place]
        if post.day - earlier.day <= REPEATED_WITHIN
    ]


def report_of(
    days: Sequence[Replayed],
    events: Sequence[EventSummary],
    similarities: Mapping[tuple[int, int], float],
    rules: SelectionRules,
    publishers: int,
    sources: int,
) -> EditorialReport:
    """The report on these days and on the `events` of their span.

    `similarities` are those of the events of `pairs_of`; a story shows at most `sources` sources.
    """
    posts = posts_of(days)
    told, last = _outcomes(days)
    big = [event for event in events if event.publishers >= publishers]
    big.sort(key=lambda event: (-event.publishers, event.published_at, event.event_id))
    end = days[-1].now
    return EditorialReport(
        days=len(days),
        events=len(events),
        followed=sum(event.followed for event in events),
        publishers=publishers,
        posts=posts,
        repeats=_repeats(posts, similarities),
        lines=_lines(days, posts),
        told=tuple(Told(e, *told[e.event_id]) for e in big if e.event_id in told),
        missed=tuple(
            (event, reason_for(event, last.get(event.event_id), rules, end))
            for event in big
            if event.event_id not in told
        ),
        junk=Counter(e.junk for e in events if e.followed and e.junk and e.junk in NEVER_POSTED),
        headlines=_counted(post.story.article.provider.name for post in posts),
        sources=_counted(s.article.provider.name for p in posts for s in p.story.top(sources)),
        quiet=tuple((day.day, kind) for day in days if (kind := _quiet(day))),
    )


def reason_for(
    event: EventSummary, last: Verdict | None, rules: SelectionRules, end: datetime
) -> Reason:
    """Why an event was not told, by its last verdict (None = it was no candidate); `end` is the
    time of the last edition.
    """
    if event.junk in NEVER_POSTED:
        return Reason(event.junk)
    if not event.followed:
        return Reason.NO_TOPIC
    if event.heat is not None and event.heat < rules.minimum_heat:
        return Reason.COLD
    old = event.published_at <= end - rules.age
    if last is Verdict.NO_ROOM:
        return Reason.OUTSCORED if old else Reason.NO_ROOM
    if last is Verdict.WAITS:
        return Reason.WAITED if old else Reason.WAITS
    posted = last in {Verdict.POSTED, Verdict.REPUBLISHED}
    return Reason.POSTED if posted else Reason.NEVER_WEIGHED


def _outcomes(
    days: Iterable[Replayed],
) -> tuple[Mapping[int, tuple[date, bool]], Mapping[int, Verdict]]:
    """On which day each event was told, and whether by a line; every candidate event's last
    verdict.
    """
    told: dict[int, tuple[date, bool]] = {}
    last: dict[int, Verdict] = {}
    for day in days:
        for choice in day.choices:
            event, verdict = choice.candidate.event_id, choice.verdict
            last[event] = verdict
            if verdict in TOLD:
                told.setdefault(event, (day.day, verdict is Verdict.ALSO))
    return told, last


def _repeats(
    posts: Sequence[Post], similarities: Mapping[tuple[int, int], float]
) -> tuple[Repeat, ...]:
    found = [
        Repeat(post, earlier, similarities.get((post.story.event_id, earlier.story.event_id), 0.0))
        for post, earlier in pairs_of(posts)
    ]
    alike = [repeat for repeat in found if repeat.similarity >= POSSIBLE_REPEAT]
    return tuple(sorted(alike, key=lambda repeat: -repeat.similarity))


def _lines(days: Iterable[Replayed], posts: Iterable[Post]) -> tuple[Line, ...]:
    headlines = {post.story.story_id: post.story.article.title for post in posts}
    return tuple(
        Line(day.day, line, _like(line, day.choices, headlines))
        for day in days
        if day.contents
        for line in day.contents.also
    )


def _like(line: AlsoLine, choices: Iterable[Choice], headlines: Mapping[int, str]) -> str | None:
    for choice in choices:
        if choice.candidate.story_id == line.story_id and choice.other is not None:
            return headlines.get(choice.other)
    return None


def _quiet(day: Replayed) -> Quiet | None:
    if day.contents is None:
        return Quiet.NOTHING
    if not day.contents.stories:
        return Quiet.NOTE
    return Quiet.ARCHIVE if day.contents.from_archive else None


def _counted(names: Iterable[str]) -> tuple[tuple[str, int], ...]:
    return tuple(sorted(Counter(names).items(), key=lambda one: (-one[1], one[0])))
