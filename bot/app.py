"""The composition root: opens, wires and closes everything; nothing below makes its own tools."""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Sequence
from contextlib import asynccontextmanager, nullcontext
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

from bot.chat.gateway.client import BroadsheetBot
from bot.chat.gateway.connection import stay_connected, use_endpoints
from bot.chat.rest.publisher import DiscordPublisher
from bot.chat.rest.requests import Rest
from bot.chat.services import ChatServices, Memory
from bot.clock import Clock, SteadyClock, SystemClock
from bot.config import DEFAULT_CONFIG, DEFAULT_SEEDS, Config, folder_read, load_config, unmade
from bot.delivery.arming import Arming
from bot.delivery.circuit_breaker import CircuitBreaker
from bot.delivery.crosspost import Crossposting
from bot.delivery.dispatcher import Dispatcher
from bot.delivery.notify import Notices
from bot.delivery.pacer import Pacer
from bot.delivery.planning import Planner
from bot.delivery.presence import Presence
from bot.delivery.publisher import Publisher
from bot.delivery.rate_gate import RateGate
from bot.delivery.recovery import Recovery
from bot.delivery.service import DeliveryService
from bot.environment import DiscordAccount, Places
from bot.errors import ConfigError, DatabaseMoved, MassWithdrawal
from bot.jobs import Jobs
from bot.library.explanations import Reasons
from bot.library.ingest import Ingestion, IngestReport, Shown, logged
from bot.library.queries import Queries
from bot.library.retention import Retention
from bot.origins.files.folders import Rejection
from bot.origins.files.rejection_log import Rejected
from bot.store import facts
from bot.store.copying import back_up_daily
from bot.store.database import Database, open_database
from bot.store.faults import refuse_damage, refuse_lost
from bot.store.lock import only_bot_on
from bot.store.plausible import Plausibility
from bot.stories.owners import Owners
from bot.stories.urls import Trackers
from bot.subscriptions.follow import Subscriptions
from bot.subscriptions.on_demand import OnDemand
from bot.subscriptions.previews import Previews
from bot.subscriptions.settings import Settings
from bot.subscriptions.status import Statuses
from bot.systemd import Systemd

logger = logging.getLogger(__name__)

INVALID: Final = (401, 403, 429)
"""Answers of which 10,000 in 10 minutes make Discord ban the address."""
FIRST_SCAN_PATIENCE: Final = 1.0
"""Seconds that the bot waits for new story files before it comes online."""
SHARDS_PATIENCE: Final = 300.0
"""Seconds that the bot waits for its last shard before it goes to work for the others."""
CHECK_PATIENCE: Final = 0.5
"""Seconds that the bot waits for the check of its database before it goes on beside it."""


@dataclass
class Services:
    """All that needs no Discord, wired. `steady` is the clock of short waits. `planning` is held
    while a tick runs, and while config/ is taken over.
    """

    places: Places
    config: Config
    clock: Clock
    steady: Clock
    database: Database
    plausibility: Plausibility
    ingestion: Ingestion
    retention: Retention
    queries: Queries
    previews: Previews
    reasons: Reasons
    planning: asyncio.Lock = field(default_factory=asyncio.Lock)
    rejected: Rejected = field(default_factory=Rejected)

    def configure(self, config: Config) -> None:
        """Work by another config/ from now on; what is ranked anew is, with the next rescan."""
        self.config = config
        self.ingestion.configure(owners_of(config), trackers_of(config), _keep(config))
        self.retention.keep = _keep(config)
        self.queries.configure(config.topics.aliases)
        self.previews.configure(config.digest)
        self.reasons.minimum_heat = config.digest.minimum_heat


def owners_of(config: Config) -> Owners:
    """Who owns whom, as config/ says."""
    return Owners(config.providers.owner_by_domain(), frozenset(config.providers.aggregators))


def trackers_of(config: Config) -> Trackers:
    """The trackers that a configuration lists."""
    return Trackers(config.trackers.everywhere, config.trackers.at)


def _keep(config: Config) -> timedelta | None:
    days = config.archive.keep_days
    return None if days is None else timedelta(days=days)


@dataclass(frozen=True)
class Online:
    """The bot while it is connected."""

    bot: BroadsheetBot
    jobs: Jobs
    delivery: DeliveryService
    connection: "asyncio.Task[None]"


