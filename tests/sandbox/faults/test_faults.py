"""Faults affect the requests that they match, as often as they say."""

import asyncio
from pathlib import Path
from typing import Any

import aiohttp
import discord
import pytest

from bot.sandbox import Sandbox
from bot.sandbox.api import request_log
from bot.sandbox.faults.faults import STATUSES, Fault
from tests.sandbox.conftest import Bare, Client, lines

SENDING = "/channels/*/messages"


def sent(bare: Bare) -> list[str]:
    return [one["content"] for one in bare.sandbox.world.channel("news").messages]


async def send(bare: Bare, content: str = "x") -> tuple[int, Any]:
    return await bare.call("POST", bare.to("news"), {"content": content})


@pytest.mark.parametrize(("kind", "kept"), [("status", []), ("status_after", ["x"])])
async def test_a_status_comes_before_or_after_storing(
    bare: Bare, record: Path, kind: str, kept: list[str]
):
    bare.sandbox.faults.add(Fault(kind, "POST", SENDING, status=502))
    status, answer = await send(bare)
    assert (status, answer) == (502, {"message": "502: Bad Gateway", "code": 0})
    assert sent(bare) == kept
    assert lines(record)[-1]["status"] == 502
    entry = bare.sandbox.log.entries[-1]
    assert (entry.status, entry.verdict) == (502, (f"Fault 1: {kind}",))
    assert (await send(bare))[0] == 200


@pytest.mark.parametrize(("kind", "kept"), [("status", 0), ("status_after", 1)])
async def test_every_status_of_a_refusal_can_come(bare: Bare, kind: str, kept: int):
    for status in {*STATUSES} - {429}:
        bare.sandbox.world.channel("news").messages.clear()
        bare.sandbox.faults.add(Fault(kind, "POST", SENDING, status=status))
        answered, answer = await send(bare)
        assert (answered, answer["code"], len(sent(bare))) == (status, 0, kept)
        assert answer["message"].startswith(f"{status}: ")


@pytest.mark.parametrize(("kind", "kept"), [("status", []), ("status_after", ["x"])])
async def test_a_429_is_a_ban_without_a_word_of_discord(bare: Bare, kind: str, kept: list[str]):
    bare.sandbox.limits.enabled = True
    bare.sandbox.faults.add(Fault(kind, "POST", SENDING, status=429))
    headers = {"Authorization": f"Bot {bare.sandbox.token}"}
    url = bare.sandbox.api + bare.to("news")
    async with bare.session.post(url, headers=headers, json={"content": "x"}) as response:
        assert (response.status, response.content_type) == (429, "text/html")
        assert not {"Via", "X-RateLimit-Limit", "Retry-After"} & set(response.headers)
    assert sent(bare) == kept


async def test_a_stock_client_gives_up_at_once_when_it_is_banned(sandbox: Sandbox, client: Client):
    await client.connect_to(sandbox)
    sandbox.faults.add(Fault("status", "POST", SENDING, status=429, times=None))
    with pytest.raises(discord.HTTPException) as caught:
        await client.channel(sandbox, "news").send("x")
    assert (caught.value.status, caught.value.code) == (429, 0)
    assert [one.status for one in sandbox.log.entries if one.method == "POST"] == [429]


async def test_a_status_can_carry_one_of_discords_codes(bare: Bare):
    bare.sandbox.faults.add(Fault("status", status=400, code=200000))
    assert await bare.refusal("POST", bare.to("news"), {"content": "x"}) == (400, 200000)


@pytest.mark.parametrize(
    ("status", "code", "words"),
    [
        (400, 200000, "Message was blocked by automatic moderation"),
        (400, 240000, "Message blocked by harmful links filter"),
        (403, 50013, "Missing Permissions"),
        (400, 160006, "400: Bad Request"),
    ],
)
async def test_a_code_comes_with_discords_words_where_they_are_known(
    bare: Bare, status: int, code: int, words: str
):
    bare.sandbox.faults.add(Fault("status", status=status, code=code))
    assert await send(bare) == (status, {"message": words, "code": code})


async def test_messages_with_a_text_are_refused_until_the_rule_is_removed(bare: Bare):
    rule = Fault("status", "POST", "/channels/*", 400, 240000, times=None, contains="gold")
    number = bare.sandbox.faults.add(rule)
    assert (await send(bare, "plain"))[0] == 200
    assert (await send(bare, "all gold"))[1]["code"] == 240000
    embeds = [{"title": "silver"}, {"title": "t", "fields": [{"name": "n", "value": "gold"}]}]
    assert await bare.refusal("POST", bare.to("news"), {"embeds": embeds}) == (400, 240000)
    forum = f"/channels/{bare.sandbox.world.channel('forum').id}/threads"
    post = {"name": "gold", "message": {"content": "x"}}
    assert await bare.refusal("POST", forum, post) == (400, 240000)
    assert sent(bare) == ["plain"]
    assert bare.sandbox.log.entries[-1].verdict == ("Fault 1: status",)
    bare.sandbox.faults.remove(number)
    assert (await send(bare, "gold"))[0] == 200


