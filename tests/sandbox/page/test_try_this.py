"""A newcomer's first minutes: the first digest, the list of things to try, and the plain faults."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import Browser, Locator, ViewportSize, expect

from bot.demo import Demo
from tests.chat.conftest import opened
from tests.sandbox.page import chromium
from tests.sandbox.page.chromium import shared
from tests.sandbox.page.user import TIMEOUT, User

pytestmark = pytest.mark.slow


@shared()
async def demo(tmp_path: Path) -> AsyncIterator[Demo]:
    """The sandbox as `broadsheet sandbox` starts it, with a week of news."""
    async with opened(tmp_path, news=True) as one:
        yield one


def step(user: User, name: str) -> Locator:
    """A line of the list."""
    return user.page.locator(f"[data-step={name}]")


async def top_of_view(message: Locator) -> float:
    """How many pixels of the view are above a message."""
    found: float = await message.evaluate(
        """one => one.getBoundingClientRect().top
        - document.querySelector("#messages").getBoundingClientRect().top"""
    )
    return found


@pytest.mark.parametrize("size", [chromium.DESKTOP, chromium.PHONE])
async def test_the_page_opens_at_the_heading_of_the_first_digest_and_goes_to_the_next(
    demo: Demo, browser: Browser, size: ViewportSize
) -> None:
    page, watch = await chromium.opened(browser, demo.sandbox.page, viewport=size)
    user = User(page)
    digests = user.messages.filter(has=page.locator(".h2"))
    await page.wait_for_function("document.querySelector('#messages').scrollTop > 0")
    assert abs(await top_of_view(digests.last)) < 20
    await expect(digests.last.locator(".h2")).to_be_in_viewport(ratio=1)
    if size == chromium.PHONE:
        await page.get_by_role("button", name="Clock, permissions").click()
    await page.get_by_role("button", name="Next day").click()
    await expect(digests).to_have_count(2, timeout=TIMEOUT)
    await expect(digests.last.locator(".h2")).to_be_in_viewport(ratio=1)
    assert watch.clean()


async def test_the_list_ticks_itself_off_as_one_goes_along(user: User, demo: Demo) -> None:
    page = user.page
    said = page.locator("#page-clock").get_by_role("status")
    done = page.locator(".steps .done")
    await expect(done).to_have_count(0)
    await page.get_by_role("button", name="/subscribe", exact=True).click()
    await expect(page.locator(".command-name")).to_have_text("/subscribe")
    await page.keyboard.type("Space")
    await page.keyboard.press("Enter")
    await expect(done).to_have_count(1, timeout=TIMEOUT)
    await user.open_channel("news")
    await page.get_by_role("button", name="Next day").click()
    await expect(step(user, "day")).to_have_class("done", timeout=TIMEOUT)
    await expect(said).to_contain_text("Posted in #news: ")
    await page.locator(".steps").get_by_role("button", name="Faults").click()
    await page.get_by_role("checkbox", name="A permission is taken").click()
    await expect(page.locator("#page-faults").get_by_role("status").first).to_have_text(
        "Send Messages was taken."
    )
    await user.tab("Clock")
    await expect(step(user, "take")).to_have_class("done")
    await page.get_by_role("button", name="Next day").click()
    await expect(said).to_contain_text(
        "#news, Tue 24 Dec: not posted: I can't post in #news: I need", timeout=TIMEOUT
    )
    await expect(step(user, "give")).not_to_have_class("done")
    await user.tab("Faults")
    await page.get_by_role("checkbox", name="A permission is taken").click()
    await user.tab("Clock")
    await expect(step(user, "give")).to_have_class("done")
    await page.get_by_role("button", name="Next day").click()
    await expect(said).to_contain_text("Posted in #news: ", timeout=TIMEOUT)
    digest = user.messages.filter(has=page.locator(".h2")).last
    await digest.get_by_role("button", name="All sources").click()
    await digest.get_by_role("option").first.click()
    await user.sees("Only you can see this")
    await user.last.get_by_role("button", name="Why?").first.click()
    await expect(done).to_have_count(5, timeout=TIMEOUT)
    await page.reload()
    await expect(done).to_have_count(5)


async def test_a_reload_keeps_the_person_the_channel_and_how_far_one_got(
    user: User, demo: Demo
) -> None:
    page, done = user.page, user.page.locator(".steps .done")
    await user.become("Admin")
    await user.open_channel("news")
    await user.tab("Faults")
    await page.get_by_role("checkbox", name="A permission is taken").click()
    await expect(done).to_have_count(1)
    for _ in range(2):
        await page.reload()
        await expect(page.get_by_role("button", name="Admin", pressed=True)).to_be_visible()
        await expect(page.locator(".where")).to_contain_text("news")
        await expect(page.get_by_role("checkbox", name="A permission is taken")).to_be_checked()
        await expect(done).to_have_count(1)
    await page.get_by_role("checkbox", name="A permission is taken").click()
    await expect(step(user, "give")).to_have_class("done")


async def test_discord_is_down_and_an_answer_is_lost_with_a_tick(user: User, demo: Demo) -> None:
    page = user.page
    said = page.locator("#page-clock").get_by_role("status")
    await user.tab("Faults")
    await expect(page.get_by_role("button", name="Inject")).to_be_hidden()
    down = page.get_by_role("checkbox", name="Discord is down")
    await down.click()
    await expect(page.get_by_text("Discord is down.")).to_be_visible()
    await user.tab("Clock")
    await page.get_by_role("button", name="Next digest").click()
    await expect(said).to_contain_text("#news, Mon 23 Dec: waiting for Discord", timeout=TIMEOUT)
    await user.tab("Faults")
    await expect(down).to_be_checked()
    await down.click()
    lost = page.get_by_role("checkbox", name="An answer is lost")
    await lost.click()
    await user.tab("Clock")
    for words in ("Discord did not answer", "Posted in #news: 5 stories"):
        await page.get_by_role("button", name="+1 h", exact=True).click()
        await expect(said).to_contain_text(words, timeout=TIMEOUT)
    await user.tab("Faults")
    await expect(lost).not_to_be_checked()
    news = demo.sandbox.world.channel("news").messages
    assert len([one for one in news if one["embeds"]]) == 2
