"""What servers answer to the publisher: outcomes are distinguished. The sandbox is not asked, so
all tests share one.
"""

import asyncio
import json
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

import pytest
import pytest_asyncio
from discord.http import Route

from bot.chat.rest import channels, requests
from bot.chat.rest.publisher import DiscordPublisher
from bot.demo import Demo
from bot.digests.target import Channel
from bot.errors import DeliveryError, Malformed, OutcomeUnknown, Refused, TryLater
from tests.chat.conftest import opened
from tests.chat.rest.conftest import BODY, MARKER, publisher_of

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def demo(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Demo]:
    """The sandbox after its first digest."""
    async with opened(tmp_path_factory.mktemp("answers")) as one:
        yield one


@pytest_asyncio.fixture(loop_scope="module")
async def publisher(demo: Demo) -> AsyncIterator[DiscordPublisher]:
    async with publisher_of(demo) as one:
        yield one


@asynccontextmanager
async def server(answer: bytes, asked: list[str] | None = None) -> AsyncIterator[str]:
    """A server that reads each request, answers with these bytes, and closes; its address. `asked`
    gets the methods and paths.
    """

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        if asked is not None:
            asked.append(head.decode().rpartition(" HTTP/")[0])
        writer.write(answer)
        await writer.drain()
        writer.close()

    one = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with one:
        yield f"http://127.0.0.1:{one.sockets[0].getsockname()[1]}/api/v10"


def response(status: int, body: object, *headers: str) -> bytes:
    text = json.dumps(body).encode()
    heading = (
        f"HTTP/1.1 {status} Status",
        "Content-Type: application/json",
        f"Content-Length: {len(text)}",
        "Connection: close",
        *headers,
    )
    return "\r\n".join((*heading, "", "")).encode() + text


def is_for_people(error: DeliveryError) -> None:
    """Users read it in `/digest status`: no Python class names, no socket errors."""
    text = str(error)
    assert text
    assert not re.search(r"Error|Exception|Errno|host|None", text), text


LIMITED = {"message": "You are being rate limited.", "retry_after": 61.5, "global": False}


Answered = Callable[[bytes], Awaitable[DeliveryError]]


@pytest.fixture
def answered(publisher: DiscordPublisher, ai: Channel, monkeypatch: pytest.MonkeyPatch) -> Answered:
    """The outcome of a post to which a server gives this answer."""

    async def post(answer: bytes) -> DeliveryError:
        async with server(answer) as address:
            monkeypatch.setattr(Route, "BASE", address)
            with pytest.raises(DeliveryError) as caught:
                await publisher.post(ai, BODY, "nonce-1")
        is_for_people(caught.value)
        return caught.value

    return post


ANSWERS: list[Any] = [
    pytest.param(b"", OutcomeUnknown, id="closed without an answer"),
    pytest.param(b"HTTP/1.1 200 OK\r\n", OutcomeUnknown, id="closed within the answer"),
    pytest.param(b"\x00\xff nonsense\r\n\r\n", OutcomeUnknown, id="no HTTP"),
    pytest.param(response(503, {"message": "overloaded"}), OutcomeUnknown, id="503"),
    pytest.param(response(401, {"message": "401: Unauthorized"}), TryLater, id="401"),
    pytest.param(response(403, {"message": "no", "code": 50001}), Refused, id="403"),
    pytest.param(response(404, {"message": "no", "code": 10003}), Refused, id="404"),
    pytest.param(response(400, {"message": "bad", "code": 50035}), Malformed, id="400"),
    pytest.param(response(429, LIMITED, "Via: 1.1 proxy"), TryLater, id="429"),
    pytest.param(response(429, "banned"), TryLater, id="429 of a ban"),
    pytest.param(response(408, {"message": "slow", "code": 0}), OutcomeUnknown, id="408"),
    pytest.param(response(409, {"message": "conflict", "code": 0}), TryLater, id="409"),
    pytest.param(response(425, {"message": "too early", "code": 0}), TryLater, id="425"),
    pytest.param(response(302, {}, "Location: /x"), TryLater, id="302"),
    pytest.param(response(308, {}, "Location: http://[::"), TryLater, id="308 to nowhere"),
]
"""Answers of a server, and what each means for a request."""


@pytest.mark.parametrize(("answer", "outcome"), ANSWERS)
async def test_what_a_server_answers_is_told_apart(
    answered: Answered, answer: bytes, outcome: type[DeliveryError]
):
    assert type(await answered(answer)) is outcome


async def test_what_a_server_answers_to_a_thread_is_told_apart_too(
    publisher: DiscordPublisher, ai: Channel, monkeypatch: pytest.MonkeyPatch
):
    for param in ANSWERS:
        answer, outcome = param.values
        for looked_for in (False, True):
            async with server(answer) as address:
                monkeypatch.setattr(Route, "BASE", address)
                if looked_for and param.id == "404":
                    assert not await publisher.has_thread(ai, 7)
                    continue
                asked = publisher.has_thread(ai, 7) if looked_for else thread(publisher, ai)
                with pytest.raises(DeliveryError) as caught:
                    await asked
            assert type(caught.value) is outcome, param.id
            is_for_people(caught.value)


