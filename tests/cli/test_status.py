"""broadsheet status: editions, faults and feeds in tables and as JSON, beside a running bot."""

import asyncio
import os
from datetime import timedelta
from pathlib import Path

import pytest

from tests.chat.conftest import opened
from tests.cli.conftest import Broadsheet


def test_an_archive_without_digests_and_feeds_has_no_tables(loaded: Broadsheet):
    outcome = loaded("status")
    assert (outcome.code, outcome.out.splitlines()) == (
        0,
        ["Bot: not running", "no digests", "no feeds"],
    )
    nothing: dict[str, object] = {"process": None, "processes": [], "digests": [], "feeds": []}
    assert loaded("status", "--json").json == nothing


def test_a_feed_that_was_added_has_a_row(loaded: Broadsheet):
    added = ("feeds", "add", "https://quay.example/feed.xml", "--topics", "AI")
    assert loaded(*added, "--provider", "The Quay").code == 0
    lines = loaded("status").out.splitlines()
    assert lines[2] == "1 feed, none with faults"
    assert lines[4].split() == ["Feed", "Topics", "How", "it", "is"]
    assert lines[6].split() == ["The", "Quay", "AI", "not", "asked", "yet,", "due", "now"]
    assert lines[7].strip() == "https://quay.example/feed.xml"
    (feed,) = loaded("status", "--json").json["feeds"]
    assert feed == loaded("feeds", "list", "--json").json["feeds"][0]


@pytest.mark.sqlite
def test_an_empty_folder_is_told_how_to_begin(broadsheet: Broadsheet, tmp_path: Path):
    missing = broadsheet("status")
    assert missing.code == 1
    (tmp_path / "broadsheet.db").touch()
    nothing = broadsheet("status")
    for told in (missing.sentence, nothing.err):
        assert "broadsheet init" in told
        assert "broadsheet sandbox" in told
    assert broadsheet("status", "--json").err == ""
    checked = broadsheet("check", "--seeds", tmp_path / "none")
    assert "no such file or folder; to begin with one: broadsheet init" in checked.out


async def test_beside_a_running_bot_it_shows_the_editions_of_every_channel_and_its_faults(
    broadsheet: Broadsheet, tmp_path: Path
):
    async with opened(tmp_path) as demo:
        world = demo.sandbox.world
        moderator, admin = demo.sandbox.person("moderator"), demo.sandbox.person("admin")
        await moderator.command("subscribe", "ai", topic="Space")
        await admin.command("digest pause", channel_="ai")
        await demo.move(timedelta(hours=16))
        table = await asyncio.to_thread(broadsheet, "status")
        shown = await asyncio.to_thread(broadsheet, "status", "--json")
        news, ai = world.channel("news").id, world.channel("ai").id
    assert table.code == shown.code == 0
    lines = table.out.splitlines()
    (process,) = shown.json["processes"]
    assert lines[0] == f"Bot: running (process {process})"
    assert process.split()[-1] == str(os.getpid())
    assert lines[1] == "2 digests, none with faults"
    assert f"Server {world.guild.id}" in lines
    assert shown.json["process"] == os.getpid()
    by_channel = {one["channel"]: one for one in shown.json["digests"]}
    assert by_channel.keys() == {str(news), str(ai)}
    one = by_channel[str(news)]
    assert (one["server"], one["paused"], one["faults"]) == (str(world.guild.id), False, [])
    assert one["next"] == {
        "date": "2019-12-24", "slot": 1, "due_at": "2019-12-24T08:00:00+00:00"
    }  # fmt: skip
    assert one["last"].keys() == {
        *("date", "slot", "due_at", "state", "reason", "stories", "shown")
    }
    assert (one["last"]["date"], one["last"]["state"]) == ("2019-12-23", "delivered")
    paused = by_channel[str(ai)]
    assert (paused["topics"], paused["paused"], paused["last"], paused["next"]) == (
        ["Space"], True, None, None
    )  # fmt: skip
