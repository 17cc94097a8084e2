"""The answer of /digest status, for a channel and for a server."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from math import ceil
from typing import Final

from bot.digests.ledger import EditionState
from bot.digests.setting_types import DigestSettings
from bot.digests.settings import PAUSED, SETTINGS, SETTINGS_KEPT
from bot.digests.status import DigestStatus
from bot.render.coming import coming
from bot.render.lists import channel, fitting_lines, names
from bot.render.past_editions import past_edition
from bot.render.setting_words import safe
from bot.render.subscriptions import line_of

_TROUBLE: Final = (
    EditionState.WAITING,
    EditionState.BLOCKED,
    EditionState.PARTIAL,
    EditionState.UNCERTAIN,
)


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
    return fitting_lines(lines)


def _sentences(status: DigestStatus, *, scheduling: bool) -> list[str]:
    """What the settings that have an effect in this channel say of themselves."""
    return [
        safe(setting, sentence)
        for setting in SETTINGS.values()
        if setting.scheduling is scheduling
        and setting.works_in(status.kind)
        and (sentence := setting.sentence(status.settings)) is not None
    ]


def _own(status: DigestStatus, name: str) -> str:
    """A setting of the channel itself, as a list names it."""
    if name == PAUSED.name:
        return (
            PAUSED.label if status.settings[PAUSED] else "not paused, whatever the server's setting"
        )
    return SETTINGS[name].label


def status_of_server(
    settings: DigestSettings,
    statuses: Sequence[DigestStatus],
    now: datetime,
    told: str,
) -> str:
    """A server's defaults, where admins are `told` about problems, and a line for each channel with
    a digest, with its problems.
    """
    phrases = [safe(one, phrase) for one in SETTINGS.values() if (phrase := one.phrase(settings))]
    lines = [f"Server default: {'; '.join(phrases)}.", told]
    if not statuses:
        lines.append("No channel follows a topic yet. Start with `/subscribe`.")
    lines += [f"{line_of(one, now, advice=True)}{_wrong(one, now)}" for one in statuses]
    return fitting_lines(lines)


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