async def test_a_thread_that_is_there_or_whose_message_is_gone_is_done_with(
    publisher: DiscordPublisher, ai: Channel, monkeypatch: pytest.MonkeyPatch
):
    for status, code in ((400, 160004), (404, 10008)):
        asked: list[str] = []
        async with server(response(status, {"message": "no", "code": code}), asked) as address:
            monkeypatch.setattr(Route, "BASE", address)
            await thread(publisher, ai)
        (request,) = asked  # and it is not asked again
        assert request.startswith("POST ")
        assert request.endswith("/messages/7/threads")


async def thread(publisher: DiscordPublisher, target: Channel) -> None:
    await publisher.open_thread(target, 7, "Monday 23 December 2019")


async def test_a_named_wait_is_kept(
    publisher: DiscordPublisher, ai: Channel, monkeypatch: pytest.MonkeyPatch
):
    async with server(response(429, LIMITED, "Via: 1.1 proxy")) as address:
        monkeypatch.setattr(Route, "BASE", address)
        with pytest.raises(TryLater) as caught:
            await publisher.post(ai, BODY, "nonce-1")
    assert caught.value.retry_after == 61.5


PAGE = "<!DOCTYPE html><title>Just a moment...</title>"


def page(status: int, *headers: str) -> bytes:
    """An HTML answer with JSON's content type, as a proxy in front of Discord may give."""
    heading = (f"HTTP/1.1 {status} Status", "Content-Type: application/json", "Connection: close")
    return "\r\n".join((*heading, *headers, "", PAGE)).encode()


@pytest.mark.parametrize(
    ("answer", "wait"),
    [
        (page(429), None),
        (page(429, "Retry-After: 7"), 7),
        (page(429, "Retry-After: soon"), None),
        (page(429, "Retry-After: 99999999999"), None),
        (response(429, {}, "Via: 1.1 proxy"), None),
        (response(429, {"retry_after": None}, "Via: 1.1 proxy"), None),
        (response(429, {"retry_after": "a while"}, "Via: 1.1 proxy"), None),
        (response(429, {"retry_after": -5}, "Via: 1.1 proxy"), None),
        (response(429, {"retry_after": float("nan")}, "Via: 1.1 proxy"), None),
        (response(429, {"retry_after": 1e300}, "Via: 1.1 proxy"), None),
        (response(429, {"retry_after": float("inf")}, "Via: 1.1 proxy"), None),
        (response(429, {"retry_after": 1e308, "global": True}, "Via: 1.1 proxy"), None),
        (response(429, {"retry_after": 86_400}, "Via: 1.1 proxy"), 3600),
        (response(429, {"retry_after": 3}), 3),
        (response(429, {"retry_after": 3, "global": True}, "Via: 1.1 proxy"), 3),
        (response(429, {}, "X-RateLimit-Scope: global", "Via: 1.1 proxy"), None),
    ],
)
async def test_a_limit_names_its_wait_or_none_and_is_of_all_or_of_one_channel(
    answered: Answered, answer: bytes, wait: float | None
):
    error = await answered(answer)
    assert isinstance(error, TryLater)
    assert error.retry_after == wait
    ours = b"Via" in answer and b"lobal" not in answer
    assert error.everywhere is not ours


@pytest.mark.parametrize(
    ("answer", "outcome"),
    [
        (page(200), OutcomeUnknown),
        (page(503), OutcomeUnknown),
        (page(403), TryLater),
        (page(404), TryLater),
        (response(400, ["bad"]), TryLater),
        (response(200, "[" * 100_000), OutcomeUnknown),
        (response(403, {"message": "no", "code": "50001"}), Refused),
    ],
)
async def test_html_in_place_of_json_refuses_nothing_and_is_tried_again(
    answered: Answered, answer: bytes, outcome: type[DeliveryError]
):
    error = await answered(answer)
    assert isinstance(error, outcome)
    assert getattr(error, "retry_after", None) is None


@pytest.mark.parametrize(
    "content", ["page", None, "x", {}, [None], [{}], [{"author": None}], [{"author": {"id": "1"}}]]
)
async def test_a_history_that_cannot_be_read_is_asked_for_later(
    publisher: DiscordPublisher,
    ai: Channel,
    demo: Demo,
    monkeypatch: pytest.MonkeyPatch,
    content: object,
):
    answer = page(200) if content == "page" else response(200, content)
    async with server(answer) as address:
        monkeypatch.setattr(Route, "BASE", address)
        since = demo.clock.now() - timedelta(minutes=1)
        for look in (publisher.look_back(ai, MARKER, since), publisher.own_messages(ai, since)):
            if content == [{"author": {"id": "1"}}]:  # another author's, of which no more is read
                await look
                continue
            with pytest.raises(TryLater) as caught:
                await look
            is_for_people(caught.value)


