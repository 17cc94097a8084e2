"""Answers of the slash commands, as Discord text: what was set, what it means, what comes next."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final

from bot.digests.edition import EditionState, PastEdition
from bot.digests.schedule import Occurrence
from bot.digests.settings import DigestSettings
from bot.digests.status import DigestStatus, ServerChange
from bot.render import limits
from bot.render.sanitizer import escaped
from bot.stories.model import Topic

_LIST: Final = 1700
"""Characters for a list, so that heading and ending fit into a message's content."""
_NAMES: Final = 800
"""Characters for the topics in one line of it; 25 short names have about 400."""

_STATES: Final[Mapping[EditionState, str]] = {
    EditionState.READY: "about to be posted",
    EditionState.DELIVERING: "being posted",
    EditionState.WAITING: "waiting for Discord, will be tried again",
    EditionState.BLOCKED: "not posted yet",
    EditionState.DELIVERED: "posted",
    EditionState.PARTIAL: "posted in part",
    EditionState.UNCERTAIN: "perhaps posted, never sent again",
    EditionState.SKIPPED: "not posted",
}

_SETTINGS: Final[Mapping[str, str]] = {
    "time": "time",
    "timezone": "time zone",
    "days": "days",
    "quiet_day": "quiet days",
    "paused": "digests",
}


def subscribed(topic: Topic, status: DigestStatus, now: datetime, *, added: bool) -> str:
    """A channel follows a topic (or did already), and when its digest comes."""
    word = "now follows" if added else "already follows"
    name = escaped(topic.name, 100)
    return f"{channel(status)} {word} **{name}**.\n{coming(status, now)}"


def unsubscribed(topic: Topic, status: DigestStatus, now: datetime) -> str:
    """A channel follows a topic no longer, and what it still follows."""
    name = escaped(topic.name, 100)
    left = f"It still follows {_names(status.topics)}." if status.topics else "It follows nothing."
    return f"{channel(status)} no longer follows **{name}**. {left}\n{coming(status, now)}"


def channel(status: DigestStatus) -> str:
    """The mention of a digest's channel."""
    return f"<#{status.channel_id}>"


def coming(status: DigestStatus, now: datetime) -> str:
    """When the digest comes next, or why it does not."""
    if status.settings.paused:
        return "The digest is paused; `/digest resume` lets it come again."
    if not status.topics:
        return "No digest comes until the channel follows a topic: `/subscribe`."
    if status.next is None:
        return "No digest is due."
    return f"Next digest: **{moment(status.next, status.settings, now)}**."


def moment(occurrence: Occurrence, settings: DigestSettings, now: datetime) -> str:
    """`Tue 08:00 UTC, in 14 hours`: local time, zone, and how far away."""
    local = occurrence.due_at.astimezone(settings.timetable.zone)
    day = f"{local:%a %H:%M}"
    if occurrence.due_at - now > timedelta(days=6):
        day = f"{local:%a} {local.day} {local:%b %H:%M}"
    return f"{day} {settings.timetable.timezone}, in {_span(occurrence.due_at - now)}"


