"""Archives of every size, made once per session; the table of results."""

import asyncio
import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import AsyncExitStack
from functools import cache
from itertools import islice
from pathlib import Path

import pytest

from bot.app.services import Services, open_services
from tests.benchmarks.archive import make_archive
from tests.benchmarks.filling import Archive, fill
from tests.benchmarks.storyfiles import write_files
from tests.benchmarks.table import ROWS, markdown

FULL = 1_000_000
LARGEST = int(os.environ.get("BENCHMARK_ARTICLES", FULL))
"""How many articles the largest archive has: BENCHMARK_ARTICLES=10000 is a quick try."""
SIZES = [size for size in (10_000, 100_000, FULL) if size < LARGEST] + [LARGEST]
AT_FULL_SIZE = LARGEST == FULL


@pytest.fixture(scope="session")
def workspace() -> Iterator[Path]:
    """A folder for this session, of some gigabytes."""
    with tempfile.TemporaryDirectory(prefix="broadsheet-benchmarks-") as folder:
        yield Path(folder)


@pytest.fixture
def scratch(workspace: Path) -> Path:
    """An empty folder for one benchmark, gone at the end of the session."""
    return Path(tempfile.mkdtemp(dir=workspace))


@pytest.fixture(scope="session")
def archive_of(workspace: Path) -> Callable[[int], Archive]:
    """The archive with this many articles, made at its first use."""

    @cache
    def made(articles: int) -> Archive:
        folder = workspace / f"{articles}"
        folder.mkdir()
        return fill(articles, folder)

    return made


@pytest.fixture(scope="session")
def folder_of(workspace: Path) -> Callable[[int], Path]:
    """A folder with this many story files, written at its first use."""

    @cache
    def written(files: int) -> Path:
        folder = workspace / f"files-{files}"
        archive = islice(make_archive(files * 20), files)
        assert len(write_files(archive, folder)) == files
        return folder

    return written


@pytest.fixture(scope="session")
def loop() -> Iterator[asyncio.AbstractEventLoop]:
    """The event loop in which the benchmarks wait: measured code is called from outside it."""
    with asyncio.Runner() as runner:
        yield runner.get_loop()


@pytest.fixture(scope="session")
def services_of(
    archive_of: Callable[[int], Archive], loop: asyncio.AbstractEventLoop
) -> Iterator[Callable[[int], Services]]:
    """The services of a bot on the archive with this many articles."""
    stack = AsyncExitStack()

    @cache
    def opened(articles: int) -> Services:
        services = open_services(archive_of(articles).places)
        return loop.run_until_complete(stack.enter_async_context(services))

    yield opened
    loop.run_until_complete(stack.aclose())


@pytest.hookimpl(trylast=True)
def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if ROWS:
        terminalreporter.section(f"archives up to {LARGEST:,} articles")
        terminalreporter.write(f"\n{markdown(ROWS)}\n")
