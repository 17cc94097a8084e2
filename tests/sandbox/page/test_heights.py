"""How high a digest of five stories is on a phone, in each layout."""

from dataclasses import replace

import pytest
from playwright.async_api import Browser

from bot.config import Layout
from bot.demo import Demo
from bot.render import phone
from bot.render.digest import edition_messages
from bot.sandbox import Sandbox
from bot.sandbox.world.messages import create
from tests.render.editions import ALSO, LONG, USUAL, edition
from tests.sandbox.conftest import NOW
from tests.sandbox.page import chromium, layouts
from tests.sandbox.page.user import User

pytestmark = pytest.mark.slow

HIGHEST = {"cards": 1500, "compact": 800, "headlines": 600}
"""Pixels at a width of 390."""


async def test_a_digest_of_five_is_low_enough_for_a_phone(demo: Demo, browser: Browser) -> None:
    await layouts.post_each(demo)
    page, watch = await chromium.opened(browser, demo.sandbox.page, viewport=chromium.HANDSET)
    user = User(page)
    await user.become("Member")
    heights: dict[str, float] = {}
    for layout, channel in layouts.CHANNELS.items():
        await page.get_by_role("button", name="Servers and channels").click()
        await user.open_channel(channel)
        digest = user.messages.filter(has=page.get_by_role("link")).last
        await digest.scroll_into_view_if_needed()
        heights[layout] = await digest.evaluate("one => one.getBoundingClientRect().height")
    assert heights["headlines"] < heights["compact"] < heights["cards"]
    assert {name: high for name, high in heights.items() if high >= HIGHEST[name]} == {}
    assert watch.clean()


LONGEST = {
    f"{layout} of {name} headlines{' and lines under it' if also else ''}": edition(
        headlines, layout, also
    )
    for layout in Layout
    for name, headlines in (("long", LONG), ("usual", USUAL))
    for also in ((), ALSO)
} | {
    "cards under a heading of two lines": replace(
        edition(), topics=("AI", "Climate", "Health", "Robotics", "Space", "Technology")
    )
}
"""Editions that are as high as real ones can be."""


@pytest.mark.parametrize("name", LONGEST)
async def test_an_edition_of_long_stories_is_as_high_as_was_reckoned_and_low_enough(
    sandbox: Sandbox, browser: Browser, name: str
) -> None:
    (message,) = edition_messages(LONGEST[name], 5)
    create(sandbox.world, sandbox.world.channel("news"), message.body, NOW)
    page, watch = await chromium.opened(browser, sandbox.page, viewport=chromium.HANDSET)
    shown = page.locator("#messages .message")
    await shown.scroll_into_view_if_needed()
    await page.wait_for_function("document.fonts.status === 'loaded'")
    high = await shown.evaluate("one => one.getBoundingClientRect().height")
    reckoned = phone.message_height(message.body["content"], message.body["embeds"])
    assert high == pytest.approx(reckoned, abs=25), "by a line at most"
    assert high < HIGHEST[LONGEST[name].layout] or LONGEST[name].layout is Layout.HEADLINES
    assert watch.clean()
