"""Everything that does not need Discord: config/ read, the database opened, services wired."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta

from bot.clock import Clock, SteadyClock, SystemClock
from bot.config import FEEDS_FILE, Config, FeedsConfig, load_config, load_starter
from bot.delivery.weighing import Weighing
from bot.environment import Places
from bot.errors import ConfigError
from bot.library.explanations import Reasons
from bot.library.feeds import Feeds
from bot.library.folding import Folding
from bot.library.ingest import Ingestion
from bot.library.pins import Pins
from bot.library.queries import Queries
from bot.library.retention import Retention
from bot.library.rule_changes import Shown, logged
from bot.library.snapshot import current_frequencies
from bot.origins.files.origin import SeedsFolder
from bot.origins.files.rejection_log import Rejected
from bot.store.database import Database
from bot.store.opening import Admit, open_database, refuse_lost
from bot.store.plausible import Plausibility
from bot.stories.feeds import FeedSettings
from bot.stories.frequencies import Frequencies, shipped
from bot.stories.junk import Junk, JunkRule, JunkRules
from bot.stories.lexicon import Lexicon
from bot.stories.owners import Owners
from bot.stories.ranking import Rules
from bot.stories.urls import Trackers
from bot.subscriptions.previews import Previews

logger = logging.getLogger(__name__)


@dataclass
class Services:
    """The services that do not need Discord. `steady` is the clock for short waits. `planning` is
    held while a tick runs and while config/ is reloaded.
    """

    places: Places
    config: Config
    clock: Clock
    steady: Clock
    database: Database
    plausibility: Plausibility
    ingestion: Ingestion
    feeds: Feeds
    pins: Pins
    retention: Retention
    queries: Queries
    previews: Previews
    reasons: Reasons
    folding: Folding
    weighing: Weighing
    planning: asyncio.Lock = field(default_factory=asyncio.Lock)
    rejected: Rejected = field(default_factory=Rejected)

    def configure(self, config: Config) -> None:
        """Use another config/ from now on; the next rescan ranks again whatever it affects."""
        self.config = config
        self.use(rules_of(config, self.ingestion.rules.ranking.frequencies))
        self.ingestion.configure(trackers_of(config), _keep(config))
        self.retention.keep = _keep(config)
        self.queries.configure(config.topics.aliases, expected_topics(self.places, config))
        self.previews.configure(config.digest)
        self.reasons.config = config.digest

    def use(self, rules: Rules) -> None:
        """Rank and compare by these rules from now on."""
        self.ingestion.rules.ranking = self.retention.rules = self.folding.rules = rules


def rules_of(config: Config, frequencies: Frequencies | None = None) -> Rules:
    """The rules of ranking, by config/ and by these counts of words, or by those that ship."""
    owners = Owners(config.providers.owner_by_domain(), frozenset(config.providers.aggregators))
    lexicon = Lexicon(config.topics.phrases, config.topics.aliases)
    tiers = config.tiers.by_domain()
    return Rules(owners, frequencies or shipped(), junk_of(config), tiers, lexicon)


def junk_of(config: Config) -> JunkRules:
    """What is no news, by config/."""
    listed = config.editorial
    by_kind = {
        Junk.MARKET_RESEARCH: listed.market_research,
        Junk.DEAL: listed.deal,
        Junk.PRESS_RELEASE: listed.press_release,
    }
    return JunkRules(
        {
            kind: tuple(JunkRule(rule.title, rule.text, tuple(rule.pages)) for rule in rules)
            for kind, rules in by_kind.items()
        },
        listed.boilerplate,
    )


def trackers_of(config: Config) -> Trackers:
    """The trackers that a configuration lists."""
    return Trackers(config.trackers.everywhere, config.trackers.at)


def feeds_of(config: FeedsConfig) -> list[FeedSettings]:
    """The feeds that config/feeds.yaml lists."""
    return [
        FeedSettings(one.url, one.provider, tuple(one.topics), one.tier, one.language, one.off)
        for one in config.feeds
    ]


def expected_topics(places: Places, config: Config) -> list[str]:
    """The topics that config/ names, which may get stories."""
    try:
        starter = load_starter(places.config).topics
    except ConfigError as error:
        logger.warning("%s", error)
        starter = {}
    return [*starter, *config.topics.aliases, *config.topics.phrases]


def _keep(config: Config) -> timedelta | None:
    days = config.archive.keep_days
    return None if days is None else timedelta(days=days)


@asynccontextmanager
async def open_services(
    places: Places,
    clock: Clock | None = None,
    shown: Shown = logged,
    admit: Admit = refuse_lost,
) -> AsyncIterator[Services]:
    """Read config/, open the database, and wire the services that use them.

    Addresses stored by an earlier version are recomputed before anything is read; `shown` shows the
    progress. `admit` raises DatabaseError for a database that must not be created. `clock` is used
    for everything except the limit on story files' dates. Raises ConfigError and DatabaseError.
    """
    config = load_config(places.config)
    keep = _keep(config)
    steady = clock or SteadyClock()
    clock = clock or SystemClock()
    admit(places.database)
    database = await open_database(places.database)
    plausibility = Plausibility(database, SystemClock())
    try:
        await plausibility.begin()
        watched = [SeedsFolder(places.seeds)]
        async with database.reading() as db:
            rules = rules_of(config, await current_frequencies(db))
        ingestion = Ingestion(database, rules, trackers_of(config), SystemClock(), watched, keep)
        folding = Folding(rules)
        weighing = Weighing(folding)
        await ingestion.rules.readdress_if_version_changed(shown)
        yield Services(
            places=places,
            config=config,
            clock=clock,
            steady=steady,
            database=database,
            plausibility=plausibility,
            ingestion=ingestion,
            feeds=Feeds(database, clock, places.config / FEEDS_FILE, ingestion.rules),
            pins=Pins(database, ingestion.grouping, ingestion.rules, clock),
            retention=Retention(database, clock, keep, rules),
            queries=Queries(database, config.topics.aliases, expected_topics(places, config)),
            previews=Previews(database, weighing, config.digest),
            reasons=Reasons(database, config.digest),
            folding=folding,
            weighing=weighing,
        )
    finally:
        await database.close()
