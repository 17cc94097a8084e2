"""One zygote for all tests; the table of results."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.soak.child import Zygote, zygote_process
from tests.soak.figures import ROWS, markdown


@pytest.fixture(scope="session")
def zygote() -> Iterator[Zygote]:
    """Forks bots."""
    with zygote_process() as one:
        yield one


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Even the short run of each row is slow."""
    for item in items:
        if item.path.parent == Path(__file__).parent and not item.get_closest_marker("soak"):
            item.add_marker(pytest.mark.slow)


@pytest.hookimpl(trylast=True)
def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if ROWS and terminalreporter.config.option.capture == "no":
        terminalreporter.section("what was measured under faults")
        terminalreporter.write(f"\n{markdown()}\n")
