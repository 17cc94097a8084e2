"""Asking feeds on real loopback sockets."""

import asyncio
import base64
import logging
import traceback
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot import __version__
from bot.origins.feeds.bodies import MOST_BYTES
from bot.origins.feeds.client import (
    FeedClient,
    FetchPolicy,
    Request,
    Timeouts,
    user_agent,
    without_secrets,
)
from bot.origins.feeds.failures import FetchFailed
from bot.origins.feeds.host_pace import HostPace
from bot.stories.feeds import FaultKind, HostState
from tests.conftest import SetClock
from tests.origins.feeds.compressing import CODINGS
from tests.origins.feeds.names import Names
from tests.origins.feeds.serving import RSS, Asked, Reply, fetched, policy, reply, serving


async def test_an_answer_has_the_body_and_what_its_headers_say():
    headers = {
        "content_type": "application/rss+xml; charset=utf-8",
        "etag": 'W/"abc"',
        "last_modified": "Sun, 22 Dec 2019 10:00:00 GMT",
        "cache_control": "public, max-age=600",
        "age": 100,
    }
    async with serving(reply(200, RSS, **headers)) as server:
        answer = await fetched(server.url())
    assert (answer.status, answer.url, answer.body) == (200, server.url(), RSS)
    assert answer.content_type == "application/rss+xml; charset=utf-8"
    assert (answer.etag, answer.last_modified) == ('W/"abc"', "Sun, 22 Dec 2019 10:00:00 GMT")
    assert answer.max_age == timedelta(seconds=500)
    assert answer.body_hash is not None
    assert answer.permanent_url is None


async def test_a_feed_is_asked_with_what_it_said_last_byte_for_byte():
    etag, date = 'w/"odd  one', "yesterday, or so"
    async with serving(reply(304)) as server:
        answer = await fetched(server.url(), etag=etag, last_modified=date)
    (asked,) = server.asked
    assert asked.headers["if-none-match"] == etag
    assert asked.headers["if-modified-since"] == date
    assert (answer.status, answer.body, answer.body_hash) == (304, None, None)
    assert (answer.etag, answer.last_modified) == (etag, date)


async def test_not_modified_without_a_condition_is_no_answer():
    async with serving(reply(304)) as server:
        assert (await failure(server.url())).kind is FaultKind.BROKEN


async def failure(url: str, given: FetchPolicy | None = None) -> FetchFailed:
    with pytest.raises(FetchFailed) as failed:
        await fetched(url, given)
    return failed.value


async def test_the_bot_says_who_it_is_and_what_it_reads():
    async with serving(reply(200, RSS)) as server:
        await fetched(server.url(), policy(contact="mailto:news@paper.example"))
    (asked,) = server.asked
    assert asked.headers["user-agent"] == f"Broadsheet/{__version__} (+mailto:news@paper.example)"
    assert asked.headers["accept-encoding"] == "gzip, br, zstd"
    assert "application/atom+xml" in asked.headers["accept"]
    assert not {"cookie", "referer", "authorization", "if-none-match"} & {*asked.headers}


async def test_a_connection_ends_with_an_answer_unless_other_feeds_of_the_host_wait():
    async with serving({f"/{number}": reply(200, RSS) for number in range(3)}) as server:
        requests = [Request(server.url(path)) for path in server.replies]
        async with FeedClient(policy()) as client:
            await client.fetch(requests[0])
            await asyncio.gather(*map(client.fetch, requests))
    said = [one.headers.get("connection") for one in server.asked]
    assert said[:3] == ["close", None, None]
    robots = [one for one in server.seen if one.path == "/robots.txt"]
    assert [one.headers.get("connection") for one in robots] == [None]


@pytest.mark.parametrize("contact", [None, "", "\r\nEvil: 1", "ü (x)", " "])
def test_no_contact_breaks_the_header(contact: str | None):
    name = user_agent(contact)
    assert name.isascii()
    assert name.isprintable()
    assert name.count("(") == name.count(")") == 1


@pytest.mark.parametrize("coding", CODINGS)
async def test_compressed_answers_are_decoded(coding: str):
    packed = CODINGS[coding](RSS * 1000)
    async with serving(reply(200, packed, content_encoding=coding)) as server:
        answer = await fetched(server.url())
    assert answer.body == RSS * 1000


