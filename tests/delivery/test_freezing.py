"""Editions that are frozen together are what each of them would be by itself."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

import pytest

from bot.delivery import planning
from tests.delivery.harness import DAY, HOUR, MORNING, Harness, same_event, story

FOLLOWED: Final[Mapping[int, Sequence[str]]] = {
    11: ["AI"],
    12: ["AI", "Robots"],
    13: ["Robots"],
    14: ["Space"],
    15: ["Space", "AI"],
}
"""The topics of some channels. Nothing new is in Space: its stories are of the archive."""


@pytest.fixture
def folders(tmp_path: Path) -> Sequence[Path]:
    found = [tmp_path / "together", tmp_path / "apart"]
    for folder in found:
        folder.mkdir()
    return found


async def test_editions_of_one_chunk_are_those_that_each_channel_would_get_alone(
    folders: Sequence[Path], monkeypatch: pytest.MonkeyPatch
):
    together = await _frozen(folders[0])
    monkeypatch.setattr(planning, "CHUNK", 1)
    assert together == await _frozen(folders[1])
    assert {channel for channel, *_ in together} == {*FOLLOWED}
    assert len({url for *_, url in together}) > len(FOLLOWED)


async def _frozen(folder: Path) -> list[tuple[object, ...]]:
    """What the channels' editions of two days are, and what was weighed for them."""
    async with Harness(folder) as harness:
        await harness.load(
            *(story(n, 100 + n, topics=["AI"]) for n in range(1, 9)),
            *(story(n, 100 + n, topics=["Robots", "AI"]) for n in range(9, 12)),
            *(story(n, 100, age=30 * DAY, topics=["Space"]) for n in (12, 13)),
            story(14, 300, topics=["Robots"], **same_event(3)),
            story(15, 200, age=-HOUR, topics=["Robots"]),
        )
        for channel, names in FOLLOWED.items():
            await harness.follow(channel, *names)
        for day in (MORNING, MORNING + DAY):
            await harness.planner.plan_due(day)
        rows = await harness.rows(
            """
            SELECT channel_id, local_date, e.state, part, body, c.position, verdict, url
            FROM edition e JOIN digest USING (digest_id) LEFT JOIN edition_part USING (edition_id)
            LEFT JOIN edition_choice c USING (edition_id) LEFT JOIN story USING (story_id)
            ORDER BY channel_id, local_date, part, position
            """
        )
    return [tuple(row) for row in rows]
