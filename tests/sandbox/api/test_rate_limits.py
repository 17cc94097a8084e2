"""Rate limits work as Discord documents them, and an unmodified client respects them."""

import time
from collections.abc import Callable, Mapping
from typing import Any

import pytest

from bot.sandbox import Sandbox
from bot.sandbox.api import rate_limits
from tests.sandbox.conftest import Bare, Client

LIMIT_HEADERS = {
    f"X-RateLimit-{name}" for name in ("Limit", "Remaining", "Reset", "Reset-After", "Bucket")
}


@pytest.fixture(autouse=True)
def limited(sandbox: Sandbox) -> None:
    sandbox.limits.enabled = True


async def ask(
    bare: Bare, method: str, path: str, body: object = None
) -> tuple[int, Mapping[str, str], Any]:
    headers = {"Authorization": f"Bot {bare.sandbox.token}"}
    url = bare.sandbox.api + path
    async with bare.session.request(method, url, headers=headers, json=body) as response:
        return response.status, response.headers.copy(), await response.json()


async def test_five_messages_in_five_seconds_go_to_a_channel(bare: Bare):
    seen = [await ask(bare, "POST", bare.to("news"), {"content": "x"}) for _ in range(6)]
    assert [status for status, _, _ in seen] == [200] * 5 + [429]
    assert all(headers.keys() >= LIMIT_HEADERS for _, headers, _ in seen)
    assert [headers["X-RateLimit-Remaining"] for _, headers, _ in seen] == list("432100")
    _, headers, answer = seen[-1]
    assert answer["message"] == "You are being rate limited."
    assert answer["global"] is False
    assert 4 < answer["retry_after"] <= 5
    assert answer["retry_after"] <= int(headers["Retry-After"]) <= 6
    assert headers["X-RateLimit-Scope"] == "user"
    assert abs(float(headers["X-RateLimit-Reset"]) - time.time() - answer["retry_after"]) < 1
    assert "X-RateLimit-Global" not in headers
    assert "Via" in headers
    assert len(bare.sandbox.world.channel("news").messages) == 5
    assert bare.sandbox.log.entries[-1].verdict == ("429 (0): You are being rate limited.",)


async def test_a_clock_that_was_moved_on_has_left_every_window_behind(bare: Bare):
    for _ in range(6):
        status, _, _ = await ask(bare, "POST", bare.to("news"), {"content": "x"})
    assert status == 429
    bare.sandbox.limits.end_windows()
    status, headers, _ = await ask(bare, "POST", bare.to("news"), {"content": "x"})
    assert (status, headers["X-RateLimit-Remaining"]) == (200, "4")


async def test_another_channel_and_another_route_have_buckets_of_their_own(
    bare: Bare, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(rate_limits, "ROUTES", {})
    monkeypatch.setattr(rate_limits, "OTHER_ROUTES", (1, 60.0))
    news, ai = bare.to("news"), bare.to("ai")
    first = await ask(bare, "POST", news, {"content": "x"})
    assert (await ask(bare, "POST", news, {"content": "x"}))[0] == 429
    other = await ask(bare, "POST", ai, {"content": "x"})
    history = await ask(bare, "GET", news)
    assert [other[0], history[0]] == [200, 200]
    buckets = [headers["X-RateLimit-Bucket"] for _, headers, _ in (first, other, history)]
    assert buckets[0] == buckets[1] != buckets[2]


async def test_a_refusal_counts_and_has_the_headers_too(bare: Bare):
    status, headers, _ = await ask(bare, "POST", bare.to("news"), {})
    assert (status, headers["X-RateLimit-Remaining"]) == (400, "4")


async def test_the_global_limit_is_over_all_routes(bare: Bare, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(rate_limits, "PER_SECOND", 2)
    await ask(bare, "GET", "/users/@me")
    await ask(bare, "GET", bare.to("news"))
    status, headers, answer = await ask(bare, "GET", bare.to("ai"))
    assert (status, answer["global"], headers["X-RateLimit-Global"]) == (429, True, "true")
    assert headers["X-RateLimit-Scope"] == "global"
    assert 0 < answer["retry_after"] <= 1
    assert not headers.keys() & LIMIT_HEADERS
    status, _, _ = await ask(bare, "POST", "/interactions/5/x/callback", {"type": 5})
    assert status == 404


async def test_nothing_is_limited_unless_asked_for(bare: Bare):
    bare.sandbox.limits.enabled = False
    seen = [await ask(bare, "POST", bare.to("news"), {"content": "x"}) for _ in range(6)]
    assert {status for status, _, _ in seen} == {200}
    assert not any(headers.keys() & LIMIT_HEADERS for _, headers, _ in seen)


async def test_a_stock_client_waits_and_loses_nothing(
    sandbox: Sandbox, client: Client, monkeypatch: pytest.MonkeyPatch
):
    route = ("POST", "/channels/{channel}/messages")
    monkeypatch.setitem(rate_limits.ROUTES, route, (2, 0.05))
    await client.connect_to(sandbox)
    for number in range(6):
        await client.channel(sandbox, "news").send(str(number))
    kept = [one["content"] for one in sandbox.world.channel("news").messages]
    assert kept == list("012345")


async def test_a_stock_client_waits_out_the_global_limit(
    sandbox: Sandbox, client: Client, monkeypatch: pytest.MonkeyPatch
):
    await client.connect_to(sandbox)
    monkeypatch.setattr(sandbox.limits, "_take_globally", refuse_once())
    assert (await client.channel(sandbox, "news").send("x")).content == "x"
    assert [one.status for one in sandbox.log.entries][-2:] == [429, 200]


def refuse_once() -> Callable[[], None]:
    """The global limit exceeded by a hundredth of a second, and never again."""
    refused = [rate_limits.Limited(0.01, {}, everywhere=True)]

    def take() -> None:
        if refused:
            raise refused.pop()

    return take


async def test_old_buckets_are_forgotten(bare: Bare, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(rate_limits, "TOO_MANY_BUCKETS", 1)
    monkeypatch.setattr(rate_limits, "OTHER_ROUTES", (1, -1.0))
    for path in ("/users/@me", "/gateway", "/gateway/bot"):
        await ask(bare, "GET", path)
    assert len(bare.sandbox.limits._buckets) == 1
