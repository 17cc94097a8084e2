"""Answers of the slash commands, as Discord text: what was set, what it means, what is next."""

import re
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from math import ceil
from typing import Final

from bot.config import QuietDay
from bot.digests.edition import PastEdition
from bot.digests.ledger import EditionState
from bot.digests.setting_types import AnySetting, DigestSettings
from bot.digests.setting_values import day_names
from bot.digests.settings import (
    MINIMUM,
    PAUSED,
    QUIET_DAY,
    SETTINGS,
    SETTINGS_KEPT,
    THREAD,
    TIME,
    TIMEZONE,
    WEEKDAYS,
)
from bot.digests.status import DigestStatus, ServerChange
from bot.digests.target import Channel
from bot.render import limits
from bot.render.moments import away, local_time, moment, next_day
from bot.render.sanitizer import escaped
from bot.stories.model import Topic
from bot.weekdays import DAYS
from bot.zones import in_zone, now_there, on_summer_time, zone_label

_LIST: Final = 1700
"""How many characters a list may have, so that heading and ending fit into a message's content."""
_NAMES: Final = 800
"""How many characters the topics in one line may have; 25 short names have about 400."""
_SHORTER: Final = 300
"""The same if there are more lists of them."""

_STATES: Final[Mapping[EditionState, str]] = {
    EditionState.READY: "about to be posted",
    EditionState.DELIVERING: "being posted",
    EditionState.WAITING: "waiting for Discord, will be tried again",
    EditionState.BLOCKED: "not posted yet",
    EditionState.DELIVERED: "posted",
    EditionState.PARTIAL: "posted in part",
    EditionState.UNCERTAIN: "perhaps posted; not sent again automatically",
    EditionState.SKIPPED: "not posted",
}

_TROUBLE: Final = (
    EditionState.WAITING,
    EditionState.BLOCKED,
    EditionState.PARTIAL,
    EditionState.UNCERTAIN,
)
_WHEN: Final = (TIME, TIMEZONE, WEEKDAYS)
"""The settings that say when digests come."""
_SET_BY: Final[Mapping[str, str]] = {
    "channel": "",
    "server": " (the server's default)",
    "config": " (the bot's default)",
}


def subscribed(
    status: DigestStatus, added: Sequence[str], asked: Sequence[Topic], now: datetime
) -> str:
    """Which topics a channel follows now (none `added`: it did already), all its topics, and when
    its digest is due.
    """
    word = "now follows" if added else "already follows"
    shown = added or [topic.name for topic in asked]
    parts = [f"{channel(status)} {word} {names(shown, _SHORTER)}."]
    if len(status.topics) > len(shown):
        parts.append(f"All its topics: {names(status.topics)}.")
    empty = [topic.name for topic in asked if not topic.stories and topic.name in shown]
    if empty:
        about = f" about {names(empty, _SHORTER)}" if len(asked) > 1 else ""
        parts.append(f"Nothing so far{about}; it comes as soon as there is something.")
    return f"{' '.join(parts)}\n{coming(status, now)}"


def unsubscribed(status: DigestStatus, gone: Sequence[str], now: datetime) -> str:
    """Which topics a channel no longer follows, and what it still follows."""
    left = f"It still follows {names(status.topics)}." if status.topics else _NO_TOPICS
    return f"{channel(status)} no longer follows {names(gone)}. {left}\n{coming(status, now)}"


def not_followed(target: Channel, given: str, near: Sequence[str]) -> str:
    """A channel does not follow a topic, and those of its topics that may have been meant."""
    meant = f" Did you mean {names(near)}?" if near else ""
    return f"{target.mention} does not follow **{escaped(given, 100)}**.{meant}"


def all_followed(topics: Sequence[str]) -> str:
    """All that a channel follows."""
    return f"It follows {names(topics)}." if topics else _NO_TOPICS


def left_out(topics: int, most: int) -> str:
    """How many topics "all" left out, since a channel follows only so many."""
    more = "topic is" if topics == 1 else "topics are"
    return f"{topics} more {more} left out, those with the fewest stories: {most} is the most."


