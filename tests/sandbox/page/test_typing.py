"""Commands typed with their options, and places where there is no command line."""

import pytest
from playwright.async_api import Browser, expect

from bot.demo import Demo
from tests.sandbox.page import chromium
from tests.sandbox.page.user import User

pytestmark = pytest.mark.slow


@pytest.mark.parametrize(
    ("typed", "line", "values"),
    [
        ("/topic AI", "topic", {"name": "AI"}),
        ("/story radio archive", "story", {"query": "radio archive"}),
        ("/subscribe topic:AI", "subscribe", {"topic": "AI"}),
        ("/subscribe topic:AI channel:#ai", "subscribe", {"topic": "AI", "channel": "#ai"}),
        ("/subscribe channel: ai Facebook AI", "subscribe", {"channel": "ai Facebook AI"}),
        ("/subscribe Facebook AI channel:ai", "subscribe", {"topic": "Facebook AI"}),
        ("/digest time 09:30", "digest time", {"time": "09:30"}),
    ],
)
async def test_options_typed_after_a_command_are_filled_in(
    user: User, typed: str, line: str, values: dict[str, str]
) -> None:
    page = user.page
    await page.locator("#line").fill(typed)
    await expect(page.get_by_role("option").first).to_contain_text(f"/{line}")
    await page.keyboard.press("Tab")
    await expect(page.locator(".command-name")).to_have_text(f"/{line}")
    for name, value in values.items():
        await expect(page.locator(f"[data-option={name}]")).to_have_value(value)


async def test_enter_sends_what_is_complete(user: User) -> None:
    await user.page.locator("#line").fill("/topic AI")
    await user.page.keyboard.press("Enter")
    answer = await user.sees("Only you can see this")
    await expect(answer.locator(".origin")).to_have_text("Moderator used /topic")


async def test_what_no_option_takes_is_said_and_not_sent(user: User) -> None:
    before = await user.messages.count()
    await user.page.locator("#line").fill("/topics everything")
    await user.page.keyboard.press("Enter")
    await expect(user.page.locator(".status")).to_have_text(
        '/topics has no option that takes "everything".'
    )
    await expect(user.page.locator(".command-name")).to_have_text("/topics")
    await expect(user.messages).to_have_count(before)


async def test_the_list_names_the_options_and_stays_at_a_space(user: User) -> None:
    options = user.page.get_by_role("option")
    for typed in ("/subscribe", "/subscribe ", "/subscribe to"):
        await user.page.locator("#line").fill(typed)
        await expect(options.first).to_contain_text("/subscribetopic [channel]")


@pytest.mark.parametrize("size", [chromium.DESKTOP, chromium.PHONE], ids=["desktop", "phone"])
async def test_lists_and_hints_cover_neither_people_nor_input(
    demo: Demo, browser: Browser, size: dict[str, int]
) -> None:
    page, watch = await chromium.opened(browser, demo.sandbox.page, viewport=size)
    people = page.locator(".people")

    async def is_above(what: str) -> None:
        shown = page.locator(what).locator("visible=true")
        await expect(shown).to_have_count(1)
        box, below = await shown.bounding_box(), await people.bounding_box()
        assert box is not None
        assert below is not None
        assert box["y"] + box["height"] <= below["y"]
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= size["width"]

    await page.locator("#line").fill("/subscribe")
    await is_above("#composer .listbox")
    await page.keyboard.press("Enter")
    await is_above("#composer .listbox")
    await page.keyboard.press("Escape")
    await is_above(".option .hint")
    await page.get_by_role("button", name="+ channel").click()
    await is_above("#composer .listbox")
    assert watch.clean()


async def test_where_there_is_no_command_line_a_sentence_says_why(user: User) -> None:
    line, closed = user.page.locator("#line"), user.page.locator(".closed")
    for channel, words in (("forum", "open one of its posts"), ("closed", "This thread is locked")):
        await user.open_channel(channel)
        await expect(closed).to_contain_text(words)
        await expect(line).to_be_hidden()
    await user.open_channel("Welcome")
    await expect(line).to_be_visible()
    await expect(closed).to_be_hidden()


async def test_a_server_without_the_bot_offers_no_commands(user: User) -> None:
    await user.advanced()
    await user.page.get_by_role("button", name="Remove the bot").click()
    await expect(user.page.locator(".closed")).to_contain_text("Broadsheet is not in this server")
    await expect(user.page.locator("#line")).to_be_hidden()
    await user.page.get_by_role("button", name="Invite it again").click()
    await expect(user.page.locator("#line")).to_be_visible()
    await user.run("topics")
    await user.sees("Climate")


async def test_a_command_that_is_begun_stays_while_the_server_changes(
    user: User, demo: Demo
) -> None:
    await user.begin("topic")
    await user.page.keyboard.type("A")
    demo.sandbox.controls.create_channel("fresh")
    sidebar = user.page.get_by_role("navigation")
    await expect(sidebar.get_by_role("button", name="fresh")).to_be_visible()
    await user.page.keyboard.type("I")
    await expect(user.page.locator("[data-option=name]")).to_have_value("AI")
    await user.open_channel("ai")
    await expect(user.page.locator("#line")).to_be_visible()
