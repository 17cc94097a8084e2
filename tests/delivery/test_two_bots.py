"""Two bots on one database. A lock forbids it; if that fails, the claims still protect."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from bot.delivery.dispatcher import Dispatcher
from bot.delivery.publisher import Posted
from bot.digests.ledger import EditionState
from bot.store.opening import open_database
from tests.delivery.discord import Answer
from tests.delivery.harness import MORNING, Harness, long_stories


@pytest.fixture
async def other(harness: Harness) -> AsyncIterator[Dispatcher]:
    """Another delivery, with its own connections; an edition of many parts is due."""
    await harness.load(*long_stories())
    await harness.follow()
    harness.clock.put(MORNING)
    await harness.planner.plan_due(MORNING)
    database = await open_database(harness.address)
    yield Dispatcher(database, harness.discord, harness.gate, harness.clock)
    await database.close()


def overtaken(harness: Harness, other: Dispatcher, monkeypatch: pytest.MonkeyPatch) -> None:
    """While the first request is in flight, the other delivery works on all open editions."""
    post = harness.discord.post
    begun: list[object] = []

    async def slowly(*request: Any) -> Posted:
        sent = await post(*request)
        if not begun:
            begun.append(request)
            await other.deliver_open()
        return sent

    monkeypatch.setattr(harness.discord, "post", slowly)


async def test_an_edition_is_posted_once(
    harness: Harness, other: Dispatcher, monkeypatch: pytest.MonkeyPatch
):
    overtaken(harness, other, monkeypatch)
    await harness.dispatcher.deliver_open()
    assert harness.shown() == [1, 2, 3, 4, 5]
    assert (await harness.edition()).state is EditionState.DELIVERED


async def test_whoever_claimed_first_writes_nothing_and_sends_nothing_more(
    harness: Harness, other: Dispatcher, monkeypatch: pytest.MonkeyPatch
):
    """Although its own request was answered, and the other delivery's was not."""
    harness.discord.answers.extend([Answer.OK, Answer.KEPT_UNKNOWN])
    overtaken(harness, other, monkeypatch)
    await harness.dispatcher.deliver_open()
    assert len(set(harness.discord.requests)) == 1, "the same part, by the same nonce"
    assert len(harness.discord.requests) == 2
    assert (await harness.edition()).state is EditionState.WAITING
    (first, *_) = await harness.parts()
    assert first.state == "sending"
