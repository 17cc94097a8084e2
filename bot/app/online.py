"""The bot connected to Discord, with delivery wired to it and the jobs running."""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

from bot import garbage
from bot.app.housekeeping import (
    ask_feeds,
    backup,
    count_words,
    group_broken_off,
    group_recent,
    prune,
    rescan,
)
from bot.app.services import Services, feeds_of, trackers_of
from bot.chat.gateway.client import BroadsheetBot
from bot.chat.gateway.connection import stay_connected, use_endpoints
from bot.chat.rest.publisher import DiscordPublisher
from bot.chat.rest.requests import Rest
from bot.chat.services import ChatServices, Memory
from bot.delivery.arming import Arming
from bot.delivery.circuit_breaker import CircuitBreaker
from bot.delivery.crosspost import Crossposting
from bot.delivery.dispatcher import Dispatcher
from bot.delivery.feed_notices import FeedNotices
from bot.delivery.greeting import Greeting
from bot.delivery.notify import Notices
from bot.delivery.pacer import Pacer
from bot.delivery.planning import Planner
from bot.delivery.presence import Presence
from bot.delivery.publisher import Publisher
from bot.delivery.rate_gate import RateGate
from bot.delivery.recovery import Recovery
from bot.delivery.service import DeliveryService
from bot.delivery.threads import Threads
from bot.environment import DiscordAccount
from bot.errors import BroadsheetError, DatabaseMoved, LostLease
from bot.jobs import Jobs
from bot.library.feed_trial import try_feed
from bot.library.publishers import Publishers
from bot.library.sweep import Sweep
from bot.origins.feeds.client import FeedClient, FetchPolicy, guarded
from bot.origins.feeds.origin import Feeds as FeedsOrigin
from bot.store.membership import ALONE, Budget, Membership
from bot.subscriptions.changes import Changes
from bot.subscriptions.follow import Subscriptions
from bot.subscriptions.on_demand import OnDemand
from bot.subscriptions.settings import Settings
from bot.subscriptions.status import Statuses

logger = logging.getLogger(__name__)

INVALID: Final = (401, 403, 429)
"""The statuses for which Discord bans an address after 10,000 answers in 10 minutes."""


SHARDS_PATIENCE: Final = 300.0
"""Seconds that the bot waits for its last shard before it starts to work for the others."""


@dataclass(frozen=True)
class Online:
    """The bot while it is connected."""

    bot: BroadsheetBot
    jobs: Jobs
    delivery: DeliveryService
    feed_client: FeedClient
    sweep: Sweep
    member: Membership
    connection: "asyncio.Task[None]"


@asynccontextmanager
async def online(
    services: Services,
    account: DiscordAccount,
    memory: Memory | None,
    after_tick: Callable[[], None] = lambda: None,
    policy: FetchPolicy | None = None,
    member: Membership = ALONE,
    *,
    at_work: bool = True,
) -> AsyncIterator[Online]:
    """The bot connected and its jobs running, unless it is not `at_work`; at the end, work in
    flight is finished first. Feeds are asked by `policy`, else as the internet requires. What the
    process may do, as one of several, its `member` says.

    Raises DiscordUnavailable if it cannot log in. If the database is no longer the one that was
    opened, or others have taken its place, the connection ends with DatabaseMoved or LostLease, and
    so does the block.
    """
    use_endpoints(account.api, account.gateway)
    circuit = CircuitBreaker()

    def on_status(status: int) -> None:
        if status in INVALID:
            circuit.refused(services.steady.now())

    bot = BroadsheetBot(memory, on_status, leads=member.leads, budget=member.budget)
    rest = Rest(bot, on_status, member.may_send)
    delivery = delivery_of(services, DiscordPublisher(bot, rest), circuit, member.budget)
    policy = policy or guarded(services.config.feeds.contact)
    client = FeedClient(policy)
    sweep = sweep_of(services, client)
    bot.services = _chat_services(services, delivery, sweep, policy)
    take_lead = _if_it_leads(member, _once(lambda: group_broken_off(services)))
    lost: asyncio.Future[BroadsheetError] = asyncio.get_running_loop().create_future()
    member.told(partial(_set_once, lost))
    jobs = _jobs_of(services, bot, delivery, sweep, member, lost, take_lead, after_tick)
    token = account.token.get_secret_value()
    connection = asyncio.create_task(_first_of(stay_connected(bot, token, member), lost))
    try:
        await _ready(bot, connection)
        await delivery.begin()
        await services.feeds.use_file(feeds_of(services.config.feeds))
        await take_lead()
        async with client:
            if at_work:
                jobs.start()
            try:
                yield Online(bot, jobs, delivery, client, sweep, member, connection)
            finally:
                delivery.dispatcher.stop()
                sweep.stop()
                await asyncio.gather(jobs.stop(), bot.in_flight.finish())
                await delivery.recovery.stop()
    finally:
        await rest.close()
        await bot.close()
        connection.cancel()
        await asyncio.gather(connection, return_exceptions=True)
        if lost.done():  # perhaps only after the connection ended
            raise lost.result()


