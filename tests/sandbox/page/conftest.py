"""The whole bot in its sandbox, and a real browser that shows the sandbox's page.

All tests of the page share one browser, hence one event loop and one worker.
"""

from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest
from playwright.async_api import Browser
from pytest_asyncio import is_async_test

from bot.demo import Demo
from bot.sandbox import Sandbox
from tests.chat.conftest import opened as opened_demo
from tests.needed import need
from tests.sandbox.conftest import Bare, opened_sandbox
from tests.sandbox.page import chromium
from tests.sandbox.page.chromium import Watch, shared
from tests.sandbox.page.user import User

HERE = Path(__file__).parent


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Run the tests of the page in one loop and one worker."""
    for item in items:
        if item.path.is_relative_to(HERE) and is_async_test(item):
            item.add_marker(pytest.mark.asyncio(loop_scope="session"), append=False)
            item.add_marker(pytest.mark.xdist_group("browser"))


@shared()
async def demo(tmp_path: Path) -> AsyncIterator[Demo]:
    """The sandbox after its first digest: a Sunday, 22 December 2019, 16:31 UTC."""
    async with opened_demo(tmp_path) as one:
        yield one


@shared()
async def sandbox(record: Path) -> AsyncIterator[Sandbox]:
    async with opened_sandbox(record) as one:
        yield one


@shared()
async def bare(sandbox: Sandbox) -> AsyncIterator[Bare]:
    async with aiohttp.ClientSession() as session:
        yield Bare(sandbox, session)


@shared(scope="session")
async def only_browser() -> AsyncIterator[Browser]:
    """The system's Chromium; without it the tests are skipped, or fail if none may be skipped."""
    missing = chromium.missing()
    need(not missing, missing)
    async with chromium.chromium() as one:
        yield one


@shared()
async def browser(only_browser: Browser) -> AsyncIterator[Browser]:
    """The browser without a page; the test's pages are closed at the end."""
    yield only_browser
    for context in only_browser.contexts:
        await context.close()


@shared()
async def user(demo: Demo, browser: Browser) -> AsyncIterator[User]:
    """A user of the page. At the end it had no error, and nothing has left the machine."""
    page, watch = await chromium.opened(browser, demo.sandbox.page)
    yield User(page)
    assert isinstance(watch, Watch)
    assert watch.clean()
