"""Changes in words: the history of a server or channel, and what undoing one has done."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final

from bot.digests.changes import LOG_CHANNEL, MANAGERS, TAGS, TOPICS, Change
from bot.digests.setting_types import AnySetting
from bot.digests.settings import SETTINGS
from bot.digests.status import DigestStatus, ServerChange
from bot.digests.target import Channel
from bot.render import setting_answers, subscriptions
from bot.render.sanitizer import escaped
from bot.render.setting_words import safe

RESTORED: Final = "The rest of the server is as it was."
_NONE_YET: Final = "Nothing has been changed yet."
PAGE: Final = 8
"""How many changes an answer shows: even the longest lines fit into a message."""
_VALUE: Final = 50
"""How many characters of a value a line of the history shows."""
_UNSET: Final[Mapping[str, str]] = {LOG_CHANNEL: "the system channel", MANAGERS: "nobody"}
"""What it means if nothing is set, where that is not what is inherited."""
_LABELS: Final[Mapping[str, str]] = {
    TAGS: "tags of posts",
    LOG_CHANNEL: "where I report problems",
    MANAGERS: "role that manages digests",
}
_MENTIONS: Final[Mapping[str, str]] = {LOG_CHANNEL: "<#{}>", MANAGERS: "<@&{}>"}


def undone(change: Change, now: DigestStatus | ServerChange | None, at: datetime) -> str:
    """What holds again after a change was undone, at this time."""
    setting = SETTINGS.get(change.name)
    if setting and isinstance(now, DigestStatus):
        return f"Undone. {setting_answers.channel_set(now, setting, at)}"
    if setting and isinstance(now, ServerChange):
        return f"Undone. {setting_answers.server_set(now, setting, at)}"
    if change.name == TOPICS and isinstance(now, DigestStatus):
        return f"Undone. {subscriptions.follows(now, at)}"
    return f"Undone, and as before: {what(change)}."


def history(changes: Sequence[Change], tags: Mapping[int, str]) -> str:
    """A line for each change, the newest first. `tags`: the names of forums' tags by their ids."""
    return "\n".join(_line(change, tags) for change in changes) or _NONE_YET


def _line(change: Change, tags: Mapping[int, str]) -> str:
    when = f"<t:{int(change.at.timestamp())}:f>"
    undone_by = f" (undone by <@{change.undone_by}>)" if change.undone_by else ""
    return f"- {when}, <@{change.by}>: {_told(change, tags)}{undone_by}"


def _told(change: Change, tags: Mapping[int, str]) -> str:
    if change.name == TOPICS:
        return f"{_where(change)} {_followed(change)}"
    return (
        f"{what(change)}: {_value(change, change.old, tags)} → {_value(change, change.new, tags)}"
    )


def what(change: Change) -> str:
    """What was changed, and where: `time in #news`, `time in the whole server`."""
    label = title(change)
    return label if change.name in _MENTIONS else f"{label} in {_where(change)}"


def title(change: Change) -> str:
    """What was changed: `time`."""
    setting = SETTINGS.get(change.name)
    return setting.title if setting else _LABELS.get(change.name, escaped(change.name, _VALUE))


def _where(change: Change) -> str:
    return change.place.mention if isinstance(change.place, Channel) else "the whole server"


def _followed(change: Change) -> str:
    """`follows AI; no longer follows Space`."""
    parts = [("follows", change.new), ("no longer follows", change.old)]
    return "; ".join(f"{words} {_names(listed)}" for words, listed in parts if listed)


def _names(stored: object) -> str:
    names = stored if isinstance(stored, list) else []
    return escaped(", ".join(map(str, names)), _VALUE)


def _value(change: Change, stored: object, tags: Mapping[int, str]) -> str:
    setting = SETTINGS.get(change.name)
    if setting and stored is not None:
        return _of_setting(setting, stored)
    if change.name == TAGS:
        return _names([tags.get(one, "a deleted tag") for one in _ids(stored)]) or "none"
    if stored is None:
        return _UNSET.get(change.name, "default")
    return _MENTIONS.get(change.name, "{}").format(escaped(str(stored), _VALUE))


def _of_setting(setting: AnySetting, stored: object) -> str:
    """A setting's value in words; one that is unknown here as it is stored."""
    try:
        return safe(setting, str(setting.words(setting.known(stored))), _VALUE)
    except (ValueError, LookupError, OSError, TypeError):
        return escaped(str(stored), _VALUE)


def _ids(stored: object) -> list[int]:
    return [one for one in stored if type(one) is int] if isinstance(stored, list) else []
