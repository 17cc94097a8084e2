"""The panel of /digest setup, in words: what holds now, where it comes from, what can be chosen."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, NamedTuple

from bot.config import MAX_STORIES
from bot.digests.changes import Change
from bot.digests.setting_types import AnySetting, DigestSettings
from bot.digests.settings import (
    LAYOUT,
    MINIMUM,
    MUTE,
    PUBLISH,
    QUIET_DAY,
    ROLE,
    STORIES,
    THREAD,
    TIME,
    TIMEZONE,
    WEEKDAYS,
)
from bot.digests.status import DigestStatus
from bot.render import coming, limits, lists, setting_answers, subscriptions
from bot.render.embeds import COLOUR, Embed
from bot.render.sanitizer import escaped, plain
from bot.render.setting_words import shown
from bot.stories.model import Topic
from bot.stories.text import slug

FORM: Final = (TIME, WEEKDAYS, TIMEZONE)
"""The settings that are typed into the form, in its order."""
SHOWN: Final = (*FORM, STORIES, LAYOUT, MINIMUM, QUIET_DAY, MUTE, THREAD, PUBLISH, ROLE)
"""The settings of the panel, in its order."""
SELECTS: Final[Mapping[int, Sequence[AnySetting]]] = {
    1: (LAYOUT, MINIMUM, QUIET_DAY),
    2: (STORIES, THREAD, PUBLISH),
}
"""The settings that are chosen from a list of their values, by page: with topics, the role and the
buttons there are at most five rows on each, as many as a message may have.
"""
_LEVELS: Final[Mapping[int, str]] = {
    0: "every story",
    50: "leaves out stories that only minor publishers carry",
    100: "a good publisher and another one or two",
    200: "several publishers",
    300: "only the biggest stories",
}
"""The minimum heats to choose from; about what each asks of a story, by the rule of heat (quality
of the best source, and 20 for each publisher).
"""
_TITLE: Final = 45
"""How many characters a form's title or a label in it may have."""
_NAME: Final = 60


@dataclass(frozen=True, slots=True)
class Panel:
    """What a panel shows of a channel's digest, or (`status` None) of a server's defaults.

    `settings` are in effect `now`, `set_by` says who has set each: "channel", "server" or "config".
    `inherited` would be in effect without own values. `offered`: the topics to choose from, those
    that the channel follows first; `more_topics`: whether there are others. `name`: the channel's.
    `obstacle`: why the bot cannot post there. `digests`: those of the server. `manages_server`:
    whether its user may set the server's defaults. `revision`: eight hexadecimal digits of its own
    for each panel that is shown: clients keep what was chosen in a component of the same id.
    `undo`: its user's newest change here that can still be undone. `unread`: the settings that were
    set here to values that cannot be read.
    """

    settings: DigestSettings
    set_by: Mapping[str, str]
    inherited: DigestSettings
    now: datetime
    revision: str
    status: DigestStatus | None = None
    offered: Sequence[Topic] = ()
    name: str = ""
    obstacle: str | None = None
    digests: Sequence[DigestStatus] = ()
    more_topics: bool = False
    manages_server: bool = False
    undo: Change | None = None
    unread: Collection[str] = ()

    @property
    def own(self) -> str:
        """What `set_by` says of values that were set here."""
        return "channel" if self.status else "server"

    @property
    def followed(self) -> Sequence[str]:
        """The topics that the channel follows."""
        return self.status.topics if self.status else ()

    @property
    def is_new(self) -> bool:
        """Whether it is for a channel that follows nothing yet, but could at once."""
        return bool(self.status and self.offered) and not (self.followed or self.obstacle)


_INHERITED: Final = {"server": "server's default", "config": "bot's default"}


class Choice(NamedTuple):
    """An option of a select."""

    value: str
    label: str
    description: str | None
    chosen: bool


class Field(NamedTuple):
    """A line of the form: its setting's name, what is asked, what is set here; and what is in
    effect if nothing is.
    """

    name: str
    label: str
    hint: str
    value: str
    inherited: str


def settings_of(panel: Panel) -> list[AnySetting]:
    """The settings that have an effect where the panel is for."""
    status = panel.status
    return [one for one in SHOWN if status is None or one.works_in(status.kind)]


def panel_text(panel: Panel, note: str) -> str:
    """The text above the embed: what was just done; first an obstacle, unless the embed tells."""
    in_embed = panel.obstacle is not None and panel.obstacle in _coming(panel)
    told = [f"⚠️ {panel.obstacle}"] if panel.obstacle and not in_embed else []
    return "\n".join(filter(None, (*told, note)))[: limits.CONTENT]


def panel_embed(panel: Panel) -> Embed:
    """Every value, where it comes from, and when the next digest comes."""
    lines = [_values(one, panel) for one in settings_of(panel)]
    if panel.status:
        next_one = ["", _coming(panel)] if panel.followed else []
        doubts = [f"⚠️ {doubt}" for doubt in panel.status.doubts]
        lines = [_topics(panel), *lines, *next_one, *doubts]
    else:
        lines += ["", _TAKEN, subscriptions.subscriptions(panel.digests, panel.now)]
    title = f"Digest of #{escaped(panel.name, _NAME)}" if panel.status else "Digests of this server"
    text = "\n".join(lines)[: limits.DESCRIPTION]
    return {"title": title, "description": text, "color": COLOUR}


def _coming(panel: Panel) -> str:
    """When the digest of a channel that follows something comes, or why not."""
    return coming.coming(panel.status, panel.now) if panel.status and panel.followed else ""


