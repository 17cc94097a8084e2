"""A newcomer sets up a channel's digest on the page by the panel alone."""

import re

import pytest
from playwright.async_api import Browser, expect

from bot.demo import Demo
from bot.digests.target import Channel
from tests.sandbox.page import chromium
from tests.sandbox.page.user import User

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("viewport", [chromium.DESKTOP, chromium.PHONE], ids=["desktop", "phone"])
async def test_a_newcomer_sets_up_a_channel_in_five_clicks(
    demo: Demo, browser: Browser, viewport: object
) -> None:
    page, watch = await chromium.opened(browser, demo.sandbox.page, viewport=viewport)
    user, clicks = User(page), 0
    general = demo.sandbox.world.channel("general")
    await page.evaluate(f"sessionStorage.setItem('channel', '{general.id}')")
    await page.reload()
    await page.wait_for_selector("html[data-ready]")
    await user.run("digest setup")
    panel = await user.sees("Digest of #general")

    async def click(role: str, name: str) -> None:
        nonlocal clicks
        clicks += 1
        await panel.get_by_role(role, name=name).first.click()  # type: ignore[arg-type]

    await click("button", "Choose topics")
    await click("option", "AI")
    await click("button", "Send choice")
    await expect(panel).to_contain_text("Next digest")
    await click("button", "Time, days, zone")
    form = page.get_by_role("dialog")
    await form.get_by_role("textbox", name=re.compile("^Time(?! zone)")).fill("8am")
    await form.get_by_role("textbox", name=re.compile("^Time zone")).fill("Berlin")
    await page.keyboard.press("Enter")
    clicks += 1
    await expect(form).to_have_count(0)
    await expect(panel).to_contain_text("Next digest: Mon 08:00 in Berlin")
    assert clicks == 5
    status = await demo.online.bot.services.statuses.of_channel(
        Channel(general.guild_id, general.id)
    )
    assert status is not None
    assert status.topics == ("AI",)
    timetable = status.settings.timetable
    assert (timetable.time, timetable.timezone) == ("08:00", "Europe/Berlin")
    assert status.next is not None
    assert watch.clean()


async def test_everything_else_is_set_on_the_panels_second_page(user: User, demo: Demo) -> None:
    page = user.page
    await user.open_channel("announcements")
    await user.run("digest setup")
    panel = await user.sees("Digest of #announcements")
    await panel.get_by_role("button", name="Layout").click()
    await panel.get_by_role("option", name="Layout: compact").click()
    await expect(panel.get_by_role("button", name=re.compile("^Layout: compact"))).to_be_visible()
    await expect(panel).to_contain_text("set here")
    await panel.get_by_role("button", name="More").click()
    await panel.get_by_role("button", name="Role to ping").click()
    await panel.get_by_role("option", name="@News readers").click()
    await expect(panel.get_by_role("button", name="Role to ping: @News readers")).to_be_visible()
    await panel.get_by_role("button", name="Undo").click()
    await expect(panel.get_by_role("button", name="Undo")).to_have_count(0)
    await expect(panel).to_contain_text("Role to ping: none")
    await expect(page.get_by_text("Only you can see this").last).to_be_visible()