@pytest.mark.parametrize("coding", ["", "gzip", "br", "zstd"])
async def test_a_body_may_have_ten_megabytes_and_no_more(coding: str):
    lines = (f"<item>{number * 48_271 % 999_983:025}</item>" for number in range(MOST_BYTES // 38))
    text = "".join(lines).encode()
    assert len(text) == MOST_BYTES // 38 * 38
    body = text + bytes(MOST_BYTES - len(text))
    pack = CODINGS.get(coding, bytes)
    headers = {"content_encoding": coding or None}
    replies: dict[str, Reply] = {
        "/whole": reply(200, pack(body), **headers),
        "/more": reply(200, pack(body + b"x"), content_length=None, **headers),
    }
    async with serving(replies) as server:
        assert (await fetched(server.url("/whole"))).body == body
        assert (await failure(server.url("/more"))).kind is FaultKind.TOO_LARGE


async def test_equal_bodies_have_equal_hashes_however_they_come():
    packed = CODINGS["gzip"](RSS)
    replies: dict[str, Reply] = {
        "/plain": reply(200, RSS),
        "/packed": reply(200, packed, content_encoding="gzip"),
        "/other": reply(200, RSS + b"\n"),
    }
    async with serving(replies) as server:
        plain, same, other = [(await fetched(server.url(path))).body_hash for path in replies]
    assert plain == same != other


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (401, FaultKind.REFUSED),
        (403, FaultKind.REFUSED),
        (404, FaultKind.MISSING),
        (410, FaultKind.GONE),
        (429, FaultKind.BUSY),
        (503, FaultKind.BUSY),
        (500, FaultKind.BROKEN),
        (418, FaultKind.BROKEN),
        (599, FaultKind.BROKEN),
        (206, FaultKind.BROKEN),
        (300, FaultKind.BROKEN),
        (305, FaultKind.BROKEN),
    ],
)
async def test_a_status_that_is_no_answer_is_a_failure(status: int, kind: FaultKind):
    async with serving(reply(status, b"secret words of the server")) as server:
        failed = await failure(server.url())
    assert failed.kind is kind
    assert str(status) in failed.detail
    assert failed.asked


async def test_the_body_of_a_refusal_is_not_read():
    async def endless() -> AsyncIterator[bytes]:
        yield reply(404, content_length=None)
        while True:
            yield bytes(65_536)

    async with serving(lambda _: endless()) as server:
        assert (await failure(server.url())).kind is FaultKind.MISSING


async def test_redirects_are_followed_and_permanent_ones_reported():
    replies: dict[str, Reply] = {
        "/a": reply(301, location="/b"),
        "/b": reply(308, location="http://other.example:{port}/c"),
        "/c": reply(302, location="/d"),
        "/d": reply(301, location="feed?x=1#part"),
        "/feed?x=1": reply(200, RSS, etag='"1"'),
    }
    async with serving(replies) as server:
        moved = f"http://other.example:{server.port}/c"
        server.replies["/b"] = reply(308, location=moved)
        answer = await fetched(server.url("/a"), etag='"0"')
    assert answer.url == f"http://other.example:{server.port}/feed?x=1"
    assert answer.permanent_url == moved
    assert [one.path for one in server.asked] == ["/a", "/b", "/c", "/d", "/feed?x=1"]
    assert all(one.headers["if-none-match"] == '"0"' for one in server.asked)


@pytest.mark.parametrize("status", [302, 303, 307])
async def test_a_temporary_redirect_moves_nothing(status: int):
    replies = {"/a": reply(status, location="/feed"), "/feed": reply(200, RSS)}
    async with serving(replies) as server:
        answer = await fetched(server.url("/a"))
    assert (answer.body, answer.permanent_url) == (RSS, None)


async def test_five_redirects_are_followed_and_six_are_not():
    replies: dict[str, Reply] = {f"/{n}": reply(302, location=f"/{n + 1}") for n in range(6)}
    async with serving({**replies, "/6": reply(200, RSS)}) as server:
        assert (await fetched(server.url("/1"))).body == RSS
        failed = await failure(server.url("/0"))
    assert failed.kind is FaultKind.BROKEN
    assert len(server.asked) == 6 + 6


@pytest.mark.parametrize("location", ["/feed", "", None])
async def test_a_redirect_to_itself_ends_at_once(location: str | None):
    async with serving(reply(301, location=location)) as server:
        assert (await failure(server.url())).kind is FaultKind.BROKEN
    assert len(server.asked) == 1


