"""Two bots over one database. A lock forbids it; should it fail, the claims hold."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from bot.digests.ledger import EditionState
from bot.press.delivery import Delivery
from bot.store.database import open_database
from tests.press.bench import MORNING, Bench, long_stories
from tests.press.discord import Answer


@pytest.fixture
async def other(bench: Bench) -> AsyncIterator[Delivery]:
    """Another delivery, over connections of its own; an edition of many parts is due."""
    await bench.load(*long_stories())
    await bench.follow()
    bench.clock.put(MORNING)
    await bench.planner.plan_due(MORNING)
    database = await open_database(bench.database.path)
    yield Delivery(database, bench.discord, bench.line, bench.clock)
    await database.close()


def overtaken(bench: Bench, other: Delivery, monkeypatch: pytest.MonkeyPatch) -> None:
    """While the first request is under way the other delivery works on all that is open."""
    post = bench.discord.post
    begun: list[object] = []

    async def slowly(*request: Any) -> int | None:
        sent = await post(*request)
        if not begun:
            begun.append(request)
            await other.deliver_open()
        return sent

    monkeypatch.setattr(bench.discord, "post", slowly)


async def test_an_edition_is_posted_once(
    bench: Bench, other: Delivery, monkeypatch: pytest.MonkeyPatch
):
    overtaken(bench, other, monkeypatch)
    await bench.delivery.deliver_open()
    assert bench.shown() == [1, 2, 3, 4, 5]
    assert (await bench.edition()).state is EditionState.DELIVERED


async def test_whoever_claimed_first_writes_nothing_and_sends_nothing_more(
    bench: Bench, other: Delivery, monkeypatch: pytest.MonkeyPatch
):
    """Though its own request was answered, and the other one's was not."""
    bench.discord.answers.extend([Answer.OK, Answer.KEPT_UNKNOWN])
    overtaken(bench, other, monkeypatch)
    await bench.delivery.deliver_open()
    assert len(set(bench.discord.requests)) == 1, "the same part, by the same nonce"
    assert len(bench.discord.requests) == 2
    assert (await bench.edition()).state is EditionState.WAITING
    (first, *_) = await bench.parts()
    assert first.state == "sending"
