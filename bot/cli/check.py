"""broadsheet check: what is wrong, and how to fix it."""

import asyncio
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import typer

from bot.app.services import feeds_of, rules_of, trackers_of
from bot.cli.options import ConfigFolder, Database, Seeds, run, settled
from bot.cli.output import result
from bot.clock import SystemClock
from bot.config import FEEDS_FILE, Config, folder_read, load_config
from bot.database_url import DatabaseAddress, DatabaseUrl
from bot.delivery.unreadable_rows import unknown_rows
from bot.digests.setting_values import quantity
from bot.environment import (
    DISCORD_VARIABLES,
    Places,
    discord_account,
    read_environment,
    unit_credential,
)
from bot.errors import BroadsheetError, DatabaseError
from bot.library.feeds import SortedOut, sorted_out
from bot.origins.files.examination import examine
from bot.origins.files.storyfile import SUFFIXES
from bot.origins.outcomes import Reader
from bot.render.feed_health import health
from bot.render.terminal import FEEDS, counted, out_of_reach
from bot.store.facts import unreadable_moments
from bot.store.feeds import all_feeds
from bot.store.opening import NEWEST, about_server, idle_shards, looked_into, refuse_lost, schema_of
from bot.store.sqlite.backups import newest_good
from bot.stories.feeds import Feed

NO_FEEDS = (
    "none, so stories come from story files alone; to have news found, choose some with:"
    " broadsheet feeds starter"
)
STORY_FILES = ("story file", "story files")


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of the report."""

    subject: str
    fine: bool
    text: str


def check(database: Database = None, config: ConfigFolder = None, seeds: Seeds = None) -> None:
    """Check configuration, database, feeds, seeds and token: what is wrong and how to fix it."""
    places = settled(database, config, seeds)
    if not run(_report(places, read_environment(DISCORD_VARIABLES))):
        raise typer.Exit(1)


async def _report(places: Places, environment: Mapping[str, str]) -> bool:
    """Print every finding; True if all is well."""
    fine = True
    async for finding in _findings(places, environment):
        result(f"{'ok   ' if finding.fine else 'FAULT'} {finding.subject}: {finding.text}")
        fine = fine and finding.fine
    return fine


async def _findings(places: Places, environment: Mapping[str, str]) -> AsyncIterator[Finding]:
    config = Config()
    try:
        config = load_config(places.config)
        yield Finding("config", True, _settings(places.config))
    except BroadsheetError as error:
        yield Finding("config", False, str(error))
    yield await _database(places)
    async for finding in _rows(places):
        yield finding
    stored, listed = await _stored_feeds(places), sorted_out(feeds_of(config.feeds))
    for finding in _feeds(places.config / FEEDS_FILE, stored, listed):
        yield finding
    async for finding in _seeds(places, config, needed=not (stored or listed.usable)):
        yield finding
    yield await _token(environment)


def _settings(config: Path) -> str:
    used = folder_read(config)
    return f"{used}" if used == config else f"{config} does not exist; using the defaults in {used}"


async def _database(places: Places) -> Finding:
    address = places.database
    try:
        await asyncio.to_thread(refuse_lost, address)
        schema = await schema_of(address)
        if not schema:
            new = f"the tables in {address}" if isinstance(address, DatabaseUrl) else str(address)
            return Finding("database", True, f"{new} will be created at the first start")
        backup = await asyncio.to_thread(_newest_backup, address)
        about = await about_server(address, SystemClock().now()) if schema == NEWEST else []
    except DatabaseError as error:
        return Finding("database", False, str(error))
    return Finding("database", True, "; ".join((f"{address}", _age(schema), *about, backup)))


async def _rows(places: Places) -> AsyncIterator[Finding]:
    """Shards that nobody runs, and the rows that the bot would set aside; other faults of the
    database are reported before.
    """
    with suppress(BroadsheetError):
        address, config = places.database, load_config(places.config)
        if await schema_of(address) != NEWEST:
            return
        if idle := await idle_shards(address):
            text = f"{idle}: no process runs this; start one whose BROADSHEET_SHARDS has it"
            yield Finding("shards", False, text)
        async with looked_into(address) as db:
            found = await unknown_rows(db, config.digest)
            notes = await unreadable_moments(db)
        for line in found:
            yield Finding("digests", False, line)
        for name in notes:
            text = f"its note {name} cannot be read; the bot goes on as if there were none"
            yield Finding("database", False, text)


def _age(schema: int) -> str:
    """A schema's number, and whether it will be upgraded."""
    will = "" if schema == NEWEST else f", will be {NEWEST} at the next start"
    return f"schema {schema}{will}"


