"""The command line itself: the commands, and the one place that turns an error into an exit code.

0 = done; 1 = failed, or `check` found a fault; 2 = wrong use or configuration; 3 = done, but some
input was rejected or there was no story.
"""

import inspect
import os
import sys
from collections.abc import Callable
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from bot import __version__
from bot.cli.backups import backup, restore
from bot.cli.check import check
from bot.cli.editions import preview, replay
from bot.cli.event import merge, pins, show, split, unpin
from bot.cli.feed_lists import export_feeds, import_feeds, starter
from bot.cli.feed_trial import trial
from bot.cli.feeds import add, list_feeds, off, on, refresh, remove
from bot.cli.init import init
from bot.cli.library import ingest, prune, story, topic, topics
from bot.cli.output import failure, result, write_anything
from bot.cli.report import report
from bot.cli.running import run_command, sandbox
from bot.cli.status import status
from bot.cli.transfer import export, import_
from bot.errors import BroadsheetError, ConfigError, UsageError

FAILED, WRONG_USE, INTERRUPTED = 1, 2, 130
_ORDER = (
    *("sandbox", "init", "check", "run", "status", "feeds", "ingest"),
    *("topics", "topic", "story", "preview", "replay", "report", "event"),
    *("backup", "restore", "export", "import", "prune"),
)
"""The commands as one meets them."""


class _InOrder(TyperGroup):
    """Lists the commands in that order."""

    def list_commands(self, ctx: Any) -> list[str]:  # noqa: ANN401 - Typer hides its type
        return sorted(super().list_commands(ctx), key=_ORDER.index)


cli = typer.Typer(
    name="broadsheet",
    cls=_InOrder,
    help=(
        "A Discord bot that posts a daily digest of news stories, each with its best sources.\n\n"
        "To try it: broadsheet sandbox. To set it up: broadsheet init, check, run."
    ),
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,  # its tracebacks show local variables, also the token
    rich_markup_mode=None,
)


def _show_version(asked: bool) -> None:
    if asked:
        result(f"broadsheet {__version__}")
        raise typer.Exit


@cli.callback()
def _whole_program(
    version: Annotated[
        bool,
        typer.Option(
            "--version", callback=_show_version, is_eager=True, help="Show the version and exit."
        ),
    ] = False,
) -> None:
    """What stands before a command."""


def _summary(command: Callable[..., None]) -> str:
    """The first paragraph of its help, passed in so that no list of commands cuts it short."""
    return " ".join(inspect.cleandoc(command.__doc__ or "").split("\n\n")[0].split())


for command in (
    sandbox,
    init,
    ingest,
    prune,
    topics,
    topic,
    story,
    preview,
    replay,
    report,
    backup,
    restore,
    export,
    status,
    check,
):
    cli.command(short_help=_summary(command))(command)
cli.command("run", short_help=_summary(run_command))(run_command)
cli.command("import", short_help=_summary(import_))(import_)

feeds = typer.Typer(no_args_is_help=True, rich_markup_mode=None)
_FEEDS: dict[str, Callable[..., None]] = {
    "list": list_feeds,
    "add": add,
    "remove": remove,
    "on": on,
    "off": off,
    "test": trial,
    "refresh": refresh,
    "import": import_feeds,
    "export": export_feeds,
    "starter": starter,
}
for name, managing in _FEEDS.items():
    feeds.command(name, short_help=_summary(managing))(managing)
cli.add_typer(feeds, name="feeds", help="The feeds that the bot asks for news.")

event = typer.Typer(no_args_is_help=True, rich_markup_mode=None)
for judging in (show, merge, split, unpin, pins):
    event.command(short_help=_summary(judging))(judging)
cli.add_typer(event, name="event", help="What is one event, by an editor's word.")


def main() -> None:
    """Run the command line and exit with its code."""
    write_anything()
    try:
        cli()
    except (UsageError, ConfigError) as error:
        failure(str(error))
        sys.exit(WRONG_USE)
    except BroadsheetError as error:
        failure(str(error))
        sys.exit(FAILED)
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)
    except BrokenPipeError:
        # The reader of the output is gone; without this Python complains while it closes stdout.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(FAILED)
    except OSError as error:  # a folder, a file, a socket: not our bug, so no traceback
        failure(f"{error.filename or 'the system'}: {error.strerror or error}")
        sys.exit(FAILED)
