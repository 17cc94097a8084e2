"""The page in a real browser, with the whole bot behind it: what a user sees and does."""

import re

import pytest
from playwright.async_api import Browser, expect

from bot.demo import Demo
from bot.digests.target import Channel
from bot.sandbox.world.messages import create
from tests.sandbox.page.user import TIMEOUT, User

FIRST = "Twitter, Facebook take down global network of fake accounts pushing pro-Trump messages"


async def test_the_first_digest_is_there_when_the_page_opens(user: User) -> None:
    digest = user.messages.filter(has_text="extra edition").first
    await expect(digest.locator(".embed")).to_have_count(5)
    whole = digest.get_by_role("link", name=FIRST)
    short = digest.get_by_role("link", name=re.compile("^Twitter, Facebook take down .*…$"))
    for title in (whole, short):  # in the list, and on the card below it
        address = re.compile("^https://www.marketwatch.com/story/")
        await expect(title).to_have_attribute("href", address)
    await expect(digest.locator(".content > .marked li")).to_have_count(5)
    await expect(digest.locator(".content > .marked")).to_contain_text("12 publishers")
    await expect(digest.locator("img")).to_have_count(0)
    await expect(digest.locator(".placeholder").first).to_be_visible()


async def test_a_topic_is_typed_with_completion_its_page_turned_and_sources_opened(
    user: User,
) -> None:
    page = user.page
    await user.begin("topic")
    await page.keyboard.type("a")
    offered = page.get_by_role("listbox", name="name").get_by_role("option")
    await expect(offered.filter(has_text="Facebook AI")).to_be_visible(timeout=TIMEOUT)
    await page.keyboard.press("ArrowDown")
    await expect(offered.first).to_have_attribute("aria-selected", "true")
    await page.keyboard.press("Enter")
    await expect(page.locator("[data-option=name]")).to_have_value("AI")
    await page.keyboard.press("Enter")
    answer = await user.sees("Only you can see this")
    await expect(answer.get_by_role("button", name="Older")).to_be_visible()
    before = await answer.locator(".embed").inner_text()
    await answer.get_by_role("button", name="Older").click()
    await expect(answer.get_by_role("button", name="Newest")).to_be_visible(timeout=TIMEOUT)
    assert await answer.locator(".embed").inner_text() != before
    await expect(answer).to_contain_text("(edited)")
    await answer.get_by_role("button", name="All sources").click()
    await answer.get_by_role("option").first.click()
    await expect(user.last).to_contain_text("quality", timeout=TIMEOUT)
    await expect(user.last).not_to_contain_text("Newest")
    await user.last.get_by_role("button", name="Dismiss message").click()
    await expect(user.last).to_contain_text("Newest")


@pytest.mark.slow
async def test_somebody_else_does_not_see_an_ephemeral_answer(user: User) -> None:
    await user.run("help")
    await user.sees("/subscribe")
    count = await user.messages.count()
    await user.become("Member")
    await expect(user.messages).not_to_have_count(count)
    await expect(user.page.locator("#messages")).not_to_contain_text("Only you can see this")
    await user.become("Moderator")
    await expect(user.messages).to_have_count(count)


async def test_a_moderator_subscribes_and_a_member_is_refused(user: User, demo: Demo) -> None:
    await user.open_channel("general")
    await user.become("Member")
    await user.page.locator("#line").fill("/subscribe")
    options = user.page.get_by_role("option")
    await expect(options.first).to_contain_text("needs Manage Channels")
    await user.page.locator("#line").fill("")
    await user.run("subscribe", "AI")
    await user.sees("Discord does not offer /subscribe to you here: it needs Manage Channels.")
    channel = demo.sandbox.world.channel("general")
    guild = demo.sandbox.world.guild
    assert await demo.online.bot.services.statuses.of_channel(Channel(guild.id, channel.id)) is None
    await user.become("Moderator")
    await user.run("subscribe", "AI")
    answer = await user.sees("AI")
    await expect(answer.get_by_role("button", name="Post now")).to_be_visible()
    assert (
        await demo.online.bot.services.statuses.of_channel(Channel(guild.id, channel.id))
        is not None
    )
    await answer.get_by_role("button", name="Post now").click()
    await expect(user.messages.filter(has_text="extra edition")).to_have_count(1, timeout=TIMEOUT)


