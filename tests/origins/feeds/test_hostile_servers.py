"""Servers that lie: each costs little memory and time, and one failure."""

import json
import subprocess
import sys
from collections.abc import Iterator
from typing import Any, cast

import pytest

from tests.conftest import ROOT
from tests.origins.feeds.compressing import MIB
from tests.origins.feeds.lying import KINDS

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("hostile")]


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    """The port of a server that tells all lies."""
    command = [sys.executable, "-m", "tests.origins.feeds.lying"]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, cwd=ROOT, stdin=pipe, stdout=pipe, text=True) as process:  # noqa: S603
        assert process.stdout
        yield int(process.stdout.readline())
        process.communicate("")


@pytest.fixture(scope="module")
def costs(port: int) -> dict[str, Any]:
    """What each lie costs, see lied_to.py."""
    command = [sys.executable, "-m", "tests.origins.feeds.lied_to", str(port)]
    said = subprocess.check_output(command, cwd=ROOT, text=True)  # noqa: S603
    return cast("dict[str, Any]", json.loads(said))


@pytest.mark.parametrize("lie", KINDS)
def test_a_lie_costs_one_failure_little_time_and_little_memory(lie: str, costs: dict[str, Any]):
    cost = costs[lie]
    assert cost["kind"] == KINDS[lie], cost["detail"]
    assert cost["seconds"] <= 1
    assert cost["bytes"] <= 10 * MIB
    assert cost["longest"] <= 0.05
