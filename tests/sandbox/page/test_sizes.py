"""The page's sizes are those of Discord's client, as docs/discord-sizes.md lists them."""

import pytest
from playwright.async_api import Browser, ViewportSize

from bot.sandbox import Sandbox
from bot.sandbox.world.messages import create
from tests.conftest import ROOT
from tests.sandbox.conftest import NOW
from tests.sandbox.page import chromium

pytestmark = pytest.mark.slow

LIST = (ROOT / "docs" / "discord-sizes.md").read_text(encoding="utf-8")
EVERYTHING = {
    "content": "## Heading\n-# small\nText with a [link](https://a.example/)\n1. one\n2. two",
    "embeds": [
        {
            "title": "Title",
            "url": "https://a.example/",
            "description": "Text with a [link](https://a.example/)",
            "color": 2051705,
            "fields": [{"name": "Name", "value": "Value", "inline": False}],
            "footer": {"text": "Footer"},
            "thumbnail": {"url": "https://a.example/x.jpg"},
        }
    ],
    "components": [
        {"type": 1, "components": [{"type": 2, "style": 1, "label": "Go", "custom_id": "go"}]},
        {
            "type": 1,
            "components": [
                {"type": 3, "custom_id": "pick", "options": [{"label": "One", "value": "1"}]}
            ],
        },
    ],
}


def rows() -> list[list[str]]:
    """Selector, property, and the sizes on a desktop and on a phone."""
    _, _, table = LIST.partition("| what |")
    cells = [[cell.strip(" `") for cell in line.split("|")[2:6]] for line in table.splitlines()[2:]]
    return [row for row in cells if len(row) == 4]


@pytest.mark.parametrize(("size", "column"), [(chromium.DESKTOP, 2), (chromium.HANDSET, 3)])
async def test_each_size_of_the_list_is_that_of_the_page(
    sandbox: Sandbox, browser: Browser, size: ViewportSize, column: int
) -> None:
    create(sandbox.world, sandbox.world.channel("news"), EVERYTHING, NOW)
    page, watch = await chromium.opened(browser, sandbox.page, viewport=size)
    listed = [(row[0], row[1], row[column]) for row in rows()]
    assert len(listed) > 40
    shown = await page.evaluate(
        """rows => rows.map(([selector, property]) => getComputedStyle(
            document.querySelector(selector)).getPropertyValue(property))""",
        [[selector, name] for selector, name, _ in listed],
    )
    assert [(*row[:2], value) for row, value in zip(listed, shown, strict=True)] == listed
    assert watch.clean()


async def test_a_phone_shows_as_much_text_in_a_line_as_the_app(
    sandbox: Sandbox, browser: Browser
) -> None:
    create(sandbox.world, sandbox.world.channel("news"), EVERYTHING, NOW)
    page, _ = await chromium.opened(browser, sandbox.page, viewport=chromium.HANDSET)
    width = "one => one.getBoundingClientRect().width"
    assert await page.locator(".embed").evaluate(width) == 390 - 64 - 12
    assert await page.locator(".embed-title").evaluate(width) == 390 - 64 - 12 - 2 * 16 - 70 - 32
    assert await page.locator(".embed-footer").evaluate(width) == 390 - 64 - 12 - 2 * 16
