"""The operator's settings: config/*.yaml.

Everything is validated when it is read; the first fault is one ConfigError with file and key.
"""

import os
import re
from collections import Counter
from collections.abc import Hashable
from enum import StrEnum
from fnmatch import fnmatchcase
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Any, Final, TypeVar

import idna
import yaml
from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    model_validator,
)

from bot.errors import ConfigError
from bot.shipped import shipped
from bot.times_of_day import stored_times
from bot.weekdays import DAYS, stored_days
from bot.zones import zone_of_operator

DEFAULT_CONFIG: Final = Path("config")
DEFAULT_SEEDS: Final = Path("seeds")
"""The default folders, in the working directory."""
MAX_STORIES: Final = 10
"""How many stories an edition may have: as many as a message has embeds."""
MAX_HEAT: Final = 1_000_000
"""The highest minimum heat; no story is that hot."""
SHORTEST_CATCH_UP: Final = 0.25
LONGEST_CATCH_UP: Final = 168
"""For how many hours at most a missed edition may still be posted."""
SLOWEST: Final = 0.1
"""The slowest rate in messages a second: one in ten seconds. Much less would stop all messages."""


class QuietDay(StrEnum):
    """What a digest does on a day without a new story."""

    ARCHIVE = "archive"
    NOTE = "note"
    SKIP = "skip"


class Layout(StrEnum):
    """How an edition looks."""

    CARDS = "cards"
    COMPACT = "compact"
    HEADLINES = "headlines"


def _joined(value: object) -> object:
    """A list, or an hour that YAML takes for a number, as text."""
    if isinstance(value, list):
        return ", ".join(map(str, value))
    return str(value) if type(value) is int else value


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


_S = TypeVar("_S", bound=_Section)


class DigestConfig(_Section):
    """`config/digest.yaml`: the settings that digests inherit."""

    time: Annotated[str, BeforeValidator(_joined), AfterValidator(stored_times)] = "08:00"
    timezone: Annotated[str, AfterValidator(zone_of_operator)] = "UTC"
    days: Annotated[str, BeforeValidator(_joined), AfterValidator(stored_days)] = ", ".join(DAYS)
    stories: Annotated[int, Field(ge=1, le=MAX_STORIES)] = 5
    sources: Annotated[int, Field(ge=1, le=10)] = 5
    minimum_heat: Annotated[int, Field(ge=0, le=MAX_HEAT)] = 50
    age_days: Annotated[float, Field(gt=0, le=3650)] = 7
    half_life_hours: Annotated[float, Field(gt=0, le=87_600)] = 18
    quiet_day: Annotated[QuietDay, Field(strict=False)] = QuietDay.ARCHIVE
    catch_up_hours: Annotated[float, Field(ge=SHORTEST_CATCH_UP, le=LONGEST_CATCH_UP)] = 3
    publish: bool = False
    layout: Annotated[Layout, Field(strict=False)] = Layout.CARDS
    thread: bool = False


class DeliveryConfig(_Section):
    """`config/delivery.yaml`: how fast messages are sent. None = as fast as possible, for a proxy
    that enforces the limits of several bots.
    """

    messages_per_second: Annotated[float, Field(ge=SLOWEST, le=50)] | None = 45
    spread_seconds: Annotated[float, Field(ge=0, le=600)] = 90


def _worded(phrase: str) -> str:
    if not any(character.isalnum() for character in phrase):
        raise ValueError(f"“{phrase}” holds no word, so it would be found nowhere")
    return phrase


def _one_weight_each(weighed: dict[float, list[str]]) -> dict[float, list[str]]:
    listed = Counter(phrase.lower() for phrases in weighed.values() for phrase in phrases)
    twice = [phrase for phrase, times in listed.items() if times > 1]
    if twice:
        raise ValueError(f"“{twice[0]}” is listed twice; a phrase counts once for a topic")
    return weighed


_Weighed = Annotated[
    dict[Annotated[float, Field(ge=-10, le=10)], list[Annotated[str, AfterValidator(_worded)]]],
    AfterValidator(_one_weight_each),
]


class TopicsConfig(_Section):
    """`config/topics.yaml`: other names of topics, and the phrases by which feeds' items get them,
    by how much each counts.
    """

    aliases: dict[str, list[str]] = Field(default_factory=dict)
    phrases: dict[str, _Weighed] = Field(default_factory=dict)


