"""The settings of digests: a table of them, and the values in effect for a channel.

A channel inherits unset values from its server, and the server from config/. A new setting needs an
entry in the table, a field of DigestSettings, a column with its name in the tables of servers and
digests, and a line in the cog that holds its command; tests name what is missing, in documents too.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Final, Generic, Literal, TypeVar
from zoneinfo import ZoneInfo

from bot.config import DigestConfig, QuietDay, parse_timezone, stored_days, stored_times
from bot.digests import setting_values as values
from bot.errors import UnknownValue, Unreadable

SETTINGS_KEPT: Final = timedelta(days=30)
"""How long the settings of a server that removed the bot, or of a deleted channel, are kept."""

Right = Literal["manage_channels", "manage_guild"]
"""The name of a permission, as Discord's API has it."""
S = TypeVar("S", bound=str | int | float)
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Timetable:
    """When a digest is due: local times ("08:00, 18:00"), weekdays ("mon, tue"), a zone's name."""

    time: str
    timezone: str
    days: str

    @property
    def zone(self) -> ZoneInfo:
        """The time zone itself."""
        return ZoneInfo(self.timezone)


@dataclass(frozen=True, slots=True)
class SelectionRules:
    """What an edition takes: numbers of stories and sources, minimum heat, age, half-life."""

    stories: int
    sources: int
    minimum_heat: int
    age: timedelta
    half_life: timedelta
    quiet_day: QuietDay


@dataclass(frozen=True, slots=True)
class DigestSettings:
    """All settings in effect for one digest.

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


@dataclass(frozen=True, slots=True)
class Option:
    """How the command of a setting asks for its value: the command's description, the option's name
    and hint; and the completions, or the only values that can be chosen, each in words.
    """

    asks: str
    name: str
    hint: str
    offered: Sequence[str] = ()
    choices: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, eq=False)
class Setting(Generic[S, T]):
    """A setting that users with the `right` can set for a server and for a channel.

    `name`: its column in the tables of both, NULL = inherited; `type`: the column's type. `label`:
    its name in an answer, with the article if it has one; `noun`: the word for a value. `command`:
    the command that sets it; `option`: how that asks for a value, None = the command is written by
    hand. `parse`: turns a user's text into the stored value, ValueError names the fault. `known`:
    turns the stored value into the effective one, see setting_values. `default`: the effective
    value if none is set. `show`: puts the effective value into words.
    """

    name: str
    type: type[S]
    label: str
    noun: str
    command: str
    parse: Callable[[str], S]
    known: Callable[[S], T]
    default: Callable[[DigestConfig], T]
    show: Callable[[DigestSettings], str]
    option: Option | None = None
    right: Right = "manage_guild"

    @property
    def heading(self) -> str:
        """The label as the beginning of a line."""
        return self.label.removeprefix("the ").capitalize()


TIME: Final = Setting(
    name="time",
    type=str,
    label="the time",
    noun="time of day",
    command="/digest time",
    parse=stored_times,
    known=values.known_times,
    default=lambda config: config.time,
    show=lambda settings: settings.timetable.time,
    option=Option(
        asks="Set the time of day, or several",
        name="time",
        hint="Like 08:00, or 08:00, 18:00, or default",
        offered=("07:00", "08:00", "12:00", "18:00", "08:00, 18:00"),
    ),
)
TIMEZONE: Final = Setting(
    name="timezone",
    type=str,
    label="the time zone",
    noun="time zone",
    command="/digest timezone",
    parse=parse_timezone,
    known=values.known_zone,
    default=lambda config: config.timezone,
    show=lambda settings: settings.timetable.timezone,
    option=Option(asks="Set the time zone", name="timezone", hint="Like Europe/Berlin, or default"),
)
WEEKDAYS: Final = Setting(
    name="days",
    type=str,
    label="the days",
    noun="list of days",
    command="/digest days",
    parse=stored_days,
    known=values.known_days,
    default=lambda config: config.days,
    show=lambda settings: values.day_names(settings.timetable.days),
    option=Option(
        asks="Set the weekdays",
        name="days",
        hint="Like daily, weekdays, mon-thu, or mon, wed; or default",
        offered=("daily", "weekdays", "weekend", "mon, wed, fri", "mon"),
    ),
)
QUIET_DAY: Final = Setting(
    name="quiet_day",
    type=str,
    label="quiet days",
    noun="rule for quiet days",
    command="/digest quiet",
    parse=values.stored_quiet_day,
    known=QuietDay,
    default=lambda config: config.quiet_day,
    show=lambda settings: values.QUIET_DAYS[settings.rules.quiet_day],
    option=Option(
        asks="Set what is posted on a day without new stories",
        name="policy",
        hint="What to post",
        choices=values.QUIET_DAYS,
    ),
)
PAUSED: Final = Setting(
    name="paused",
    type=int,
    label="the pause",
    noun="pause",
    command="/digest resume",
    parse=values.stored_flag,
    known=values.known_flag,
    default=lambda _: False,
    show=lambda settings: "paused" if settings.paused else "not paused",
)
CATCH_UP: Final = Setting(
    name="catch_up",
    type=float,
    label="the time to catch up",
    noun="time to catch up",
    command="/digest catch-up",
    parse=values.stored_hours,
    known=values.known_catch_up,
    default=lambda config: timedelta(hours=config.catch_up_hours),
    show=lambda settings: values.hours(settings.catch_up),
    option=Option(
        asks="Set how late a digest may still be posted",
        name="hours",
        hint="Hours, like 3, or default",
        offered=("1", "3", "6", "12", "24"),
    ),
)
PUBLISH: Final = Setting(
    name="publish",
    type=int,
    label="publishing",
    noun="choice to publish",
    command="/digest publish",
    parse=values.stored_flag,
    known=values.known_flag,
    default=lambda config: config.publish,
    show=lambda settings: "in announcement channels" if settings.publish else "off",
)
ROLE: Final = Setting(
    name="role",
    type=int,
    label="the role to ping",
    noun="role to ping",
    command="/digest role",
    parse=int,
    known=values.known_role,
    default=lambda _: None,
    show=lambda settings: f"<@&{settings.role}>" if settings.role else "none",
)
AnySetting = Setting[Any, Any]
"""A setting with values of any type."""
SETTINGS: Final[Mapping[str, AnySetting]] = {
    setting.name: setting
    for setting in (TIME, TIMEZONE, WEEKDAYS, QUIET_DAY, PAUSED, CATCH_UP, PUBLISH, ROLE)
}
"""Every setting, by name."""

Layer = Mapping[str, object]
"""The values that a server or a digest has set, by the settings' names; None = inherited."""