async def test_the_clock_moves_to_the_next_digest_which_appears_once(user: User) -> None:
    await user.become("Moderator")
    digests = user.messages.filter(has_text="Monday 23 December 2019")
    await expect(digests).to_have_count(0)
    await expect(user.page.locator(".next")).to_have_text(
        "Next digest: #news, Mon 23 Dec 2019 08:00 UTC"
    )
    await user.page.get_by_role("button", name="Next digest").click()
    await expect(digests).to_have_count(1, timeout=TIMEOUT)
    await expect(user.page.locator(".clock")).to_contain_text("Mon 23 Dec 2019 08:0")
    await user.page.get_by_role("button", name="+1 h", exact=True).click()
    await expect(user.page.locator(".clock")).to_contain_text("Mon 23 Dec 2019 09:0")
    await expect(digests).to_have_count(1)
    await user.page.get_by_role("button", name="Next day").click()
    await expect(user.page.locator(".clock")).to_contain_text("Tue 24 Dec 2019 09:0")
    tuesday = user.messages.filter(has_text="Tuesday 24 December 2019")
    await expect(tuesday).to_have_count(1, timeout=TIMEOUT)
    await user.page.get_by_label("Date and time, UTC").fill("2019-12-22T10:00")
    await user.page.get_by_role("button", name="Go there").click()
    await expect(user.page.get_by_text("The clock went back.")).to_be_visible()


@pytest.mark.slow
async def test_required_options_are_asked_for_and_fixed_ones_offered(user: User) -> None:
    page = user.page
    await user.become("Admin")
    await user.begin("topic")
    await page.keyboard.press("Enter")
    await expect(page.locator(".status")).to_have_text("name is required.")
    await page.get_by_role("button", name="+ share").click()
    await expect(page.get_by_role("option", name="True")).to_be_visible()
    await page.keyboard.press("Escape")
    await page.keyboard.press("Escape")
    await expect(page.locator("#line")).to_be_focused()
    await page.locator("#line").fill("hello")
    await page.keyboard.press("Enter")
    await expect(page.locator(".status")).to_contain_text("Only commands are possible here")


@pytest.mark.slow
async def test_a_permission_taken_from_the_bot_reaches_it(user: User, demo: Demo) -> None:
    await user.become("Moderator")
    await user.open_channel("ai")
    await user.tab("Channel")
    toggle = user.page.get_by_role("checkbox", name="Send Messages", exact=True)
    await expect(toggle).to_be_checked()
    # The box changes at the click, the server only when the request reaches it.
    async with user.page.expect_response(lambda one: one.request.method == "POST"):
        await toggle.click()
    await expect(toggle).not_to_be_checked()
    channel = demo.sandbox.world.channel("ai")
    assert not demo.sandbox.world.bot_may(channel, "send_messages")
    await user.run("subscribe", "AI")
    await user.sees("Send Messages")


@pytest.mark.slow
async def test_an_empty_channel_says_so_and_that_nothing_is_kept(
    user: User, demo: Demo, browser: Browser
) -> None:
    empty = user.page.locator(".empty")
    await user.open_channel("ai")
    await expect(empty).to_have_text("Nothing has been posted in #ai yet.")
    channel = demo.sandbox.world.channel("news")
    channel.messages.clear()
    channel.ephemeral.clear()
    page = await browser.new_page()
    await page.goto(demo.sandbox.page)
    await User(page).open_channel("news")
    await expect(page.locator(".empty")).to_have_text(
        "Nothing has been posted in #news yet. The sandbox keeps no messages between starts."
    )


@pytest.mark.slow
async def test_times_from_now_follow_the_clock(user: User, demo: Demo) -> None:
    at = int(demo.clock.now().timestamp()) + 7200
    channel = demo.sandbox.world.channel("news")
    create(demo.sandbox.world, channel, {"content": f"It comes <t:{at}:R>."}, demo.clock.now())
    await user.sees("It comes in 2 hours.")
    await user.page.get_by_role("button", name="+1 h", exact=True).click()
    await user.sees("It comes in 1 hour.")
