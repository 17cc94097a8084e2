"""No foreign web page can control the sandbox, and its own page loads nothing from elsewhere."""

from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest

from bot.sandbox import Sandbox
from tests.sandbox.page.chromium import shared

STRICT = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'; img-src 'self' data:"
)
ACTION = "page/permission"


@shared()
async def http() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as session:
        yield session


def action(sandbox: Sandbox) -> dict[str, Any]:
    """The data that a toggle of the page sends."""
    channel = str(sandbox.world.channel("news").id)
    return {"channel": channel, "name": "send_messages", "allowed": False}


def origin(sandbox: Sandbox) -> str:
    return sandbox.page.rstrip("/")


async def post(sandbox: Sandbox, http: aiohttp.ClientSession, **headers: str) -> int:
    """The status of an action sent with these headers."""
    url = sandbox.page + ACTION
    async with http.post(url, json=action(sandbox), headers=headers) as response:
        return response.status


def still_allowed(sandbox: Sandbox) -> bool:
    return sandbox.world.bot_may(sandbox.world.channel("news"), "send_messages")


async def test_the_page_itself_may_act(sandbox: Sandbox, http: aiohttp.ClientSession) -> None:
    assert await post(sandbox, http, Origin=origin(sandbox)) == 200
    assert not still_allowed(sandbox)


@pytest.mark.parametrize(
    "elsewhere", ["", "null", "http://evil.example", "http://127.0.0.1:1", "https://127.0.0.1"]
)
async def test_an_action_of_another_origin_is_refused(
    sandbox: Sandbox, http: aiohttp.ClientSession, elsewhere: str
) -> None:
    headers = {"Origin": elsewhere} if elsewhere else {}
    assert await post(sandbox, http, **headers) == 403
    assert still_allowed(sandbox)


async def test_an_action_by_a_form_is_refused(
    sandbox: Sandbox, http: aiohttp.ClientSession
) -> None:
    headers = {"Origin": origin(sandbox), "Content-Type": "text/plain"}
    async with http.post(sandbox.page + ACTION, data="{}", headers=headers) as response:
        assert response.status == 415
    assert still_allowed(sandbox)


@pytest.mark.parametrize("path", ["", "static/main.js", "page/messages", "live", ACTION])
@pytest.mark.parametrize("host", ["evil.example", "evil.example:80", "127.0.0.1.evil.example"])
async def test_every_path_is_refused_under_another_host(
    sandbox: Sandbox, http: aiohttp.ClientSession, host: str, path: str
) -> None:
    method = "POST" if path == ACTION else "GET"
    headers = {"Host": host, "Origin": f"http://{host}"}
    async with http.request(method, sandbox.page + path, headers=headers) as response:
        assert response.status == 403
        assert "message" in await response.json()


@pytest.mark.parametrize("elsewhere", [None, "http://evil.example", "null"])
async def test_the_websocket_is_for_the_page_only(
    sandbox: Sandbox, http: aiohttp.ClientSession, elsewhere: str | None
) -> None:
    headers = {} if elsewhere is None else {"Origin": elsewhere}
    with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
        await http.ws_connect(sandbox.page + "live", headers=headers)
    assert refused.value.status == 403
    async with http.ws_connect(sandbox.page + "live", origin=origin(sandbox)) as socket:
        (first,) = await socket.receive_json()
        assert first["type"] == "state"


async def test_every_answer_says_what_a_browser_may_do_with_it(
    sandbox: Sandbox, http: aiohttp.ClientSession
) -> None:
    for path in ("", "static/main.js", "static/nothing.js", "nothing", "page/messages?before=x"):
        async with http.get(sandbox.page + path) as response:
            assert response.headers["Content-Security-Policy"] == STRICT, path
            assert response.headers["X-Content-Type-Options"] == "nosniff"
            assert response.headers["Referrer-Policy"] == "no-referrer"


async def test_only_consent_lets_pictures_of_other_hosts_through(
    sandbox: Sandbox, http: aiohttp.ClientSession
) -> None:
    headers = {"Origin": origin(sandbox)}
    for allowed, policy in ((True, f"{STRICT} https: http:"), (False, STRICT)):
        url = sandbox.page + "page/pictures"
        async with http.post(url, json={"allowed": allowed}, headers=headers) as response:
            assert response.status == 200
        async with http.get(sandbox.page) as response:
            assert response.headers["Content-Security-Policy"] == policy


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("page/command", [], 400),
        ("page/command", {"person": "member"}, 400),
        ("page/command", {"person": "nobody", "channel": "1", "line": "x", "options": {}}, 404),
        ("page/command", {"person": "member", "channel": "1", "line": "x", "options": {}}, 404),
        ("page/command", {"person": "member", "channel": "ai", "line": "x", "options": {}}, 400),
        ("page/permission", {"channel": "ai", "name": "fly", "allowed": True}, 404),
        ("page/submit", {"person": "member", "form": "1", "values": {}}, 400),
        ("page/faults/add", {"kind": "x", "method": "*", "path": "*", "status": 500}, 400),
        ("page/faults/add", {"kind": "hang", "method": "*", "path": "*", "status": 999}, 400),
        ("page/clock", {"by": 1}, 400),
        ("page/channel", {"do": "create", "kind": "text", "name": " ", "guild": "x"}, 400),
        ("page/channel", {"do": "create", "kind": "thread", "name": "x"}, 404),
        ("page/nothing", {}, 404),
    ],
)
async def test_what_makes_no_sense_is_refused_with_a_reason(
    sandbox: Sandbox, http: aiohttp.ClientSession, path: str, body: object, status: int
) -> None:
    headers = {"Origin": origin(sandbox)}
    async with http.post(sandbox.page + path, json=body, headers=headers) as response:
        assert response.status == status
        reason = (await response.json())["reason"]
        assert reason[0] == reason[0].upper()
        assert reason.endswith(".")
        assert not reason.endswith("..")


async def test_what_is_no_json_is_refused(sandbox: Sandbox, http: aiohttp.ClientSession) -> None:
    headers = {"Origin": origin(sandbox), "Content-Type": "application/json"}
    async with http.post(sandbox.page + ACTION, data="{", headers=headers) as response:
        assert response.status == 400
