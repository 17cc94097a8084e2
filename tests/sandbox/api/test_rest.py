"""REST answers as Discord's does: shapes, permissions, codes."""

import logging
import re
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from bot.sandbox import Sandbox
from bot.sandbox.api import nonces
from tests.sandbox.conftest import NOW, Bare, lines

EMBED = {"embeds": [{"title": "t"}]}


async def test_answers_are_bare_json_with_a_via_header(bare: Bare):
    for token, status in ((bare.sandbox.token, 200), ("wrong", 401)):
        headers = {"Authorization": f"Bot {token}"}
        url = bare.sandbox.api + "/users/@me"
        async with bare.session.get(url, headers=headers) as response:
            assert response.status == status
            assert response.headers["Content-Type"] == "application/json"
            assert "Via" in response.headers


async def test_a_missing_token_is_unauthorized(bare: Bare):
    async with bare.session.get(bare.sandbox.api + "/gateway/bot") as response:
        assert response.status == 401
        assert await response.json() == {"message": "401: Unauthorized", "code": 0}


async def test_an_unknown_route_is_loud(bare: Bare, caplog: pytest.LogCaptureFixture):
    with caplog.at_level(logging.ERROR, "bot.sandbox"):
        status, answer = await bare.call("PUT", "/channels/5/pins/7?x=1", {})
    assert (status, answer) == (404, {"message": "404: Not Found", "code": 0})
    assert bare.sandbox.unknown_routes == ["PUT /api/v10/channels/5/pins/7?x=1"]
    assert "PUT /api/v10/channels/5/pins/7" in caplog.text


@pytest.mark.parametrize("path", ["/api/v10/gateway", "/gateway"])
async def test_another_host_is_refused(bare: Bare, path: str):
    url = bare.sandbox.api.removesuffix("/api/v10") + path
    async with bare.session.get(url, headers={"Host": "news.example"}) as response:
        assert response.status == 403


async def test_a_body_that_is_no_json_is_refused(bare: Bare):
    headers = {"Authorization": f"Bot {bare.sandbox.token}"}
    url = bare.sandbox.api + bare.to("news")
    headers["Content-Type"] = "application/json"
    async with bare.session.post(url, headers=headers, data=b"{") as response:
        assert (await response.json())["code"] == 50109
    form = aiohttp.FormData({"payload_json": "{}"})
    headers.pop("Content-Type")
    async with bare.session.post(url, headers=headers, data=form) as response:
        assert (await response.json())["code"] == 50035


async def test_a_failing_handler_is_recorded_as_a_500(
    bare: Bare, record: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
):
    monkeypatch.delattr(bare.sandbox.world, "bot")
    headers = {"Authorization": f"Bot {bare.sandbox.token}"}
    async with bare.session.get(bare.sandbox.api + "/users/@me", headers=headers) as response:
        assert response.status == 500
    assert lines(record)[-1]["status"] == 500
    assert "has no attribute 'bot'" in caplog.text


async def test_servers_and_channels_can_be_read(bare: Bare):
    guild = bare.sandbox.world.guild
    status, answer = await bare.call("GET", f"/guilds/{guild.id}?with_counts=true")
    assert (status, answer["approximate_member_count"]) == (200, 5)
    _, every = await bare.call("GET", f"/guilds/{guild.id}/channels")
    shown = [(one["name"], one["type"]) for one in every]
    assert shown[:5] == [(name, 0) for name in ("news", "ai", "general", "locked", "hidden")]
    assert shown[5:] == [("announcements", 5), ("lounge", 2), ("stage", 13), ("forum", 15)]
    status, _ = await bare.call("GET", bare.to("news").removesuffix("/messages"))
    assert status == 200
    for path in ("/gateway", "/gateway/bot"):
        _, where = await bare.call("GET", path)
        assert where["url"] == bare.sandbox.gateway