def _span(span: timedelta) -> str:
    """About how long: the largest unit of which there are at least two, rounded down."""
    minutes = int(span.total_seconds() // 60)
    if minutes >= 2 * 24 * 60:
        return f"{minutes // (24 * 60)} days"
    if minutes >= 2 * 60:
        return f"{minutes // 60} hours"
    return f"{minutes} minutes" if minutes != 1 else "1 minute"


def timetable(settings: DigestSettings) -> str:
    """`08:00 UTC, every day`."""
    table = settings.timetable
    days = "every day" if table.days.count(",") == 6 else table.days  # noqa: PLR2004 - 7 days
    return f"{table.time} {table.timezone}, {days}"


def channel_set(status: DigestStatus, name: str, now: datetime) -> str:
    """One channel's new value, all that holds for it now, and the effect."""
    where = {"channel": "its own", "server": "the server's", "config": "the bot's default"}
    origin = where[status.origin[name]]
    heading = f"{channel(status)}: {_SETTINGS[name]} set to **{_value(status.settings, name)}**"
    return f"{heading} ({origin}).\nDigests: {timetable(status.settings)}.\n{coming(status, now)}"


def server_set(change: ServerChange, name: str, now: datetime) -> str:
    """A server's new default, the channels that inherit it, and those that keep their own."""
    value = _value(change.settings, name)
    lines = [f"Server default: {_SETTINGS[name]} set to **{value}**."]
    if not change.inheriting and not change.keeping:
        lines.append("No channel follows a topic yet; those to come inherit this.")
    if change.inheriting:
        lines.append("Channels that inherit it:")
        lines += [f"- {channel(s)}: {_next(s, now)}" for s in change.inheriting]
    if change.keeping:
        lines.append("Channels that keep their own:")
        lines += [f"- {channel(s)}: {_value(s.settings, name)}" for s in change.keeping]
    return _fitting(lines)


def _value(settings: DigestSettings, name: str) -> str:
    values = {
        "time": settings.timetable.time,
        "timezone": settings.timetable.timezone,
        "days": settings.timetable.days,
        "quiet_day": settings.taste.quiet_day.value,
        "paused": "paused" if settings.paused else "not paused",
    }
    return values[name]


def _next(status: DigestStatus, now: datetime) -> str:
    if status.next is None:
        return "paused" if status.settings.paused else "follows nothing"
    return f"next {moment(status.next, status.settings, now)}"


def status_of_channel(status: DigestStatus, now: datetime) -> str:
    """All about one channel's digest."""
    own = [_SETTINGS[n] for n, origin in status.origin.items() if origin == "channel"]
    lines = [
        f"{channel(status)} follows {_names(status.topics) or 'nothing yet'}.",
        f"Digests: {timetable(status.settings)}; quiet days: {status.settings.taste.quiet_day}.",
        f"Set for this channel: {', '.join(own)}." if own else "All settings are the server's.",
        coming(status, now),
    ]
    if status.fault:
        lines.append(f"⚠️ {status.fault}")
    if status.last:
        lines.append("Last editions:")
        lines += [f"- {past_edition(edition)}" for edition in status.last]
    return _fitting(lines)


def past_edition(edition: PastEdition) -> str:
    """One edition in a line: date, how it went, how many stories, why."""
    kind = "" if edition.slot > 0 else " (extra)"
    day = f"{edition.local_date:%a} {edition.local_date.day} {edition.local_date:%b}"
    count = f"{edition.stories} {'story' if edition.stories == 1 else 'stories'}"
    reason = f": {edition.reason}" if edition.reason else ""
    stories = f", {count}" if edition.stories else ""
    return f"{day}{kind}: {_STATES[edition.state]}{stories}{reason}"


def status_of_server(
    settings: DigestSettings, statuses: Sequence[DigestStatus], now: datetime
) -> str:
    """A server's defaults, and a line for each channel with a digest."""
    lines = [f"Server default: {timetable(settings)}{'; paused' if settings.paused else ''}."]
    if not statuses:
        lines.append("No channel follows a topic yet. `/subscribe` begins.")
    for status in statuses:
        fault = f" ⚠️ {status.fault}" if status.fault else ""
        lines.append(f"- {channel(status)}: {_names(status.topics)}; {_next(status, now)}{fault}")
    return _fitting(lines)


def subscriptions(statuses: Sequence[DigestStatus], now: datetime) -> str:
    """What the channels of a server follow."""
    if not statuses:
        return "No channel follows a topic yet. A moderator can use `/subscribe`."
    return _fitting(
        [f"- {channel(s)}: {_names(s.topics)}; {_next(s, now)}" for s in statuses],
    )


def topics(found: Sequence[Topic]) -> str:
    """The topics there are, by name, with their numbers of stories."""
    if not found:
        return "There are no topics yet: no story has been loaded."
    ordered = sorted(found, key=lambda t: (-t.stories, t.slug))
    return _fitting([f"- **{escaped(t.name, 100)}** · {_stories(t.stories)}" for t in ordered])


def _stories(count: int) -> str:
    return f"{count} {'story' if count == 1 else 'stories'}"


def posted_now(edition: PastEdition, channel_id: int) -> str:
    """What became of an edition posted on demand."""
    if edition.state is EditionState.DELIVERED:
        return f"Posted in <#{channel_id}>: {_stories(edition.stories)}."
    if edition.state is EditionState.SKIPPED:
        return f"Nothing was posted in <#{channel_id}>: {edition.reason or 'no new story'}."
    reason = f": {edition.reason}" if edition.reason else ""
    return f"<#{channel_id}>: {_STATES[edition.state]}{reason}."


def _names(names: Sequence[str]) -> str:
    """The names as far as they fit into a line, and how many are left out."""
    kept: list[str] = []
    for name in (f"**{escaped(name, 100)}**" for name in names):
        if sum(len(known) + 2 for known in kept) + len(name) > _NAMES:
            return f"{', '.join(kept)} and {len(names) - len(kept)} more"
        kept.append(name)
    return ", ".join(kept)


def _fitting(lines: Sequence[str]) -> str:
    """The lines as far as they fit into one message, and how many are left out."""
    kept: list[str] = []
    for position, line in enumerate(lines):
        if sum(len(known) + 1 for known in kept) + len(line) > _LIST:
            return "\n".join((*kept, f"and {len(lines) - position} more"))
        kept.append(line)
    return "\n".join(kept)[: limits.CONTENT]
