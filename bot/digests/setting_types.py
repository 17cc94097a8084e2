"""What a setting of digests is: its entry in the table, its command, and the values in effect."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta, tzinfo
from typing import Any, Final, Generic, Literal, TypeVar

from bot.config import DigestConfig, QuietDay
from bot.digests.setting_values import day_names
from bot.zones import in_zone, zone_of

ChannelKind = Literal["text channel", "announcement channel"]
"""A kind of channel that some settings need; its name in an answer."""
_UNCONFIGURED: Final = DigestConfig()
S = TypeVar("S", bound=str | int | float)
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Timetable:
    """When a digest is due: local times ("08:00, 18:00"), weekdays ("mon, tue"), a zone
    as it is stored ("Europe/Berlin", "UTC+2").
    """

    time: str
    timezone: str
    days: str

    @property
    def zone(self) -> tzinfo:
        """The time zone itself."""
        return zone_of(self.timezone)

    @property
    def words(self) -> str:
        """`08:00 in Berlin, every day`."""
        return f"{self.time} {in_zone(self.timezone)}, {day_names(self.days)}"


@dataclass(frozen=True, slots=True)
class SelectionRules:
    """What an edition takes: numbers of stories and sources, minimum heat, age, half-life.

    `muted` are the keys of publishers' names: what only they report is left out.
    """

    stories: int
    sources: int
    minimum_heat: int
    age: timedelta
    half_life: timedelta
    quiet_day: QuietDay
    muted: frozenset[str] = frozenset()


SCOPE: Final = "(whole server unless you name a channel)"
"""The end of the description of a command that does that."""
HERE: Final = "(this channel unless you name another)"
"""The same, of a command that is never for the whole server."""


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

    @property
    def description(self) -> str:
        """What Discord shows below its name."""
        return f"{self.asks} {SCOPE}"


@dataclass(frozen=True, slots=True, eq=False)
class Setting(Generic[S, T]):
    """A setting that a server and its channels can have.

    `name`: its column in the tables of both, NULL = inherited; `type`: the column's type. `label`:
    its name in an answer, with the article if it has one; `noun`: the word for a value. `command`:
    the command that sets it; `opposite`: the command that this one undoes, if they take no value.
    `parse`: turns a user's text into the stored value, ValueError names the fault. `known`: turns
    the stored value into the effective one, see setting_values. `default`: the effective value if
    none is set. `words`: puts the effective value into words.

    `status`: its sentence in the status of a channel, and `summary`: its phrase in the status of a
    server; None = nothing to say. Without them, see `sentence` and `phrase`. `scheduling`: its
    sentence says when digests come, which is untrue of one that is held back. `only_in`: the kinds
    of channels in which it has an effect; none = all. `third_party`: its words hold text of others,
    which must be made safe where it is shown.
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
    only_in: Sequence[ChannelKind] = ()
    third_party: bool = False

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

    def works_in(self, kind: ChannelKind | None) -> bool:
        """Whether it has an effect in a channel of this kind."""
        return not self.only_in or kind in self.only_in

    @property
    def where(self) -> str:
        """The kinds of channels in which it has an effect: `text or announcement channel`."""
        kinds = [kind.removesuffix(" channel") for kind in self.only_in]
        return f"{' or '.join(kinds)} channel".strip()

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
        """What the line of a server's defaults says of it; by default label and value, unless it is
        as Broadsheet has it.
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
        return value_of(self.effective, setting)


def value_of(effective: Mapping[str, Any], setting: Setting[S, T]) -> T:
    """A setting's value among values by name."""
    value: T = effective[setting.name]
    return value


AnySetting = Setting[Any, Any]
"""A setting with values of any type."""
