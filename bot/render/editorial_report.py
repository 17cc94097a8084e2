"""The editorial report as text for a terminal, and as JSON."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from typing import Any, Final

from bot.digests.editorial_report import EditorialReport, EventSummary, Post, Reason
from bot.render.terminal import counted

_REASONS: Final = {
    Reason.MARKET_RESEARCH: "junk: market research",
    Reason.DEAL: "junk: a deal",
    Reason.NO_TOPIC: "in no followed topic",
    Reason.COLD: "below the minimum heat",
    Reason.OUTSCORED: "scored too low until it was too old",
    Reason.NO_ROOM: "scored too low so far; a later edition may take it",
    Reason.WAITED: "folded, and no room for its line until it was too old",
    Reason.WAITS: "folded, and its line still waits",
    Reason.POSTED: "its story was posted for another event",
    Reason.NEVER_WEIGHED: "never a candidate",
}
_PUBLISHERS: Final = ("publisher", "publishers")
_MOST_PUBLISHERS: Final = 10
"""How many publishers the text names; JSON has all."""


def report_text(report: EditorialReport) -> str:
    """The report as text: a summary, then what an editor reads."""
    return "\n".join(
        (
            *_summary(report),
            *_section("Big events missed", _missed(report)),
            *_section("Possible repeats", _repeats(report)),
            *_section("Lines under editions", _lines(report)),
            *_section("Big events told", _told(report)),
            *_section("Publishers of headlines", _shares(report.headlines)),
            *_section("Publishers of shown sources", _shares(report.sources)),
            *_section("Days without news", (f"{day}  {kind}" for day, kind in report.quiet)),
        )
    )


def _summary(report: EditorialReport) -> list[str]:
    told, big = len(report.told), len(report.told) + len(report.missed)
    archive = sum(post.archive for post in report.posts)
    junk = ", ".join(f"{kind.replace('_', ' ')} {n}" for kind, n in sorted(report.junk.items()))
    least = counted(report.publishers, _PUBLISHERS)
    return [
        f"days                {report.days}, {len(report.quiet)} of them without news",
        f"posts               {len(report.posts)}, {archive} of them from the archive",
        f"possible repeats    {len({one.post for one in report.repeats})}",
        f"lines under them    {len(report.lines)}",
        f"events published    {report.events}, {report.followed} of them in a followed topic",
        f"big events told     {told} of {big} (at least {least})",
        f"junk left out       {sum(report.junk.values())}{f' ({junk})' if junk else ''}",
        *(() if report.events else ("no story was published in this span",)),
    ]


def _section(heading: str, lines: Iterable[str]) -> list[str]:
    """A heading and its lines; nothing without a line."""
    found = [f"  {line}" for line in lines]
    return ["", heading, *found] if found else []


def _missed(report: EditorialReport) -> list[str]:
    """Each missed event under its reason; those of other topics are only counted."""
    by_reason = Counter(reason for _, reason in report.missed)
    lines = []
    for reason, count in by_reason.most_common():
        lines.append(f"{_REASONS[reason]}: {count}")
        if reason is not Reason.NO_TOPIC:
            lines += [
                f"  {event.published_at:%Y-%m-%d}  {_event(event)}"
                for event, why in report.missed
                if why is reason
            ]
    return lines


def _told(report: EditorialReport) -> Iterator[str]:
    """Each told event, with the date of its edition."""
    for event, day, line in report.told:
        yield f"{day}  {'a line: ' if line else ''}{_event(event)}"


def _event(event: EventSummary) -> str:
    heat = "unknown" if event.heat is None else event.heat
    kind = f", {event.junk.replace('_', ' ')}" if event.junk else ""
    publishers = counted(event.publishers, _PUBLISHERS)
    return f"{publishers}, heat {heat}{kind}  {event.headline} ({event.publisher})"


def _repeats(report: EditorialReport) -> list[str]:
    lines = []
    for post, earlier, similarity in report.repeats:
        lines += [f"{similarity:.2f}  {_post(post)}", f"      {_post(earlier)}"]
    return lines


def _post(post: Post) -> str:
    article = post.story.article
    return f"{post.day}  {article.title} ({article.provider.name})"


def _lines(report: EditorialReport) -> list[str]:
    lines = []
    for day, line, like in report.lines:
        lines.append(f"{day}  {line.headline} ({line.publisher})")
        lines += [f"      like  {like}"] if like else []
    return lines


def _shares(counts: Sequence[tuple[str, int]]) -> list[str]:
    total = sum(count for _, count in counts)
    lines = [
        f"{count:>4}  {100 * count / total:>3.0f} %  {name}"
        for name, count in counts[:_MOST_PUBLISHERS]
    ]
    rest = counts[_MOST_PUBLISHERS:]
    others = sum(count for _, count in rest)
    names = counted(len(rest), ("other", "others"))
    return [*lines, *([f"{others:>4}  {100 * others / total:>3.0f} %  {names}"] if rest else [])]


def report_record(report: EditorialReport) -> dict[str, Any]:
    """The report as JSON (docs/operations.md)."""
    return {
        "days": report.days,
        "events": report.events,
        "followed": report.followed,
        "publishers": report.publishers,
        "posts": [_post_record(post) for post in report.posts],
        "repeats": [
            {
                "similarity": round(similarity, 3),
                "post": _post_record(post),
                "earlier": _post_record(earlier),
            }
            for post, earlier, similarity in report.repeats
        ],
        "lines": [
            {
                "date": day.isoformat(),
                "id": line.story_id,
                "url": line.url,
                "headline": line.headline,
                "publisher": line.publisher,
                "like": like,
            }
            for day, line, like in report.lines
        ],
        "told": [
            {**_event_record(event), "date": day.isoformat(), "line": line}
            for event, day, line in report.told
        ],
        "missed": [{**_event_record(event), "reason": reason} for event, reason in report.missed],
        "junk": dict(sorted(report.junk.items())),
        "headlines": dict(report.headlines),
        "sources": dict(report.sources),
        "quiet": [_quiet_record(day, kind) for day, kind in report.quiet],
    }


def _quiet_record(day: date, kind: str) -> dict[str, str]:
    return {"date": day.isoformat(), "got": kind}


def _post_record(post: Post) -> dict[str, Any]:
    story = post.story
    return {
        "date": post.day.isoformat(),
        "id": story.story_id,
        "url": story.article.url,
        "headline": story.article.title,
        "publisher": story.article.provider.name,
        "archive": post.archive,
    }


def _event_record(event: EventSummary) -> dict[str, Any]:
    return {
        "id": event.story_id,
        "url": event.url,
        "headline": event.headline,
        "publisher": event.publisher,
        "published_at": event.published_at.isoformat(),
        "heat": event.heat,
        "publishers": event.publishers,
        "junk": event.junk,
    }
