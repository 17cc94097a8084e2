"""How high a digest of five stories is on a phone, in each layout."""

import pytest
from playwright.async_api import Browser

from bot.demo import Demo
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
