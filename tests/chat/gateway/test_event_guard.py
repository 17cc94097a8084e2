"""Gateway events that discord.py cannot read: logged, counted, and the bot goes on."""

import asyncio
import copy
import gc
import itertools
import json
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import discord
import pytest
from discord.state import ConnectionState

from bot.app.run import run
from bot.chat.gateway import connection
from bot.chat.gateway.event_guard import GuardedWebSocket
from bot.demo import Demo
from bot.errors import DiscordUnavailable
from bot.sandbox import Answer, Sandbox
from bot.sandbox.gateway import sessions
from bot.sandbox.gateway.sessions import Session
from bot.sandbox.world import serialize
from bot.sandbox.world.interactions import Interaction, InteractionType
from tests.chat.conftest import ask, is_a_private_sentence, mention, opened, rows, settled, shown_in
from tests.chat.gateway.test_client import _logged, account, running, sandbox
from tests.conftest import places_at

__all__ = ["_logged", "sandbox"]  # the fixtures of the connection's own tests

Json = dict[str, Any]
Change = Callable[[Json], object]
EVENTS = sorted(name[6:].upper() for name in dir(ConnectionState) if name.startswith("parse_"))
HOSTILE: tuple[Any, ...] = (
    None,
    [],
    "x",
    7,
    {},
    {"id": None},
    {"id": "x", "guild_id": None},
    {"id": [{}]},
)
"""Data that no event has."""


@pytest.fixture
def noted(caplog: pytest.LogCaptureFixture) -> Callable[[], list[str]]:
    """The lines of the log about events that could not be read."""
    return lambda: [one for one in caplog.messages if "cannot be read" in one]


def tell(demo: Demo, event: str, data: object) -> None:
    """Send the bot an event with any data."""
    for session in demo.sandbox._gateway._sessions.values():
        session.dispatch(event, json.dumps(data))


def send(demo: Demo, text: str) -> None:
    """Send the bot a frame with any text."""
    for one in demo.sandbox._gateway._connections:
        one.put(text)


async def works_on(demo: Demo) -> None:
    """Check that the bot answers over its existing connection."""
    await settled(demo)
    assert demo.sandbox.controls.identified == 1
    assert not demo.online.connection.done()


def created(demo: Demo) -> Json:
    """The event that carries the whole home server."""
    world = demo.sandbox.world
    return serialize.guild_created(world.guild, world.bot)


def pressed(demo: Demo) -> Json:
    """The event for a button under the digest."""
    return interaction(
        demo, InteractionType.COMPONENT, {"component_type": 2, "custom_id": "sources:1"}
    )


def chosen(demo: Demo) -> Json:
    """The event for the select under the digest."""
    (digest,) = shown_in(demo, "news")
    (select,) = digest["components"][0]["components"]
    values = [select["options"][0]["value"]]
    data = {"component_type": 3, "custom_id": select["custom_id"], "values": values}
    return interaction(demo, InteractionType.COMPONENT, data)


def commanded(demo: Demo) -> Json:
    """The event for a command with a text and a channel."""
    news = demo.sandbox.world.channel("news")
    options = [
        {"type": 3, "name": "topic", "value": "AI"},
        {"type": 7, "name": "channel", "value": str(news.id)},
    ]
    resolved = {"channels": {str(news.id): {**serialize.channel(news), "permissions": "0"}}}
    data = {"id": "1", "name": "subscribe", "type": 1, "options": options, "resolved": resolved}
    return interaction(demo, InteractionType.COMMAND, data)


def subcommanded(demo: Demo) -> Json:
    """The event for a subcommand."""
    hours = [{"type": 3, "name": "hours", "value": "3"}]
    options = [{"type": 1, "name": "catch-up", "options": hours}]
    data = {"id": "1", "name": "digest", "type": 1, "options": options}
    return interaction(demo, InteractionType.COMMAND, data)


def typed(demo: Demo) -> Json:
    """The event for a text being typed into an option."""
    options = [{"type": 3, "name": "topic", "value": "A", "focused": True}]
    data = {"id": "1", "name": "subscribe", "type": 1, "options": options}
    return interaction(demo, InteractionType.TYPING, data)


