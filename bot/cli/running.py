"""broadsheet run, sandbox: the bot itself.

Only these load what talks to Discord, when they are called: it takes half a second and 30 MB, which
every other command would pay for too.
"""

import asyncio
import tempfile
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from bot.cli.browser import show
from bot.cli.options import (
    At,
    ConfigFolder,
    Database,
    Seeds,
    run,
    settled,
    time_given,
    until_stopped,
)
from bot.cli.output import note, result
from bot.environment import DISCORD_VARIABLES, Places, discord_account, read_environment
from bot.logs import set_up_logging
from bot.render.terminal import message_text


def run_command(
    once: Annotated[
        bool,
        typer.Option("--once", help="Load, ask feeds and post what is due, then end; for cron"),
    ] = False,
    database: Database = None,
    config: ConfigFolder = None,
    seeds: Seeds = None,
) -> None:
    """Run the bot on Discord; needs a token, from https://discord.com/developers.

    Without a terminal, SIGHUP reloads config/.
    """
    from bot.app.run import run as run_bot  # noqa: PLC0415 - see above
    from bot.app.run import run_once  # noqa: PLC0415

    places = settled(database, config, seeds)
    account = discord_account(read_environment(DISCORD_VARIABLES))
    set_up_logging(places.log_level, places.log_format, [account.token.get_secret_value()])
    if once:
        run(until_stopped(run_once(places, account)))
        return
    reloads = asyncio.Event()
    run(until_stopped(run_bot(places, account, reloads), reloads.set))


def sandbox(
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port; 0 = any free one")] = 0,
    at: At = None,
    headless: Annotated[bool, typer.Option("--headless", help="Do not open a browser")] = False,
    record: Annotated[
        Path | None,
        typer.Option(help="Append each request of the bot to this file, a line of JSON each"),
    ] = None,
    database: Database = None,
    config: ConfigFolder = None,
    seeds: Seeds = None,
) -> None:
    """Run the whole bot against its own loopback Discord; no account, no token, no network."""
    with tempfile.TemporaryDirectory(prefix="broadsheet-") as fresh:
        places = settled(database or f"{fresh}/sandbox.db", config, seeds)
        run(until_stopped(_sandbox(places, (port, time_given(at), record), browser=not headless)))


async def _sandbox(
    places: Places, options: tuple[int, datetime | None, Path | None], *, browser: bool
) -> None:
    from bot.app.online import end_of  # noqa: PLC0415 - see above
    from bot.demo import DemoOptions, demo  # noqa: PLC0415

    async with demo(places, DemoOptions(*options), _show) as running:
        note(f"Sandbox: {running.sandbox.page} ({places.database})")
        note(f"Its clock says {running.clock.now():%a %Y-%m-%d %H:%M} UTC. Ctrl-C ends it.")
        if browser:
            await show(running.sandbox.page)
        await end_of(running.online.connection)


def _show(channel: str, message: Mapping[str, Any]) -> None:
    result(f"#{channel}\n{message_text(message)}\n")