REFUSALS: list[tuple[str, str, object, tuple[int, int]]] = [
    ("GET", "/guilds/5", None, (404, 10004)),
    ("GET", "/guilds/5/channels", None, (404, 10004)),
    ("GET", "/channels/5", None, (404, 10003)),
    ("POST", "/channels/5/messages", {"content": "x"}, (404, 10003)),
    ("POST", "hidden", {"content": "x"}, (403, 50001)),
    ("GET", "hidden", None, (403, 50001)),
    ("POST", "locked", {"content": "x"}, (403, 50013)),
    ("POST", "news", {}, (400, 50006)),
    ("POST", "news", {"content": "  "}, (400, 50006)),
    ("POST", "news", None, (400, 50035)),
    ("POST", "news", {"content": "x" * 2001}, (400, 50035)),
    ("GET", "news/5", None, (404, 10008)),
    ("PATCH", "news/5", {"content": "x"}, (404, 10008)),
    ("DELETE", "news/5", None, (404, 10008)),
    ("GET", "news?limit=0", None, (400, 50035)),
    ("GET", "/users/5", None, (404, 10013)),
    ("GET", "/channels/5/threads/archived/public", None, (404, 10003)),
    ("PUT", "/applications/5/commands", [], (403, 20012)),
    ("PUT", "/applications/1100000000000000001/guilds/5/commands", [], (403, 50001)),
]


@pytest.mark.parametrize(("method", "path", "body", "refusal"), REFUSALS)
async def test_what_cannot_be_done_is_refused_with_its_code(
    bare: Bare, method: str, path: str, body: Any, refusal: tuple[int, int]
):
    for name in ("news", "locked", "hidden"):
        path = re.sub(f"^{name}", bare.to(name), path)
    assert await bare.refusal(method, path, body) == refusal


async def send(bare: Bare, channel: str, **body: object) -> dict[str, Any]:
    status, answer = await bare.call("POST", bare.to(channel), body)
    assert status == 200, answer
    return dict(answer)


async def test_a_message_comes_back_as_discord_shows_it(bare: Bare):
    row = {"type": 1, "components": [{"type": 2, "style": 5, "label": "a", "url": "https://x.org"}]}
    embed = {"title": "t", "url": None, "timestamp": "2024-05-01T14:00:00+02:00"}
    sent = await send(bare, "news", content=" hi ", embeds=[embed], components=[row], nonce=7)
    assert sent["timestamp"] == NOW.isoformat()
    assert sent["content"] == "hi"
    assert sent["embeds"] == [
        {"title": "t", "timestamp": "2024-05-01T12:00:00+00:00", "type": "rich"}
    ]
    assert [sent["components"][0]["id"], sent["components"][0]["components"][0]["id"]] == [1, 2]
    assert sent.pop("nonce") == 7
    assert bare.sandbox.world.channel("news").messages == [sent]


async def test_history_is_paged_newest_first(bare: Bare):
    ids = [(await send(bare, "news", content=str(n)))["id"] for n in range(5)]

    async def read(query: str) -> list[int]:
        _, found = await bare.call("GET", f"{bare.to('news')}?{query}")
        return [ids.index(one["id"]) for one in found]

    assert await read("") == [4, 3, 2, 1, 0]
    assert await read("limit=2") == [4, 3]
    assert await read(f"limit=2&before={ids[3]}") == [2, 1]
    assert await read(f"limit=2&after={ids[1]}") == [3, 2]
    assert await read(f"limit=3&around={ids[2]}") == [3, 2, 1]


async def test_without_read_message_history_there_is_nothing_to_read(bare: Bare):
    sent = await send(bare, "news", content="x")
    bare.sandbox.world.deny("news", "read_message_history")
    assert await bare.call("GET", bare.to("news")) == (200, [])
    assert await bare.refusal("GET", f"{bare.to('news')}/{sent['id']}") == (403, 50001)


async def test_without_embed_links_embeds_are_dropped_and_alone_refused(bare: Bare):
    bare.sandbox.world.deny("news", "embed_links")
    sent = await send(bare, "news", content="x", **EMBED)
    assert sent["embeds"] == []
    assert await bare.refusal("POST", bare.to("news"), EMBED) == (403, 50013)
    path = f"{bare.to('news')}/{sent['id']}"
    assert await bare.refusal("PATCH", path, {**EMBED, "content": ""}) == (400, 50006)


