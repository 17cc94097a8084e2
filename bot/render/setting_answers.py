"""Answers to those who set something: the value, where it comes from, and its effect."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final

from bot.config import QuietDay
from bot.digests.schedule import next_occurrence
from bot.digests.setting_types import AnySetting, DigestSettings
from bot.digests.settings import MINIMUM, MUTE, PAUSED, QUIET_DAY, THREAD, TIME, TIMEZONE, WEEKDAYS
from bot.digests.status import DigestStatus, ServerChange
from bot.digests.target import Channel
from bot.render.coming import clock, coming, next_digest
from bot.render.lists import channel, fitting_lines, where
from bot.render.moments import away, next_day
from bot.render.sanitizer import escaped
from bot.render.setting_words import shown
from bot.stories.model import ArchivedStory
from bot.zones import in_zone, zone_label

_WHEN: Final = (TIME, TIMEZONE, WEEKDAYS)
"""The settings that say when digests come."""

_SET_BY: Final[Mapping[str, str]] = {
    "channel": "",
    "server": " (the server's default)",
    "config": " (the bot's default)",
}


def choice(setting: AnySetting, text: str, now: datetime) -> str:
    """One of several values that a user may have meant, as a button or select shows it."""
    if setting is TIMEZONE:
        return zone_label(text, now)
    if setting is MUTE:
        return text  # a list, of which only the archive knows where a name ends
    return setting.words(setting.known(setting.parse(text)))


def channel_set(status: DigestStatus, setting: AnySetting, now: datetime) -> str:
    """One channel's new value, where it comes from, and the effect."""
    value = f"**{shown(setting, status.settings)}**"
    if setting is PAUSED and status.settings[PAUSED]:
        return f"Digests in {channel(status)} are {value}; `/digest resume` starts them again."
    if setting is PAUSED:
        heading = f"Digests in {channel(status)} are {value}."
    else:
        set_by = _SET_BY[status.set_by[setting.name]]
        heading = f"{setting.heading} in {channel(status)}: {value}{set_by}."
    doubts = [f"⚠️ {doubt}" for doubt in status.doubts] if setting is THREAD else []
    smaller = [SMALLER] if posts_smaller(setting, status.settings) else []
    return "\n".join((heading, _effect(status, now), *doubts, *smaller))


SMALLER: Final = "On a day without such a story an older one is posted all the same, however small."


def posts_smaller(setting: AnySetting, settings: DigestSettings) -> bool:
    """Whether this sets how big a story must be, and a quiet day's story may yet be smaller."""
    return setting is MINIMUM and settings[MINIMUM] > 0 and settings[QUIET_DAY] is QuietDay.ARCHIVE


def server_set(change: ServerChange, setting: AnySetting, now: datetime) -> str:
    """A server's new default, the channels that inherit it, and those that keep their own."""
    lines = [_heading(change.settings, setting)]
    if posts_smaller(setting, change.settings):
        lines.append(SMALLER)
    if setting in _WHEN:
        lines.append(f"{clock(change.settings, now)}.")
    if not change.inheriting and not change.keeping:
        lines.append("No channel follows a topic yet; new ones will inherit this.")
    if change.inheriting:
        lines.append("Channels that inherit it:")
        lines += [f"- {where(s)}: {next_digest(s, now)}" for s in change.inheriting]
    if change.keeping:
        lines.append("Channels that keep their own:")
        lines += [f"- {where(s)}: {_kept(s, setting, now)}" for s in change.keeping]
    return fitting_lines(lines)


def _heading(settings: DigestSettings, setting: AnySetting) -> str:
    """A server's new default, and that it is the whole server's."""
    value = shown(setting, settings)
    if setting is PAUSED:
        return f"Digests in the whole server are **{value}**."
    if setting is TIME:
        where = in_zone(settings.timetable.timezone)
        return f"The server's digest time is now **{value} {where}**."
    return f"{setting.heading} in the whole server: **{value}**."


def _kept(status: DigestStatus, setting: AnySetting, now: datetime) -> str:
    """A channel's own value; of a pause, when its next digest comes."""
    return next_digest(status, now) if setting is PAUSED else shown(setting, status.settings)


def _effect(status: DigestStatus, now: datetime) -> str:
    """What a digest's times come to: `08:00 in Berlin (now 14:05 there); next: tomorrow, in 18
    hours.`; or why none comes.
    """
    times = clock(status.settings, now)
    if status.next is None or status.held or status.fault or status.gone:
        return f"{times}.\n{coming(status, now)}"
    day = next_day(status.next, status.settings, now)
    return f"{times}; next: **{day}**, {away(status.next.due_at - now)}{_passed(status, now)}."


def _passed(status: DigestStatus, now: datetime) -> str:
    """Why the first time after now brings no digest, if it is so: that day had its digest."""
    table = status.settings.timetable
    first = next_occurrence(table, now, ())
    key = first.local_date, first.slot
    had = next((one for one in status.last if (one.local_date, one.slot) == key), None)
    if had is None:
        return ""
    whose = "today's" if key[0] == now.astimezone(table.zone).date() else "that day's"
    return f" ({whose} digest {'has been posted' if had.shown else 'was due'} already)"


def muted(target: Channel, story: ArchivedStory) -> str:
    """That a channel mutes the publisher of a story's headline; and what that leaves, if the story
    is no example of what is left out.
    """
    name = escaped(story.article.provider.name, 100)
    told = f"{target.mention} now leaves out what only {name} reports."
    others = " A story like this one, which others report too, still comes."
    return told + others if story.publishers > 1 else told


def unknown_publisher(near: Sequence[str]) -> str:
    """What is said of a name that no publisher has, with those that may be meant."""
    if near:
        alike = ", ".join(escaped(name, 100) for name in near)
        return f"is no publisher of the latest stories; similar: {alike}"
    return "is no publisher of the latest stories; write its name as digests show it"


def tags_set(target: Channel, names: Sequence[str], obstacle: str | None) -> str:
    """The tags of a digest's posts from now on, and obstacles that remain there."""
    listed = ", ".join(f"**{escaped(name, 40)}**" for name in names)
    tagged = f"tagged {listed}" if listed else "without tags"
    text = f"Digests in {target.mention} are posts {tagged}."
    return f"{text}\n⚠️ {obstacle}" if obstacle else text


def told_in(log_channel_id: int | None, channel_id: int | None, trouble: str | None) -> str:
    """Where admins are told about problems (None = the owner directly), and why not as chosen."""
    where = f"in <#{channel_id}>" if channel_id else "to the server's owner by direct message"
    system = (
        ", where Discord posts its system messages"
        if channel_id not in (None, log_channel_id)
        else ""
    )
    text = f"I report problems {where}{system}."
    return f"{text} ⚠️ Not in the chosen channel: {trouble}" if trouble else text
