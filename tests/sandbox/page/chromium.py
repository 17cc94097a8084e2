"""The system's Chromium, controlled by Playwright, and the errors in it."""

import shutil
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from urllib.parse import urlsplit

import pytest_asyncio
from playwright._impl._driver import compute_driver_executable
from playwright.async_api import Browser, Page, ViewportSize, async_playwright

shared = partial(pytest_asyncio.fixture, loop_scope="session")
"""A fixture in the shared browser's loop."""
NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]
DESKTOP = ViewportSize(width=1280, height=860)
PHONE = ViewportSize(width=360, height=740)
"""The narrowest phone."""
HANDSET = ViewportSize(width=390, height=844)
"""A usual phone: heights are measured on it."""


def executable() -> str | None:
    """The path of the system's Chromium."""
    return next((found for name in NAMES if (found := shutil.which(name))), None)


def missing() -> str:
    """What is missing to control it, in words; empty = nothing.

    Playwright's driver is its own Node, whose libraries a small Debian may lack.
    """
    if not executable():
        return f"no Chromium here (looked for {', '.join(NAMES)})"
    node, *_ = compute_driver_executable()
    try:
        subprocess.run([node, "--version"], check=True, capture_output=True, text=True)  # noqa: S603
    except subprocess.CalledProcessError as error:
        return f"Playwright's driver does not start (apt-get install libatomic1?): {error.stderr}"
    return ""


@asynccontextmanager
async def chromium() -> AsyncIterator[Browser]:
    """A separate browser, closed at the end."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=executable(), args=ARGUMENTS)
        yield browser
        await browser.close()


class Watch:
    """Watches for what a page must never do: report an error, or ask another host for anything."""

    def __init__(self, page: Page, address: str) -> None:
        self.errors: list[str] = []
        self.elsewhere: list[str] = []
        self._host = urlsplit(address).netloc
        page.on("console", lambda one: self._said(one.type, one.text))
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        page.on("request", lambda request: self._asked(request.url))

    def _said(self, kind: str, text: str) -> None:
        if kind in {"error", "warning"}:
            self.errors.append(text)

    def _asked(self, url: str) -> None:
        parts = urlsplit(url)
        if parts.scheme not in {"data", "blob"} and parts.netloc != self._host:
            self.elsewhere.append(url)

    def clean(self) -> bool:
        """Whether none of it happened; the assertion's message says what did."""
        assert self.errors == [], self.errors
        assert self.elsewhere == [], self.elsewhere
        return True


async def opened(browser: Browser, address: str, **context: object) -> tuple[Page, Watch]:
    """A page in its own context, once it shows the channel."""
    made = await browser.new_context(**{"viewport": DESKTOP, **context})  # type: ignore[arg-type]
    page = await made.new_page()
    page.set_default_timeout(8_000)
    watch = Watch(page, address)
    await page.goto(address)
    await page.wait_for_selector("html[data-ready] #messages .message")
    return page, watch
