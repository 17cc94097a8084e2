"""What a digest is told: its own settings over its server's over config/'s."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
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
from bot.errors import BadValue

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
class Taste:
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
    taste: Taste
    paused: bool
    catch_up: timedelta
    publish: bool
    role: int | None


def settings_of(config: DigestConfig, *layers: Mapping[str, object]) -> DigestSettings:
    """The settings that hold; of `layers` (server, then digest) the later go first."""
    of_config = {**config.model_dump(), "catch_up": config.catch_up_hours}
    own = {name: _first(name, layers, of_config.get(name)) for name in SETTINGS}
    return DigestSettings(
        timetable=Timetable(str(own["time"]), str(own["timezone"]), str(own["days"])),
        taste=Taste(
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


def _first(name: str, layers: tuple[Mapping[str, object], ...], default: object) -> object:
    return next((layer[name] for layer in reversed(layers) if layer.get(name) is not None), default)


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