_NO_TOPICS: Final = "It follows no topics now."


def follows(status: DigestStatus, now: datetime) -> str:
    """What a channel follows, and when its digest is due."""
    return f"{channel(status)} follows {names(status.topics) or 'nothing'}.\n{coming(status, now)}"


def channel(status: DigestStatus) -> str:
    """The mention of a digest's channel."""
    return status.target.mention


def coming(status: DigestStatus, now: datetime) -> str:
    """When the digest is next due, or why it is not."""
    if status.gone:
        return "No more digests are posted: the channel was deleted."
    if status.settings[PAUSED]:
        return "The digest is paused; `/digest resume` starts it again."
    if status.held and status.topics:
        return f"⚠️ No digest is posted: {status.held}. It resumes on its own once this is fixed."
    if not status.topics:
        return "No digest is posted until the channel follows a topic: `/subscribe`."
    if status.fault:
        return f"⚠️ {status.fault}\n{_BY_ITSELF}"
    when = status.next and moment(status.next, status.settings, now)
    return f"Next digest: **{when}**." if when else "No digest is due."


def choice(setting: AnySetting, text: str, now: datetime) -> str:
    """One of several values that a user may have meant, as a button or select shows it."""
    if setting is TIMEZONE:
        return zone_label(text, now)
    return setting.words(setting.known(setting.parse(text)))


def channel_set(status: DigestStatus, setting: AnySetting, now: datetime) -> str:
    """One channel's new value, where it comes from, and the effect."""
    value = f"**{setting.show(status.settings)}**"
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
        lines.append(f"{_clock(change.settings, now)}.")
    if not change.inheriting and not change.keeping:
        lines.append("No channel follows a topic yet; new ones will inherit this.")
    if change.inheriting:
        lines.append("Channels that inherit it:")
        lines += [f"- {_where(s)}: {_next(s, now)}" for s in change.inheriting]
    if change.keeping:
        lines.append("Channels that keep their own:")
        lines += [f"- {_where(s)}: {_kept(s, setting, now)}" for s in change.keeping]
    return _fitting(lines)


def _heading(settings: DigestSettings, setting: AnySetting) -> str:
    """A server's new default, and that it is the whole server's."""
    value = setting.show(settings)
    if setting is PAUSED:
        return f"Digests in the whole server are **{value}**."
    if setting is TIME:
        where = in_zone(settings.timetable.timezone)
        return f"The server's digest time is now **{value} {where}**."
    return f"{setting.heading} in the whole server: **{value}**."


def _kept(status: DigestStatus, setting: AnySetting, now: datetime) -> str:
    """A channel's own value; of a pause, when its next digest comes."""
    return _next(status, now) if setting is PAUSED else setting.show(status.settings)


def _effect(status: DigestStatus, now: datetime) -> str:
    """What a digest's times come to: `08:00 in Berlin (now 14:05 there); next: tomorrow, in 18
    hours.`; or why none comes.
    """
    times = _clock(status.settings, now)
    if status.next is None or status.held or status.fault or status.gone:
        return f"{times}.\n{coming(status, now)}"
    day = next_day(status.next, status.settings, now)
    return f"{times}; next: **{day}**, {away(status.next.due_at - now)}."


def _clock(settings: DigestSettings, now: datetime) -> str:
    """The times with the present one there, so that a wrong zone is noticed."""
    table = settings.timetable
    days = f", {day_names(table.days)}" if settings[WEEKDAYS] != ", ".join(DAYS) else ""
    note = on_summer_time(table.timezone, now)
    words = f"{table.time} {in_zone(table.timezone)}{days} ({now_there(table.timezone, now)})"
    return f"⚠️ {note} {words}" if note else words


