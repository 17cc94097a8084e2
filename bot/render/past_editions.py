"""Editions of the past in a line: what became of them."""

from collections.abc import Mapping
from typing import Final

from bot.digests.edition import PastEdition
from bot.digests.ledger import EditionState
from bot.digests.target import Channel
from bot.render.lists import counted_stories

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

_NOTE: Final = "a note, nothing new"


def past_edition(edition: PastEdition) -> str:
    """One edition in a line: date, outcome, how many stories, reason."""
    reason = f": {edition.reason.rstrip('.')}" if edition.reason else ""
    stories = f", {shown_of(edition)}" if edition.stories else ""
    if edition.state is EditionState.SKIPPED:
        stories = ""
    elif _is_note(edition):
        stories = f": {_NOTE}"
    return f"{edition_day(edition)}: {_STATES[edition.state]}{stories}{reason}"


def _is_note(edition: PastEdition) -> bool:
    """Whether all that was posted is that there is nothing new."""
    return edition.state is EditionState.DELIVERED and not edition.stories


def shown_of(edition: PastEdition) -> str:
    """`2 stories`, or `1 of 2 stories` if it is over and not all were posted; a note has none."""
    if _is_note(edition):
        return _NOTE
    over = edition.state in (EditionState.DELIVERED, EditionState.PARTIAL)
    some = f"{edition.shown} of " if over and edition.shown < edition.stories else ""
    return f"{some}{counted_stories(edition.stories)}"


def edition_day(edition: PastEdition) -> str:
    """`Sun 22 Dec`, with a note if it was an extra edition."""
    kind = "" if edition.slot > 0 else " (extra)"
    day = edition.local_date
    return f"{day:%a} {day.day} {day:%b}{kind}"


def posted_now(edition: PastEdition, target: Channel) -> str:
    """The outcome of an edition posted on demand."""
    if edition.state is EditionState.DELIVERED:
        return f"Posted in {target.mention}: {shown_of(edition)}."
    if edition.state is EditionState.SKIPPED:
        return f"Nothing was posted in {target.mention}: {edition.reason or 'no new story'}."
    reason = f": {edition.reason.rstrip('.')}" if edition.reason else ""
    return f"{target.mention}: {_STATES[edition.state]}{reason}."
