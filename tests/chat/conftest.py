"""The whole bot in its sandbox, over real sockets and a real database."""

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import aiohttp
import pytest
from discord.gateway import DiscordWebSocket
from discord.http import Route
from discord.state import ConnectionState

from bot.demo import Demo, DemoOptions
from bot.demo import demo as sandbox_demo
from bot.digests.settings import SETTINGS
from bot.environment import Places
from bot.render.greeting import SETUP_ID
from bot.sandbox import Answer
from bot.store.database import Connection
from tests.archives import empty_archive, seeded_archive
from tests.conftest import ROOT
from tests.digests.setting_examples import EXAMPLES

Json = dict[str, Any]

TOP_FIVE = [
    ("Washington Post", 150),
    ("Wall Street Journal", 88),
    ("CNET", 85),
    ("Forbes", 81),
    ("New York Times", 74),
]
"""The seed's best sources, in their order, with their quality."""

_OPTIONS = [
    (command.name.removeprefix("/"), command.option, EXAMPLES[name])
    for name, setting in SETTINGS.items()
    for command in setting.commands
]
DIGEST_COMMANDS: dict[str, Json] = {
    **{line: {option.name: one.other} if option else {} for line, option, one in _OPTIONS},
    "digest role": {"role": "News readers"},
    "digest tags": {"tags": "none"},
    "digest managers": {"role": "News readers"},
    **{f"digest {name}": {} for name in ("log", "history", "setup", "preview", "now", "status")},
}
"""Every command under /digest, with options that an admin may give."""
OF_SERVERS: Final = {"digest managers"}
"""Those that take no channel."""
DIGEST_COMPLETIONS: dict[str, str] = {
    **{line: option.name for line, option, _ in _OPTIONS if option and not option.choices},
    "digest tags": "tags",
    "digest managers": "role",
}
"""The commands under /digest with an option that is completed, and that option."""


FEED = "http://harborcourier.example/news.xml"
FEED_COMMANDS: dict[str, Json] = {
    f"feeds {name}": {"url": FEED} for name in ("add", "remove", "test")
}
"""The commands under /feeds that only those who run the bot may use."""
FEED_COMPLETIONS: dict[str, str] = {"feeds add": "topics", "feeds remove": "url"}


@pytest.fixture
async def demo(tmp_path: Path) -> AsyncIterator[Demo]:
    """The sandbox after its first digest: a Sunday, 22 December 2019, 16:31 UTC."""
    async with opened(tmp_path) as one:
        yield one


@asynccontextmanager
async def opened(
    folder: Path,
    *,
    seeds: Path = ROOT / "seeds",
    config: Path = ROOT / "config",
    at: datetime | None = None,
    news: bool = False,
) -> AsyncIterator[Demo]:
    """The sandbox with its database and record in a folder; afterwards no route was unknown.

    `news`: with the invented feeds of all topics, as `broadsheet sandbox` has them.
    """
    begun = seeded_archive if seeds == ROOT / "seeds" else empty_archive
    database = begun(folder / "broadsheet.db")
    places = Places(database=database, seeds=seeds, config=config)
    options = DemoOptions(port=0, at=at, record=folder / "record.jsonl", news=news)
    with not_waiting_for_servers():
        async with sandbox_demo(places, options, lambda channel, message: None) as one:
            yield one
    assert one.sandbox.unknown_routes == []


def recorded(demo: Demo) -> list[Json]:
    """The requests of the bot so far, as the sandbox records them."""
    assert demo.sandbox.record.path
    return lines(demo.sandbox.record.path)


@contextmanager
def not_waiting_for_servers() -> Iterator[None]:
    """discord.py waits two seconds for more servers at each start; here there are only two.

    discord.py's endpoints are reset at the end: the bot sets them for the whole process.
    """
    with pytest.MonkeyPatch.context() as patch:
        wait = property(lambda state: 0.02, lambda state, value: None)
        patch.setattr(ConnectionState, "guild_ready_timeout", wait, raising=False)
        patch.setattr(Route, "BASE", Route.BASE)
        gateway = DiscordWebSocket.DEFAULT_GATEWAY
        patch.setattr(DiscordWebSocket, "DEFAULT_GATEWAY", gateway)
        yield