def _next(status: DigestStatus, now: datetime, *, advice: bool = False) -> str:
    """When the next digest comes, or why none does; with `advice` also what admins can do."""
    if status.gone:
        return "no more digests come"
    if status.settings[PAUSED]:
        return "paused"
    if status.held:
        return f"⚠️ held back: {status.held}"
    if status.fault and status.topics:
        why = status.fault if advice else _in_short(status.fault, status.target)
        return f"⚠️ paused: {why}"
    when = status.next and moment(status.next, status.settings, now)
    return f"next {when}" if when else "follows nothing"


def _in_short(fault: str, where: Channel) -> str:
    """The first clause of a reason, beside its channel's name: `I need the **Send Messages**
    permission`.
    """
    why = fault.removeprefix(f"I can't post in {where.mention}: ")
    clause = re.split(r"[;.:](?:\s|$)", why)[0].replace(f" in {where.mention}", "")
    return clause.removesuffix(" there") if why != fault else clause


def preview_heading(status: DigestStatus | None, target: Channel, now: datetime) -> str:
    """The line above a preview, which would otherwise look like a post."""
    when = "; none is due"
    if status and status.fault:
        when = f"; digests are paused: {_in_short(status.fault, target)}"
    elif status and status.next:
        when = f", {local_time(status.next, status.settings, now)}"
    elif status and status.settings[PAUSED]:
        when = "; digests are paused"
    return f"Preview of the next digest in {target.mention}{when}."


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


def status_of_channel(status: DigestStatus, now: datetime, tags: str | None = None) -> str:
    """Everything about one channel's digest; `tags`: a sentence about the tags of its posts."""
    own = [_own(status, name) for name, set_by in status.set_by.items() if set_by == "channel"]
    lines = [
        f"{channel(status)} follows {names(status.topics) or 'nothing yet'}.",
        *([] if status.held else _sentences(status, scheduling=True)),
        f"Set for this channel: {', '.join(own)}." if own else "All settings come from the server.",
        *_sentences(status, scheduling=False),
        *([tags] if tags else []),
        coming(status, now),
    ]
    lines += [f"⚠️ {doubt}" for doubt in (*status.doubts, *status.waiting)]
    if status.last:
        lines.append("Last editions:")
        lines += [f"- {past_edition(edition)}" for edition in status.last]
    return _fitting(lines)


_BY_ITSELF: Final = "Digests resume on their own once this is fixed."


def _sentences(status: DigestStatus, *, scheduling: bool) -> list[str]:
    """What the settings that have an effect in this channel say of themselves."""
    found = (
        setting.sentence(status.settings)
        for setting in SETTINGS.values()
        if setting.scheduling is scheduling and setting.works_in(status.kind)
    )
    return [sentence for sentence in found if sentence is not None]


def _own(status: DigestStatus, name: str) -> str:
    """A setting of the channel itself, as a list names it."""
    if name == PAUSED.name:
        return (
            PAUSED.label if status.settings[PAUSED] else "not paused, whatever the server's setting"
        )
    return SETTINGS[name].label


def past_edition(edition: PastEdition) -> str:
    """One edition in a line: date, outcome, how many stories, reason."""
    reason = f": {edition.reason.rstrip('.')}" if edition.reason else ""
    stories = f", {_shown(edition)}" if edition.stories else ""
    if edition.state is EditionState.SKIPPED:
        stories = ""
    return f"{edition_day(edition)}: {_STATES[edition.state]}{stories}{reason}"


def _shown(edition: PastEdition) -> str:
    """`2 stories`, or `1 of 2 stories` if it is over and not all were posted."""
    over = edition.state in (EditionState.DELIVERED, EditionState.PARTIAL)
    some = f"{edition.shown} of " if over and edition.shown < edition.stories else ""
    return f"{some}{counted_stories(edition.stories)}"


def edition_day(edition: PastEdition) -> str:
    """`Sun 22 Dec`, with a note if it was an extra edition."""
    kind = "" if edition.slot > 0 else " (extra)"
    day = edition.local_date
    return f"{day:%a} {day.day} {day:%b}{kind}"


