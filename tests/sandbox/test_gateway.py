"""The gateway keeps Discord's protocol, here spoken by hand."""

import asyncio
import json
import zlib
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest

from bot.sandbox import Sandbox
from tests.sandbox.conftest import Bare

GUILDS, GUILD_MESSAGES = 1, 1 << 9


class Socket:
    """A websocket that has had its HELLO."""

    def __init__(self, plain: aiohttp.ClientWebSocketResponse, token: str) -> None:
        self.plain = plain
        self.token = token

    async def send(self, opcode: int, data: object = None) -> None:
        await self.plain.send_json({"op": opcode, "d": data})

    async def identify(self, intents: int = GUILDS, **more: object) -> None:
        await self.send(2, {"token": self.token, "intents": intents, "properties": {}, **more})

    async def events(self, count: int) -> list[str]:
        return [(await self.plain.receive_json())["t"] for _ in range(count)]

    async def close_code(self) -> int | None:
        frame = await self.plain.receive()
        assert frame.type is aiohttp.WSMsgType.CLOSE
        return self.plain.close_code


@pytest.fixture
async def socket(bare: Bare) -> AsyncIterator[Socket]:
    async with bare.session.ws_connect(bare.sandbox.gateway + "?v=10&encoding=json") as plain:
        hello: dict[str, Any] = await plain.receive_json()
        assert hello["op"] == 10
        assert hello["d"] == {"heartbeat_interval": 41250}
        yield Socket(plain, bare.sandbox.token)


async def test_identifying_brings_ready_and_the_servers(socket: Socket, sandbox: Sandbox):
    await socket.identify()
    ready = await socket.plain.receive_json()
    assert (ready["t"], ready["s"]) == ("READY", 1)
    assert ready["d"]["resume_gateway_url"] == sandbox.gateway
    assert all(one["unavailable"] for one in ready["d"]["guilds"])
    guild = await socket.plain.receive_json()
    assert (guild["t"], guild["s"]) == ("GUILD_CREATE", 2)
    assert [one["name"] for one in guild["d"]["channels"]][4] == "hidden"
    assert [one["name"] for one in guild["d"]["threads"]] == ["thread"]


async def test_heartbeats_are_acknowledged(socket: Socket):
    await socket.send(1)
    assert (await socket.plain.receive_json())["op"] == 11


async def test_an_unknown_session_cannot_be_resumed(socket: Socket):
    await socket.send(6, {"token": socket.token, "session_id": "x", "seq": 1})
    answer = await socket.plain.receive_json()
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
    event = await socket.plain.receive_json()
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
    async with bare.session.ws_connect(sandbox.gateway) as plain:
        await plain.receive_json()
        await Socket(plain, sandbox.token).identify()
        await sandbox.ready()


async def test_a_zlib_stream_is_one_stream_over_the_connection(bare: Bare):
    url = bare.sandbox.gateway + "?v=10&encoding=json&compress=zlib-stream"
    inflate = zlib.decompressobj()
    async with bare.session.ws_connect(url) as plain:
        first, opcodes = await plain.receive_bytes(), []
        assert first.endswith(b"\x00\x00\xff\xff")
        opcodes.append(json.loads(inflate.decompress(first))["op"])
        await Socket(plain, bare.sandbox.token).send(1)
        opcodes.append(json.loads(inflate.decompress(await plain.receive_bytes()))["op"])
    assert opcodes == [10, 11]
