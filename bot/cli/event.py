"""broadsheet event show, merge, split, unpin, pins: an editor's word on what is one event."""

from collections.abc import Awaitable, Callable
from typing import Annotated

import typer

from bot.cli.opening import opened
from bot.cli.options import AsJson, ConfigFolder, Database, Seeds, run, settled
from bot.cli.output import note, result, result_json
from bot.environment import Places
from bot.library.pins import Pins
from bot.render.events import event_record, event_text
from bot.render.pins import pin_records, pin_text
from bot.stories.pins import EventView, NamedPin

_HELP = "A story's id or address"
_Story = Annotated[str, typer.Argument(metavar="STORY", help=_HELP)]
_Other = Annotated[str, typer.Argument(metavar="OTHER", help=_HELP)]


def show(
    story: _Story,
    as_json: AsJson = False,
    database: Database = None,
    config: ConfigFolder = None,
    seeds: Seeds = None,
) -> None:
    """Show the event of a story: its stories, the leader first, and what is pinned."""

    async def found(pins: Pins) -> list[EventView]:
        return [await pins.shown(story)]

    _tell(settled(database, config, seeds), found, as_json=as_json)


def merge(
    story: _Story,
    other: _Other,
    as_json: AsJson = False,
    database: Database = None,
    config: ConfigFolder = None,
    seeds: Seeds = None,
) -> None:
    """Pin two stories together: their events become one.

    It counts as posted in every channel that was sent either of them.
    """
    _tell(settled(database, config, seeds), lambda pins: pins.merge(story, other), as_json=as_json)


def split(
    story: _Story,
    other: _Other,
    as_json: AsJson = False,
    database: Database = None,
    config: ConfigFolder = None,
    seeds: Seeds = None,
) -> None:
    """Pin two stories apart: each keeps those that are more like it.

    Both events count as posted in every channel that was sent the one.
    """
    _tell(settled(database, config, seeds), lambda pins: pins.split(story, other), as_json=as_json)


def unpin(
    story: _Story,
    other: _Other,
    as_json: AsJson = False,
    database: Database = None,
    config: ConfigFolder = None,
    seeds: Seeds = None,
) -> None:
    """Undo a merge or a split of two stories."""
    _tell(settled(database, config, seeds), lambda pins: pins.unpin(story, other), as_json=as_json)


def pins(
    as_json: AsJson = False,
    database: Database = None,
    config: ConfigFolder = None,
    seeds: Seeds = None,
) -> None:
    """List what is pinned together and apart, the oldest first."""
    found = run(_pins(settled(database, config, seeds)))
    if as_json:
        result_json({"pins": pin_records(found)})
    elif found:
        result("\n".join(map(pin_text, found)))
    else:
        note("nothing is pinned")


async def _pins(places: Places) -> list[NamedPin]:
    async with opened(places) as services:
        return await services.pins.listed()


def _tell(
    places: Places, act: Callable[[Pins], Awaitable[list[EventView]]], *, as_json: bool
) -> None:
    """Do it, and show the events of the stories by then."""
    found = run(_done(places, act))
    if as_json:
        result_json({"events": [event_record(event) for event in found]})
    else:
        result("\n\n".join(map(event_text, found)))


async def _done(
    places: Places, act: Callable[[Pins], Awaitable[list[EventView]]]
) -> list[EventView]:
    async with opened(places) as services:
        return await act(services.pins)
