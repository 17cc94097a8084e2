"""The page by keyboard only, on a phone, in light and dark, and saved as files."""

import json
import re
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Browser, Download, Page, expect

from bot.demo import Demo
from bot.render.colours import colour_of
from bot.sandbox import Sandbox
from bot.sandbox.rules.body_schema import check
from bot.sandbox.rules.message_rules import CREATE
from bot.sandbox.world.messages import create
from tests.sandbox.conftest import NOW
from tests.sandbox.page import chromium
from tests.sandbox.page.user import TIMEOUT, User

pytestmark = pytest.mark.slow


async def focused(page: Page) -> str:
    """The name of the focused element."""
    name: str = await page.evaluate(
        "(document.activeElement.ariaLabel || document.activeElement.textContent).trim()"
    )
    return name


async def tab_to(page: Page, wanted: str, key: str = "Tab") -> None:
    """Press Tab until the element with that name has the focus, visibly."""
    for _ in range(80):
        await page.keyboard.press(key)
        if wanted in await focused(page):
            outline = await page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
            assert outline != "none", wanted
            return
    raise AssertionError(f"no Tab leads to {wanted}")


async def test_everything_is_done_by_keyboard_alone(user: User) -> None:
    page = user.page
    keys = page.keyboard
    await tab_to(page, "Skip to the command line")
    await tab_to(page, "general")
    await keys.press("Enter")
    await expect(page.locator(".where")).to_have_text("general")
    assert "general" in await focused(page)
    await keys.press("/")
    await keys.type("topic")
    await keys.press("Tab")
    await keys.type("ai")
    await expect(page.get_by_role("option", name="AI", exact=True)).to_be_visible(timeout=TIMEOUT)
    await keys.press("ArrowDown")
    await keys.press("Tab")
    await keys.press("Shift+Tab")
    await keys.press("Enter")
    await user.sees("Only you can see this")
    answer = user.messages.filter(has_text="Only you can see this").first
    count = await user.messages.count()
    await tab_to(page, "All sources of a story", "Shift+Tab")
    await keys.press("ArrowDown")
    await keys.press("ArrowDown")
    await expect(answer.get_by_role("option").nth(1)).to_have_attribute("aria-selected", "true")
    await keys.press("Enter")
    await expect(user.messages).to_have_count(count + 1, timeout=TIMEOUT)
    await tab_to(page, "Older")
    await keys.press("Enter")
    await expect(answer.get_by_role("button", name="Newest")).to_be_visible(timeout=TIMEOUT)
    await tab_to(page, "Admin")
    await keys.press("Enter")
    await expect(page.get_by_role("button", name="Admin")).to_have_attribute("aria-pressed", "true")
    await tab_to(page, "Clock")
    await keys.press("ArrowRight")
    await expect(page.get_by_role("tab", name="Channel")).to_be_focused()
    await keys.press("ArrowLeft")
    await tab_to(page, "Next digest")
    await keys.press("Enter")
    await expect(page.locator(".clock")).to_contain_text("Mon 23 Dec 2019", timeout=TIMEOUT)


async def test_everything_has_a_name(user: User) -> None:
    for tab in ("Clock", "Channel", "Faults", "Log"):
        await user.tab(tab)
        nameless = await user.page.evaluate(
            """() => [...document.querySelectorAll("button, input, select, a[href]")]
            .filter((one) => one.checkVisibility() && !(one.ariaLabel || one.textContent.trim()
            || one.labels?.length)).map((one) => one.outerHTML)"""
        )
        assert nameless == []


async def test_a_phone_shows_it_in_its_width_with_drawers(demo: Demo, browser: Browser) -> None:
    page, watch = await chromium.opened(browser, demo.sandbox.page, viewport=chromium.PHONE)
    user = User(page)
    assert await page.evaluate("document.documentElement.scrollWidth") == chromium.PHONE["width"]
    wide = """() => [...document.querySelectorAll("#middle *")].filter((one) =>
        one.checkVisibility() && one.getBoundingClientRect().right > innerWidth + 1
        && !one.closest(".listbox, pre")).map((one) => one.outerHTML.slice(0, 200))"""
    assert await page.evaluate(wide) == []
    assert await page.get_by_role("button", name="general").count() == 0
    await page.get_by_role("button", name="Servers and channels").click()
    await user.open_channel("general")
    await expect(page.locator("#veil")).to_be_hidden()
    await user.run("topics")
    await user.sees("Climate")
    assert await page.evaluate(wide) == []
    await page.get_by_role("button", name="Clock, permissions").click()
    await expect(page.get_by_role("button", name="Next digest")).to_be_visible()
    await page.keyboard.press("Escape")
    await expect(page.get_by_role("button", name="Next digest")).to_be_hidden()
    assert watch.clean()


async def colours(page: Page) -> dict[str, int]:
    """The brightness of the page and of its text."""
    return {
        name: sum(map(int, value.removeprefix("rgb(").removesuffix(")").split(",")))
        for name, value in (
            await page.evaluate(
                """() => { const style = getComputedStyle(document.body);
                return {ground: style.backgroundColor, text: style.color}; }"""
            )
        ).items()
    }


