"""What admins are told by themselves: one line for each thing, and the message that holds them.

They are read at any hour, by somebody who did nothing just now: each line says where, what, why,
and what there is to do, if anything.
"""

from collections.abc import Collection, Sequence
from datetime import date
from typing import Any, Final

from bot.render import limits
from bot.render.sanitizer import escaped, shortened

AGAIN_ID: Final = "again"
"""custom_id of the button that posts an edition in doubt again: `again:<edition's id>`."""
AGAIN: Final = "Post it again"
"""What stands on it."""
MOST: Final = 5
"""Editions in doubt told in one message, as many as a row has buttons."""
_SIGNS: Final = 8
"""Characters around a line: its sign, its number, its end."""
_NAMES: Final = 150
_HEADLINE: Final = 150

Told = tuple[str, int | None]
"""A line, and the id of the edition in doubt that it is about, if it is."""


def blocked(channel_id: int, reason: str) -> str:
    """A channel's digest is paused, since Discord takes nothing there. `reason` is a sentence."""
    return (
        f"Digests in <#{channel_id}> are paused: {reason} As soon as that is mended they go on by"
        " themselves; all settings are kept."
    )


def gone(topics: Collection[str]) -> str:
    """A channel with a digest does not exist any more; its name is not known, only its topics."""
    names = escaped(", ".join(topics), _NAMES)
    return (
        f"A channel that followed {names} does not exist any more, so its digest has ended. To get"
        " it elsewhere, use `/subscribe` there."
    )


def missed(channel_id: int, local_date: date, slot: int, reason: str) -> str:
    """An edition that did not come."""
    return f"<#{channel_id}> did not get its {_digest(local_date, slot)}: {reason}."


def missed_many(channel_id: int, count: int, first: date, last: date, reason: str) -> str:
    """Editions that did not come, from one local date to another."""
    days = _day(first) if first == last else f"{_day(first)} to {_day(last)}"
    digests = "a digest" if count == 1 else f"{count} digests"
    return f"<#{channel_id}> did not get {digests} ({days}): {reason}."


def in_part(channel_id: int, local_date: date, slot: int, reason: str) -> str:
    """An edition of which only a part came."""
    return f"<#{channel_id}> got only a part of its {_digest(local_date, slot)}: {reason}."


def in_doubt(channel_id: int, local_date: date, slot: int) -> str:
    """An edition that perhaps came."""
    return (
        f"Nobody knows whether <#{channel_id}> got its {_digest(local_date, slot)}: Discord did"
        " not confirm it, and I cannot see for myself. Please look there; if it is missing, press"
        f" **{AGAIN}**. By myself I never risk posting it twice."
    )


def left_out(channel_id: int, headline: str) -> str:
    """A story that Discord does not take; `headline` as it stands in an embed, escaped."""
    name = shortened(headline, _HEADLINE)
    return (
        f"One story was left out of <#{channel_id}>'s digest, since Discord refuses it: “{name}”."
    )


def _digest(local_date: date, slot: int) -> str:
    """An edition in a sentence: `digest of Mon 23 Dec`, and which one where a day has several."""
    which = f", edition {slot}" if slot > 1 else ""
    return f"{'digest' if slot > 0 else 'extra digest'} of {_day(local_date)}{which}"


def _day(day: date) -> str:
    return f"{day:%a} {day.day} {day:%b}"


def fitting(told: Sequence[Told]) -> int:
    """How many things, from the first on, one message holds; at least one."""
    length = buttons = 0
    for count, (line, edition_id) in enumerate(told):
        length += len(line) + _SIGNS
        buttons += edition_id is not None
        if count and (length > limits.CONTENT or buttons > MOST):
            return count
    return len(told)


def notice_message(told: Sequence[Told]) -> dict[str, Any]:
    """The message that tells some things, as many as fit; with buttons for editions in doubt.

    Several buttons are numbered, and so are their lines.
    """
    again = [edition_id for _, edition_id in told if edition_id is not None]
    marks = {one: f" ({n})" for n, one in enumerate(again, start=1)} if len(again) > 1 else {}
    lines = [f"⚠️ {line}{marks.get(edition_id or 0, '')}" for line, edition_id in told]
    body: dict[str, Any] = {
        "content": "\n".join(lines)[: limits.CONTENT],
        "embeds": [],
        "allowed_mentions": {"parse": []},
    }
    if again:
        buttons = [_button(one, f"{AGAIN}{marks.get(one, '')}") for one in again]
        body["components"] = [{"type": 1, "components": buttons}]
    return body


def _button(edition_id: int, label: str) -> dict[str, Any]:
    custom_id = f"{AGAIN_ID}:{edition_id}"
    return {"type": 2, "style": 1, "label": label, "custom_id": custom_id}
