"""A delivery harness, opened and closed."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.delivery.harness import Harness


@pytest.fixture
async def harness(tmp_path: Path) -> AsyncIterator[Harness]:
    async with Harness(tmp_path) as opened:
        yield opened