async def test_user_and_password_go_along_to_the_same_host_only():
    def redirect(asked: Asked) -> bytes:
        return reply(302, location=asked.path.partition("?to=")[2])

    async with serving({}) as server:
        elsewhere = server.url("/there", host="other.example")
        paths = ("/feed?to=/here", f"/feed?to={elsewhere}")
        server.replies.update(dict.fromkeys(paths, redirect))
        server.replies.update(dict.fromkeys(("/here", "/there"), reply(200, RSS)))
        for path in paths:
            await fetched(server.url(path, host="user:p%40ss@news.example"))
    sent = {one.path: one.headers.get("authorization") for one in server.asked}
    expected = "Basic " + base64.b64encode(b"user:p@ss").decode()
    assert sent == {paths[0]: expected, "/here": expected, paths[1]: expected, "/there": None}


async def test_cookies_are_not_kept():
    given_reply = reply(200, RSS, set_cookie="id=1; Path=/")
    async with serving(given_reply) as server, FeedClient(policy()) as client:
        for _ in range(2):
            await client.fetch(Request(server.url()))
    assert [one.headers.get("cookie") for one in server.asked] == [None, None]


async def test_proxies_of_the_environment_are_not_used(monkeypatch: pytest.MonkeyPatch):
    async with serving(reply(200, RSS)) as server, serving({}) as proxy:
        for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "https_proxy"):
            monkeypatch.setenv(name, proxy.url("", host="127.0.0.1"))
        monkeypatch.delenv("NO_PROXY", raising=False)
        assert (await fetched(server.url())).body == RSS
        assert not proxy.seen


@pytest.mark.parametrize("said", ["120", "Sun, 22 Dec 2019 16:33:00 GMT"])
@pytest.mark.parametrize("status", [429, 503])
async def test_a_host_that_asks_for_a_pause_is_left_alone(status: int, said: str):
    clock = SetClock()
    given = policy(clock)
    replies: dict[str, Reply] = {
        "/busy": reply(status, retry_after=said),
        "/feed": reply(200, RSS),
    }
    async with serving(replies) as server:
        failed = await failure(server.url("/busy"), given)
        assert (failed.kind, failed.retry_after) == (FaultKind.BUSY, timedelta(minutes=2))
        clock.move(timedelta(seconds=90))
        other = await failure(server.url(), given)
        assert (other.retry_after, other.asked) == (timedelta(seconds=30), False)
        assert (await fetched(server.url(host="else.example"), given)).body == RSS
        clock.move(timedelta(seconds=30))
        assert (await fetched(server.url(), given)).body == RSS
    assert [one.path for one in server.asked] == ["/busy", "/feed", "/feed"]


async def test_a_pause_from_before_the_clock_was_set_back_is_over():
    clock = SetClock()
    async with serving(reply(200, RSS)) as server:
        host = f"news.example:{server.port}"
        given = policy(clock, hosts={host: HostState(clock.now() + timedelta(days=300))})
        assert (await fetched(server.url(), given)).body == RSS


async def test_feeds_that_wait_for_their_turn_hear_of_a_pause():
    replies: dict[str, Reply] = {f"/{n}": reply(429, retry_after=60) for n in range(50)}
    one_by_one = policy(pace=HostPace(at_once=1, apart=timedelta(0)))
    async with serving(replies) as server, FeedClient(one_by_one) as client:
        asking = (client.fetch(Request(server.url(path))) for path in replies)
        failed = await asyncio.gather(*asking, return_exceptions=True)
    assert len(server.asked) == 1
    assert sum(isinstance(one, FetchFailed) and not one.asked for one in failed) == 49


ROBOTS = b"User-agent: *\nDisallow: /feed\n"


async def test_robots_txt_is_asked_once_a_day_for_a_host():
    clock = SetClock()
    given = policy(clock)
    async with serving({"/robots.txt": reply(200, b""), "/feed": reply(200, RSS)}) as server:
        async with FeedClient(given) as client:
            await asyncio.gather(*(client.fetch(Request(server.url())) for _ in range(5)))
            clock.move(timedelta(hours=23, minutes=59))
            await client.fetch(Request(server.url()))
            assert len(server.seen) == len(server.asked) + 1 == 7
            server.replies["/robots.txt"] = reply(200, ROBOTS)
            clock.move(timedelta(minutes=1))
            with pytest.raises(FetchFailed) as failed:
                await client.fetch(Request(server.url()))
        assert failed.value.kind is FaultKind.REFUSED
        assert len(server.asked) == 6
        assert {*given.hosts} == {f"news.example:{server.port}"}


async def test_robots_txt_is_known_after_a_restart():
    clock = SetClock()
    async with serving({"/feed": reply(200, RSS)}) as server:
        known = HostState(robots="disallow: /feed", robots_at=clock.now())
        given = policy(clock, hosts={f"news.example:{server.port}": known})
        assert (await failure(server.url(), given)).kind is FaultKind.REFUSED
        assert not server.seen
        clock.move(-timedelta(days=1))  # set back: asked again
        assert (await fetched(server.url(), given)).body == RSS


