"""What a digest is told: its own settings over its server's over config/'s."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo

from bot.config import (
    LONGEST_CATCH_UP,
    SHORTEST_CATCH_UP,
    DigestConfig,
    QuietDay,
    parse_days,
    parse_times,
    parse_timezone,
)
from bot.errors import BadValue, Fault, Unreadable

SETTINGS: Final = (
    "time", "timezone", "days", "quiet_day", "paused", "catch_up", "publish", "role",
)  # fmt: skip
"""What a server and a channel can set; columns of both tables, None = inherited."""


SETTINGS_KEPT: Final = timedelta(days=30)
"""For so long the settings of a server that removed the bot, or of a deleted channel, are kept."""


@dataclass(frozen=True, slots=True)
class Timetable:
    """When a digest comes: local times ("08:00, 18:00"), weekdays ("mon, tue"), a zone's name."""

    time: str
    timezone: str
    days: str

    @property
    def zone(self) -> ZoneInfo:
        """The time zone itself."""
        return ZoneInfo(self.timezone)


@dataclass(frozen=True, slots=True)
class SelectionRules:
    """What an edition takes: numbers of stories and sources, least heat, age, half-life."""

    stories: int
    sources: int
    minimum_heat: int
    age: timedelta
    half_life: timedelta
    quiet_day: QuietDay


@dataclass(frozen=True, slots=True)
class DigestSettings:
    """All that holds for one digest now.

    `catch_up`: how late an edition may still be posted. `publish`: whether editions in an
    announcement channel are published to the servers that follow it. `role`: the id of the role
    that each edition pings.
    """

    timetable: Timetable
    rules: SelectionRules
    paused: bool
    catch_up: timedelta
    publish: bool
    role: int | None


Layer = Mapping[str, object]
"""What a server or a digest has set; None = inherited."""


def settings_of(config: DigestConfig, *layers: Layer) -> DigestSettings:
    """The settings that hold; of `layers` (server, then digest) the later go first.

    Raises Unreadable where one of them is unknown to this version or machine.
    """
    settings, faults = settings_as_known(config, *layers)
    if faults:
        raise Unreadable(*faults)
    return settings


def settings_as_known(
    config: DigestConfig, *layers: Layer
) -> tuple[DigestSettings, Sequence[Fault]]:
    """The settings as far as they are known here, and those that are not: for these stands what
    would be inherited, which is to be shown, never acted upon.
    """
    of_config = {**config.model_dump(), "catch_up": config.catch_up_hours}
    faults: list[Fault] = []
    own = {name: _known(name, layers, of_config.get(name), faults) for name in SETTINGS}
    return _settings(config, own), faults


def _settings(config: DigestConfig, own: Mapping[str, object]) -> DigestSettings:
    return DigestSettings(
        timetable=Timetable(str(own["time"]), str(own["timezone"]), str(own["days"])),
        rules=SelectionRules(
            stories=config.stories,
            sources=config.sources,
            minimum_heat=config.minimum_heat,
            age=timedelta(days=config.age_days),
            half_life=timedelta(hours=config.half_life_hours),
            quiet_day=QuietDay(str(own["quiet_day"])),
        ),
        paused=bool(own["paused"]),
        catch_up=timedelta(hours=float(str(own["catch_up"]))),
        publish=bool(own["publish"]),
        role=int(str(own["role"] or 0)) or None,
    )


def _known(name: str, layers: Sequence[Layer], default: object, faults: list[Fault]) -> object:
    for number, layer in reversed([*enumerate(layers)]):
        value = layer.get(name)
        if value is not None:
            try:
                return _read(name, value)
            except (ValueError, LookupError, OSError):  # of a zone: no such name, no such file
                what, command = _NAMES[name]
                faults.append(Fault(what, value, command, of_server=number == 0))
    return default


@lru_cache(maxsize=4096)
def _read(name: str, value: object) -> object:
    """A stored setting; by the rules of this version and the zones of this machine."""
    return _READERS[name](value)


def parsed(name: str, text: str) -> object:
    """The stored form of a setting that a person wrote. ValueError says what is wrong."""
    return _PARSERS[name](text)


def _times(text: str) -> str:
    return ", ".join(f"{moment:%H:%M}" for moment in parse_times(text))


def _days(text: str) -> str:
    return ", ".join(parse_days(text))


def _hours(text: str) -> float:
    match = re.fullmatch(r"(\d{1,3}(?:\.\d{1,2})?)\s*(?:h|hours?)?", text.strip().lower())
    hours = float(match[1]) if match else 0.0
    if not SHORTEST_CATCH_UP <= hours <= LONGEST_CATCH_UP:
        limits = f"{SHORTEST_CATCH_UP:g} to {LONGEST_CATCH_UP:g} hours"
        raise BadValue(text[:20], f"is no time to catch up in; write {limits}, like 3")
    return hours


def _quiet_day(text: str) -> str:
    if text not in [*QuietDay]:
        raise BadValue(text[:20], f"is none of {', '.join(QuietDay)}")
    return text


def _yes(text: str) -> int:
    return int(text == "yes")


def _zone(name: object) -> str:
    return ZoneInfo(str(name)).key


def _flag(value: object) -> bool:
    if value not in (0, 1):
        raise ValueError
    return bool(value)


def _catch_up(hours: object) -> float:
    return _hours(f"{float(str(hours)):.2f}")


def _role(value: object) -> int:
    if int(str(value)) < 0:
        raise ValueError
    return int(str(value))


_READERS: Final[Mapping[str, Callable[[object], object]]] = {
    "time": lambda value: _times(str(value)),
    "timezone": _zone,
    "days": lambda value: _days(str(value)),
    "quiet_day": lambda value: QuietDay(str(value)).value,
    "paused": _flag,
    "catch_up": _catch_up,
    "publish": _flag,
    "role": _role,
}
"""How each setting is read from where it is stored."""


_PARSERS: Final[Mapping[str, Callable[[str], object]]] = {
    "time": _times,
    "timezone": parse_timezone,
    "days": _days,
    "quiet_day": _quiet_day,
    "paused": _yes,
    "catch_up": _hours,
    "publish": _yes,
    "role": int,
}

_NAMES: Final[Mapping[str, tuple[str, str]]] = {
    "time": ("time of day", "/digest time"),
    "timezone": ("time zone", "/digest timezone"),
    "days": ("list of days", "/digest days"),
    "quiet_day": ("rule for quiet days", "/digest quiet"),
    "paused": ("pause", "/digest resume"),
    "catch_up": ("time to catch up", "/digest catch-up"),
    "publish": ("choice to publish", "/digest publish"),
    "role": ("role to ping", "/digest role"),
}
"""What each setting is called where it is unknown, and the command that sets it."""