async def test_an_edit_leaves_alone_what_it_does_not_name(bare: Bare):
    sent = await send(bare, "news", content="x", **EMBED)
    path = f"{bare.to('news')}/{sent['id']}"
    _, edited = await bare.call("PATCH", path, {"content": "y", "flags": 4})
    assert edited["embeds"] == sent["embeds"]
    assert (edited["content"], edited["flags"]) == ("y", 4)
    assert sent["content"] == "x"


MEMBER, MODERATORS, READERS = "1100000000000000011", "1100000000000001002", "1100000000000001004"
OTHER_READERS = "1100000000000002004"
ROLES = f"<@&{MODERATORS}> <@&{READERS}> <@&{OTHER_READERS}> <@&5>"
MENTIONS = f"<@{MEMBER}> {ROLES} @everyone <@5>"

Pinged = tuple[list[str], list[str], bool]


@pytest.mark.parametrize(
    ("allowed", "with_permission", "without"),
    [
        (None, ([MEMBER], [MODERATORS, READERS], True), ([MEMBER], [READERS], False)),
        ({"parse": []}, ([], [], False), ([], [], False)),
        ({"parse": ["users"]}, ([MEMBER], [], False), ([MEMBER], [], False)),
        ({"users": [MEMBER, "5"]}, ([MEMBER], [], False), ([MEMBER], [], False)),
        ({"parse": ["roles"]}, ([], [MODERATORS, READERS], False), ([], [READERS], False)),
        ({"roles": [MODERATORS]}, ([], [MODERATORS], False), ([], [], False)),
        ({"roles": [READERS]}, ([], [READERS], False), ([], [READERS], False)),
        ({"roles": [OTHER_READERS, "5"]}, ([], [], False), ([], [], False)),
        ({"parse": ["everyone"]}, ([], [], True), ([], [], False)),
    ],
)
async def test_only_what_is_allowed_is_pinged(
    bare: Bare, allowed: object, with_permission: Pinged, without: Pinged
):
    async def pinged() -> Pinged:
        sent = await send(bare, "news", content=MENTIONS, allowed_mentions=allowed)
        users = [one["id"] for one in sent["mentions"]]
        return users, sent["mention_roles"], sent["mention_everyone"]

    assert await pinged() == without
    bare.sandbox.world.allow("news", "mention_everyone")
    assert await pinged() == with_permission


async def test_a_nonce_is_enforced_only_on_request_and_for_some_minutes(
    bare: Bare, monkeypatch: pytest.MonkeyPatch
):
    first = await send(bare, "news", content="a", nonce="1")
    assert (await send(bare, "news", content="b", nonce="1"))["id"] != first["id"]
    again = await send(bare, "ai", content="c", nonce="1", enforce_nonce=True)
    assert (again["content"], again["channel_id"]) == ("b", first["channel_id"])
    monkeypatch.setattr(nonces, "NONCE_LIFE", -1.0)
    assert (await send(bare, "ai", content="d", nonce="1", enforce_nonce=True))["content"] == "d"


async def test_registered_commands_keep_their_ids(bare: Bare):
    path = f"/applications/{bare.sandbox.world.bot.id}/commands"
    story = {"name": "story", "description": "d", "default_member_permissions": 32}
    _, (first,) = await bare.call("PUT", path, [story])
    _, (topic, second) = await bare.call("PUT", path, [{**story, "name": "topic"}, story])
    assert (first["id"], first["default_member_permissions"]) == (second["id"], "32")
    assert topic["id"] != second["id"]
    assert await bare.call("GET", path) == (200, [topic, second])


async def test_a_port_in_use_is_an_error(sandbox: Sandbox):
    second = Sandbox(now=lambda: NOW)
    with pytest.raises(OSError, match="in use"):
        await second.start(int(sandbox.api.split(":")[2].split("/")[0]))
    await second.stop()


async def test_the_world_outlives_a_stop(bare: Bare):
    sent = await send(bare, "news", content="x")
    await bare.sandbox.stop()
    await bare.sandbox.start()
    assert await bare.call("GET", f"{bare.to('news')}/{sent['id']}") == (200, sent)
