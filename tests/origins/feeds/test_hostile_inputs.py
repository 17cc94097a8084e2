"""Hostile and broken feeds: none stops the bot, takes long, or takes much memory."""

import json
import subprocess
import sys
from functools import cache
from typing import Any

import pytest

from tests.conftest import ROOT
from tests.origins.feeds.hostile_inputs import HOSTILE, MIB

MOST_SECONDS, MOST_MEMORY = 1.0, 10 * MIB


@cache
def costs() -> dict[str, dict[str, Any]]:
    """What each input costs, all measured in one program, each in a process of its own."""
    ran = subprocess.run(
        [sys.executable, "-m", "tests.origins.feeds.hostile_inputs"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    return {one["name"]: one for one in map(json.loads, ran.stdout.splitlines())}


@pytest.mark.slow
@pytest.mark.xdist_group("hostile")
@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_input_costs_little_and_gives_what_it_holds(name: str):
    cost = costs()[name]
    assert not cost["crash"]
    assert cost["items"] == HOSTILE[name].items
    assert cost["seconds"] <= MOST_SECONDS
    assert cost["memory"] <= MOST_MEMORY


def test_there_are_at_least_100():
    assert len(HOSTILE) >= 100