@asynccontextmanager
async def open_services(
    places: Places,
    clock: Clock | None = None,
    shown: Shown = logged,
    admit: Callable[[Path], None] = refuse_lost,
) -> AsyncIterator[Services]:
    """Read config/, open the database, and wire what works on them.

    Addresses that an earlier version kept are brought in line before anything is read, `shown` as
    long as that lasts. `admit` raises DatabaseError for a database that is not to be made. `clock`
    moves everything but the dates that story files may have. Raises ConfigError and DatabaseError.
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
        ingestion = Ingestion(
            database, owners_of(config), trackers_of(config), SystemClock(), places.seeds, keep
        )
        await ingestion.readdress_if_version_changed(shown)
        yield Services(
            places=places,
            config=config,
            clock=clock,
            steady=steady,
            database=database,
            plausibility=plausibility,
            ingestion=ingestion,
            retention=Retention(database, clock, keep),
            queries=Queries(database, config.topics.aliases),
            previews=Previews(database, config.digest),
            reasons=Reasons(database, config.digest.minimum_heat),
        )
    finally:
        await database.close()


@asynccontextmanager
async def online(
    services: Services,
    account: DiscordAccount,
    memory: Memory | None,
    after_tick: Callable[[], None] = lambda: None,
) -> AsyncIterator[Online]:
    """The bot connected and its jobs running; at the end what is in flight ends first.

    Raises DiscordUnavailable where it cannot log in. Where the database is not the one that was
    opened any more, the connection ends with DatabaseMoved, and so does the block.
    """
    use_endpoints(account.api, account.gateway)
    circuit = CircuitBreaker()

    def on_status(status: int) -> None:
        if status in INVALID:
            circuit.refused(services.steady.now())

    bot = BroadsheetBot(memory, on_status)
    rest = Rest(bot, on_status)
    delivery = delivery_of(services, DiscordPublisher(bot, rest), circuit)
    bot.services = _chat_services(services, delivery)
    lost: asyncio.Future[DatabaseMoved] = asyncio.get_running_loop().create_future()
    jobs = Jobs(
        tick=_unless_lost(services, lost, lambda: _tick(services, delivery, after_tick)),
        publish=_unless_lost(services, lost, delivery.crossposting.publish_open),
        rescan=lambda: rescan(services),
        backup=lambda: backup(services),
        prune=lambda: prune(services, delivery.presence, bot.knows),
    )
    connection = asyncio.create_task(
        _first_of(stay_connected(bot, account.token.get_secret_value()), lost)
    )
    try:
        await _ready(bot, connection)
        await delivery.begin()
        jobs.start()
        try:
            yield Online(bot, jobs, delivery, connection)
        finally:
            delivery.dispatcher.stop()
            await asyncio.gather(jobs.stop(), bot.in_flight.finish())
            await delivery.recovery.stop()
    finally:
        await rest.close()
        await bot.close()
        connection.cancel()
        await asyncio.gather(connection, return_exceptions=True)
        if lost.done():  # perhaps only now, when the connection was over
            raise lost.result()


def delivery_of(
    services: Services, publisher: Publisher, circuit: CircuitBreaker
) -> DeliveryService:
    """Delivery, wired to a publisher."""
    database, clock, steady, config = (
        services.database,
        services.clock,
        services.steady,
        services.config,
    )
    pacer = Pacer(config.delivery.messages_per_second)
    gate = RateGate(pacer, circuit, steady)
    planner = Planner(database, config.digest, config.delivery)
    return DeliveryService(
        planner=planner,
        dispatcher=Dispatcher(database, publisher, gate, clock),
        notices=Notices(database, publisher, gate, clock),
        crossposting=Crossposting(database, publisher, gate, clock, steady, services.plausibility),
        recovery=Recovery(database, publisher, gate, planner, clock, trackers_of(config)),
        presence=Presence(database, planner, clock),
        arming=Arming(database, planner, clock),
        pacer=pacer,
        clock=clock,
    )


def _chat_services(services: Services, delivery: DeliveryService) -> ChatServices:
    database, clock = services.database, services.clock
    planner, arming = delivery.planner, delivery.arming
    statuses = Statuses(database, planner)
    return ChatServices(
        queries=services.queries,
        subscriptions=Subscriptions(database, arming, statuses, clock),
        settings=Settings(database, arming, statuses, clock),
        statuses=statuses,
        on_demand=OnDemand(database, planner, delivery.dispatcher, clock),
        previews=services.previews,
        reasons=services.reasons,
        presence=delivery.presence,
        clock=clock,
        sources=services.config.digest.sources,
    )


def _unless_lost(
    services: Services, lost: "asyncio.Future[DatabaseMoved]", work: Callable[[], Awaitable[None]]
) -> Callable[[], Awaitable[None]]:
    """Work that is not begun where the database is not the one that was opened; `lost` says so."""

    async def guarded() -> None:
        try:
            services.database.refuse_moved()
            await work()
        except DatabaseMoved as error:
            if not lost.done():
                lost.set_result(error)

    return guarded


async def _first_of(work: Coroutine[Any, Any, None], lost: "asyncio.Future[DatabaseMoved]") -> None:
    """Do the work until it ends or `lost` has an error, which is raised."""
    task = asyncio.create_task(work)
    try:
        await asyncio.wait((task, lost), return_when=asyncio.FIRST_COMPLETED)
        if lost.done():
            raise lost.result()
        task.result()
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def _ready(bot: BroadsheetBot, connection: "asyncio.Task[None]") -> None:
    """Wait for the bot to know its servers, for those of a shard that stays away only so long.
    Raises what ended the connection instead.
    """
    ready = asyncio.create_task(bot.knows_its_servers.wait())
    either = {ready, connection}
    try:
        while True:
            first = asyncio.FIRST_COMPLETED
            done, _ = await asyncio.wait(either, timeout=SHARDS_PATIENCE, return_when=first)
            if done or not bot.absences.seconds():  # as long as all are away there is no work
                break
    finally:
        ready.cancel()
    if connection.done():
        connection.result()
    if missing := bot.missing_shards():
        count = bot.shard_count
        logger.warning("shards %s of %d are not up yet; what is for them waits", missing, count)


async def _tick(services: Services, delivery: DeliveryService, after: Callable[[], None]) -> None:
    async with services.planning:
        await delivery.bring_out()
    after()


async def reload(services: Services, bot: Online) -> None:
    """Read config/ again; it holds from now on. Raises ConfigError, and then the old one stays.

    The log says what changed. Where trackers did, stories that are one by them become one before
    anything more is planned. What else follows for stories is done by a rescan, beside the ticks.
    Raises DatabaseError.
    """
    if unmade(
        services.places.config, DEFAULT_CONFIG
    ):  # at a start that means ours, here it is gone
        raise ConfigError(str(services.places.config), "", "no such folder; put it back")
    config = await asyncio.to_thread(load_config, services.places.config)
    changed = [name for name in Config.model_fields if _differs(config, services.config, name)]
    logger.info("config/ was read again; changed: %s", ", ".join(changed) or "nothing")
    readdressed = config.trackers != services.config.trackers
    # A load that is under way still goes by the former trackers.
    idle = services.ingestion.loading if readdressed else nullcontext()
    async with idle, services.planning:
        services.configure(config)
        bot.bot.services.sources = config.digest.sources
        bot.delivery.recovery.trackers = trackers_of(config)
        await bot.delivery.configure(config)
        if readdressed:
            await services.ingestion.readdress_if_rules_changed()
    await rescan(services)


def _differs(one: Config, other: Config, section: str) -> bool:
    return bool(getattr(one, section) != getattr(other, section))


@asynccontextmanager
async def _reloading(services: Services, bot: Online, asked: asyncio.Event) -> AsyncIterator[None]:
    """A block during which config/ is read again whenever that is asked for."""

    async def reloads() -> None:
        while True:
            await asked.wait()
            asked.clear()
            try:
                await reload(services, bot)
            except ConfigError as error:
                logger.warning("the former config/ stays: %s", error)
            except Exception:
                logger.exception("config/ is not wholly taken over")

    task = asyncio.create_task(reloads())
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def rescan(services: Services) -> None:
    """Load what is new in the seeds folder; the log names each version of a rejected file once."""
    if unmade(services.places.seeds, DEFAULT_SEEDS):
        logger.warning("there is no %s: no story file is read from it", services.places.seeds)
        return
    try:
        report = await services.ingestion.rescan()
    except MassWithdrawal as error:
        logger.warning("%s", error)
        return
    new = await asyncio.to_thread(services.rejected.new, report.rejections)
    log_report(report, new)


async def prune(services: Services, presence: Presence, knows: Callable[[int], bool]) -> None:
    """Prune stories that are too old to be kept, and what servers and channels left behind, of
    which, by their ids, the bot knows whether it is in them; while the clock is not plausible
    nothing.
    """
    if not await services.plausibility.holds():
        return
    await presence.purge(knows)
    pruned = await services.retention.prune()
    if pruned:
        logger.info("stories pruned: %d, older than %s", pruned, services.retention.keep)


async def backup(services: Services) -> None:
    """Make this day's copy of the database where it is missing, and say so in the log. While the
    clock is not plausible no older one is deleted.
    """
    keep, path, now = (
        services.config.archive.backups,
        services.places.database,
        services.clock.now(),
    )
    rotate = await services.plausibility.holds()
    made = await asyncio.to_thread(back_up_daily, path, now, keep, rotate=rotate)
    if made:
        logger.info("backup %s", made)


def log_report(report: IngestReport, new: Sequence[Rejection]) -> None:
    """Say in the log what a load did, if it did anything; of rejections the `new` ones are named,
    the others counted.
    """
    if report.new or report.changed:
        text = "loaded %d new and %d changed story files"
        logger.info(text, report.new, report.changed)
    if report.without_topics:
        text = "story files without topics, whose stories no digest will ever have: %d"
        logger.warning(text, report.without_topics)
    if report.withdrawn:
        logger.info("stories withdrawn, since no file carries them any more: %d", report.withdrawn)
    for line in disagreements(report):
        logger.warning("%s", line)
    for rejection in new:
        logger.warning("rejected %s: %s", rejection.file, rejection.sentence)
    if before := len(report.rejections) - len(new):
        logger.info("rejected as before: %d", before)


def disagreements(report: IngestReport) -> list[str]:
    """A line for each story that files tell with different headlines."""
    return [
        f"{shown} and {', '.join(others)} have one address but different headlines:"
        " the file that was written last is shown"
        for shown, *others in report.disagreeing.values()
    ]


async def run(
    places: Places, account: DiscordAccount, reloads: asyncio.Event | None = None
) -> None:
    """The bot on Discord, until it is cancelled or the connection ends for good. Whenever `reloads`
    is set config/ is read again.

    Raises DatabaseError (also where a bot runs on that database already), DiscordUnavailable.
    """
    log_places(places)
    systemd = Systemd()
    with only_bot_on(places.database):
        async with (
            open_services(places) as services,
            undamaged(places.database),
            _readdressed(services),
            _first_scan(services),
            online(services, account, _Facts(services.database)) as bot,
            systemd.watching(),
            _reloading(services, bot, reloads or asyncio.Event()),
        ):
            status = f"online as {bot.bot.user} in {len(bot.bot.guilds)} servers"
            logger.info("%s", status)
            systemd.tell("READY=1", f"STATUS={status}")
            await end_of(bot.connection)


@asynccontextmanager
async def undamaged(database: Path) -> AsyncIterator[None]:
    """A block that ends with DatabaseError when the database is found to be damaged.

    The check is over before it begins, but for a database so large (some hundred MB) that it takes
    longer than CHECK_PATIENCE: then it goes on beside the block, in its thread.
    """
    here = asyncio.current_task()
    check = asyncio.create_task(asyncio.to_thread(refuse_damage, database))
    await asyncio.wait((check,), timeout=CHECK_PATIENCE)
    if check.done():
        check.result()
    check.add_done_callback(lambda done: _failed(done) and here and here.cancel())
    try:
        yield
    except asyncio.CancelledError:
        if _failed(check):
            check.result()
        raise
    finally:
        check.cancel()


def _failed(task: "asyncio.Task[None]") -> bool:
    return task.done() and not task.cancelled() and task.exception() is not None


@asynccontextmanager
async def _readdressed(services: Services) -> AsyncIterator[None]:
    """Other trackers make other addresses: before anything is planned."""
    await services.ingestion.readdress_if_rules_changed()
    yield


@asynccontextmanager
async def _first_scan(services: Services) -> AsyncIterator[None]:
    """The first rescan. Few new files are there before the first answer, many do not delay it."""
    scan = asyncio.create_task(rescan(services))
    try:
        await asyncio.wait((scan,), timeout=FIRST_SCAN_PATIENCE)
        if scan.done():
            scan.result()
        scan.add_done_callback(_log_failure)
        yield
    finally:
        scan.cancel()
        await asyncio.gather(scan, return_exceptions=True)


def _log_failure(scan: "asyncio.Task[None]") -> None:
    if not scan.cancelled() and scan.exception():
        logger.error("the first rescan failed: %s", scan.exception())


async def end_of(connection: "asyncio.Task[None]") -> None:
    """Wait for the end of the connection, whose error is raised; being cancelled does not end it:
    what is in flight still needs it.
    """
    await asyncio.wait((connection,))
    connection.result()


def log_places(places: Places) -> None:
    """Say in the log which files are used."""
    logger.info("database %s, seeds %s, config %s", places.database, places.seeds, places.config)
    if folder_read(places.config) != places.config:
        text = "there is no %s: the defaults of %s are used; broadsheet init writes a copy to edit"
        logger.info(text, places.config, folder_read(places.config))


class _Facts:
    """The bot's memory, in the database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def read(self, name: str) -> str | None:
        async with self._database.reading() as db:
            return await facts.read_fact(db, name)

    async def write(self, name: str, value: str) -> None:
        async with self._database.writing() as db:
            await facts.write_fact(db, name, value)
