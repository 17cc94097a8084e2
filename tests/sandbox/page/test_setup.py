"""A newcomer sets up a channel's digest on the page by the panel alone."""

import re

import pytest
from playwright.async_api import Browser, expect

from bot.demo import Demo
from bot.digests.target import Channel
from tests.sandbox.page import chromium
from tests.sandbox.page.user import User

pytestmark = pytest.mark.slow


COUNT = """window.clicks = 0;
document.addEventListener("pointerdown", () => window.clicks += 1, true);"""


async def clicks(user: User) -> int:
    """How often the mouse or a finger was put down since COUNT."""
    found: int = await user.page.evaluate("window.clicks")
    return found


async def test_a_newcomer_gets_from_the_hello_to_a_digest_in_five_clicks(
    user: User, demo: Demo
) -> None:
    page = user.page
    await user.open_channel("general")
    await page.evaluate(COUNT)
    await page.get_by_role("button", name="Set up").click()
    form = page.get_by_role("dialog")
    await expect(form).to_contain_text("A daily digest in #general")
    await page.keyboard.type("8am")
    await form.get_by_role("textbox", name="Time zone").click()
    await page.keyboard.type("Berlin")
    await form.get_by_text("Choose topics").click()
    await form.get_by_role("checkbox", name="Space").click()
    await form.get_by_role("button", name="Submit").click()
    panel = await user.sees("Digest of #general")
    await expect(panel).to_contain_text("Mon 08:00")
    assert await clicks(user) == 5
    await check_general(demo, "Space")


async def test_what_is_pressed_leaves_no_frame_around_all_messages(user: User) -> None:
    page = user.page
    await user.become("Admin")
    await user.open_channel("news")
    await user.run("digest setup")
    panel = await user.sees("Digest of #news")
    await panel.get_by_role("button", name="More", exact=True).click()
    await expect(panel.get_by_role("button", name="Back")).to_be_visible()
    focused = await page.evaluate("document.activeElement.closest('.message') !== null")
    assert focused, "what took its place has the focus"


async def check_general(demo: Demo, topic: str) -> None:
    """Check that #general gets a digest of one topic at eight in Berlin."""
    general = demo.sandbox.world.channel("general")
    target = Channel(general.guild_id, general.id)
    status = await demo.online.bot.services.statuses.of_channel(target)
    assert status is not None
    assert status.topics == (topic,)
    timetable = status.settings.timetable
    assert (timetable.time, timetable.timezone) == ("08:00", "Europe/Berlin")
    assert status.next is not None


@pytest.mark.parametrize("viewport", [chromium.DESKTOP, chromium.PHONE], ids=["desktop", "phone"])
async def test_a_newcomer_sets_up_a_channel_in_five_clicks(
    demo: Demo, browser: Browser, viewport: object
) -> None:
    page, watch = await chromium.opened(browser, demo.sandbox.page, viewport=viewport)
    user = User(page)
    general = demo.sandbox.world.channel("general")
    await page.evaluate(f"sessionStorage.setItem('channel', '{general.id}')")
    await page.reload()
    await page.wait_for_selector("html[data-ready]")
    await user.run("digest setup")
    panel = await user.sees("Digest of #general")

    await page.evaluate(COUNT)
    await panel.get_by_role("button", name="Choose topics").click()
    await panel.get_by_role("option", name="AI").first.click()
    await panel.get_by_role("button", name="Send choice").click()
    await expect(panel).to_contain_text("Next digest")
    await panel.get_by_role("button", name="Time, days, zone").click()
    form = page.get_by_role("dialog")
    await page.keyboard.type("8am")
    await form.get_by_role("textbox", name="Time zone").click()
    await page.keyboard.type("Berlin")
    await page.keyboard.press("Enter")
    await expect(form).to_have_count(0)
    await expect(panel).to_contain_text("Next digest: Mon 08:00")
    assert await clicks(user) == 5
    await check_general(demo, "AI")
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
    await panel.get_by_role("button", name="More", exact=True).click()
    await panel.get_by_role("button", name="Role to ping").click()
    await panel.get_by_role("option", name="@News readers").click()
    await expect(panel.get_by_role("button", name="Role to ping: @News readers")).to_be_visible()
    await panel.get_by_role("button", name="Undo").click()
    await expect(panel).to_contain_text("Role to ping: none")
    await panel.get_by_role("button", name="Undo").click()
    await expect(panel).to_contain_text("Layout: cards")
    await expect(panel.get_by_role("button", name="Undo")).to_have_count(0)
    await expect(page.get_by_text("Only you can see this").last).to_be_visible()
