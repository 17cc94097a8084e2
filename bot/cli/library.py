"""broadsheet ingest, prune, topics, topic, story: fill the archive and look into it."""

from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any

import typer

from bot.app.services import Services
from bot.cli.opening import group_left, nothing_found, opened, topics_named
from bot.cli.options import AsJson, ConfigFolder, Database, Seeds, run, settled
from bot.cli.output import note, result, result_json
from bot.cli.progress import progress
from bot.config import DigestConfig
from bot.environment import Places
from bot.library.report import IngestReport
from bot.origins.files.origin import given_files
from bot.origins.outcomes import Rejection
from bot.render.embeds import story_embed
from bot.render.records import story_record, topic_record
from bot.render.terminal import (
    STORIES,
    counted,
    embed_text,
    out_of_reach,
    story_text,
    topic_lines,
)
from bot.render.why_numbers import left_out_text, why_text
from bot.render.why_record import why_record
from bot.stories.model import ArchivedStory, Topic

SOME_REJECTED = 3
"""Exit code: done, but some input was rejected, or there was no story."""


def ingest(
    paths: Annotated[
        list[Path] | None, typer.Argument(help="Files or folders; default: the seeds folder")
    ] = None,
    as_json: AsJson = False,
    database: Database = None,
    config: ConfigFolder = None,
    seeds: Seeds = None,
    withdraw: Annotated[
        bool,
        typer.Option(
            "--withdraw", help="Withdraw stories even if many files are gone from the seeds folder"
        ),
    ] = False,
) -> None:
    """Load story files into the database; works beside a running bot.

    Without PATH, stories whose files are gone from the seeds folder are withdrawn.
    """
    places = settled(database, config, seeds)
    report, totals, unreached = run(_ingest(places, paths or [], withdraw=withdraw))
    for rejection in report.rejections:
        note(f"rejected {rejection.file}: {rejection.sentence}")
    for line in report.disagreements():
        note(line)
    if report.read == 0:
        note(f"no story files in {', '.join(map(str, paths or [places.seeds]))}")
    if as_json:
        result_json(_report_record(report, totals))
    else:
        result(_report_text(report, totals))
    for line in unreached:
        (note if as_json else result)(line)
    if report.rejections or report.read == 0:
        raise typer.Exit(SOME_REJECTED)


async def _ingest(
    places: Places, paths: list[Path], *, withdraw: bool
) -> tuple[IngestReport, dict[str, int], list[str]]:
    async with opened(places, new=True) as services:
        with progress("story files") as tell:
            if paths:
                report = await services.ingestion.ingest(given_files(paths, places.seeds), tell)
            else:
                report = await services.ingestion.rescan(tell, withdraw=withdraw)
        await group_left(services)
        least = services.config.digest.minimum_heat
        unreached = out_of_reach(*await services.ingestion.out_of_reach(least), least)
        return report, await services.ingestion.totals(), unreached


def prune(
    as_json: AsJson = False,
    database: Database = None,
    config: ConfigFolder = None,
    seeds: Seeds = None,
    anyway: Annotated[
        bool,
        typer.Option("--anyway", help="Trust the clock, however far off it seems"),
    ] = False,
) -> None:
    """Delete stories older than `keep_days` of config/archive.yaml that are in no edition.

    Age counts from the newest story's date, or from today if that story is dated later.
    """
    places = settled(database, config, seeds)
    pruned, keep = run(_prune(places, anyway=anyway))
    if as_json:
        result_json({"pruned": pruned})
    elif keep is None:
        result(
            "nothing is pruned: keep_days in config/archive.yaml is null, which keeps everything"
        )
    else:
        days = counted(keep.days, ("day", "days"))
        result(f"pruned {counted(pruned, STORIES)} older than {days}")


async def _prune(places: Places, *, anyway: bool) -> tuple[int, timedelta | None]:
    """How many stories were deleted, and how long they are kept. Raises ImplausibleClock."""
    async with opened(places) as services:
        if anyway:
            await services.plausibility.believe()
        elif services.retention.keep is not None:
            await services.plausibility.require()
        return await services.retention.prune(), services.retention.keep


def _report_record(report: IngestReport, totals: dict[str, int]) -> dict[str, Any]:
    return {
        "read": report.read,
        "new": report.new,
        "changed": report.changed,
        "unchanged": report.unchanged,
        "rejected": len(report.rejections),
        **totals,
        "seconds": report.seconds,
        "rejections": [_rejection_record(rejection) for rejection in report.rejections],
    }


def _rejection_record(rejection: Rejection) -> dict[str, Any]:
    return {
        "file": rejection.file,
        "line": rejection.line,
        "field": rejection.field,
        "reason": rejection.reason,
    }