def _newest_backup(database: DatabaseAddress) -> str:
    if not isinstance(database, Path):
        return "back it up with pg_dump"
    newest = newest_good(database)
    if newest is None:
        return "no good backup yet; make one with: broadsheet backup"
    age = SystemClock().now().timestamp() - newest.stat().st_mtime
    return f"newest good backup {newest.name}, {quantity(max(0, int(age)) // 3600, 'hour')} old"


def _feeds(file: Path, stored: Sequence[Feed], listed: SortedOut) -> Iterator[Finding]:
    for error in listed.refused:
        yield Finding("feeds", False, f"{file}: {error}")
    known = {one.key for one in stored}
    new = [one.settings for one in listed.usable if one.key not in known]
    there = [*new, *(one.settings for one in stored)]
    off = sum(one.off for one in there)
    if there:
        count = counted(len(there), FEEDS)
        yield Finding("feeds", True, f"{count}, {off} of them off" if off else count)
    elif not listed.refused:
        yield Finding("feeds", True, NO_FEEDS)
    now = SystemClock().now()
    for feed in stored:
        if feed.state.fault and not feed.settings.off:
            yield _fault(feed, now)


def _fault(feed: Feed, now: datetime) -> Finding:
    """A feed that failed; it is only a fault if it is paused, since others may answer soon."""
    url, paused = feed.settings.url, feed.state.paused
    advice = f"; to give it up: broadsheet feeds off {url}" if paused else ""
    return Finding("feeds", not paused, f"{url}: {health(feed, now)}{advice}")


async def _stored_feeds(places: Places) -> list[Feed]:
    """Those of the database; none if it cannot be read, which is told before."""
    with suppress(BroadsheetError):
        if await schema_of(places.database) == NEWEST:
            async with looked_into(places.database) as db:
                return await all_feeds(db)
    return []


async def _seeds(places: Places, config: Config, *, needed: bool) -> AsyncIterator[Finding]:
    least = config.digest.minimum_heat
    try:
        reader = Reader(rules_of(config), trackers_of(config), SystemClock().now())
        found = await asyncio.to_thread(examine, [places.seeds], reader, least)
    except BroadsheetError as error:
        begin = "" if places.seeds.exists() else "; to begin with one: broadsheet init"
        yield Finding("seeds", False, f"{error}{begin}")
        return
    for rejection in found.rejections:
        yield Finding("seeds", False, f"{rejection.file}: {rejection.sentence}")
    if found.read == 0:
        text = f"{places.seeds} holds no story file ({', '.join(SUFFIXES)})"
        yield Finding("seeds", not needed, text)
    elif not found.rejections:
        yield Finding("seeds", True, f"{counted(found.read, STORY_FILES)} in {places.seeds}")
    for line in out_of_reach(found.without_topics, found.cold, least, STORY_FILES):
        yield Finding("seeds", True, line)


async def _token(environment: Mapping[str, str]) -> Finding:
    # Loaded here, so that the commands that ask nothing of Discord start without its library.
    from bot.chat.gateway.connection import check_token, use_endpoints  # noqa: PLC0415

    credential = unit_credential(environment)
    if credential:
        text = f"{credential} is a credential that only the unit is given, so it was not tried"
        return Finding("token", True, text)
    try:
        account = discord_account(environment)
        use_endpoints(account.api, account.gateway)
        name = await check_token(account.token.get_secret_value())
    except BroadsheetError as error:
        return Finding("token", False, str(error))
    return Finding("token", True, f"it belongs to {name}")
