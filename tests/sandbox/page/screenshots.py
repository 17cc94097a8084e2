"""Pictures of the first digest for the README: `python -m tests.sandbox.page.screenshots docs`."""

import asyncio
import sys
import tempfile
from pathlib import Path

from playwright.async_api import ViewportSize

from tests.chat.conftest import opened
from tests.sandbox.page import chromium

SIZE = ViewportSize(width=1140, height=650)


async def take(folder: Path) -> None:
    """Write first-digest-light.png and first-digest-dark.png into a folder."""
    with tempfile.TemporaryDirectory() as fresh:
        async with opened(Path(fresh)) as demo, chromium.chromium() as browser:
            for scheme in ("light", "dark"):
                page, _ = await chromium.opened(
                    browser, demo.sandbox.page, viewport=SIZE, color_scheme=scheme
                )
                await page.get_by_role("button", name="Member", exact=True).click()
                await page.wait_for_timeout(400)
                await page.locator("#messages").evaluate("one => one.scrollTop = 0")
                await page.wait_for_timeout(200)
                await page.mouse.move(0, 0)
                await page.screenshot(path=folder / f"first-digest-{scheme}.png")


if __name__ == "__main__":
    target = Path(sys.argv[1])
    target.mkdir(parents=True, exist_ok=True)
    asyncio.run(take(target))