async def ask(demo: Demo, line: str, channel: str | None = None, **options: Any) -> Answer:
    """Run an admin's /digest ... in #general."""
    where: dict[str, Any] = {} if channel is None else {"channel_": channel}
    return await demo.sandbox.person("admin").command(f"digest {line}", **options, **where)


def mention(demo: Demo, name: str) -> str:
    """How Discord's text names a channel."""
    return f"<#{demo.sandbox.world.channel(name).id}>"


def needs(where: str, *names: str, deed: str = "post") -> str:
    """What is said of a channel in which the bot lacks permissions."""
    bold = [f"**{name}**" for name in names]
    several = f"permissions {', '.join(bold[:-1])} and {bold[-1]}"
    what = several if len(bold) > 1 else f"{bold[0]} permission"
    return (
        f"I can't {deed} in {where}: I need the {what} there. An admin can allow it under Edit"
        " Channel > Permissions > Broadsheet."
    )


async def settled(demo: Demo, channel: str = "general") -> None:
    """Wait until the bot has received the gateway's events and has acted on them.

    It answers in order, but discord.py runs each handler of an event in its own task.
    """
    await demo.sandbox.person("member").command("topics", channel)
    handlers = [one for one in asyncio.all_tasks() if one.get_name().startswith("discord.py: ")]
    if handlers:
        await asyncio.wait(handlers)


async def move_to(demo: Demo, moment: datetime) -> None:
    """Set the clock to a moment and let the scheduler's tick run."""
    await demo.move(moment - demo.clock.now())


async def rows(demo: Demo, *names: str) -> dict[str, list[tuple[Any, ...]]]:
    """Everything in the named tables, by default in all tables about what channels want and had."""
    tables = names or ("server", "digest", "subscription", "edition", "edition_part", "posted")
    async with demo.services.database.reading() as db:
        return {name: await _all_rows(db, name) for name in tables}


async def _all_rows(db: Connection, table: str) -> list[tuple[Any, ...]]:
    sql = f"SELECT * FROM {table} ORDER BY 1, 2"  # noqa: S608 - of ours
    return [tuple(row) for row in await db.execute_fetchall(sql)]


async def said(demo: Demo, channel: str, body: Json) -> Json:
    """A message of the bot in a channel, with any body, whatever was said there just before;
    returns the sandbox's own object.
    """
    demo.sandbox.limits.enabled = False
    where = demo.sandbox.world.channel(channel)
    url = f"{demo.sandbox.api}/channels/{where.id}/messages"
    headers = {"Authorization": f"Bot {demo.sandbox.token}"}
    async with (
        aiohttp.ClientSession(headers=headers) as session,
        session.post(url, json=body) as response,
    ):
        answer = await response.json()
        assert response.status == 200, answer
    demo.sandbox.limits.enabled = True
    message = where.find(answer["id"])
    assert message is not None
    return message


def button(custom_id: str) -> list[Json]:
    """The components of a message with one button."""
    shown = {"type": 2, "style": 1, "label": "Button", "custom_id": custom_id}
    return [{"type": 1, "components": [shown]}]


def custom_ids(message: Json) -> list[str]:
    """The custom_id of every button and select of a message, in order."""
    return [one["custom_id"] for row in message["components"] for one in row["components"]]


def shown_in(demo: Demo, channel: str) -> list[Json]:
    """The messages in a channel that everybody sees."""
    return demo.sandbox.world.channel(channel).messages


def after_hello(demo: Demo, channel: str) -> list[Json]:
    """The messages in a channel that everybody sees, but for the hello."""
    return [one for one in shown_in(demo, channel) if SETUP_ID not in custom_ids(one)]


def urls(messages: list[Json]) -> list[str]:
    """The URLs of the stories in messages."""
    return [embed["url"] for message in messages for embed in message["embeds"]]


def lines(record: Path) -> list[Json]:
    """The entries of a record."""
    return [json.loads(line) for line in record.read_text(encoding="utf-8").splitlines()]


def is_a_private_sentence(answer: Answer) -> bool:
    """One message of a sentence or more, for one person, and not the message for a bug."""
    plain = len(answer.messages) == 1 and not answer.message["embeds"]
    whole = answer.text.endswith((".", "`."))
    expected = "went wrong" not in answer.text and "database" not in answer.text
    return not answer.failed and answer.ephemeral and plain and whole and expected