def interaction(demo: Demo, kind: InteractionType, data: Json) -> Json:
    """The event for a person's action, under the digest or beside it."""
    source = shown_in(demo, "news")[0] if kind is InteractionType.COMPONENT else None
    member, channel = demo.sandbox.person("member"), demo.sandbox.world.channel("news")
    number = demo.sandbox.world.new_id()
    one = Interaction(number, kind, member.user, channel, data, source=source)
    return copy.deepcopy(member._interactions._envelope(one))


def places_in(data: Any, above: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    """The path of everything in an event, from its top."""
    found: Iterable[tuple[Any, Any]] = ()
    if isinstance(data, dict | list):
        found = data.items() if isinstance(data, dict) else enumerate(data)
    for key, value in found:
        yield (*above, key)
        yield from places_in(value, (*above, key))


def _null(*path: str | int) -> Change:
    return _put(None, *path)


def _put(value: object, *path: str | int) -> Change:
    def change(data: Any) -> None:
        for step in path[:-1]:
            data = data[step]
        data[path[-1]] = value

    return change


_IN_MESSAGE = ("message", "components", 0, "components", 0)


@pytest.mark.parametrize(
    ("event", "change"),
    [
        ("INTERACTION_CREATE", _null("data", "custom_id")),
        ("INTERACTION_CREATE", _null("app_permissions")),
        ("INTERACTION_CREATE", _null("member", "permissions")),
        ("GUILD_CREATE", _null("roles", 0, "permissions")),
        ("GUILD_CREATE", _null("roles", 1, "permissions")),
        ("GUILD_CREATE", _null("channels", 0, "id")),
        ("GUILD_CREATE", _null("channels", 1, "permission_overwrites")),
        ("GUILD_CREATE", _null("members", 0, "user")),
        ("GUILD_CREATE", _null("threads")),
        ("GUILD_UPDATE", _null("roles", 1)),
        ("GUILD_UPDATE", _null("roles", 0, "permissions")),
    ],
)
async def test_an_event_that_cannot_be_read_is_one_line_and_counted(
    demo: Demo, noted: Callable[[], list[str]], event: str, change: Change
):
    data = pressed(demo) if event == "INTERACTION_CREATE" else created(demo)
    change(data)
    tell(demo, event, data)
    await works_on(demo)
    (line,) = noted()
    assert line.startswith(f"the gateway's {event} cannot be read (1 so far): ")
    assert demo.online.bot.unreadable == {event: 1}
    assert (await ask(demo, "status", "news")).text.startswith(mention(demo, "news"))
    assert "Posted in" in (await ask(demo, "now", "news")).text


@pytest.mark.parametrize("huge", [2**63, str(2**63), "9" * 5000])
@pytest.mark.parametrize(
    "event", ["GUILD_CREATE", "CHANNEL_UPDATE", "THREAD_UPDATE", "THREAD_DELETE"]
)
async def test_an_event_with_an_id_that_no_database_takes_is_one_line_and_counted(
    demo: Demo,
    noted: Callable[[], list[str]],
    caplog: pytest.LogCaptureFixture,
    event: str,
    huge: object,
):
    home = created(demo)
    channel = {
        **home["channels"][0],
        "guild_id": home["id"],
        "parent_id": home["channels"][0]["id"],
    }
    data = {**home, "id": huge} if event == "GUILD_CREATE" else {**channel, "id": huge}
    tell(demo, event, data)
    await works_on(demo)
    (line,) = noted()
    assert line.startswith(f"the gateway's {event} cannot be read (1 so far): ")
    assert not [one for one in caplog.records if one.exc_info]


@pytest.mark.parametrize("key", ["session_id", "custom_id"])
async def test_an_id_that_is_no_number_may_be_all_digits(
    demo: Demo, noted: Callable[[], list[str]], key: str
):
    tell(demo, "GUILD_CREATE", {**created(demo), key: "9" * 32})
    await works_on(demo)
    assert not noted()


async def test_of_a_server_with_one_huge_id_the_rest_is_read(demo: Demo):
    data = created(demo)
    number = int(data["id"])
    data["channels"].append({**data["channels"][0], "id": str(2**64)})
    tell(demo, "GUILD_CREATE", data)
    await works_on(demo)
    guild = demo.online.bot.get_guild(number)
    assert guild is not None
    assert {one.id for one in guild.channels} == {int(one["id"]) for one in data["channels"][:-1]}


@pytest.mark.slow
@pytest.mark.parametrize(
    ("event", "change"),
    [
        (pressed, _null(*_IN_MESSAGE, "custom_id")),
        (pressed, _null(*_IN_MESSAGE, "options", 0)),
        (chosen, _null(*_IN_MESSAGE, "custom_id")),
        (chosen, _null("data", "values")),
        (chosen, _null("data", "values", 0)),
        (commanded, _null("data", "name")),
        (commanded, _null("data", "type")),
        (commanded, _null("data", "options")),
        (commanded, _null("data", "options", 0, "value")),
        (commanded, _put(7, "data", "options", 0, "value")),
        (commanded, _null("data", "resolved")),
        (subcommanded, _put(3, "data", "options", 0, "options", 0, "value")),
        (subcommanded, _put(10, "data", "options", 0, "options", 0, "type")),
        (subcommanded, _put(99, "data", "options", 0, "options", 0, "type")),
        (typed, _null("data")),
        (typed, _null("data", "options", 0, "type")),
        (typed, _null("data", "options", 0, "value")),
    ],
)
async def test_an_interaction_that_cannot_be_read_in_its_own_task_is_one_line_and_counted(
    demo: Demo,
    noted: Callable[[], list[str]],
    caplog: pytest.LogCaptureFixture,
    event: Callable[[Demo], Json],
    change: Change,
):
    data = event(demo)
    change(data)
    tell(demo, "INTERACTION_CREATE", data)
    await works_on(demo)
    await demo.online.bot.in_flight.finish()
    gc.collect()  # asyncio reports an unretrieved error when its task is collected
    (line,) = noted()
    assert line.startswith("the gateway's INTERACTION_CREATE cannot be read (1 so far): ")
    assert demo.online.bot.unreadable == {"INTERACTION_CREATE": 1}
    assert not [one for one in caplog.records if one.exc_info or one.name == "asyncio"]


@pytest.mark.parametrize(
    ("event", "change"),
    [
        (commanded, _null("data", "options", 0, "value")),
        (chosen, _null("data", "values", 0)),
        (pressed, _null(*_IN_MESSAGE, "custom_id")),
        (typed, _null("data", "options", 0, "value")),
    ],
)
async def test_whose_interaction_cannot_be_read_is_answered(
    demo: Demo, event: Callable[[Demo], Json], change: Change
):
    data = event(demo)
    change(data)
    member, channel = demo.sandbox.person("member"), demo.sandbox.world.channel("news")
    kind, source = InteractionType(data["type"]), data.get("message")
    one = member._interactions.open(kind, member.user, channel, data["data"], source=source)
    async with asyncio.timeout(3):
        await one.answered.wait()
    if kind is InteractionType.TYPING:
        assert one.choices == []
    else:
        answer = Answer(one, failed=False)
        assert answer.text.startswith("Discord sent something that the bot cannot read; ")
        assert is_a_private_sentence(answer)


@pytest.mark.slow
@pytest.mark.parametrize("event", [pressed, chosen, commanded, subcommanded, typed])
@pytest.mark.parametrize("value", [None, [{}]])
async def test_no_interaction_with_whatever_in_it_leaves_a_traceback(
    demo: Demo, caplog: pytest.LogCaptureFixture, event: Callable[[Demo], Json], value: object
):
    for path in places_in(event(demo)):
        data = event(demo)
        _put(value, *path)(data)
        tell(demo, "INTERACTION_CREATE", data)
    await works_on(demo)
    gc.collect()
    assert demo.online.bot.unreadable.keys() == {"INTERACTION_CREATE"}
    assert not [one for one in caplog.records if one.exc_info or one.name == "asyncio"]


@pytest.mark.parametrize("name", ["half \ud83d of one", "\udc00", "a\\\ud800b"])
async def test_half_a_character_is_replaced_and_the_rest_of_its_event_is_read(
    demo: Demo, noted: Callable[[], list[str]], name: str
):
    channel = serialize.channel(demo.sandbox.world.channel("news"))
    tell(demo, "CHANNEL_UPDATE", {**channel, "name": name})
    await works_on(demo)
    known = demo.online.bot.get_channel(int(channel["id"]))
    assert str(known).isprintable()
    assert "\ufffd" in str(known)
    assert len(noted()) == demo.online.bot.unreadable["CHANNEL_UPDATE"] == 1


async def test_no_event_with_whatever_in_it_ends_the_connection(demo: Demo):
    for event in (*EVENTS, "UNHEARD_OF"):
        for data in HOSTILE:
            tell(demo, event, data)
    await works_on(demo)
    guilds = {one.id for one in demo.sandbox.world.joined}
    assert {one.id for one in demo.online.bot.guilds} == guilds
    assert set(demo.online.bot.unreadable) <= set(EVENTS)


async def test_no_message_is_looked_at(demo: Demo, caplog: pytest.LogCaptureFixture):
    person = {"id": "7", "username": "x", "discriminator": "0", "avatar": None}
    message = {**shown_in(demo, "news")[0], "author": person, "content": None}
    tell(demo, "MESSAGE_CREATE", message)
    await works_on(demo)
    assert not [one for one in caplog.records if one.exc_info]


async def test_a_frame_that_is_no_event_at_all_is_passed_over(
    demo: Demo, caplog: pytest.LogCaptureFixture
):
    connected = demo.online.bot.shards[0]
    before = [one.id for one in demo.online.bot.guilds]
    deep, not_a_number, unnamed = "[" * 5000, '{"op":0,"d":NaN}', '{"op":0,"t":[],"d":{}}'
    for frame in ("", "{", "null", "[]", '"x"', deep, not_a_number, unnamed):
        send(demo, frame)
    await works_on(demo)
    assert not connected.is_closed()
    assert [one.id for one in demo.online.bot.guilds] == before
    assert not [one for one in caplog.records if one.exc_info]


async def test_a_button_that_discord_py_cannot_read_does_not_take_the_next_one_with_it(demo: Demo):
    data = pressed(demo)
    data["data"]["custom_id"] = None
    for _ in range(3):
        tell(demo, "INTERACTION_CREATE", data)
    (digest,) = shown_in(demo, "news")
    options = digest["components"][0]["components"][0]["options"]
    answer = await demo.sandbox.person("member").choose(digest, "sources", [options[0]["value"]])
    assert answer.message["embeds"]
    assert demo.online.bot.unreadable["INTERACTION_CREATE"] == 3


@pytest.fixture
def changed(monkeypatch: pytest.MonkeyPatch) -> Callable[[str, Change], None]:
    """Change every later event of a name before it is sent."""

    def begin(event: str, change: Change) -> None:
        dispatch = Session.dispatch

        def changing(self: Session, name: str, text: str) -> None:
            data = json.loads(text)
            if name == event:
                change(data)
            dispatch(self, name, json.dumps(data))

        monkeypatch.setattr(Session, "dispatch", changing)

    return begin


@pytest.mark.parametrize("role", [0, 1])
async def test_a_server_that_cannot_be_read_is_not_left_and_gets_its_digests(
    tmp_path: Path, changed: Callable[[str, Change], None], role: int
):
    changed("GUILD_CREATE", _null("roles", role, "permissions"))
    async with opened(tmp_path) as demo:
        assert "Posted in" in (await ask(demo, "now", "news")).text
        assert demo.online.bot.unreadable["GUILD_CREATE"] == len(demo.sandbox.world.joined)
        assert len(demo.online.bot.guilds) == len(demo.sandbox.world.joined)
        servers = (await rows(demo, "server"))["server"]
        assert all("left" not in str(row) for row in servers)
        for line in ("status", "preview", "tags", "role", "log"):
            options = {"tags": {"tags": "x"}, "role": {"role": "Readers"}}.get(line, {})
            answer = await ask(demo, line, None if line == "log" else "news", **options)
            assert "went wrong" not in answer.text, line
        answer = await demo.sandbox.person("admin").command("subscriptions")
        # If @everyone is unknown, nobody counts as seeing anything.
        assert (mention(demo, "news") in answer.text) is (role != 0)


@pytest.mark.parametrize(
    "change",
    [
        _null("user"),
        _null("user", "id"),
        _null("resume_gateway_url"),
        lambda ready: ready.update(resume_gateway_url="ws://[::"),
        lambda ready: ready.pop("resume_gateway_url"),
        lambda ready: ready.update(application="x", user={}),
        _null("guilds", 0, "id"),
        lambda ready: ready["guilds"].append(None),
        _null("guilds"),
        _null("shard"),
    ],
)
async def test_a_session_begins_from_what_can_be_read_and_no_server_is_thought_left(
    sandbox: Sandbox, tmp_path: Path, changed: Callable[[str, Change], None], change: Change
):
    async with running(sandbox, tmp_path):
        await sandbox.person("admin").command("subscribe", topic="AI")
    changed("READY", change)
    async with running(sandbox, tmp_path):
        answer = await sandbox.person("admin").command("subscriptions")
        assert mention_of(sandbox) in answer.text
    assert sandbox.controls.identified == 2


def mention_of(sandbox: Sandbox) -> str:
    return f"<#{sandbox.world.channel('general').id}>"


async def test_a_later_session_that_cannot_be_read_whole_keeps_the_servers_that_were_there(
    demo: Demo, changed: Callable[[str, Change], None], monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(demo.online.bot, "_now", itertools.count(1e9, 60).__next__)
    monkeypatch.setattr(sessions, "INTERVAL", 0.0)  # the sandbox uses real time
    changed("READY", lambda ready: ready.update(guilds=None, user=None))
    changed("GUILD_CREATE", _null("id"))
    before = {one.id for one in demo.online.bot.guilds}
    ready = asyncio.ensure_future(demo.online.bot.wait_for("ready", timeout=15))
    demo.sandbox.controls.invalidate_sessions(resumable=False)
    await ready
    assert demo.online.bot.unreadable["READY"] == 1
    await settled(demo)
    assert {one.id for one in demo.online.bot.guilds} == before


@pytest.mark.slow
async def test_a_session_that_does_not_say_how_it_is_called_ends_the_run_after_a_while_in_words(
    sandbox: Sandbox,
    tmp_path: Path,
    changed: Callable[[str, Change], None],
    monkeypatch: pytest.MonkeyPatch,
):
    monkeypatch.setattr(connection, "DEAD_AFTER", 1.0)
    changed("READY", lambda ready: ready.pop("session_id"))
    with pytest.raises(DiscordUnavailable, match="gateway has been away"):
        await run(places_at(tmp_path), account(sandbox))
    assert sandbox.controls.identified == 1


@pytest.fixture
def _at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("discord.backoff.ExponentialBackoff.delay", lambda self: 0.0)


@pytest.mark.usefixtures("_at_once")
async def test_a_stream_that_cannot_be_unpacked_is_left_and_the_session_goes_on(demo: Demo):
    for one in demo.sandbox._gateway._connections:
        one._pack = lambda text: b"\xff" * 16 + b"\x00\x00\xff\xff"
        one.put("{}")  # packed as before
        one.put("{}")
    await demo.online.bot.wait_for("resumed", timeout=10)
    await settled(demo)
    assert demo.sandbox.controls.identified == 1


def test_connections_of_every_kind_of_client_take_what_comes():
    assert vars(discord.client)["DiscordWebSocket"] is GuardedWebSocket
    assert vars(discord.shard)["DiscordWebSocket"] is GuardedWebSocket