def _jobs_of(
    services: Services,
    bot: BroadsheetBot,
    delivery: DeliveryService,
    sweep: Sweep,
    member: Membership,
    lost: "asyncio.Future[BroadsheetError]",
    take_lead: Callable[[], Awaitable[None]],
    after_tick: Callable[[], None],
) -> Jobs:
    """The jobs. What ends the bot for good is set as the error of `lost`."""
    once = partial(_if_it_leads, member)
    until = partial(_unless_lost, services, member, lost)
    return Jobs(
        tick=until(lambda: _tick(services, bot, delivery, after_tick, member, take_lead)),
        follow_up=until(delivery.follow_up),
        rescan=partial(_then_look_for_garbage, once(lambda: rescan(services))),
        sweep=once(lambda: sweep_feeds(services, delivery, sweep)),
        backup=lambda: backup(services),
        prune=lambda: prune(services, delivery.presence, bot.knows, member),
        count=once(lambda: count_words(services)),
    )


async def _then_look_for_garbage(work: Callable[[], Awaitable[object]]) -> None:
    """Do some work, if it is this process's; look for garbage in any case."""
    try:
        await work()
    finally:
        garbage.look_now()


def sweep_of(services: Services, client: FeedClient) -> Sweep:
    """Sweeps, wired to a client."""
    origin = FeedsOrigin(services.database)
    return Sweep(services.database, services.ingestion, origin, client, services.clock)


def delivery_of(
    services: Services,
    publisher: Publisher,
    circuit: CircuitBreaker,
    budget: Budget | None = None,
) -> DeliveryService:
    """Delivery, wired to a publisher. `budget` is what several processes share."""
    database, clock, steady, config = (
        services.database,
        services.clock,
        services.steady,
        services.config,
    )
    pacer = Pacer(config.delivery.messages_per_second, budget)
    gate = RateGate(pacer, circuit, steady)
    planner = Planner(database, services.weighing, config.digest, config.delivery)
    following = (database, publisher, gate, clock, steady, services.plausibility)
    return DeliveryService(
        planner=planner,
        dispatcher=Dispatcher(database, publisher, gate, clock),
        notices=Notices(database, publisher, gate, clock),
        feed_notices=FeedNotices(database, publisher, gate, clock),
        crossposting=Crossposting(*following),
        threads=Threads(*following),
        greeting=Greeting(database, publisher, gate, clock),
        recovery=Recovery(database, publisher, gate, planner, clock, trackers_of(config)),
        presence=Presence(database, planner, clock),
        arming=Arming(database, planner, clock),
        pacer=pacer,
        clock=clock,
    )


