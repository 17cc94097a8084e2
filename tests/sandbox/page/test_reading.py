"""What is visible: answers, older messages, notices, and the end of a channel."""

from collections.abc import AsyncIterator

import pytest
from playwright.async_api import Browser, Locator, expect

from bot.sandbox import Sandbox
from bot.sandbox.world.messages import create
from tests.sandbox.conftest import NOW, Bare
from tests.sandbox.page import chromium
from tests.sandbox.page.chromium import shared
from tests.sandbox.page.user import TIMEOUT, User

pytestmark = pytest.mark.slow

MANY = 250
ASK = {"name": "ask", "description": "Asks", "type": 1}


@shared()
async def full(sandbox: Sandbox, bare: Bare, browser: Browser) -> AsyncIterator[User]:
    """A user of the page of a bot that is the test, with many messages in #news."""
    await bare.register(ASK)
    for number in range(MANY):
        create(sandbox.world, sandbox.world.channel("news"), {"content": f"line {number}"}, NOW)
    page, watch = await chromium.opened(browser, sandbox.page)
    await expect(page.locator("#messages > .message")).to_have_count(100)
    yield User(page)
    assert watch.clean()


async def scroll_up(user: User) -> None:
    """Leave the end of the messages, and wait until the page has noticed."""
    await user.page.locator("#messages").hover()
    await user.page.mouse.wheel(0, -900)
    await expect(user.last).not_to_be_in_viewport()


async def answer(bare: Bare, content: str) -> None:
    """Answer a command, visible only to its user."""
    path, _ = await bare.heard()
    data = {"content": content, "flags": 64}
    assert (await bare.call("POST", path, {"type": 4, "data": data}))[0] in (200, 204)


async def top_of(message: Locator) -> float:
    box = await message.bounding_box()
    assert box is not None
    return box["y"]


async def test_an_answer_comes_into_view_wherever_one_reads(full: User, bare: Bare) -> None:
    await scroll_up(full)
    await full.begin("ask")
    await full.page.keyboard.press("Enter")
    await answer(bare, "For you")
    await full.sees("For you")
    await expect(full.last).to_be_in_viewport(ratio=1)
    await expect(full.last.locator(".origin")).to_have_text("Moderator used /ask")


async def test_what_others_post_moves_nobody_who_reads_above(full: User, sandbox: Sandbox) -> None:
    await scroll_up(full)
    read = full.messages.nth(-15)
    await expect(read).to_be_in_viewport()
    before = await top_of(read)
    create(sandbox.world, sandbox.world.channel("news"), {"content": "another"}, NOW)
    await full.sees("another")
    await expect(full.last).not_to_be_in_viewport()
    assert abs(await top_of(full.messages.nth(-16)) - before) < 2


async def test_a_notice_comes_into_view_and_keeps_its_place(full: User, sandbox: Sandbox) -> None:
    await scroll_up(full)
    await full.begin("ask")
    await full.page.keyboard.press("Enter")
    notice = await full.sees("The application did not respond")
    await expect(notice).to_be_in_viewport(ratio=1)
    create(sandbox.world, sandbox.world.channel("news"), {"content": "after it"}, NOW)
    await full.sees("after it")
    await full.open_channel("general")
    await full.open_channel("news")
    await full.sees("after it")
    newest = [f"line {MANY - 1}", "did not respond", "after it"]
    for at, words in zip((-3, -2, -1), newest, strict=True):
        await expect(full.messages.nth(at)).to_contain_text(words)
    await expect(full.last).to_be_in_viewport(ratio=1)


async def test_older_messages_come_above_what_is_read(full: User) -> None:
    page, count = full.page, 100
    older = page.get_by_role("button", name="Older messages")
    while count < MANY:
        await older.scroll_into_view_if_needed()
        first = full.messages.filter(has_text=f"line {MANY - count}").first
        before = await top_of(first)
        await older.click()
        count = min(MANY, count + 100)
        await expect(full.messages).to_have_count(count, timeout=TIMEOUT)
        assert abs(await top_of(first) - before) < 2
        await expect(full.messages.first).to_contain_text(f"line {MANY - count}")
    await expect(older).to_be_hidden()
    texts = await full.messages.locator(".marked").all_text_contents()
    assert texts == [f"line {number}" for number in range(MANY)]


async def test_the_end_stays_in_view_when_the_window_gets_smaller(full: User) -> None:
    await expect(full.last).to_be_in_viewport(ratio=1)
    await full.page.set_viewport_size({"width": 900, "height": 500})
    await expect(full.last).to_be_in_viewport(ratio=1)


async def test_a_channel_that_is_left_before_it_is_drawn_leaves_nothing_in_the_next(
    full: User, sandbox: Sandbox
) -> None:
    create(sandbox.world, sandbox.world.channel("general"), {"content": "alone"}, NOW)
    names = ("general", "news", "general")
    ids = [str(sandbox.world.channel(name).id) for name in names]
    script = "ids => ids.forEach(id => document.querySelector(`[data-channel='${id}']`).click())"
    await full.page.evaluate(script, ids)
    for _ in range(100 // 4):  # what still waits is drawn while the page is idle, four at a time
        await full.page.evaluate("() => new Promise(done => requestIdleCallback(done))")
    await expect(full.page.locator("#messages > .message")).to_have_count(1)
