"""Faults injected with a click, and the log of the bot's requests."""

import json

import pytest
from playwright.async_api import expect

from bot.demo import Demo
from tests.sandbox.page.user import TIMEOUT, User

pytestmark = pytest.mark.slow


async def inject(user: User, kind: str, requests: str, times: int = 1) -> None:
    """Fill in the fault's form and press its button."""
    page = user.page
    await user.advanced()
    await page.locator("#fault-kind").select_option(label=kind)
    await page.locator("#fault-route").select_option(label=requests)
    await page.locator("#fault-times").fill(str(times))
    await page.get_by_role("button", name="Inject").click()


async def test_a_digest_survives_a_fault_injected_from_the_page(user: User, demo: Demo) -> None:
    await inject(user, "Error after storing", "Messages of all channels")
    await expect(user.page.locator(".faults")).to_contain_text(
        "Error after storing, 500, messages of all channels, 1 more"
    )
    await user.tab("Clock")
    await user.page.get_by_role("button", name="Next digest").click()
    digests = user.messages.filter(has_text="Monday 23 December 2019")
    await expect(digests).to_have_count(1, timeout=TIMEOUT)
    await expect(user.page.locator(".faults")).to_have_text("None.")
    await user.page.get_by_role("button", name="+1 h", exact=True).click()
    await expect(user.page.locator(".clock")).to_contain_text("09:0", timeout=TIMEOUT)
    await expect(digests).to_have_count(1)
    news = demo.sandbox.world.channel("news").messages
    assert sum("Monday 23 December 2019" in one["content"] for one in news) == 1


async def test_an_answer_that_cannot_be_given_is_said_not_to_have_come(user: User) -> None:
    await inject(user, "Reset", "First answers", times=20)
    await user.run("topics")
    notice = await user.sees("The application did not respond")
    await expect(notice).to_contain_text("/topics")
    await expect(notice).to_contain_text("Only you can see this")
    await user.page.get_by_role("button", name="Remove", exact=True).click()
    await expect(user.page.locator(".faults")).to_have_text("None.")
    await user.run("topics")
    await user.sees("Climate")


async def test_a_deferred_answer_shows_that_the_bot_is_thinking(user: User) -> None:
    await inject(user, "Hang", "Later answers")
    await user.open_channel("general")
    await user.run("subscribe", "AI")
    thinking = await user.sees("is thinking")
    await expect(thinking).not_to_contain_text("is thinking", timeout=TIMEOUT)


async def test_the_log_shows_bodies_and_what_discord_would_have_said(user: User) -> None:
    await inject(user, "Error status", "First answers")
    await user.run("topics")
    await user.sees("Climate")
    await user.tab("Log")
    page = user.page
    await page.get_by_label("Only paths with").fill("/interactions/")
    refused = page.locator(".log li").filter(has_text="500").first
    await refused.locator("summary").click()
    await expect(refused).to_contain_text("Fault 1: status")
    await page.get_by_label("Only paths with").fill("POST /api/v10/channels")
    sent = page.locator(".log li").first
    await sent.locator("summary").click()
    await expect(sent).to_contain_text("Discord would have taken this.")
    body = await sent.locator("pre").nth(1).inner_text()
    assert json.loads(body)["embeds"][0]["title"].startswith("Twitter, Facebook take down")
