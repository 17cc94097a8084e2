"""The gateway, servers and channels broken from the page, and what the page then shows."""

import pytest
from playwright.async_api import expect

from bot.demo import Demo
from tests.sandbox.page.user import TIMEOUT, User

pytestmark = pytest.mark.slow


async def test_a_dropped_gateway_comes_back_and_commands_work_again(user: User) -> None:
    await user.advanced()
    for words in ("Drop it", "Ask to reconnect", "Invalid session, resumable"):
        await user.page.get_by_role("button", name=words).click()
        await answered_again(user)


async def answered_again(user: User) -> None:
    """Run a command until the bot answers: commands while it is away are lost, as on Discord."""
    await user.open_channel("general")
    before = await user.messages.filter(has_text="Climate").count()
    for _ in range(8):
        await user.run("topics")
        await expect(user.page.locator(".status")).to_have_text("", timeout=TIMEOUT)
        if await user.messages.filter(has_text="Climate").count() > before:
            return
    raise AssertionError("the bot does not answer any more")


async def test_an_outage_and_a_removal_are_shown_and_end(user: User, demo: Demo) -> None:
    page = user.page
    sidebar = page.get_by_role("navigation")
    await user.advanced()
    await page.get_by_role("button", name="Outage", exact=True).click()
    await expect(sidebar).to_contain_text("(outage)")
    await page.get_by_role("button", name="End the outage").click()
    await expect(sidebar).not_to_contain_text("(outage)")
    await page.get_by_role("button", name="Remove the bot").click()
    await expect(sidebar).to_contain_text("(without the bot)")
    await page.get_by_role("button", name="Invite it again").click()
    await expect(sidebar).not_to_contain_text("(without the bot)")
    await user.run("topics")
    await user.sees("Climate")


async def test_channels_are_created_and_deleted(user: User, demo: Demo) -> None:
    page = user.page
    await user.advanced()
    await page.get_by_label("Name of a new channel").fill("Late News")
    await page.get_by_role("button", name="Create a channel").click()
    await user.open_channel("late-news")
    await page.get_by_role("button", name="Delete this channel").click()
    await expect(page.locator(".channel").filter(has_text="late-news")).to_have_count(0)
    await expect(page.locator(".where")).to_have_text("news")
    names = [one.name for one in demo.sandbox.world.channels]
    assert "late-news" not in names


async def test_there_is_a_channel_of_each_kind_and_a_digest_goes_to_a_thread(user: User) -> None:
    sidebar = user.page.get_by_role("navigation")
    kinds = "Text channel", "Announcement channel", "Voice channel", "Stage", "Forum", "Thread"
    for kind in (*kinds, "Post"):
        await expect(sidebar.get_by_title(kind).first).to_be_visible()
    await user.open_channel("thread")
    await user.run("subscribe", "AI")
    answer = await user.sees("Post now")
    await answer.get_by_role("button", name="Post now").click()
    await expect(user.messages.filter(has_text="extra edition")).to_have_count(1, timeout=TIMEOUT)
