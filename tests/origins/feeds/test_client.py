"""Asking feeds on real loopback sockets."""

from datetime import timedelta

import pytest

from bot.origins.feeds.failures import FetchFailed
from bot.stories.feeds import FaultKind
from tests.origins.feeds.serving import RSS, fetched, reply, serving


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
        with pytest.raises(FetchFailed) as failed:
            await fetched(server.url())
    assert failed.value.kind is FaultKind.BROKEN
