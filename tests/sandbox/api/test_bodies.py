"""The sandbox accepts only data that it can pass on: to the bot, to the page, to a file."""

import json
from pathlib import Path

import aiohttp
import pytest

from bot.sandbox import Sandbox
from bot.sandbox.api.bodies import DEEPEST, decoded
from tests.sandbox.conftest import Bare, lines
from tests.sandbox.gateway.socket import opened

HALF = r"\ud800"
UNREADABLE = {
    "not JSON": "{",
    "half a character": f'{{"content": "{HALF}"}}',
    "half a character in capitals": r'{"content": "\uDFFF"}',
    "half a character in a key": f'{{"{HALF}": 1}}',
    "too many levels for the stack": "[" * 100_000,
    "too many levels": "[" * (DEEPEST + 1) + "]" * (DEEPEST + 1),
    "not a number": '{"nonce": NaN}',
    "infinite": '{"nonce": -Infinity}',
    "beyond all bounds": '{"nonce": 1e999}',
    "too many digits": "1" * 5000,
}
BODIES = [text.encode() for text in UNREADABLE.values()]
BODIES += [b'{"content": "\xed\xa0\x80"}', '{"content": "x"}'.encode("utf-16")]


def test_what_can_be_read_stays_what_it_is():
    whole = {
        "content": "😀é\\ud800",
        "nonce": -1.5e3,
        "deep": json.loads("[" * (DEEPEST - 1) + "5" + "]" * (DEEPEST - 1)),
    }
    for ascii_only in (True, False):
        text = json.dumps(whole, ensure_ascii=ascii_only)
        assert decoded(text) == decoded(text.encode()) == whole


@pytest.mark.parametrize("body", BODIES, ids=range(len(BODIES)))
async def test_a_body_that_cannot_be_passed_on_is_no_json(bare: Bare, body: bytes):
    headers = {"Authorization": f"Bot {bare.sandbox.token}", "Content-Type": "application/json"}
    url = bare.sandbox.api + bare.to("news")
    async with bare.session.post(url, headers=headers, data=body) as response:
        assert (response.status, (await response.json())["code"]) == (400, 50109)
    assert bare.sandbox.world.channel("news").messages == []


@pytest.mark.parametrize("frame", UNREADABLE.values(), ids=UNREADABLE)
async def test_a_frame_that_cannot_be_passed_on_is_closed_with_4002(bare: Bare, frame: str):
    async with opened(bare) as socket:
        await socket.plain.send_str(f'{{"op": 1, "d": {frame}}}')
        assert await socket.close_code() == 4002


async def act(bare: Bare, path: str, text: str) -> tuple[int, str]:
    """The page's outcome of an action, given as JSON."""
    headers = {"Origin": bare.sandbox.page.rstrip("/"), "Content-Type": "application/json"}
    url = bare.sandbox.page + path
    async with bare.session.post(url, headers=headers, data=text.encode()) as response:
        return response.status, (await response.json())["reason"]


@pytest.mark.parametrize("path", ["page/command", "page/complete"])
async def test_a_person_cannot_type_half_a_character(bare: Bare, path: str):
    await bare.register({"name": "story", "description": "d"})
    given = '"person": "member", "channel": "news", "line": "story", "option": "query"'
    body = f'{{{given}, "typed": "{HALF}", "options": {{"query": "{HALF}"}}}}'
    words = "The text has half a character, which Discord cannot pass on."
    assert await act(bare, path, body) == (400, words)
    assert await act(bare, path, "[" * 100_000) == (400, "The JSON has too many levels.")
    assert await act(bare, path, "{") == (400, "That is not JSON in UTF-8.")


async def test_a_page_that_opens_later_reads_all_of_the_log(bare: Bare, sandbox: Sandbox):
    headers = {"Authorization": f"Bot {sandbox.token}", "Content-Type": "application/json"}
    for body in BODIES:
        url = sandbox.api + bare.to("news")
        async with bare.session.post(url, headers=headers, data=body) as response:
            assert response.status == 400
    origin = sandbox.page.rstrip("/")
    async with bare.session.ws_connect(sandbox.page + "live", origin=origin) as page:
        (state,) = await page.receive_json()
        assert [one["status"] for one in state["log"]] == [400] * len(BODIES)


@pytest.mark.parametrize("origin", ["http://news.example", "null", "the page itself"])
async def test_a_web_page_cannot_pass_for_the_bot(bare: Bare, record: Path, origin: str):
    sandbox = bare.sandbox
    if origin == "the page itself":
        origin = sandbox.page.rstrip("/")
    headers = {"Authorization": f"Bot {sandbox.token}", "Origin": origin}
    for method in ("GET", "POST", "OPTIONS"):
        url = sandbox.api + "/users/@me"
        async with bare.session.request(method, url, headers=headers) as response:
            assert response.status == 403
    with pytest.raises(aiohttp.WSServerHandshakeError) as caught:
        await bare.session.ws_connect(sandbox.gateway, origin=origin)
    assert caught.value.status == 403
    assert lines(record) == []
