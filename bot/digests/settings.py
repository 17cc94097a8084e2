"""The settings of digests: a table of them, and the values in effect for a channel.

A channel inherits unset values from its server, and the server from config/. A new setting needs an
entry in SETTINGS and a column with its name in the tables of servers and digests. Its command, its
line in /help, its place in a status and its row in the README follow from the entry.
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
ChannelKind = Literal["announcement channel"]
"""A kind of channel that some settings need; its name in an answer, after "an"."""
_UNCONFIGURED: Final = DigestConfig()
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

    @property
    def words(self) -> str:
        """`08:00 UTC, every day`."""
        return f"{self.time} {self.timezone}, {values.day_names(self.days)}"


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
class Option:
    """How a command asks for a value: the option's name and hint; and the completions, or the only
    values that can be chosen, each in words.
    """

    name: str
    hint: str
    offered: Sequence[str] = ()
    choices: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Command:
    """A command that sets a value. `name`: as a user types it; `asks`: its description in Discord
    and in /help; `effect`: what it does, as the README has it; `option`: None = it takes no value.
    """

    name: str
    asks: str
    effect: str
    option: Option | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Setting(Generic[S, T]):
    """A setting that users with the `right` can set for a server and for a channel.

    `name`: its column in the tables of both, NULL = inherited; `type`: the column's type. `label`:
    its name in an answer, with the article if it has one; `noun`: the word for a value. `command`:
    the command that sets it; `opposite`: the command that this one undoes, if they take no value.
    `parse`: turns a user's text into the stored value, ValueError names the fault. `known`: turns
    the stored value into the effective one, see setting_values. `default`: the effective value if
    none is set. `words`: puts the effective value into words.

    `status`: its sentence in the status of a channel, and `summary`: its phrase in the status of a
    server; None = nothing to say. Without them, see `sentence` and `phrase`. `scheduling`: its
    sentence says when digests come, which is untrue of one that is held back. `only_in`: the kind
    of channel in which it has an effect; None = any.
    """

    name: str
    type: type[S]
    label: str
    noun: str
    command: Command
    parse: Callable[[str], S]
    known: Callable[[S], T]
    default: Callable[[DigestConfig], T]
    words: Callable[[T], str]
    opposite: Command | None = None
    status: "Callable[[DigestSettings], str | None] | None" = None
    summary: "Callable[[DigestSettings], str | None] | None" = None
    scheduling: bool = False
    only_in: ChannelKind | None = None
    right: Right = "manage_guild"

    @property
    def commands(self) -> Sequence[Command]:
        """Every command that sets it."""
        return (self.opposite, self.command) if self.opposite else (self.command,)

    @property
    def title(self) -> str:
        """The label without its article."""
        return self.label.removeprefix("the ")

    @property
    def heading(self) -> str:
        """The label as the beginning of a line."""
        return self.title.capitalize()

    def show(self, settings: "DigestSettings") -> str:
        """The effective value, in words."""
        return self.words(settings[self])

    def sentence(self, settings: "DigestSettings") -> str | None:
        """What the status of a channel says of it; by default heading and value, unless it is as
        Broadsheet has it without any configuration.
        """
        if self.status is not None:
            return self.status(settings)
        return f"{self.heading}: {self.show(settings)}." if self._is_changed(settings) else None

    def phrase(self, settings: "DigestSettings") -> str | None:
        """What the line of a server's defaults says of it; by default label and value, unless as
        above.
        """
        if self.summary is not None:
            return self.summary(settings)
        return f"{self.title}: {self.show(settings)}" if self._is_changed(settings) else None

    def _is_changed(self, settings: "DigestSettings") -> bool:
        return settings[self] != self.default(_UNCONFIGURED)


@dataclass(frozen=True, slots=True)
class DigestSettings:
    """All settings in effect for one digest: `settings[CATCH_UP]`; and two groups made of them.

    `effective`: the values by the settings' names.
    """

    effective: Mapping[str, Any]
    timetable: Timetable
    rules: SelectionRules

    def __getitem__(self, setting: Setting[S, T]) -> T:
        """The effective value of a setting."""
        return _of(self.effective, setting)


def _of(effective: Mapping[str, Any], setting: Setting[S, T]) -> T:
    value: T = effective[setting.name]
    return value


def _nothing(_: DigestSettings) -> None:
    """The status of a setting of which another line tells."""


TIME: Final = Setting(
    name="time",
    type=str,
    label="the time",
    noun="time of day",
    command=Command(
        "/digest time",
        asks="Set the time of day, or several",
        effect="sets the time of day, or several: `08:00, 18:00`",
        option=Option(
            "time",
            hint="Like 08:00, or 08:00, 18:00, or default",
            offered=("07:00", "08:00", "12:00", "18:00", "08:00, 18:00"),
        ),
    ),
    parse=stored_times,
    known=values.known_times,
    default=lambda config: config.time,
    words=str,
    status=lambda settings: f"Digests: {settings.timetable.words}.",
    summary=lambda settings: settings.timetable.words,
    scheduling=True,
)
TIMEZONE: Final = Setting(
    name="timezone",
    type=str,
    label="the time zone",
    noun="time zone",
    command=Command(
        "/digest timezone",
        asks="Set the time zone",
        effect="sets the time zone",
        option=Option("timezone", hint="Like Europe/Berlin, or default"),
    ),
    parse=parse_timezone,
    known=values.known_zone,
    default=lambda config: config.timezone,
    words=str,
    status=_nothing,
    summary=_nothing,
)
WEEKDAYS: Final = Setting(
    name="days",
    type=str,
    label="the days",
    noun="list of days",
    command=Command(
        "/digest days",
        asks="Set the weekdays",
        effect="sets the weekdays: `daily`, `weekdays`, `mon-thu`, `mon, wed`",
        option=Option(
            "days",
            hint="Like daily, weekdays, mon-thu, or mon, wed; or default",
            offered=("daily", "weekdays", "weekend", "mon, wed, fri", "mon"),
        ),
    ),
    parse=stored_days,
    known=values.known_days,
    default=lambda config: config.days,
    words=values.day_names,
    status=_nothing,
    summary=_nothing,
)
QUIET_DAY: Final[Setting[str, QuietDay]] = Setting(
    name="quiet_day",
    type=str,
    label="quiet days",
    noun="rule for quiet days",
    command=Command(
        "/digest quiet",
        asks="Set what is posted on a day without new stories",
        effect="sets what is posted on a day without a new story",
        option=Option("policy", hint="What to post", choices=values.QUIET_DAYS),
    ),
    parse=values.stored_quiet_day,
    known=QuietDay,
    default=lambda config: config.quiet_day,
    words=values.QUIET_DAYS.__getitem__,
    status=lambda settings: f"Quiet days: {QUIET_DAY.show(settings)}.",
    scheduling=True,
)
PAUSED: Final[Setting[int, bool]] = Setting(
    name="paused",
    type=int,
    label="the pause",
    noun="pause",
    command=Command("/digest resume", asks="Resume digests", effect="starts them again"),
    opposite=Command(
        "/digest pause",
        asks="Pause digests until they are resumed",
        effect="stops digests until resumed; nothing is lost",
    ),
    parse=values.stored_flag,
    known=values.known_flag,
    default=lambda _: False,
    words=lambda paused: "paused" if paused else "not paused",
    status=_nothing,  # a status ends with when the next digest comes, or that it is paused
    summary=lambda settings: "paused" if settings[PAUSED] else None,
)
CATCH_UP: Final[Setting[float, timedelta]] = Setting(
    name="catch_up",
    type=float,
    label="the time to catch up",
    noun="time to catch up",
    command=Command(
        "/digest catch-up",
        asks="Set how late a digest may still be posted",
        effect="sets how late a digest may still come after an outage",
        option=Option(
            "hours", hint="Hours, like 3, or default", offered=("1", "3", "6", "12", "24")
        ),
    ),
    parse=values.stored_hours,
    known=values.known_catch_up,
    default=lambda config: timedelta(hours=config.catch_up_hours),
    words=values.hours,
    status=lambda settings: f"A digest may be posted up to {CATCH_UP.show(settings)} late.",
    summary=lambda settings: f"to catch up: {CATCH_UP.show(settings)}",
)
PUBLISH: Final[Setting[int, bool]] = Setting(
    name="publish",
    type=int,
    label="publishing",
    noun="choice to publish",
    command=Command(
        "/digest publish",
        asks="Publish digests in announcement channels",
        effect="publishes digests in announcement channels to the servers that follow them",
        option=Option(
            "choice",
            hint="Yes, no or the inherited default",
            choices={"yes": "yes, in announcement channels", "no": "no"},
        ),
    ),
    parse=values.stored_flag,
    known=values.known_flag,
    default=lambda config: config.publish,
    words=lambda publish: "in announcement channels" if publish else "off",
    status=lambda settings: (
        "Its messages are published to the servers that follow the channel."
        if settings[PUBLISH]
        else None
    ),
    only_in="announcement channel",
)
ROLE: Final[Setting[int, int | None]] = Setting(
    name="role",
    type=int,
    label="the role to ping",
    noun="role to ping",
    command=Command(
        "/digest role",
        asks="Ping a role with every digest",
        effect="pings a role with every digest; `none` ends that",
        option=Option("role", hint="The role, or none, or default"),
    ),
    parse=int,
    known=values.known_role,
    default=lambda _: None,
    words=lambda role: f"<@&{role}>" if role else "none",
    status=lambda settings: f"Each digest pings {ROLE.show(settings)}." if settings[ROLE] else None,
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
    effective = {
        name: _value(setting, config, layers, unknown) for name, setting in SETTINGS.items()
    }
    return _settings(config, effective), unknown


def _settings(config: DigestConfig, effective: Mapping[str, Any]) -> DigestSettings:
    return DigestSettings(
        effective=effective,
        timetable=Timetable(
            time=_of(effective, TIME),
            timezone=_of(effective, TIMEZONE),
            days=_of(effective, WEEKDAYS),
        ),
        rules=SelectionRules(
            stories=config.stories,
            sources=config.sources,
            minimum_heat=config.minimum_heat,
            age=timedelta(days=config.age_days),
            half_life=timedelta(hours=config.half_life_hours),
            quiet_day=_of(effective, QUIET_DAY),
        ),
    )


def _value(
    setting: Setting[S, T],
    config: DigestConfig,
    layers: Sequence[Layer],
    unknown: list[UnknownValue],
) -> T:
    for layer in reversed(layers):
        stored = layer.get(setting.name)
        if stored is not None:
            try:
                return _read(setting, stored)
            except (ValueError, LookupError, OSError):  # for a zone: no such name, no such file
                of_server = layer is layers[0]
                unknown.append(UnknownValue(setting.noun, stored, setting.command.name, of_server))
    return setting.default(config)


def _read(setting: Setting[S, T], stored: object) -> T:
    if not isinstance(stored, setting.type):
        raise ValueError(stored)  # noqa: TRY004 - a value that is unknown here, like any other
    return setting.known(stored)