def settings_of(config: DigestConfig, *layers: Layer) -> DigestSettings:
    """The settings in effect; of `layers` (server, then digest) the later take precedence.

    Raises Unreadable if this version or machine cannot read one of them.
    """
    settings, unknown = settings_as_known(config, *layers)
    if unknown:
        raise Unreadable(*unknown)
    return settings


def settings_as_known(
    config: DigestConfig, *layers: Layer
) -> tuple[DigestSettings, Sequence[UnknownValue]]:
    """The settings as far as they can be read here, and the faults of the others: those have the
    inherited value, which may be shown but never acted upon.
    """
    unknown: list[UnknownValue] = []

    def value(setting: Setting[S, T]) -> T:
        return _value(setting, config, layers, unknown)

    settings = DigestSettings(
        timetable=Timetable(value(TIME), value(TIMEZONE), value(WEEKDAYS)),
        rules=SelectionRules(
            stories=config.stories,
            sources=config.sources,
            minimum_heat=config.minimum_heat,
            age=timedelta(days=config.age_days),
            half_life=timedelta(hours=config.half_life_hours),
            quiet_day=value(QUIET_DAY),
        ),
        paused=value(PAUSED),
        catch_up=value(CATCH_UP),
        publish=value(PUBLISH),
        role=value(ROLE),
    )
    return settings, unknown


def _value(
    setting: Setting[S, T],
    config: DigestConfig,
    layers: Sequence[Layer],
    unknown: list[UnknownValue],
) -> T:
    for number, layer in reversed([*enumerate(layers)]):
        stored = layer.get(setting.name)
        if stored is not None:
            try:
                return _read(setting, stored)
            except (ValueError, LookupError, OSError):  # for a zone: no such name, no such file
                of_server = number == 0
                unknown.append(UnknownValue(setting.noun, stored, setting.command, of_server))
    return setting.default(config)


def _read(setting: Setting[S, T], stored: object) -> T:
    if not isinstance(stored, setting.type):
        raise ValueError(stored)  # noqa: TRY004 - a value that is unknown here, like any other
    return setting.known(stored)
