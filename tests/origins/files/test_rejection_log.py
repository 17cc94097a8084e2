"""A file that is rejected again and again is named once for each version, then counted."""

import logging
from pathlib import Path

import pytest

from bot.app.housekeeping import rescan
from bot.app.services import open_services
from tests.conftest import StoryFile, places_at


async def test_a_rejected_file_is_named_once_for_each_version_and_then_counted(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, story_file: StoryFile
):
    caplog.set_level(logging.INFO, "bot.app")
    seeds = tmp_path / "seeds"
    seeds.mkdir()
    places = places_at(tmp_path, seeds)

    async def said() -> list[str]:
        caplog.clear()
        await rescan(services)
        return [one for one in caplog.messages if "rejected" in one]

    bad, other = seeds / "bad.md", seeds / "other.md"
    bad.write_bytes(story_file(title=None))
    async with open_services(places) as services:
        (line,) = await said()
        assert line.startswith(f"rejected {bad}: ")
        assert await said() == ["still rejected, unchanged: 1"]
        other.write_bytes(story_file(title=None))
        (line, count) = await said()
        assert line.startswith(f"rejected {other}: ")
        assert count == "still rejected, unchanged: 1"
        bad.write_bytes(story_file(title=None, body="edited"))
        (line, _) = await said()
        assert line.startswith(f"rejected {bad}: ")
        assert await said() == ["still rejected, unchanged: 2"]
        bad.write_bytes(story_file())
        assert await said() == ["still rejected, unchanged: 1"]
        bad.write_bytes(story_file(title=None))
        assert len(await said()) == 2
