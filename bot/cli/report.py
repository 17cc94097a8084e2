"""broadsheet report: what a reader of a new channel would have got and not got."""

from collections.abc import Sequence
from typing import Annotated, Final

import typer

from bot.cli.opening import empty, opened_with_events, topics_named
from bot.cli.options import (
    AsJson,
    ConfigFolder,
    Database,
    First,
    Last,
    LocalTime,
    Seeds,
    Span,
    Zone,
    run,
    settled,
    span_given,
)
from bot.cli.output import result, result_json
from bot.cli.progress import progress
from bot.digests.editorial_report import EditorialReport
from bot.environment import Places
from bot.errors import UsageError
from bot.render.editorial_report import report_record, report_text
from bot.subscriptions.reporting import Reporting

NO_TOPIC: Final = "No story has a topic, so there is nothing to follow."


def report(
    first: First,
    last: Last,
    topics: Annotated[
        list[str] | None, typer.Argument(metavar="TOPIC", help="Topics to follow; default: all")
    ] = None,
    time: LocalTime = "08:00",
    timezone: Zone = "UTC",
    publishers: Annotated[
        int, typer.Option(min=1, max=1000, help="From how many publishers on an event is big")
    ] = 4,
    as_json: AsJson = False,
    database: Database = None,
    config: ConfigFolder = None,
    seeds: Seeds = None,
) -> None:
    """Report what a reader of a new channel would have got and not got, and why.

    It is one channel that follows all the topics given; without TOPIC, every topic of the archive.
    """
    places = settled(database, config, seeds)
    span = span_given(first, last, time, timezone)
    found = run(_report(places, topics or [], span, publishers))
    if as_json:
        result_json(report_record(found))
    else:
        result(report_text(found))


async def _report(
    places: Places, names: Sequence[str], span: Span, publishers: int
) -> EditorialReport:
    async with opened_with_events(places) as services:
        topics = await topics_named(services, names) or await services.queries.topics()
        if not topics:
            is_empty = await services.queries.is_empty()
            raise UsageError(await empty(services) if is_empty else NO_TOPIC)
        reporting = Reporting(
            services.database, services.previews, services.folding, services.config.digest
        )
        with progress("days replayed") as tell:
            return await reporting.report(topics, span, publishers, tell)