def status_of_server(
    settings: DigestSettings,
    statuses: Sequence[DigestStatus],
    now: datetime,
    told: str,
) -> str:
    """A server's defaults, where admins are `told` about problems, and a line for each channel with
    a digest, with its problems.
    """
    phrases = [setting.phrase(settings) for setting in SETTINGS.values()]
    lines = [f"Server default: {'; '.join(filter(None, phrases))}.", told]
    if not statuses:
        lines.append("No channel follows a topic yet. Start with `/subscribe`.")
    lines += [f"{_line(one, now, advice=True)}{_wrong(one, now)}" for one in statuses]
    return _fitting(lines)


def _wrong(status: DigestStatus, now: datetime) -> str:
    """The worst problem in a channel, appended to its line."""
    if status.gone:
        return _forgotten(status, now)
    if status.fault:
        return ""  # its line says so
    troubled = [edition for edition in status.last[:1] if edition.state in _TROUBLE]
    if troubled:
        return f" ⚠️ {past_edition(troubled[0])}"
    wrong = [*status.waiting, *status.doubts]
    return f" ⚠️ {wrong[0]}" if wrong else ""


def _forgotten(status: DigestStatus, now: datetime) -> str:
    """When the settings of a deleted channel will be deleted."""
    since = status.gone_at or now  # Discord's latest answer may not be noted yet
    days = max(0, ceil((since + SETTINGS_KEPT - now) / timedelta(days=1)))
    return f" (forgotten in {days} {'day' if days == 1 else 'days'})"


def subscriptions(statuses: Sequence[DigestStatus], now: datetime) -> str:
    """What the channels of a server follow."""
    if not statuses:
        return "No channel follows a topic yet. A moderator can use `/subscribe`."
    return _fitting([_line(status, now) for status in statuses])


def _line(status: DigestStatus, now: datetime, *, advice: bool = False) -> str:
    """A channel's line in a list; `advice`: see `_next`."""
    coming = _next(status, now, advice=advice)
    return f"- {_where(status)}: {names(status.topics)}; {coming}"


def _where(status: DigestStatus) -> str:
    """A channel in a list; the mention of a deleted channel would name nothing."""
    return "a deleted channel" if status.gone else channel(status)


def topics(found: Sequence[Topic], others: int = 0) -> str:
    """The largest topics with their numbers of stories, and how many `others` there are."""
    if not found:
        return "There are no topics yet: no stories have been loaded."
    ordered = sorted(found, key=lambda t: (-t.stories, t.slug))
    return _fitting(
        [f"- **{escaped(t.name, 100)}** · {counted_stories(t.stories)}" for t in ordered], others
    )


def counted_stories(count: int) -> str:
    """`1 story`, `3 stories`."""
    return f"{count} {'story' if count == 1 else 'stories'}"


def posted_now(edition: PastEdition, target: Channel) -> str:
    """The outcome of an edition posted on demand."""
    if edition.state is EditionState.DELIVERED:
        return f"Posted in {target.mention}: {_shown(edition)}."
    if edition.state is EditionState.SKIPPED:
        return f"Nothing was posted in {target.mention}: {edition.reason or 'no new story'}."
    reason = f": {edition.reason.rstrip('.')}" if edition.reason else ""
    return f"{target.mention}: {_STATES[edition.state]}{reason}."


def names(listed: Sequence[str], room: int = _NAMES) -> str:
    """The names that fit into a line of so many characters, and how many are left out."""
    kept: list[str] = []
    for name in (f"**{escaped(name, 100)}**" for name in listed):
        if sum(len(known) + 2 for known in kept) + len(name) > room:
            return f"{', '.join(kept)} and {len(listed) - len(kept)} more"
        kept.append(name)
    return ", ".join(kept)


def _fitting(lines: Sequence[str], others: int = 0) -> str:
    """The lines that fit into one message, and how many, with `others`, are left out."""
    kept: list[str] = []
    for line in lines:
        if sum(len(known) + 1 for known in kept) + len(line) > _LIST:
            break
        kept.append(line)
    left = len(lines) - len(kept) + others
    return "\n".join((*kept, *([f"and {left} more"] if left else [])))[: limits.CONTENT]
