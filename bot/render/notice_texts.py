"""Notices to admins: one line for each notice, and the message that holds them.

Admins read them at any hour, without having done anything just now: each line says where, what,
why, and what to do, if anything.
"""

from collections.abc import Collection, Sequence
from datetime import date
from typing import Any, Final

from bot.digests.target import Channel, Server, Target
from bot.render import limits
from bot.render.sanitizer import escaped

AGAIN_ID: Final = "again"
"""custom_id of the button that posts an edition in doubt again: `again:<edition's id>`."""
AGAIN: Final = "Post it again"
"""The label of that button."""
MOST: Final = 5
"""How many editions in doubt one message reports: as many as a row has buttons."""
_SETTLED: Final = "✅ Settled"
"""Begins a line about a trouble that is over."""
_SIGNS: Final = 8
"""How many characters surround a line: its sign, its number, its end."""
_NAMES: Final = 150

_RESUME: Final = "They resume on their own once this is fixed; no settings are lost."

Told = tuple[str, int | None]
"""A line, and the id of the edition in doubt that it is about, if any."""


def blocked(target: Target, reason: str) -> str:
    """A channel's digest is paused: Discord refuses messages there. `reason` is a sentence."""
    return f"Digests in {target.mention} are paused: {reason} {_RESUME}"


def mended(target: Target) -> str:
    """Whatever kept digests from a channel is over."""
    return f"{_SETTLED}: nothing is in the way of digests in {target.mention} any more."


def thread_again(target: Target) -> str:
    """Editions get a thread for discussion again."""
    return f"{_SETTLED}: digests in {target.mention} get a thread for discussion again."


def no_thread(target: Target, reason: str) -> str:
    """An edition was posted without a thread for discussion. `reason` is a sentence."""
    return (
        f"Digests in {target.mention} come without a thread for discussion: {reason.rstrip('.')}."
        " The next one gets a thread once that is fixed; `/digest thread` turns threads off."
    )


def held_back(where: Channel | Server, why: str) -> str:
    """Digests of a channel wait because the bot cannot work on them, or those of all channels of a
    server that inherit the obstacle. `why` is part of a sentence.
    """
    place = where.mention if isinstance(where, Channel) else "channels of this server"
    return f"Digests in {place} are held back: {why}. {_RESUME}"


def nothing_held_back(why: str) -> str:
    """What `held_back` told of a server is over. `why` is part of a sentence."""
    return f"{_SETTLED}: nothing in this server is held back any more because {why}."


def held_until_then(why: str) -> str:
    """The reason for an edition that was missed while its channel's digests were held back."""
    return f"they were held back because {why}"


def not_read_back(target: Target, reason: str) -> str:
    """After a restore it is unknown what a channel was sent since the copy was taken."""
    return (
        f"An older copy of my database was restored, and I cannot read what {target.mention} got"
        f" since that copy: {reason.rstrip('.')}. What was due until now is not posted, because it"
        " may be there already; the next digest comes at its usual time."
    )


def gone(topics: Collection[str]) -> str:
    """A channel with a digest no longer exists; its name is not known, only its topics."""
    names = escaped(", ".join(topics), _NAMES)
    return (
        f"A channel that followed {names} does not exist any more, so its digest has ended. To get"
        " it in another channel, use `/subscribe` there."
    )


def missed(target: Target, local_date: date, slot: int, reason: str) -> str:
    """An edition that was not posted."""
    return f"{target.mention} did not get its {_digest(local_date, slot)}: {reason}."


def missed_many(target: Target, count: int, first: date, last: date, reason: str) -> str:
    """Editions that were not posted, from one local date to another."""
    days = _day(first) if first == last else f"{_day(first)} to {_day(last)}"
    digests = "a digest" if count == 1 else f"{count} digests"
    return f"{target.mention} did not get {digests} ({days}): {reason}."


def in_part(target: Target, local_date: date, slot: int, reason: str) -> str:
    """An edition that was posted only in part."""
    return f"{target.mention} got only a part of its {_digest(local_date, slot)}: {reason}."


def in_doubt(target: Target, local_date: date, slot: int) -> str:
    """An edition that was perhaps posted."""
    return (
        f"Nobody knows whether {target.mention} got its {_digest(local_date, slot)}: Discord did"
        " not confirm it, and I cannot see for myself. Please look there; if it is missing, press"
        f" **{AGAIN}**. I never risk posting it twice on my own."
    )


def left_out(target: Target, local_date: date, slot: int, place: int, story_id: int) -> str:
    """A story that Discord refuses. None of its words are quoted, since Discord refuses them."""
    return (
        f"One story was left out of {target.mention}'s {_digest(local_date, slot)} because Discord"
        f" refuses its text: number {place} in its order, which `/story` shows as `#{story_id}`. It"
        " will not be posted later."
    )


UNTELLABLE: Final = (
    "I have a report about digests here that Discord refuses to post;"
    " `/digest status` shows how they are doing."
)
"""Replaces a line that Discord refuses because a rule of the server blocks a word in it."""


def _digest(local_date: date, slot: int) -> str:
    """An edition in a sentence: `digest of Mon 23 Dec`, and which one if a day has several."""
    which = f", edition {slot}" if slot > 1 else ""
    return f"{'digest' if slot > 0 else 'extra digest'} of {_day(local_date)}{which}"


def _day(day: date) -> str:
    return f"{day:%a} {day.day} {day:%b}"


def fitting(told: Sequence[Told]) -> int:
    """How many notices, from the first on, one message holds; at least one."""
    length = buttons = 0
    for count, (line, edition_id) in enumerate(told):
        length += len(line) + _SIGNS
        buttons += edition_id is not None
        if count and (length > limits.CONTENT or buttons > MOST):
            return count
    return len(told)


def notice_message(told: Sequence[Told]) -> dict[str, Any]:
    """The message with as many notices as fit, and with buttons for editions in doubt.

    If there are several buttons, they are numbered, and so are their lines.
    """
    again = [edition_id for _, edition_id in told if edition_id is not None]
    marks = {one: f" ({n})" for n, one in enumerate(again, start=1)} if len(again) > 1 else {}
    lines = [f"{_sign(line)}{line}{marks.get(edition_id or 0, '')}" for line, edition_id in told]
    body: dict[str, Any] = {
        "content": "\n".join(lines)[: limits.CONTENT],
        "embeds": [],
        "allowed_mentions": {"parse": []},
    }
    if again:
        buttons = [_button(one, f"{AGAIN}{marks.get(one, '')}") for one in again]
        body["components"] = [{"type": 1, "components": buttons}]
    return body


def _sign(line: str) -> str:
    return "" if line.startswith(_SETTLED) else "⚠️ "


def _button(edition_id: int, label: str) -> dict[str, Any]:
    custom_id = f"{AGAIN_ID}:{edition_id}"
    return {"type": 2, "style": 1, "label": label, "custom_id": custom_id}
