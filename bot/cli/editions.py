"""broadsheet preview, replay: what a channel would get."""

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any

import typer

from bot.cli.opening import opened_with_events, topics_named
from bot.cli.options import (
    AsJson,
    At,
    ConfigFolder,
    Database,
    First,
    Last,
    LocalTime,
    Seeds,
    Zone,
    run,
    settled,
    span_given,
    time_given,
)
from bot.cli.output import note, result, result_json
from bot.digests.edition import Contents
from bot.digests.replayed import Replayed
from bot.environment import Places
from bot.render.digest import edition_messages
from bot.render.terminal import message_text
from bot.subscriptions.previews import Previews

Names = Annotated[list[str], typer.Argument(metavar="TOPIC", help="Topics to follow")]


class Format(StrEnum):
    """How a preview is printed."""

    TEXT = "text"
    JSON = "json"


def preview(
    topics: Names,
    at: At = None,
    stories: Annotated[int | None, typer.Option(min=1, max=10, help="Most stories to show")] = None,
    sources: Annotated[
        int | None, typer.Option(min=1, max=10, help="Most sources of each story")
    ] = None,
    form: Annotated[Format, typer.Option("--format", help="json: the message bodies")] = (
        Format.TEXT
    ),
    database: Database = None,
    config: ConfigFolder = None,
    seeds: Seeds = None,
) -> None:
    """Show the digest that a new channel following the topics would get."""
    places = settled(database, config, seeds)
    changes = {"stories": stories, "sources": sources}
    given = {name: value for name, value in changes.items() if value is not None}
    contents, shown = run(_preview(places, topics, time_given(at), given))
    bodies = [one.body for one in edition_messages(contents, shown)] if contents else []
    if form is Format.JSON:
        result_json(bodies)
    elif bodies:
        result("\n\n".join(map(message_text, bodies)))
    else:
        note("nothing would be posted: no story of these topics")


async def _preview(
    places: Places, names: Sequence[str], at: datetime | None, given: dict[str, int]
) -> tuple[Contents | None, int]:
    async with opened_with_events(places) as services:
        config = services.config.digest.model_copy(update=given)
        topics = await topics_named(services, names)
        previews = Previews(services.database, services.weighing, config)
        return await previews.preview(topics, at or services.clock.now()), config.sources


def replay(
    topics: Names,
    first: First,
    last: Last,
    time: LocalTime = "08:00",
    timezone: Zone = "UTC",
    as_json: AsJson = False,
    database: Database = None,
    config: ConfigFolder = None,
    seeds: Seeds = None,
) -> None:
    """Show what a new channel would have received, day by day."""
    places = settled(database, config, seeds)
    span = span_given(first, last, time, timezone)

    async def each_day() -> None:
        async with opened_with_events(places) as services:
            wanted = await topics_named(services, topics)
            least = services.config.digest.minimum_heat
            limit = f"minimum heat {least} (minimum_heat in config/digest.yaml)"
            (note if as_json else result)(limit)
            async for replayed in services.previews.replay(wanted, *span):
                _show_day(replayed, least, as_json=as_json)

    run(each_day())


def _show_day(replayed: Replayed, least: int, *, as_json: bool) -> None:
    contents = replayed.contents
    if as_json:
        result_json(_day_record(replayed, least))
        return
    mark = " (from the archive)" if contents and contents.from_archive else ""
    result(f"{replayed.day}{mark}")
    for story in contents.stories if contents else ():
        shown = "unknown" if story.heat is None else story.heat
        result(f"  heat {shown:>7}  {story.article.title}")
    for line in contents.also if contents else ():
        result(f"  also          {line.headline} ({line.publisher})")


def _day_record(replayed: Replayed, least: int) -> dict[str, Any]:
    contents = replayed.contents
    return {
        "date": replayed.day.isoformat(),
        "stories": [
            {
                "id": story.story_id,
                "url": story.article.url,
                "headline": story.article.title,
                "heat": least if story.heat is None else story.heat,
                "archive": contents.from_archive,
                "also": replayed.others[story.story_id],
            }
            for story in contents.stories
        ]
        if contents
        else [],
        "also": [
            {
                "id": line.story_id,
                "url": line.url,
                "headline": line.headline,
                "publisher": line.publisher,
            }
            for line in contents.also
        ]
        if contents
        else [],
    }