def _chat_services(
    services: Services, delivery: DeliveryService, sweep: Sweep, policy: FetchPolicy
) -> ChatServices:
    database, clock = services.database, services.clock
    planner, arming = delivery.planner, delivery.arming
    statuses = Statuses(database, planner)
    return ChatServices(
        queries=services.queries,
        publishers=Publishers(database),
        subscriptions=Subscriptions(database, arming, statuses, clock),
        settings=Settings(database, arming, statuses, clock),
        changes=Changes(database, arming, statuses, clock),
        statuses=statuses,
        on_demand=OnDemand(database, planner, delivery.dispatcher, clock),
        previews=services.previews,
        reasons=services.reasons,
        feeds=services.feeds,
        ask_feeds=partial(ask_feeds, services, sweep),
        try_feed=lambda url: try_feed(url, policy, services.clock.now()),
        presence=delivery.presence,
        clock=clock,
        sources=services.config.digest.sources,
    )


def _unless_lost(
    services: Services,
    member: Membership,
    lost: "asyncio.Future[BroadsheetError]",
    work: Callable[[], Awaitable[None]],
) -> Callable[[], Awaitable[None]]:
    """Work that is not begun while others may have taken this process's place, nor if the database
    is not the opened one any more; sets `lost` then.
    """

    async def guarded() -> None:
        if not member.may_send():
            return
        try:
            services.database.refuse_moved()
            await work()
        except (DatabaseMoved, LostLease) as error:
            _set_once(lost, error)

    return guarded


def _set_once(lost: "asyncio.Future[BroadsheetError]", error: BroadsheetError) -> None:
    if not lost.done():
        lost.set_result(error)


def _if_it_leads(
    member: Membership, work: Callable[[], Awaitable[None]]
) -> Callable[[], Awaitable[None]]:
    """Work that only one of several processes does."""

    async def guarded() -> None:
        if member.leads():
            await work()

    return guarded


def _once(work: Callable[[], Awaitable[None]]) -> Callable[[], Awaitable[None]]:
    """Work that is done once, however often it is asked for."""
    done = False

    async def guarded() -> None:
        nonlocal done
        if not done:
            await work()
            done = True

    return guarded


async def _first_of(
    work: Coroutine[Any, Any, None], lost: "asyncio.Future[BroadsheetError]"
) -> None:
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
    """Wait until the bot knows its servers, but at most SHARDS_PATIENCE for a shard that stays
    away. Raises the error that ended the connection, if it did.
    """
    ready = asyncio.create_task(bot.knows_its_servers.wait())
    either = {ready, connection}
    try:
        while True:
            first = asyncio.FIRST_COMPLETED
            done, _ = await asyncio.wait(either, timeout=SHARDS_PATIENCE, return_when=first)
            if done or not bot.absences.seconds():  # while all are away there is no work
                break
    finally:
        ready.cancel()
    if connection.done():
        connection.result()
    if missing := bot.missing_shards():
        count = bot.shard_count
        logger.warning("shards %s of %d are not up yet; their servers wait", missing, count)


async def sweep_feeds(services: Services, delivery: DeliveryService, sweep: Sweep) -> None:
    """Ask the feeds that are due, and tell the owner which of them fail."""
    await ask_feeds(services, sweep)
    await delivery.feed_notices.tell()


async def _tick(
    services: Services,
    bot: BroadsheetBot,
    delivery: DeliveryService,
    after: Callable[[], None],
    member: Membership,
    take_lead: Callable[[], Awaitable[None]],
) -> None:
    await take_lead()
    if member.leads():
        await group_recent(services)
        if not bot.registered:
            await bot.register()
    async with services.planning:
        await delivery.bring_out()
    after()


async def end_of(connection: "asyncio.Task[None]") -> None:
    """Wait for the end of the connection, and raise its error. Cancelling this does not end the
    connection: work in flight still needs it.
    """
    await asyncio.wait((connection,))
    connection.result()
