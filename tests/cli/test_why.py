"""broadsheet story --why after a digest was posted."""

import asyncio
import math
from pathlib import Path

from tests.chat.conftest import opened
from tests.cli.conftest import Broadsheet


def test_the_command_line_tells_every_channels_editions_of_a_posted_digest(
    tmp_path: Path, broadsheet: Broadsheet
):
    async def post() -> str:
        async with opened(tmp_path) as demo:
            return str(demo.sandbox.world.channel("news").id)

    channel = asyncio.run(post())
    outcome = broadsheet("story", "ferry", "--why", "--json")
    why = outcome.json["stories"][0]["why"]
    ((place,), (last,)) = why["editions"], why["last_editions"]
    assert place["channel"] == last["channel"] == channel
    assert (place["date"], place["slot"], place["state"]) == ("2019-12-22", 0, "delivered")
    (choice,) = place["choices"]
    assert choice in last["choices"]
    assert choice["score"] == math.log2(choice["heat"]) - choice["age_term"]
    assert [one["taken"] for one in last["choices"]] == [True] * 5 + [False] * 4
    text = broadsheet("story", "ferry", "--why", "--limit", 1).out
    assert f"channel {channel}, Sunday 22 December 2019, extra edition: place 2, filled" in text
    assert f"Channel {channel}: Sunday 22 December 2019, extra edition took 5 and left" in text