def _values(setting: AnySetting, panel: Panel) -> str:
    settings, set_by = panel.settings, panel.set_by[setting.name]
    if setting.name in panel.unread:
        return f"**{setting.heading}**: {_UNREAD}"
    origin = "set here" if set_by == panel.own else _INHERITED[set_by]
    there = panel.now.astimezone(settings.timetable.zone)
    clock = f", now {there:%H:%M} there" if setting is TIMEZONE else ""
    return f"**{setting.heading}**: {shown(setting, settings)}{clock} · *{origin}*"


def _topics(panel: Panel) -> str:
    chosen = lists.names(panel.followed) if panel.followed else _CHOOSE
    others = " · *others: `/subscribe`*" if panel.more_topics else ""
    no_news = "" if any(one.stories for one in panel.offered) else f"\n{_NO_NEWS}"
    return f"**Topics**: {chosen}{others}{no_news}"


_UNREAD: Final = "⚠️ what was set here cannot be read; please set it again"
_CHOOSE: Final = "none yet; choose some below, and digests begin"
_TAKEN: Final = "Channels use these unless they set their own."
_NO_NEWS: Final = (
    "⚠️ No news has been loaded yet: whoever runs the bot adds feeds with `/feeds add`, or loads"
    " story files with `broadsheet ingest`."
)


def topic_choices(panel: Panel) -> list[Choice]:
    """The topics to choose from; those that the channel follows are chosen."""
    followed = {slug(name) for name in panel.followed}
    fitting = [one for one in panel.offered if len(one.slug) <= limits.OPTION_TEXT]
    return [
        Choice(
            one.slug,
            plain(one.name, limits.OPTION_TEXT),
            lists.counted_stories(one.stories) if one.stories else "nothing yet",
            one.slug in followed,
        )
        for one in fitting[: limits.OPTIONS]
    ]


def value_choices(setting: AnySetting, panel: Panel, inherit: str) -> list[Choice]:
    """The values of a setting to choose from; `inherit` is the value for none of its own."""
    own = panel.set_by[setting.name] == panel.own
    present = _stored(panel.settings[setting]) if own else inherit
    if setting.name in panel.unread:
        present = ""
    label = (
        f"{setting.show(panel.inherited)} ({_INHERITED.get(panel.set_by[setting.name], 'default')})"
    )
    first = Choice(inherit, label, None, chosen=False)
    return [
        one._replace(
            label=plain(f"{setting.heading}: {one.label}", limits.OPTION_TEXT),
            chosen=one.value == present,
        )
        for one in (first, *_listed(setting, panel))
    ]


def meant_choices(setting: AnySetting, texts: Sequence[str], now: datetime) -> list[Choice]:
    """What somebody may have meant who wrote something else for a setting."""
    labels = {text: setting_answers.choice(setting, text, now) for text in texts[: limits.OPTIONS]}
    return [
        Choice(text, plain(label, limits.OPTION_TEXT), None, chosen=False)
        for text, label in labels.items()
    ]


def publisher_choices(offered: Sequence[str], muted: Collection[str]) -> list[Choice]:
    """The publishers to choose from; those that are muted are chosen."""
    return [
        Choice(name, plain(name, limits.OPTION_TEXT), None, name in muted)
        for name in offered
        if len(name) <= limits.OPTION_TEXT
    ]


def _listed(setting: AnySetting, panel: Panel) -> Iterator[Choice]:
    """A setting's values, as an admin would enter them."""
    option = setting.command.option
    if setting is STORIES:
        for count in range(1, MAX_STORIES + 1):
            yield Choice(str(count), str(count), None, chosen=False)
    elif setting is MINIMUM:
        for heat in sorted({*_LEVELS, panel.settings[MINIMUM]}):
            yield Choice(str(heat), MINIMUM.words(heat), _LEVELS.get(heat), chosen=False)
    elif option is not None:
        for key, words in option.choices.items():
            label, _, more = words.partition(": ")
            yield Choice(key, label, more or None, chosen=False)


def _stored(value: object) -> str:
    """An effective value as an admin would enter it."""
    return {True: "yes", False: "no"}[value] if isinstance(value, bool) else str(value)


def topics_told(status: DigestStatus, added: Sequence[Topic], gone: Sequence[Topic]) -> str:
    """Which topics a channel began to follow, and which it stopped to follow."""
    parts = [
        f"{words} {lists.names([one.name for one in some])}"
        for words, some in (("now follows", added), ("no longer follows", gone))
        if some
    ]
    return f"{lists.channel(status)} {', and '.join(parts)}."


def form_title(panel: Panel) -> str:
    """The title of the form."""
    if panel.is_new:
        return plain(f"A daily digest in #{panel.name}", _TITLE)
    where = f"#{panel.name}" if panel.status else "this server"
    return plain(f"When digests come in {where}", _TITLE)


def form_fields(panel: Panel, typed: Mapping[str, str]) -> list[Field]:
    """The lines of the form: what is set here, or what was `typed` before."""
    fields = []
    for setting in FORM:
        option, set_by = setting.command.option, panel.set_by[setting.name]
        asked = option.hint.removesuffix("; or default") if option else ""
        hint = plain(asked, limits.OPTION_TEXT)
        present = setting.show(panel.settings)
        is_own = set_by == panel.own and setting.name not in panel.unread
        own = present if is_own else ""
        inherited = f"{setting.show(panel.inherited)} ({_INHERITED.get(set_by, 'default')})"
        value = typed.get(setting.name) or own
        fields.append(Field(setting.name, setting.heading, hint, value, inherited))
    return fields