class ArchiveConfig(_Section):
    """`config/archive.yaml`: how long stories are kept."""

    keep_days: Annotated[float | None, Field(ge=1, le=36_500)] = None
    backups: Annotated[int, Field(ge=0, le=366)] = 7


def _one_owner_each(owners: dict[str, list[str]]) -> dict[str, list[str]]:
    listed = Counter(domain for domains in owners.values() for domain in domains)
    twice = [domain for domain, times in listed.items() if times > 1]
    if twice:
        raise ValueError(f"{twice[0]} is listed twice; a domain has one owner")
    return owners


def _one_tier_each(tiers: dict[int, list[str]]) -> dict[int, list[str]]:
    listed = Counter(domain for domains in tiers.values() for domain in domains)
    twice = [domain for domain, times in listed.items() if times > 1]
    if twice:
        raise ValueError(f"{twice[0]} is listed twice; a domain has one tier")
    return tiers


_Domain = Annotated[str, AfterValidator(str.lower)]


class ProvidersConfig(_Section):
    """`config/providers.yaml`: owners of publishers, and sites that republish others."""

    owners: Annotated[dict[str, list[_Domain]], AfterValidator(_one_owner_each)] = Field(
        default_factory=dict
    )
    aggregators: list[_Domain] = Field(default_factory=list)

    def owner_by_domain(self) -> dict[str, str]:
        """Each listed domain and its owner."""
        return {domain: owner for owner, domains in self.owners.items() for domain in domains}


class TiersConfig(_Section):
    """`config/tiers.yaml`: how much the word of publishers counts, where nothing better is known:
    domains or hosts by tier, from 1 (most) to 5.
    """

    tiers: Annotated[
        dict[Annotated[int, Field(ge=1, le=5)], list[_Domain]], AfterValidator(_one_tier_each)
    ] = Field(default_factory=dict)

    def by_domain(self) -> dict[str, int]:
        """Each listed domain and its tier."""
        return {domain: tier for tier, domains in self.tiers.items() for domain in domains}


_IDENTIFYING: Final = ("id", "p", "v", "lang", "page", "story", "article", "date", "title")


def _ascii_domain(domain: str) -> str:
    """A domain as it is written in links; UnicodeError, a ValueError, if it is not a domain."""
    return domain.lower() if domain.isascii() else idna.encode(domain, uts46=True).decode()


def _only_trackers(patterns: list[str]) -> list[str]:
    for pattern in patterns:
        told_apart = [name for name in _IDENTIFYING if fnmatchcase(name, pattern.lower())]
        if not pattern.strip("*= ") or told_apart:
            name = told_apart[0] if told_apart else "everything"
            raise ValueError(f"“{pattern}” would leave out {name}, which tells articles apart")
    return patterns


class TrackersConfig(_Section):
    """`config/trackers.yaml`: parameters of URLs that say how a reader got there."""

    everywhere: Annotated[
        list[str], BeforeValidator(lambda given: given or []), AfterValidator(_only_trackers)
    ] = Field(default_factory=list)
    at: Annotated[
        dict[Annotated[str, AfterValidator(_ascii_domain)], list[str]],
        BeforeValidator(lambda given: given or {}),
    ] = Field(default_factory=dict)


def _telling(phrase: str) -> str:
    if not any(character.isalnum() for character in phrase):
        raise ValueError(f"“{phrase}” holds no letter or digit, so it would be found everywhere")
    return phrase


def _page(page: str) -> str:
    """A domain, host, domain/path or /path, also from a pasted address."""
    bare = re.sub(r"^(https?://)?(www\.)?", "", page.strip().lower())
    if "." not in bare.partition("/")[0] and not bare.startswith("/"):
        raise ValueError(f"“{page}” is no site; write a domain like zdnet.com, or /path")
    return bare


_Phrases = Annotated[list[Annotated[str, AfterValidator(_telling)]], Field(min_length=1)]


class JunkRuleConfig(_Section):
    """One rule of `config/editorial.yaml`; all its conditions must hold."""

    reason: Annotated[str, Field(min_length=1)]
    title: list[_Phrases] = Field(default_factory=list)
    text: list[_Phrases] = Field(default_factory=list)
    pages: list[Annotated[str, AfterValidator(_telling), AfterValidator(_page)]] = Field(
        default_factory=list
    )

    @model_validator(mode="after")
    def _is_bounded(self) -> "JunkRuleConfig":
        if not (self.title or self.text or self.pages):
            raise ValueError("this rule has no condition, so every story would meet it")
        return self