async def test_a_channel_that_discord_describes_as_nobody_knows_is_not_thought_deleted(
    demo: Demo, monkeypatch: pytest.MonkeyPatch
):
    for answer in (page(200), page(429, "Via: 1.1 proxy"), response(200, {"type": 0}), page(403)):
        async with server(answer) as address:
            monkeypatch.setattr(Route, "BASE", address)
            with pytest.raises((TryLater, Refused)):
                await channels.find(demo.online.bot, 12345)


async def test_failures_that_go_on_are_unknown_after_a_while(
    publisher: DiscordPublisher, ai: Channel, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(requests, "TIMEOUT", 0.2)
    async with server(response(500, {"message": "failed"})) as address:
        monkeypatch.setattr(Route, "BASE", address)
        with pytest.raises(OutcomeUnknown):
            await publisher.post(ai, BODY, "nonce-1")


async def test_a_refused_connection_is_certainly_not_a_post(
    publisher: DiscordPublisher, ai: Channel, monkeypatch: pytest.MonkeyPatch
):
    async with server(b"") as address:
        pass
    for base in (address, "http://nowhere.invalid/api/v10"):
        monkeypatch.setattr(Route, "BASE", base)
        with pytest.raises(TryLater) as caught:
            await publisher.post(ai, BODY, "nonce-1")
        is_for_people(caught.value)


async def test_an_answer_without_an_id_is_unknown(
    publisher: DiscordPublisher, ai: Channel, monkeypatch: pytest.MonkeyPatch
):
    huge = [{"id": digits} for digits in ("9" * 30, "9" * 5000, str(2**63), "0", "-1", "٣")]
    bodies: list[object] = [{}, [], "text", {"id": None}, *huge]
    for body in bodies:
        async with server(response(200, body)) as address:
            monkeypatch.setattr(Route, "BASE", address)
            with pytest.raises(OutcomeUnknown):
                await publisher.post(ai, BODY, "nonce-1")


async def test_an_answer_is_read_whatever_encoding_it_names(
    publisher: DiscordPublisher, ai: Channel, monkeypatch: pytest.MonkeyPatch
):
    answer = response(200, {"id": "7"}).replace(b"n/json", b"n/json; charset=base64")
    async with server(answer) as address:
        monkeypatch.setattr(Route, "BASE", address)
        assert await publisher.post(ai, BODY, "nonce-1") == (7, ai)


@pytest.mark.parametrize("words", ["x" * 1_000_000, "a\x00b\n@everyone", "\ud800 x", {"a": 1}])
@pytest.mark.parametrize(("status", "outcome"), [(403, Refused), (400, Malformed)])
async def test_discords_own_words_are_told_in_one_short_line(
    publisher: DiscordPublisher,
    ai: Channel,
    demo: Demo,
    monkeypatch: pytest.MonkeyPatch,
    words: object,
    status: int,
    outcome: type[DeliveryError],
):
    async with server(response(status, {"message": words, "code": 7})) as address:
        monkeypatch.setattr(Route, "BASE", address)
        for request in (
            publisher.post(ai, BODY, "nonce-1"),
            publisher.own_messages(ai, demo.clock.now()),
        ):
            with pytest.raises(outcome) as caught:
                await request
            assert len(str(caught.value).encode()) < 300
            assert str(caught.value).isprintable()


async def test_a_history_with_ids_that_are_none_is_asked_for_later_in_one_short_line(
    publisher: DiscordPublisher,
    ai: Channel,
    demo: Demo,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
):
    me = demo.online.bot.user
    assert me is not None
    at = demo.clock.now().isoformat()
    message = {"author": {"id": str(me.id)}, "content": "", "embeds": [], "timestamp": at}
    for wrong in ({"id": "9" * 30}, {"id": "x" * 10_000}, {"id": "1", "timestamp": "x" * 10_000}):
        async with server(response(200, [{**message, **wrong}])) as address:
            monkeypatch.setattr(Route, "BASE", address)
            with pytest.raises(TryLater):
                await publisher.own_messages(ai, demo.clock.now())
    assert max(map(len, caplog.messages)) < 300


async def test_a_server_that_fails_while_looking_back_is_asked_later(
    publisher: DiscordPublisher, ai: Channel, demo: Demo, monkeypatch: pytest.MonkeyPatch
):
    for answer in (b"", response(429, LIMITED, "Via: 1.1 proxy")):
        async with server(answer) as address:
            monkeypatch.setattr(Route, "BASE", address)
            with pytest.raises(TryLater) as caught:
                await publisher.look_back(ai, MARKER, demo.clock.now())
            is_for_people(caught.value)


@pytest.mark.parametrize("answers", [[True, False], [True, True, False]])
async def test_what_may_not_be_sent_when_a_connection_stands_is_not_sent(
    demo: Demo, monkeypatch: pytest.MonkeyPatch, answers: list[bool]
):
    asked: list[str] = []
    may_send = iter(answers)
    async with server(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}", asked) as address:
        monkeypatch.setattr(Route, "BASE", address)
        rest = requests.Rest(demo.online.bot, lambda status: None, lambda: next(may_send))
        await rest.request("GET", "/first")
        with pytest.raises(TryLater, match="another process"):
            await rest.request("POST", "/second", {"content": "-"})
        await rest.close()
    assert asked == ["GET /api/v10/first"]
