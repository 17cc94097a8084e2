"""The whole bot in its sandbox, and a real browser that shows the sandbox's page."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import Browser

from bot.demo import Demo
from tests.chat.conftest import opened as opened_demo
from tests.sandbox.page import chromium
from tests.sandbox.page.chromium import Watch
from tests.sandbox.page.user import User


@pytest.fixture
async def demo(tmp_path: Path) -> AsyncIterator[Demo]:
    """The sandbox after its first digest: a Sunday, 22 December 2019, 16:31 UTC."""
    async with opened_demo(tmp_path) as one:
        yield one


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    """The system's Chromium; without one the tests are skipped."""
    if chromium.executable() is None:
        pytest.skip(f"no Chromium here (looked for {', '.join(chromium.NAMES)})")
    async with chromium.chromium() as one:
        yield one


@pytest.fixture
async def user(demo: Demo, browser: Browser) -> AsyncIterator[User]:
    """Somebody at the page. In the end nothing has gone wrong in it or left the machine."""
    page, watch = await chromium.opened(browser, demo.sandbox.page)
    yield User(page)
    assert isinstance(watch, Watch)
    assert watch.clean()