class EditorialConfig(_Section):
    """`config/editorial.yaml`: what is no news, and which excerpts are not shown."""

    boilerplate: Annotated[int, Field(ge=2, le=1_000_000)] = 3
    market_research: list[JunkRuleConfig] = Field(default_factory=list)
    deal: list[JunkRuleConfig] = Field(default_factory=list)
    press_release: list[JunkRuleConfig] = Field(default_factory=list)


def _feed_address(url: str) -> str:
    if not re.match(r"https?://\S+$", url.strip(), re.IGNORECASE):
        raise ValueError(f"“{url[:60]}” is no address; it begins with https:// or http://")
    return url.strip()


def _norwegian(language: object) -> object:
    """An unquoted `no` is false in YAML."""
    return "no" if language is False else language


class FeedConfig(_Section):
    """One feed of `config/feeds.yaml`; what is not said is as the feed itself says."""

    url: Annotated[str, AfterValidator(_feed_address)]
    provider: Annotated[str, Field(min_length=1, max_length=100)] | None = None
    topics: list[Annotated[str, Field(min_length=1, max_length=100)]] = Field(default_factory=list)
    tier: Annotated[int, Field(ge=1, le=5)] | None = None
    language: Annotated[str | None, BeforeValidator(_norwegian)] = None
    off: bool = False


def _each_once(feeds: list[FeedConfig]) -> list[FeedConfig]:
    twice = [url for url, times in Counter(one.url for one in feeds).items() if times > 1]
    if twice:
        raise ValueError(f"{twice[0]} is listed twice")
    return feeds


class FeedsConfig(_Section):
    """`config/feeds.yaml`: the feeds that are asked for news. `contact` is an address that their
    servers' operators can write to; it is named in each request.
    """

    contact: Annotated[str, Field(max_length=200, pattern=r"^[ -~]+$")] | None = None
    feeds: Annotated[
        list[FeedConfig], BeforeValidator(lambda given: given or []), AfterValidator(_each_once)
    ] = Field(default_factory=list)


class StarterFeed(_Section):
    """One feed of `config/starter-feeds.yaml`; what is not named is as in `config/feeds.yaml`."""

    url: Annotated[str, AfterValidator(_feed_address)]
    provider: Annotated[str, Field(min_length=1, max_length=100)]
    language: str | None = None
    tier: Annotated[int, Field(ge=1, le=5)] | None = None


class StarterConfig(_Section):
    """`config/starter-feeds.yaml`: feeds to choose from, by topic. None is asked until chosen."""

    topics: dict[str, list[StarterFeed]] = Field(default_factory=dict)


class Config(BaseModel):
    """All of `config/`, except for what only commands read."""

    model_config = ConfigDict(frozen=True)

    archive: ArchiveConfig = ArchiveConfig()
    delivery: DeliveryConfig = DeliveryConfig()
    digest: DigestConfig = DigestConfig()
    editorial: EditorialConfig = EditorialConfig()
    feeds: FeedsConfig = FeedsConfig()
    topics: TopicsConfig = TopicsConfig()
    providers: ProvidersConfig = ProvidersConfig()
    tiers: TiersConfig = TiersConfig()
    trackers: TrackersConfig = TrackersConfig()


FEEDS_FILE: Final = "feeds.yaml"
STARTER: Final = "starter-feeds.yaml"
"""The one file that is read only when an operator chooses feeds."""


def unmade(folder: Path, default: Path) -> bool:
    """Whether the folder is the default one and does not exist."""
    return folder == default.absolute() and not os.path.lexists(folder)


def folder_read(folder: Path) -> Path:
    """The folder from which settings are read: ours if nobody has named or created one."""
    return shipped().config if unmade(folder, DEFAULT_CONFIG) else folder


