"""The gateway follows Discord's protocol, used here by hand."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest

from bot.sandbox import Sandbox
from bot.sandbox.gateway import connection, gateway, sessions
from tests.sandbox.conftest import NOW, Bare
from tests.sandbox.gateway.socket import GUILD_MESSAGES, GUILDS, Socket, opened


@pytest.fixture
async def socket(bare: Bare) -> AsyncIterator[Socket]:
    async with opened(bare) as one:
        yield one


async def test_identifying_brings_ready_and_the_servers(socket: Socket, sandbox: Sandbox):
    await socket.identify()
    ready = await socket.receive()
    assert (ready["t"], ready["s"]) == ("READY", 1)
    assert ready["d"]["resume_gateway_url"] == sandbox.gateway
    assert all(one["unavailable"] for one in ready["d"]["guilds"])
    guild = await socket.receive()
    assert (guild["t"], guild["s"]) == ("GUILD_CREATE", 2)
    assert [one["name"] for one in guild["d"]["channels"]][4] == "hidden"
    assert [one["name"] for one in guild["d"]["threads"]] == ["thread", "Welcome"]


async def test_every_heartbeat_is_acknowledged(socket: Socket):
    await socket.send(1)
    await socket.send(1)
    assert [(await socket.receive())["op"] for _ in range(2)] == [11, 11]


async def test_an_unknown_session_cannot_be_resumed(socket: Socket):
    await socket.send(6, {"token": socket.token, "session_id": "x", "seq": 1})
    answer = await socket.receive()
    assert (answer["op"], answer["d"]) == (9, False)


async def test_a_wrong_token_is_closed_with_4004(socket: Socket):
    socket.token = socket.token[:-1]
    await socket.identify()
    assert await socket.close_code() == 4004


@pytest.mark.parametrize(
    ("intents", "more", "code"),
    [(1 << 15, {}, 4014), (1, {"shard": [2, 2]}, 4010), ("all", {}, 4002)],
)
async def test_what_the_bot_may_not_ask_for_closes(
    socket: Socket, intents: Any, more: dict[str, object], code: int
):
    await socket.identify(intents, **more)
    assert await socket.close_code() == code


async def test_an_opcode_that_is_not_known_is_closed_with_4001(socket: Socket):
    await socket.send(99)
    assert await socket.close_code() == 4001


async def test_a_presence_before_identifying_is_closed_with_4003(socket: Socket):
    await socket.send(3, {})
    assert await socket.close_code() == 4003


@pytest.mark.parametrize("text", ["{", "[]", '{"op": "x"}'])
async def test_what_cannot_be_decoded_is_closed_with_4002(socket: Socket, text: str):
    await socket.plain.send_str(text)
    assert await socket.close_code() == 4002


async def test_identifying_twice_is_closed_with_4005(socket: Socket):
    await socket.identify()
    await socket.events(3)
    await socket.identify()
    assert await socket.close_code() == 4005


async def test_messages_are_told_only_to_who_asked(socket: Socket, bare: Bare):
    await socket.identify(GUILDS | GUILD_MESSAGES)
    await socket.events(3)
    _, sent = await bare.call("POST", bare.to("news"), {"content": "x"})
    await bare.call("PATCH", f"{bare.to('news')}/{sent['id']}", {"content": "y"})
    await bare.call("DELETE", f"{bare.to('news')}/{sent['id']}")
    assert await socket.events(3) == ["MESSAGE_CREATE", "MESSAGE_UPDATE", "MESSAGE_DELETE"]


async def test_a_bot_of_servers_hears_of_channels_and_not_of_messages(socket: Socket, bare: Bare):
    await socket.identify(GUILDS)
    await socket.events(3)
    await bare.call("POST", bare.to("news"), {"content": "x"})
    bare.sandbox.world.deny("news", "send_messages")
    event = await socket.receive()
    assert event["t"] == "CHANNEL_UPDATE"
    assert event["d"]["permission_overwrites"][0]["deny"] == str(1 << 11)


async def test_stopping_closes_as_going_away(socket: Socket, sandbox: Sandbox):
    await socket.identify()
    await socket.events(3)
    stopping = asyncio.create_task(sandbox.stop())
    assert await socket.close_code() == 1001
    await stopping


async def test_without_a_bot_the_sandbox_is_not_ready(sandbox: Sandbox, bare: Bare):
    with pytest.raises(TimeoutError):
        await sandbox.ready(timeout=0)
    await bare.register()
    async with opened(bare) as socket:
        await socket.identify()
        await sandbox.ready()


@pytest.mark.parametrize("compress", ["zlib-stream", "zstd-stream", None, "lz4"])
async def test_a_compressed_stream_is_one_stream_over_the_connection(
    bare: Bare, compress: str | None
):
    async with opened(bare, compress) as socket:
        await socket.identify()
        assert await socket.events(3) == ["READY", "GUILD_CREATE", "GUILD_CREATE"]
        bare.sandbox.world.deny("news", "send_messages")
        assert (await socket.receive())["d"]["name"] == "news"


async def test_a_session_is_resumed_with_what_it_missed(bare: Bare, socket: Socket):
    session_id = await socket.ready()
    bare.sandbox.controls.drop_gateway(1006)
    assert await socket.close_code() == 1006
    bare.sandbox.controls.create_channel("missed")
    async with opened(bare) as again:
        await again.resume(session_id, 3)
        assert await again.events(2) == ["CHANNEL_CREATE", "RESUMED"]
        bare.sandbox.world.deny("news", "send_messages")
        later = await again.receive()
        assert (later["t"], later["s"]) == ("CHANNEL_UPDATE", 6)


async def test_a_session_moves_to_the_connection_that_resumes_it(bare: Bare, socket: Socket):
    session_id = await socket.ready()
    async with opened(bare) as again:
        await again.resume(session_id, 3)
        assert await again.events(1) == ["RESUMED"]
        assert await socket.close_code() == 4000
        bare.sandbox.world.deny("news", "send_messages")
        assert await again.events(1) == ["CHANNEL_UPDATE"]


async def test_a_sequence_that_never_was_is_closed_with_4007(bare: Bare, socket: Socket):
    session_id = await socket.ready()
    for wrong in (99, -1, "3"):
        async with opened(bare) as again:
            await again.resume(session_id, wrong)
            assert await again.close_code() == 4007


async def refused(bare: Bare, session_id: str) -> bool:
    async with opened(bare) as again:
        await again.resume(session_id, 1)
        answer = await again.receive()
        return (answer["op"], answer["d"]) == (9, False)


async def test_a_session_that_was_left_for_long_is_gone(
    bare: Bare, socket: Socket, monkeypatch: pytest.MonkeyPatch
):
    session_id = await socket.ready()
    bare.sandbox.controls.drop_gateway()
    await socket.close_code()
    monkeypatch.setattr(sessions, "RESUME_WINDOW", -1.0)
    assert await refused(bare, session_id)
    bare.sandbox.world.deny("news", "send_messages")
    monkeypatch.undo()
    assert await refused(bare, session_id)


async def test_a_session_that_missed_too_much_is_gone(bare: Bare, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(sessions, "BACKLOG", 1)
    async with opened(bare) as socket:
        session_id = await socket.ready()
        assert await refused(bare, session_id)


@pytest.mark.parametrize("code", [4004, 4009])
async def test_some_codes_end_the_session(bare: Bare, socket: Socket, code: int):
    session_id = await socket.ready()
    bare.sandbox.controls.drop_gateway(code)
    assert await socket.close_code() == code
    assert await refused(bare, session_id)


async def test_a_client_that_says_goodbye_ends_its_session(bare: Bare, socket: Socket):
    session_id = await socket.ready()
    await socket.plain.close(code=1000)
    assert await refused(bare, session_id)


@pytest.mark.parametrize("resumable", [True, False])
async def test_sessions_can_be_declared_invalid(bare: Bare, socket: Socket, resumable: bool):
    session_id = await socket.ready()
    bare.sandbox.controls.invalidate_sessions(resumable)
    answer = await socket.receive()
    assert (answer["op"], answer["d"]) == (9, resumable)
    assert await refused(bare, session_id) is not resumable


async def test_a_client_can_be_asked_to_reconnect(bare: Bare, socket: Socket):
    await socket.ready()
    bare.sandbox.controls.ask_reconnect()
    assert (await socket.receive())["op"] == 7


async def test_heartbeats_can_be_left_unanswered(bare: Bare, socket: Socket):
    bare.sandbox.controls.stop_acking()
    await socket.send(1)
    await socket.identify()
    assert await socket.events(1) == ["READY"]
    bare.sandbox.controls.stop_acking(stopped=False)
    await socket.events(2)
    await socket.send(1)
    assert (await socket.receive())["op"] == 11


async def test_a_client_that_stops_beating_is_closed_with_4009(
    bare: Bare, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(connection, "HEARTBEAT_INTERVAL", 20)
    async with opened(bare) as socket:
        assert await socket.close_code() == 4009


async def test_a_shard_hears_of_its_own_servers(bare: Bare):
    bare.sandbox.controls.add_guilds(4)
    heard = []
    for number in (0, 1):
        async with opened(bare) as socket:
            await socket.identify(shard=[number, 2])
            ready = (await socket.receive())["d"]
            assert ready["shard"] == [number, 2]
            assert await socket.events(len(ready["guilds"])) == (
                ["GUILD_CREATE"] * len(ready["guilds"])
            )
            heard.append({int(one["id"]) for one in ready["guilds"]})
    assert heard[0] | heard[1] == {one.id for one in bare.sandbox.world.guilds}
    assert [{(one >> 22) % 2 for one in each} for each in heard] == [{0}, {1}]


async def test_events_go_to_the_servers_shard_only(bare: Bare, sandbox: Sandbox):
    sandbox.controls.add_guilds(2)
    first, second = sandbox.world.guilds[-2:]
    async with opened(bare) as one, opened(bare) as two:
        await one.ready(shard=[(first.id >> 22) % 2, 2])
        await two.ready(shard=[(second.id >> 22) % 2, 2])
        sandbox.controls.outage(first)
        sandbox.controls.remove_bot(second)
        assert (await one.receive())["d"] == {"id": str(first.id), "unavailable": True}
        assert (await two.receive())["d"] == {"id": str(second.id)}


async def test_too_many_servers_need_shards(bare: Bare, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(gateway, "GUILDS_A_SHARD", 1)
    async with opened(bare) as socket:
        await socket.identify()
        assert await socket.close_code() == 4011


async def test_so_many_servers_do_not_need_shards(bare: Bare, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(gateway, "GUILDS_A_SHARD", 2)
    await assert_entered(bare)


async def assert_entered(bare: Bare, shard: tuple[int, int] = (0, 1)) -> None:
    async with opened(bare) as socket:
        assert await socket.ready(shard=shard)


async def test_one_shard_is_advised_for_each_thousand_servers(bare: Bare):
    for count, shards in ((1000, 1), (1001, 2), (2500, 3)):
        bare.sandbox.controls.add_guilds(count - len(bare.sandbox.world.guilds))
        _, answer = await bare.call("GET", "/gateway/bot")
        assert answer["shards"] == shards


async def test_every_shard_is_told_of_its_own_servers_and_none_is_left_out(bare: Bare):
    bare.sandbox.controls.add_guilds(9)
    told = []
    for number in range(4):
        async with opened(bare) as socket:
            await socket.identify(shard=[number, 4])
            ready = (await socket.receive())["d"]
            mine = [int(one["id"]) for one in ready["guilds"]]
            assert ready["shard"] == [number, 4]
            assert all((one >> 22) % 4 == number for one in mine)
            told += mine
    assert sorted(told) == sorted(one.id for one in bare.sandbox.world.guilds)


@pytest.fixture
async def limited() -> AsyncIterator[Bare]:
    sandbox = Sandbox(now=lambda: NOW, limits=True)
    await sandbox.start()
    async with aiohttp.ClientSession() as session:
        yield Bare(sandbox, session)
    await sandbox.stop()


async def enters(bare: Bare, number: int) -> bool:
    """Whether a shard of four gets a session."""
    async with opened(bare) as socket:
        await socket.identify(shard=[number, 4])
        return (await socket.receive()).get("t") == "READY"


async def test_shards_that_identify_within_five_seconds_are_turned_away(
    limited: Bare, monkeypatch: pytest.MonkeyPatch
):
    limited.sandbox.controls.max_concurrency = 2
    _, answer = await limited.call("GET", "/gateway/bot")
    assert answer["session_start_limit"]["max_concurrency"] == 2
    assert [await enters(limited, number) for number in range(4)] == [True, True, False, False]
    monkeypatch.setattr(sessions, "INTERVAL", 0.0)
    assert await enters(limited, 2)
    with pytest.raises(ValueError, match="at least one"):
        limited.sandbox.controls.max_concurrency = 0


async def test_a_dead_shard_begins_and_resumes_no_session(bare: Bare):
    controls = bare.sandbox.controls
    async with opened(bare) as socket:
        session = await socket.ready(shard=[1, 2])
        controls.kill_shard(1)
        assert await socket.close_code() == 4000
    async with opened(bare) as socket:
        await socket.resume(session, 1)
        assert await socket.close_code() == 4000
    async with opened(bare) as socket:
        await socket.identify(shard=[1, 2])
        assert await socket.close_code() == 4000
    await assert_entered(bare, (0, 2))
    controls.kill_shard(1, dead=False)
    await assert_entered(bare, (1, 2))


async def test_the_bot_is_told_of_shards_and_of_its_budget(bare: Bare, socket: Socket):
    bare.sandbox.controls.shards = 3
    await socket.ready()
    _, answer = await bare.call("GET", "/gateway/bot")
    limit = answer["session_start_limit"]
    assert (answer["shards"], limit["total"], limit["remaining"]) == (3, 1000, 999)
    assert 86_000_000 < limit["reset_after"] <= 86_400_000
    with pytest.raises(ValueError, match="at least one"):
        bare.sandbox.controls.shards = 0


async def test_a_spent_budget_of_identifying_costs_the_token(
    bare: Bare, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(sessions, "STARTS_A_DAY", 1)
    for expected in ("READY", None):
        async with opened(bare) as socket:
            await socket.identify()
            if expected:
                assert await socket.events(1) == [expected]
            else:
                assert await socket.close_code() == 4004
    monkeypatch.setattr(sessions, "DAY", 0.0)
    async with opened(bare) as socket:
        await socket.identify()
        assert await socket.events(1) == ["READY"]


async def test_an_unavailable_server_is_silent_and_comes_with_no_channels(
    bare: Bare, socket: Socket
):
    await socket.ready()
    controls, world = bare.sandbox.controls, bare.sandbox.world
    controls.outage(world.guild)
    controls.create_channel("missed")
    controls.restore(world.guild)
    assert await socket.events(2) == ["GUILD_DELETE", "GUILD_CREATE"]
    controls.outage("Other Server")
    async with opened(bare) as another:
        await another.identify()
        ready = await another.receive()
        assert len(ready["d"]["guilds"]) == 2
        assert (await another.receive())["d"]["name"] == world.guild.name
    path = f"/channels/{world.channel('elsewhere').id}"
    assert await bare.refusal("GET", path) == (503, 0)
    assert await bare.refusal("GET", f"/guilds/{world.guilds[1].id}") == (503, 0)


async def test_a_server_without_the_bot_is_not_its(bare: Bare, socket: Socket):
    await socket.ready()
    controls, world = bare.sandbox.controls, bare.sandbox.world
    controls.remove_bot(world.guild)
    controls.restore(world.guild)
    controls.remove_bot(world.guild)
    assert (await socket.receive())["d"] == {"id": str(world.guild.id)}
    assert await bare.refusal("GET", f"/guilds/{world.guild.id}") == (404, 10004)
    assert await bare.refusal("POST", bare.to("news"), {"content": "x"}) == (403, 50001)
    controls.add_bot(world.guild)
    controls.add_bot(world.guild)
    joined = await socket.receive()
    assert joined["t"] == "GUILD_CREATE"
    assert "unavailable" not in joined["d"]


async def test_a_removal_in_an_outage_is_told_once_to_the_bot_and_at_once_to_the_page(
    bare: Bare, socket: Socket
):
    await socket.ready()
    sandbox, guild = bare.sandbox, bare.sandbox.world.guild
    origin = sandbox.page.rstrip("/")
    async with bare.session.ws_connect(sandbox.page + "live", origin=origin) as page:
        await page.receive_json()
        for change, joined, available in (
            (sandbox.controls.outage, True, False),
            (sandbox.controls.remove_bot, False, False),
            (sandbox.controls.restore, False, True),
            (sandbox.controls.outage, False, False),
            (sandbox.controls.restore, False, True),
            (sandbox.controls.add_bot, True, True),
        ):
            change(guild)
            worlds = [one["world"] for one in await page.receive_json() if one["type"] == "world"]
            shown = worlds[0]["guilds"][0]
            assert (shown["joined"], shown["available"]) == (joined, available)
    told = [await socket.receive() for _ in range(3)]
    assert [one["t"] for one in told] == ["GUILD_DELETE", "GUILD_DELETE", "GUILD_CREATE"]
    assert [one["d"].get("unavailable") for one in told] == [True, None, None]


async def test_threads_come_and_go_with_their_channel(bare: Bare, socket: Socket):
    await socket.ready()
    controls = bare.sandbox.controls
    thread = controls.create_thread("talk", "news")
    made = await socket.receive()
    assert (made["t"], made["d"]["newly_created"]) == ("THREAD_CREATE", True)
    controls.archive(thread, locked=True)
    changed = await socket.receive()
    assert changed["t"] == "THREAD_UPDATE"
    assert changed["d"]["thread_metadata"]["locked"]
    controls.delete_channel("news")
    assert await socket.events(1) == ["CHANNEL_DELETE"]
    with pytest.raises(KeyError):
        bare.sandbox.world.channel(thread.id)
    controls.delete_channel("thread")
    assert await socket.events(1) == ["THREAD_DELETE"]


def test_only_what_there_is_can_be_changed(sandbox: Sandbox):
    for wrong in (
        lambda: sandbox.controls.outage("Nowhere"),
        lambda: sandbox.controls.outage(5),
        lambda: sandbox.controls.delete_channel("nowhere"),
        lambda: sandbox.controls.create_channel("x", "category"),
        lambda: sandbox.controls.create_channel("x", "thread"),
    ):
        with pytest.raises(KeyError):
            wrong()
    with pytest.raises(ValueError, match="not a thread"):
        sandbox.controls.archive("news")


def test_new_channels_have_fixed_ids(sandbox: Sandbox):
    last = max(one.id for one in sandbox.world.guild.channels)
    assert sandbox.controls.create_channel("a").id == last + 1
    assert sandbox.controls.create_channel("b", "forum", "Other Server").id == 1100000000000002011
