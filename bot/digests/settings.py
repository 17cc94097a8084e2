"""The settings of digests: a table of them, and the values in effect for a channel.

A channel inherits unset values from its server, and the server from config/. A new setting needs an
entry in SETTINGS and a column with its name in the tables of servers and digests. Its command, its
line in /help, its place in a status and its row in the README follow from the entry.
"""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any, Final, TypeVar

from bot.config import DigestConfig, Layout, QuietDay
from bot.digests import setting_values as values
from bot.digests.setting_types import (
    AnySetting,
    Command,
    DigestSettings,
    Option,
    SelectionRules,
    Setting,
    Timetable,
    value_of,
)
from bot.errors import UnknownValue, Unreadable
from bot.stories.publishers import name_key
from bot.times_of_day import stored_times
from bot.weekdays import stored_days
from bot.zones import parse_zone, zone_title

S = TypeVar("S", bound=str | int | float)
T = TypeVar("T")

SETTINGS_KEPT: Final = timedelta(days=30)
"""How long the settings of a server that removed the bot, or of a deleted channel, are kept."""


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
        effect="sets the time of day, or several: `8am`, `20:00`, `08:00 and 18:00`",
        option=Option(
            "time",
            hint="Like 08:00, 8am, or 08:00 and 18:00; or default",
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
        effect="sets the time zone: `Berlin`, `Japan`, `UTC+2`",
        option=Option("timezone", hint="A city or country, or an offset like UTC+2; or default"),
    ),
    parse=parse_zone,
    known=values.known_zone,
    default=lambda config: config.timezone,
    words=zone_title,
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
        effect="sets the weekdays: `daily`, `weekdays`, `Mo-Fr`, `mon, wed`",
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
STORIES: Final[Setting[int, int]] = Setting(
    name="stories",
    type=int,
    label="the number of stories",
    noun="number of stories",
    command=Command(
        "/digest stories",
        asks="Set how many stories a digest has",
        effect="sets how many stories a digest has at most: 1 to 10",
        option=Option("stories", hint="1 to 10, or default", offered=("3", "5", "7", "10")),
    ),
    parse=values.stored_stories,
    known=values.known_stories,
    default=lambda config: config.stories,
    words=str,
)
LAYOUT: Final[Setting[str, Layout]] = Setting(
    name="layout",
    type=str,
    label="the layout",
    noun="layout",
    command=Command(
        "/digest layout",
        asks="Set how a digest looks",
        effect="sets how a digest looks: cards, compact or just headlines",
        option=Option("layout", hint="How it looks", choices=values.LAYOUTS),
    ),
    parse=values.stored_layout,
    known=Layout,
    default=lambda config: config.layout,
    words=str,
)
MINIMUM: Final[Setting[int, int]] = Setting(
    name="minimum",
    type=int,
    label="how big a story must be",
    noun="minimum heat",
    command=Command(
        "/digest minimum",
        asks="Set how big a story must be, by its heat",
        effect="sets how big a story must be, by its heat: `50`, `100`",
        option=Option("heat", hint="Like 50, or default", offered=("0", "50", "100", "150")),
    ),
    parse=values.stored_minimum,
    known=values.known_minimum,
    default=lambda config: config.minimum_heat,
    words=values.size_words,
)
QUIET_DAY: Final[Setting[str, QuietDay]] = Setting(
    name="quiet_day",
    type=str,
    label="when nothing is new",
    noun="rule for quiet days",
    command=Command(
        "/digest quiet",
        asks="Set what is posted when nothing is new",
        effect="sets what is posted on a day without a new story",
        option=Option("policy", hint="What to post", choices=values.QUIET_DAYS),
    ),
    parse=values.stored_quiet_day,
    known=QuietDay,
    default=lambda config: config.quiet_day,
    words=values.QUIET_DAYS.__getitem__,
    status=lambda settings: f"When nothing is new: {QUIET_DAY.show(settings)}.",
    scheduling=True,
)
MUTE: Final[Setting[str, Sequence[str]]] = Setting(
    name="mute",
    type=str,
    label="the muted publishers",
    noun="list of muted publishers",
    command=Command(
        "/digest mute",
        asks="Leave out what only some publishers report",
        effect="leaves out what only these publishers report: `Forbes, ZDNet`; `none` ends that",
        option=Option("publishers", hint="All of them, like Forbes, ZDNet; or none, or default"),
    ),
    parse=values.stored_publishers,
    known=values.known_publishers,
    default=lambda _: (),
    words=values.publisher_names,
    third_party=True,
)
THREAD: Final[Setting[int, bool]] = Setting(
    name="thread",
    type=int,
    label="the thread for discussion",
    noun="choice about threads",
    command=Command(
        "/digest thread",
        asks="Open a thread for discussion under each digest",
        effect="opens a thread for discussion under each digest (needs Create Public Threads)",
        option=Option(
            "choice",
            hint="Yes, no or the inherited default",
            choices={"yes": "yes, in text and announcement channels", "no": "no"},
        ),
    ),
    parse=values.stored_flag,
    known=values.known_flag,
    default=lambda config: config.thread,
    words=lambda thread: "one for each digest" if thread else "none",
    status=lambda settings: (
        "A thread for discussion is opened under each digest." if settings[THREAD] else None
    ),
    only_in=("text channel", "announcement channel"),
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
    summary=lambda settings: f"late digests are still posted for up to {CATCH_UP.show(settings)}",
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
    only_in=("announcement channel",),
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
SETTINGS: Final[Mapping[str, AnySetting]] = {
    setting.name: setting
    for setting in (
        TIME,
        TIMEZONE,
        WEEKDAYS,
        STORIES,
        LAYOUT,
        MINIMUM,
        QUIET_DAY,
        MUTE,
        THREAD,
        PAUSED,
        CATCH_UP,
        PUBLISH,
        ROLE,
    )
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


def unread_in(layer: Layer) -> list[str]:
    """The settings whose values in a layer this version or machine cannot read."""
    return [
        name
        for name, setting in SETTINGS.items()
        if layer[name] is not None and not _can_read(setting, layer[name])
    ]


def _can_read(setting: AnySetting, stored: object) -> bool:
    try:
        _read(setting, stored)
    except _UNREADABLE:
        return False
    return True


def _settings(config: DigestConfig, effective: Mapping[str, Any]) -> DigestSettings:
    muted = value_of(effective, MUTE)
    return DigestSettings(
        effective=effective,
        timetable=Timetable(
            time=value_of(effective, TIME),
            timezone=value_of(effective, TIMEZONE),
            days=value_of(effective, WEEKDAYS),
        ),
        rules=SelectionRules(
            stories=value_of(effective, STORIES),
            sources=config.sources,
            minimum_heat=value_of(effective, MINIMUM),
            age=timedelta(days=config.age_days),
            half_life=timedelta(hours=config.half_life_hours),
            quiet_day=value_of(effective, QUIET_DAY),
            muted=frozenset(map(name_key, muted)),
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
            except _UNREADABLE:
                of_server = layer is layers[0]
                unknown.append(UnknownValue(setting.noun, stored, setting.command.name, of_server))
    return setting.default(config)


_UNREADABLE: Final = (ValueError, LookupError, OSError)
"""For a zone: no such name, no such file."""


def _read(setting: Setting[S, T], stored: object) -> T:
    if not isinstance(stored, setting.type):
        raise ValueError(stored)  # noqa: TRY004 - a value that is unknown here, like any other
    return setting.known(stored)
