"""When a digest comes, or why none does."""

import re
from datetime import datetime
from typing import Final

from bot.digests.setting_types import DigestSettings
from bot.digests.setting_values import day_names
from bot.digests.settings import PAUSED, WEEKDAYS
from bot.digests.status import DigestStatus
from bot.digests.target import Channel
from bot.render.moments import local_time, moment
from bot.weekdays import DAYS
from bot.zones import in_zone, now_there, on_summer_time


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


def clock(settings: DigestSettings, now: datetime) -> str:
    """The times with the present one there, so that a wrong zone is noticed."""
    table = settings.timetable
    days = f", {day_names(table.days)}" if settings[WEEKDAYS] != ", ".join(DAYS) else ""
    note = on_summer_time(table.timezone, now)
    words = f"{table.time} {in_zone(table.timezone)}{days} ({now_there(table.timezone, now)})"
    return f"⚠️ {note} {words}" if note else words


def next_digest(status: DigestStatus, now: datetime, *, advice: bool = False) -> str:
    """When the next digest comes, or why none does; with `advice` also what admins can do."""
    if status.gone:
        return "no more digests come"
    if status.settings[PAUSED]:
        return "paused"
    if status.held:
        return f"⚠️ held back: {status.held}"
    if status.fault and status.topics:
        why = status.fault if advice else in_short(status.fault, status.target)
        return f"⚠️ paused: {why}"
    when = status.next and moment(status.next, status.settings, now)
    return f"next {when}" if when else "follows nothing"


def in_short(fault: str, where: Channel) -> str:
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
        when = f"; digests are paused: {in_short(status.fault, target)}"
    elif status and status.next:
        when = f", {local_time(status.next, status.settings, now)}"
    elif status and status.settings[PAUSED]:
        when = "; digests are paused"
    return f"Preview of the next digest in {target.mention}{when}."


def left_out_as_muted(count: int) -> str:
    """How many stories the next digest leaves out because only muted publishers report them."""
    if not count:
        return ""
    stories = "1 story that" if count == 1 else f"{count} stories that"
    return f"It leaves out {stories} only muted publishers report."


_BY_ITSELF: Final = "Digests resume on their own once this is fixed."