@pytest.mark.parametrize(
    ("contains", "path"),
    [("gold", ("embeds", "1", "title")), ("here", ("content",)), ("", ("content",))],
)
async def test_a_bad_form_names_where_the_text_is(bare: Bare, contains: str, path: tuple[str, ...]):
    bare.sandbox.faults.add(Fault("status", status=400, code=50035, contains=contains))
    body = {"content": "here", "embeds": [{"title": "t"}, {"title": "all gold"}]}
    status, answer = await bare.call("POST", bare.to("news"), body)
    assert (status, answer["code"], answer["message"]) == (400, 50035, "Invalid Form Body")
    node = answer["errors"]
    for key in path:
        node = node[key]
    assert node["_errors"][0]["code"] == "STRING_TYPE_REGEX"


async def test_a_bad_form_without_any_text_is_bad_as_a_whole(bare: Bare):
    bare.sandbox.faults.add(Fault("status", status=400, code=50035))
    _, answer = await bare.call("GET", bare.to("news"))
    assert list(answer["errors"]) == ["_errors"]


@pytest.mark.parametrize(("kind", "kept"), [("reset", []), ("reset_after", ["x"])])
async def test_a_connection_is_reset_before_or_after_storing(
    bare: Bare, record: Path, kind: str, kept: list[str]
):
    bare.sandbox.faults.add(Fault(kind, "post", SENDING))
    with pytest.raises(aiohttp.ClientOSError) as caught:
        await send(bare)
    assert caught.value.errno == 104
    assert sent(bare) == kept
    assert lines(record)[-1]["status"] == 0


@pytest.mark.parametrize(("kind", "kept"), [("hang", []), ("hang_after", ["x"])])
async def test_a_hang_lasts_its_seconds_and_ends_without_an_answer(
    bare: Bare, record: Path, kind: str, kept: list[str]
):
    bare.sandbox.faults.add(Fault(kind, "POST", SENDING, seconds=0.01))
    with pytest.raises(aiohttp.ClientOSError):
        await send(bare)
    assert sent(bare) == kept
    assert lines(record)[-1]["status"] == 0


async def hanging(bare: Bare) -> asyncio.Task[tuple[int, Any]]:
    """A request that the fault holds."""
    waiting = asyncio.create_task(send(bare))
    for _ in range(10_000):
        await asyncio.sleep(0)
        if not bare.sandbox.faults.list():
            return waiting
    pytest.fail("the request did not come")


@pytest.mark.parametrize("end", ["remove", "clear", "stop"])
async def test_a_hang_without_seconds_lasts_until_it_is_ended(bare: Bare, end: str):
    number = bare.sandbox.faults.add(Fault("hang", "POST"))
    waiting = await hanging(bare)
    assert not waiting.done()
    if end == "remove":
        bare.sandbox.faults.remove(number + 1)
        assert not waiting.done()
        bare.sandbox.faults.remove(number)
    elif end == "clear":
        bare.sandbox.faults.clear()
    else:
        await bare.sandbox.stop()
    with pytest.raises(aiohttp.ClientError):
        await waiting


async def test_a_late_message_is_stored_after_its_answer(bare: Bare):
    bare.sandbox.faults.add(Fault("late_store", "POST", SENDING, status=504, seconds=0.01))
    assert (await send(bare))[0] == 504
    assert sent(bare) == []
    event, data = await asyncio.wait_for(bare.events.get(), 5)
    assert (event, data["content"]) == ("MESSAGE_CREATE", "x")
    assert sent(bare) == ["x"]


async def test_what_is_refused_late_is_not_stored(bare: Bare, caplog: pytest.LogCaptureFixture):
    bare.sandbox.faults.add(Fault("late_store", "POST", SENDING, seconds=0.0))
    with caplog.at_level("INFO", "bot.sandbox"):
        await bare.call("POST", bare.to("locked"), {"content": "x"})
        await send(bare)
    assert "MISSING_PERMISSIONS" in caplog.text


async def test_stopping_forgets_what_was_to_be_stored_late(bare: Bare):
    bare.sandbox.faults.add(Fault("late_store", "POST", SENDING))
    assert (await send(bare))[0] == 500
    await bare.sandbox.stop()
    assert sent(bare) == []