def _report_text(report: IngestReport, totals: dict[str, int]) -> str:
    gone = counted(report.withdrawn, STORIES)
    withdrawn = (
        f"{gone} withdrawn: no file carries {'it' if report.withdrawn == 1 else 'them'} any more\n"
    )
    return (
        f"{counted(report.read, ('file', 'files'))}: {report.new} new, {report.changed} changed,"
        f" {report.unchanged} unchanged, {len(report.rejections)} rejected"
        f" ({report.seconds:.1f} s)\n"
        f"{withdrawn if report.withdrawn else ''}archive: "
        f"{counted(totals['stories'], STORIES)}, "
        f"{counted(totals['articles'], ('article', 'articles'))}, "
        f"{counted(totals['topics'], ('topic', 'topics'))}"
    )


def topics(
    as_json: AsJson = False,
    database: Database = None,
    config: ConfigFolder = None,
    seeds: Seeds = None,
) -> None:
    """List the topics."""
    found = run(_topics(settled(database, config, seeds)))
    if as_json:
        result_json({"topics": [topic_record(topic) for topic in found]})
    elif found:
        result(topic_lines(found))


async def _topics(places: Places) -> list[Topic]:
    async with opened(places) as services:
        found = await services.queries.topics()
        if not found:
            await nothing_found(services, "no story has a topic")
        return found


def topic(
    name: Annotated[str, typer.Argument(help="A topic's name, slug or alias")],
    limit: Annotated[int, typer.Option(min=1, max=1000, help="Stories to show")] = 10,
    as_json: AsJson = False,
    database: Database = None,
    config: ConfigFolder = None,
    seeds: Seeds = None,
) -> None:
    """Show the newest stories of a topic."""
    found, stories, digest = run(_topic(settled(database, config, seeds), name, limit))
    if as_json:
        keys = ("name", "slug", "stories")
        shown = {key: topic_record(found)[key] for key in keys}
        result_json({"topic": shown, "stories": [_record(s, digest) for s in stories]})
    elif stories:
        result("\n\n".join(embed_text(story_embed(story, digest.sources)) for story in stories))
    else:
        note(f"no story is shown in {found.name}")


async def _topic(
    places: Places, name: str, limit: int
) -> tuple[Topic, list[ArchivedStory], DigestConfig]:
    async with opened(places) as services:
        (found,) = await topics_named(services, [name])
        return found, await services.queries.newest(found, limit), services.config.digest


def story(
    query: Annotated[str, typer.Argument(help="Words of a headline, a publisher or a topic")],
    limit: Annotated[int, typer.Option(min=1, max=200, help="Stories to show")] = 5,
    why: Annotated[bool, typer.Option("--why", help="The numbers behind every position")] = False,
    as_json: AsJson = False,
    database: Database = None,
    config: ConfigFolder = None,
    seeds: Seeds = None,
) -> None:
    """Find stories, the best match first, with every source in rank order."""
    places = settled(database, config, seeds)
    if as_json:
        result_json({"stories": run(_story_records(places, query, limit, why=why))})
    elif shown := run(_story_texts(places, query, limit, why=why)):
        result("\n\n".join(shown))


async def _story_records(
    places: Places, query: str, limit: int, *, why: bool
) -> list[dict[str, Any]]:
    """The stories found, as JSON, with their reasons if requested."""
    async with opened(places) as services:
        found = await _found(services, query, limit)
        records = [_record(story, services.config.digest) for story in found]
        for story, record in zip(found, records, strict=True):
            if why:
                record["why"] = why_record(await services.reasons.why(story))
        return records


async def _story_texts(places: Places, query: str, limit: int, *, why: bool) -> list[str]:
    """The events of the stories found, as text, with their reasons if requested."""
    async with opened(places) as services:
        found = await _found(services, query, limit)
        events = await services.queries.events_of(found)
        texts = [story_text(*event) for event in events]
        if not why:
            return texts
        reasons = [await services.reasons.why(event.story) for event in events]
        told = [f"{text}\n{why_text(one)}" for text, one in zip(texts, reasons, strict=True)]
        last = [left_out_text(one.last) for one in reasons[:1] if one.last]
        return [*told, *last]


async def _found(services: Services, query: str, limit: int) -> list[ArchivedStory]:
    found = await services.queries.search(query, limit)
    if not found:
        await nothing_found(services, f"no story matches “{query}”")
    return found


def _record(story: ArchivedStory, digest: DigestConfig) -> dict[str, Any]:
    return story_record(story, digest.sources, digest.minimum_heat)
