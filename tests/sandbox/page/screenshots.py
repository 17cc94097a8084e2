"""The README's pictures: `python -m tests.sandbox.page.screenshots docs/pictures` makes them.

Each is a digest of five stories, or the panel, on a desktop and on a phone, in light and in dark.
"""

import asyncio
import sys
import tempfile
from pathlib import Path

from playwright.async_api import Browser, FloatRect, ViewportSize

from bot.demo import Demo
from tests.chat.conftest import opened
from tests.sandbox.page import chromium, layouts
from tests.sandbox.page.user import User

SIZES = {"desktop": ViewportSize(width=960, height=680), "phone": chromium.HANDSET}
MESSAGES = FloatRect(x=232, y=0, width=728, height=680)
"""On a desktop without the list of channels, so that the text is large enough in a README."""
PANEL = "announcements"
"""The channel whose panel is shown."""


async def take(folder: Path) -> None:
    """Write `<layout>-<size>-<scheme>.png` into a folder, and `panel-…`."""
    with tempfile.TemporaryDirectory() as fresh:
        async with opened(Path(fresh), news=True) as demo, chromium.chromium() as browser:
            await layouts.post_each(demo)
            admin = demo.sandbox.person("admin")
            await admin.command("subscribe", PANEL, topic="AI, Space")
            await admin.command("digest timezone", PANEL, timezone="Berlin", channel_=PANEL)
            for size in SIZES:
                for scheme in ("light", "dark"):
                    await _take(folder, demo, browser, size, scheme)


async def _take(folder: Path, demo: Demo, browser: Browser, size: str, scheme: str) -> None:
    page, _ = await chromium.opened(
        browser, demo.sandbox.page, viewport=SIZES[size], color_scheme=scheme
    )
    user = User(page)
    await user.become("Member")
    clip = MESSAGES if size == "desktop" else None
    for layout, channel in layouts.CHANNELS.items():
        await _open(user, channel, size)
        await page.screenshot(path=folder / f"{layout}-{size}-{scheme}.png", clip=clip)
    await user.become("Admin")
    await _open(user, PANEL, size)
    await user.run("digest setup")
    panel = await user.sees(f"Digest of #{PANEL}")
    await page.set_viewport_size({**SIZES[size], "height": 1000})  # it is higher than a digest
    await page.mouse.move(0, 0)
    await panel.screenshot(path=folder / f"panel-{size}-{scheme}.png")
    await panel.get_by_role("button", name="Dismiss message").click()


async def _open(user: User, channel: str, size: str) -> None:
    if size == "phone":
        await user.page.get_by_role("button", name="Servers and channels").click()
    await user.open_channel(channel)
    await user.page.wait_for_timeout(400)
    await user.page.mouse.move(0, 0)


if __name__ == "__main__":
    target = Path(sys.argv[1])
    target.mkdir(parents=True, exist_ok=True)
    asyncio.run(take(target))