async def test_robots_txt_of_a_host_that_a_redirect_leads_to_counts():
    replies: dict[str, Reply] = {
        "/robots.txt": lambda asked: reply(
            200, ROBOTS if asked.headers["host"].startswith("shy") else b""
        )
    }
    async with serving(replies) as server:
        server.replies["/a"] = reply(301, location=server.url(host="shy.example"))
        assert (await failure(server.url("/a"))).kind is FaultKind.REFUSED
    assert [one.path for one in server.asked] == ["/a"]


async def dripping() -> AsyncIterator[bytes]:
    yield reply(200, content_length=1000)
    while True:
        yield b"#"
        await asyncio.sleep(0.01)


@pytest.mark.parametrize(
    "robots",
    [
        reply(404),
        reply(403),
        reply(500),
        reply(200, b"\xff\xfe" * 1000),
        reply(200, b"<html>" * 100_000),
        reply(200, b"x", content_encoding="gzip"),
        reply(302, location="/robots.txt"),
        b"no HTTP\r\n\r\n",
        lambda _: dripping(),
    ],
    ids=["none", "refused", "fault", "binary", "a page", "miscoded", "loop", "junk", "slow"],
)
async def test_a_robots_txt_that_says_nothing_forbids_nothing(robots: Reply):
    given = policy(timeouts=Timeouts(total=0.2, connect=1, read=1))
    async with serving({"/robots.txt": robots, "/feed": reply(200, RSS)}) as server:
        assert (await fetched(server.url(), given)).body == RSS


async def test_a_fault_of_robots_txt_keeps_the_rules_of_the_day_before():
    clock = SetClock()
    given = policy(clock)
    async with serving({"/robots.txt": reply(200, ROBOTS), "/feed": reply(200, RSS)}) as server:
        assert (await failure(server.url(), given)).kind is FaultKind.REFUSED
        clock.move(timedelta(days=2))
        server.replies["/robots.txt"] = reply(500)
        assert (await failure(server.url(), given)).kind is FaultKind.REFUSED
        clock.move(timedelta(days=2))
        server.replies["/robots.txt"] = reply(404)
        assert (await fetched(server.url(), given)).body == RSS


async def test_a_host_that_is_down_is_not_asked_for_robots_txt_and_feed():
    async with serving({}) as server:
        pass
    given = policy()
    assert (await failure(server.url(), given)).kind is FaultKind.UNREACHABLE
    assert given.hosts == {}


async def test_an_unknown_host_is_unreachable():
    class Nowhere(Names):
        async def resolve(self, *_: Any, **__: Any) -> Any:
            raise OSError(None, "no such name")

    failed = await failure("http://nowhere.example/", policy(resolver=Nowhere()))
    assert (failed.kind, failed.detail) == (FaultKind.UNREACHABLE, "its host is not known")


SECRET = "http://user:hunter2@news.example:{}/feed?token=hunter2#hunter2"  # noqa: S105 - invented


@pytest.mark.parametrize(
    "given_reply",
    [reply(404), reply(301, location="http://[hunter2"), b"hunter2\r\n\r\n", b"", reply(204)],
)
async def test_no_failure_tells_what_is_secret_in_an_address(
    given_reply: bytes, caplog: pytest.LogCaptureFixture
):
    caplog.set_level(logging.DEBUG)
    async with serving({"/feed?token=hunter2": given_reply}) as server:
        failed = await failure(SECRET.format(server.port))
    told = "".join(traceback.format_exception(failed))
    assert "hunter2" not in told + failed.detail + caplog.text


@pytest.mark.parametrize("url", ["http://user:hunter2@[::1/", "http://hunter2:hunter2@/", "x"])
async def test_no_failure_tells_what_is_secret_in_a_broken_address(url: str):
    told = "".join(traceback.format_exception(await failure(url)))
    assert "hunter2" not in told
    assert "hunter2" not in without_secrets(url)


def test_an_address_for_logs_has_no_secrets():
    assert without_secrets(SECRET.format(80)) == "http://news.example/feed?…"
    assert without_secrets("https://news.example/feed") == "https://news.example/feed"
    assert without_secrets("https://token@news.example/") == "https://news.example/"


@given(st.text())
def test_any_address_can_be_logged(url: str):
    assert isinstance(without_secrets(f"https://user:word@{url}"), str)