async def test_light_and_dark_follow_the_system_and_the_switch(
    demo: Demo, browser: Browser
) -> None:
    for scheme in ("light", "dark"):
        page, watch = await chromium.opened(browser, demo.sandbox.page, color_scheme=scheme)
        seen = await colours(page)
        assert (seen["ground"] > seen["text"]) is (scheme == "light")
        picture = await page.screenshot()
        assert len(picture) > 20_000, "a blank page packs smaller"
        button = page.get_by_role("button", name="Light or dark")
        shown = await button.inner_html()
        await button.click()
        assert await button.inner_html() != shown, "it shows what a press brings"
        switched = await colours(page)
        assert (switched["ground"] > switched["text"]) is (scheme == "dark")
        await page.reload()
        await page.wait_for_selector("html[data-ready]")
        assert await colours(page) == switched
        assert watch.clean()


async def saved(download: Download, folder: Path) -> str:
    """The text of a file that the page saves."""
    path = folder / download.suggested_filename
    await download.save_as(path)
    return path.read_text(encoding="utf-8")


async def test_a_digest_is_saved_as_the_body_that_posts_it(
    user: User, demo: Demo, tmp_path: Path
) -> None:
    digest = user.messages.filter(has_text="extra edition").first
    await digest.hover()
    async with user.page.expect_download() as coming:
        await digest.get_by_role("link", name="Save as its JSON body").click()
    body = json.loads(await saved(await coming.value, tmp_path))
    check(CREATE, body)
    lines = (tmp_path / "record.jsonl").read_text(encoding="utf-8").splitlines()
    sent = next(one for one in map(json.loads, lines) if "extra edition" in str(one["body"]))[
        "body"
    ]
    assert body["content"] == sent["content"]
    assert body["embeds"] == sent["embeds"]
    assert without_counts(body["components"]) == sent["components"]
    assert body["allowed_mentions"] == {"parse": []}


def without_counts(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Components without the numbers that Discord adds."""
    filled = {"min_values", "max_values"}
    return [
        {
            **row,
            "components": [
                {key: value for key, value in one.items() if key not in filled}
                for one in row["components"]
            ],
        }
        for row in rows
    ]


async def test_a_channel_is_saved_as_one_file_without_scripts_or_requests(
    user: User, browser: Browser, tmp_path: Path
) -> None:
    await user.tab("Channel")
    async with user.page.expect_download() as coming:
        await user.page.get_by_role("button", name="Save this channel as HTML").click()
    text = await saved(await coming.value, tmp_path)
    assert "<script" not in text
    assert "<link" not in text
    assert "<button" not in text
    assert "/page/" not in text
    page = await (await browser.new_context()).new_page()
    asked: list[str] = []
    errors: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda one: errors.append(one.text))
    await page.goto((tmp_path / "news.html").as_uri())
    await expect(page.locator(".message").first).to_contain_text("AI, Facebook AI")
    await expect(page.locator(".embed")).to_have_count(5)
    colour = await page.locator(".embed").first.evaluate("one => one.style.borderColor")
    shown = tuple(colour_of("AI").to_bytes(3))
    assert colour == f"rgb{shown}"
    tops = await page.locator(".embed").evaluate_all(
        "all => all.map(one => one.getBoundingClientRect().top)"
    )
    assert all(a < b for a, b in pairwise(tops))
    assert len(asked) == 1
    assert errors == []


async def test_a_saved_channel_has_every_message(
    sandbox: Sandbox, browser: Browser, tmp_path: Path
) -> None:
    for number in range(250):
        create(sandbox.world, sandbox.world.channel("news"), {"content": f"line {number}"}, NOW)
    page, watch = await chromium.opened(browser, sandbox.page)
    await User(page).tab("Channel")
    async with page.expect_download() as coming:
        await page.get_by_role("button", name="Save this channel as HTML").click()
    text = await saved(await coming.value, tmp_path)
    assert re.findall(r"<p>(line \d+)</p>", text) == [f"line {number}" for number in range(250)]
    assert watch.clean()


async def test_pictures_that_cannot_be_loaded_are_boxes_again(demo: Demo, browser: Browser) -> None:
    page, _ = await chromium.opened(browser, demo.sandbox.page)
    await page.route(lambda url: not url.startswith(demo.sandbox.page), lambda one: one.abort())
    await User(page).tab("Channel")
    await page.get_by_role("button", name="Load pictures from their hosts").click()
    boxes = page.get_by_role("img", name=re.compile("cannot be loaded"))
    await expect(boxes.first).to_be_visible(timeout=TIMEOUT)
    await expect(page.get_by_role("tab", name="Channel")).to_have_attribute("aria-selected", "true")


async def test_pictures_come_only_once_they_are_allowed(demo: Demo, browser: Browser) -> None:
    page, watch = await chromium.opened(browser, demo.sandbox.page)
    assert watch.clean()
    asked: list[str] = []

    async def stand_in(route: Any) -> None:
        asked.append(route.request.url)
        await route.fulfill(
            content_type="image/svg+xml", body="<svg xmlns='http://www.w3.org/2000/svg'/>"
        )

    await page.route(lambda url: not url.startswith(demo.sandbox.page), stand_in)
    await User(page).tab("Channel")
    await page.get_by_role("button", name="Load pictures from their hosts").click()
    await page.wait_for_selector("img.thumbnail")
    await expect(page.locator(".placeholder")).to_have_count(0)
    await page.locator("img.thumbnail").first.scroll_into_view_if_needed()
    await User(page).tab("Channel")
    await page.get_by_role("button", name="Block pictures again").click()
    await page.wait_for_selector(".placeholder")
    assert asked
    assert all(url.startswith("https://") for url in asked)
    assert watch.errors == []
