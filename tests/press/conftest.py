"""A press on its bench, opened and closed."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.press.bench import Bench


@pytest.fixture
async def bench(tmp_path: Path) -> AsyncIterator[Bench]:
    async with Bench(tmp_path) as opened:
        yield opened