@pytest.mark.parametrize("everywhere", [True, False])
async def test_a_rate_limit_says_how_long_to_wait(bare: Bare, everywhere: bool):
    bare.sandbox.faults.add(Fault("rate_limit", everywhere=everywhere, seconds=2.5))
    headers = {"Authorization": f"Bot {bare.sandbox.token}"}
    async with bare.session.get(bare.sandbox.api + "/users/@me", headers=headers) as response:
        assert response.status == 429
        answer = await response.json()
        assert (answer["retry_after"], answer["global"]) == (2.5, everywhere)
        assert ("X-RateLimit-Global" in response.headers) is everywhere
        assert response.headers["X-RateLimit-Scope"] == ("global" if everywhere else "user")
        assert "Via" in response.headers


async def test_a_stock_client_waits_out_a_rate_limit(sandbox: Sandbox, client: Client):
    await client.connect_to(sandbox)
    for everywhere in (True, False):
        sandbox.faults.add(Fault("rate_limit", "POST", everywhere=everywhere, seconds=0.01))
    assert (await client.channel(sandbox, "news").send("x")).content == "x"
    statuses = [one.status for one in sandbox.log.entries if one.method == "POST"]
    assert statuses == [429, 429, 200]


async def test_a_stock_client_sees_a_reset_and_a_5xx(sandbox: Sandbox, client: Client):
    await client.connect_to(sandbox)
    news = client.channel(sandbox, "news")
    sandbox.faults.add(Fault("reset", "POST"))
    with pytest.raises(aiohttp.ClientOSError):
        await news.send("x")
    sandbox.faults.add(Fault("status", "POST", status=503))
    with pytest.raises(discord.DiscordServerError):
        await news.send("x")


async def test_a_refusal_stays_what_it_is(bare: Bare):
    bare.sandbox.faults.add(Fault("status_after", "POST", SENDING))
    assert await bare.refusal("POST", bare.to("locked"), {"content": "x"}) == (403, 50013)


async def test_a_fault_happens_as_often_as_it_says_to_whom_it_is_meant_for(bare: Bare):
    faults = bare.sandbox.faults
    other = f"/channels/{bare.sandbox.world.channel('ai').id}/*"
    faults.add(Fault("status", "GET"))
    faults.add(Fault("status", "POST", other))
    twice = faults.add(Fault("status", "POST", SENDING, status=500, times=2))
    always = faults.add(Fault("status", "POST", SENDING, status=502, times=None))
    assert [(await send(bare))[0] for _ in range(4)] == [500, 500, 502, 502]
    left = faults.list()
    assert sorted(left) == [1, 2, always]
    assert left[always].times is None
    assert twice not in left
    faults.clear()
    assert (await send(bare))[0] == 200


@pytest.mark.parametrize(
    "wrong",
    [
        {"kind": "explode"},
        {"status": 399},
        {"status": 600},
        {"times": 0},
        {"seconds": -1.0},
    ],
)
def test_a_fault_that_cannot_be_is_refused(wrong: dict[str, Any]):
    with pytest.raises(ValueError):  # noqa: PT011  each has its own words
        Fault(**{"kind": "status", **wrong})


async def test_the_log_has_bodies_answers_and_verdicts(bare: Bare):
    heard: list[request_log.Entry] = []
    bare.sandbox.log.listeners.append(heard.append)
    await send(bare, bare.sandbox.token)
    await bare.call("POST", bare.to("news"), {"embeds": [{"title": "x" * 257}], "colour": 1})
    await bare.call("POST", bare.to("locked"), {"content": "x"})
    await bare.call("PUT", "/pins")
    assert [(one.number, one.status) for one in heard] == [(1, 200), (2, 400), (3, 403), (4, 404)]
    assert heard == list(bare.sandbox.log.entries)
    assert [one.verdict for one in heard] == [
        (),
        (
            "400 (50035): Invalid Form Body",
            "embeds.0.title: Must be 256 or fewer in length.",
            "colour: The sandbox does not know this key.",
        ),
        ("403 (50013): Missing Permissions",),
        ("404 (0): 404: Not Found",),
    ]
    assert heard[0].body == {"content": "[token]"}
    assert bare.sandbox.token not in heard[0].answer
    assert '"id"' in heard[0].answer


async def test_the_log_keeps_the_newest(bare: Bare, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(request_log, "LONGEST_ANSWER", 10)
    kept = bare.sandbox.log.entries.maxlen
    assert kept == request_log.KEPT
    for _ in range(kept + 1):
        bare.sandbox.log.add("GET", "/", (b"", None), 200, "é".encode() * 40, ())
    assert bare.sandbox.log.entries[0].number == 2
    assert bare.sandbox.log.entries[-1].answer == "é" * 5
