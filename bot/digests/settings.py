"""What a digest is told: its own settings over its server's over config/'s."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Final
from zoneinfo import ZoneInfo

from bot.config import DigestConfig, QuietDay, parse_days, parse_times, parse_timezone

SETTINGS: Final = ("time", "timezone", "days", "quiet_day", "paused")
"""What a server and a channel can set; columns of both tables, None = inherited."""


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
    """All that holds for one digest now. `catch_up`: how late an edition may still be posted."""

    timetable: Timetable
    taste: Taste
    paused: bool
    catch_up: timedelta


def settings_of(config: DigestConfig, *layers: Mapping[str, object]) -> DigestSettings:
    """The settings that hold; of `layers` (server, then digest) the later go first."""
    own = {name: _first(name, layers, getattr(config, name, None)) for name in SETTINGS}
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
        catch_up=timedelta(hours=config.catch_up_hours),
    )


def _first(name: str, layers: tuple[Mapping[str, object], ...], default: object) -> object:
    return next((layer[name] for layer in reversed(layers) if layer.get(name) is not None), default)


def parsed(name: str, text: str) -> str:
    """The stored form of a setting that a person wrote. ValueError says what is wrong."""
    if name == "time":
        return ", ".join(f"{moment:%H:%M}" for moment in parse_times(text))
    if name == "days":
        return ", ".join(parse_days(text))
    if name == "timezone":
        return parse_timezone(text)
    return QuietDay(text).value