def load_config(folder: Path) -> Config:
    """Read `config/*.yaml`; a missing file means its defaults. Raises ConfigError."""
    folder = folder_read(folder)
    if not folder.is_dir():
        advice = "no such folder; name another with --config or BROADSHEET_CONFIG"
        raise ConfigError(str(folder), "", advice)
    known = {STARTER, *(f"{name}.yaml" for name in Config.model_fields)}
    for path in sorted((*folder.glob("*.yaml"), *folder.glob("*.yml"))):
        if path.name not in known:
            raise ConfigError(str(path), "", f"unknown file; known are {', '.join(sorted(known))}")
    return Config(
        archive=_section(folder / "archive.yaml", ArchiveConfig),
        delivery=_section(folder / "delivery.yaml", DeliveryConfig),
        digest=_section(folder / "digest.yaml", DigestConfig),
        editorial=_unnamed_as_ours(folder / "editorial.yaml", EditorialConfig),
        feeds=_section(folder / FEEDS_FILE, FeedsConfig),
        topics=_unnamed_as_ours(folder / "topics.yaml", TopicsConfig),
        providers=_section(folder / "providers.yaml", ProvidersConfig),
        tiers=_section(_own_or_ours(folder / "tiers.yaml"), TiersConfig),
        trackers=_section(_own_or_ours(folder / "trackers.yaml"), TrackersConfig),
    )


def load_starter(folder: Path) -> StarterConfig:
    """The feeds to choose from: the operator's list, or ours. Raises ConfigError."""
    return _section(_own_or_ours(folder_read(folder) / STARTER), StarterConfig)


def _unnamed_as_ours(own: Path, section: type[_S]) -> _S:
    """The operator's rules; what the file does not name, or no file, means ours."""
    ours = _section(shipped().config / own.name, section)
    theirs = _section(own, section)
    named = {name: getattr(theirs, name) for name in theirs.model_fields_set}
    return ours.model_copy(update=named)


def _own_or_ours(own: Path) -> Path:
    """The operator's list, or ours if the folder, which may be older than the list, has none."""
    return own if os.path.lexists(own) else shipped().config / own.name


class _Loader(yaml.CSafeLoader):
    """YAML 1.1 without base 60, in which an unquoted 18:00 is the number 1080, and with keys like
    `off` as they are written: they would be false.
    """

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        for key, _ in node.value:
            if key.tag == "tag:yaml.org,2002:bool":
                key.tag = "tag:yaml.org,2002:str"
        return super().construct_mapping(node, deep)


def _number_or_time(loader: _Loader, node: yaml.ScalarNode) -> object:
    """0700 is a time, too: YAML 1.1 has it for the octal number 448."""
    is_time = ":" in node.value or (node.value[0] == "0" and node.value.isdecimal())
    return node.value if is_time and node.value != "0" else loader.construct_yaml_int(node)


_Loader.add_constructor("tag:yaml.org,2002:int", _number_or_time)


@lru_cache(maxsize=32)  # the operator's files are mostly ours, and a reload finds most unchanged
def _values(text: str) -> Any:  # noqa: ANN401 - a YAML document is any value
    return yaml.load(text, Loader=_Loader)  # noqa: S506 - safe


def _section(path: Path, section: type[_S]) -> _S:
    try:
        values = _values(path.read_text(encoding="utf-8-sig"))
    except FileNotFoundError:
        return section()
    except UnicodeDecodeError as error:
        raise ConfigError(str(path), "", "not UTF-8 text; save the file as UTF-8") from error
    except (yaml.YAMLError, ValueError) as error:  # an impossible date is a ValueError
        raise ConfigError(str(path), "", _not_yaml(error)) from error
    except OSError as error:
        raise ConfigError(str(path), "", f"cannot be read: {error.strerror}") from error
    if not isinstance(values, dict | None):
        raise ConfigError(str(path), "", "must be a mapping of keys to values")
    try:
        return section.model_validate(values or {})
    except ValidationError as error:
        raise ConfigError(str(path), *first_fault(error)) from error


def _not_yaml(error: Exception) -> str:
    """The line and its fault, without the parser's names for its input and state."""
    mark = getattr(error, "problem_mark", None)
    where = f" (line {mark.line + 1})" if mark else ""
    problem = getattr(error, "problem", None) or getattr(error, "reason", None) or error
    return f"not YAML{where}: {' '.join(str(problem).split())}"


def first_fault(error: ValidationError) -> tuple[str, str]:
    """The dotted key and the reason of the first fault, never the value, which may be secret."""
    fault = error.errors(include_url=False, include_input=False)[0]
    reason = fault["msg"].removeprefix("Value error, ")
    if fault["type"] == "extra_forbidden":
        reason = "unknown key; is it spelled correctly?"
    return ".".join(str(step) for step in fault["loc"]), reason
