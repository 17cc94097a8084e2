"""Invented feeds in their own process: `python -m tests.benchmarks.serve_feeds NUMBER [LATENCY]`.

Feed n is `/feed` of the host `feed-n`; each answer takes LATENCY seconds. It prints its port, and
ends when its standard input ends. Sizes, codings and gaps are as in real feeds: 22 items, 30 KB on
the wire, gaps of minutes to weeks.
"""

import asyncio
import gzip
import hashlib
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from random import Random
from typing import Final, NamedTuple

import brotli
from aiohttp import web
from aiohttp.typedefs import Handler

from tests.benchmarks.language import Speech
from tests.origins.feeds.compressing import CODINGS

ITEMS: Final = 22
TITLE, EXCERPT, TEXT = 9, 35, 550
"""Words of a title, an excerpt and a whole text."""
_GAPS: Final = (3.76, 3.37)
"""Mean and deviation of the logarithm of a feed's hours between two items: quartiles 4, 43, 420."""
_CODINGS: Final[tuple[tuple[str, Callable[[bytes], bytes]], ...]] = (
    ("", bytes),
    ("gzip", gzip.compress),
    ("br", lambda body: bytes(brotli.compress(body, quality=4))),
    ("zstd", CODINGS["zstd"]),
)


class Made(NamedTuple):
    """A feed as it is sent."""

    coding: str
    body: bytes
    etag: str


def make_feeds(count: int, now: datetime) -> Iterator[Made]:
    """The feeds; the same numbers give the same ones."""
    random = Random(13)  # noqa: S311 - data for measurements
    speech = Speech(random)
    for number in range(count):
        gap = timedelta(hours=min(random.lognormvariate(*_GAPS), 1000))
        dates = (now - gap * (at + random.random()) for at in range(ITEMS))
        items = "".join(_item(number, date, speech) for date in dates)
        body = _CHANNEL.format(number=number, items=items).encode()
        coding, pack = _CODINGS[number % len(_CODINGS)]
        yield Made(coding, pack(body), f'"{hashlib.sha256(body).hexdigest()[:16]}"')


_CHANNEL: Final = (
    '<?xml version="1.0" encoding="UTF-8"?><rss version="2.0"'
    ' xmlns:content="http://purl.org/rss/1.0/modules/content/"><channel>'
    "<title>Feed {number}</title><link>https://feed-{number}.example/</link>"
    "<description>News</description>{items}</channel></rss>"
)


def _item(number: int, date: datetime, speech: Speech) -> str:
    title, excerpt, text = (" ".join(speech.say(count)) for count in (TITLE, EXCERPT, TEXT))
    link = f"https://feed-{number}.example/{'-'.join(title.split())}"
    return (
        f"<item><title>{title.capitalize()}</title><link>{link}</link><guid>{link}</guid>"
        f"<pubDate>{format_datetime(date)}</pubDate><category>News</category>"
        f"<description>{excerpt}.</description>"
        f"<content:encoded><![CDATA[<p>{text}.</p>]]></content:encoded></item>"
    )


async def serve(count: int, latency: float = 0) -> None:
    """Serve until standard input ends."""
    made = [*make_feeds(count, datetime.now(UTC))]  # noqa: TID251 - the bot's clock is real too

    @web.middleware
    async def delayed(request: web.Request, handler: Handler) -> web.StreamResponse:
        await asyncio.sleep(latency)
        return await handler(request)

    async def answer(request: web.Request) -> web.Response:
        feed = made[int(request.host.partition(":")[0].removeprefix("feed-").partition(".")[0])]
        headers = {"ETag": feed.etag, "Content-Type": "application/rss+xml"}
        if request.headers.get("If-None-Match") == feed.etag:
            return web.Response(status=304, headers=headers)
        if feed.coding:
            headers["Content-Encoding"] = feed.coding
        return web.Response(body=feed.body, headers=headers)

    app = web.Application(middlewares=[delayed])
    app.router.add_get("/feed", answer)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0, backlog=1024).start()
    sys.stdout.write(f"{runner.addresses[0][1]} {sum(len(one.body) for one in made)}\n")
    sys.stdout.flush()
    await asyncio.to_thread(sys.stdin.read)


if __name__ == "__main__":
    asyncio.run(serve(int(sys.argv[1]), *map(float, sys.argv[2:])))
