"""A row says where messages are posted; unreadable values do not keep it from being named."""

import json
from pathlib import Path

import pytest

from bot.digests.target import Channel, Post
from bot.errors import Unreadable
from bot.store import database, targets
from bot.store.opening import open_database
from tests.archives import empty_archive

LARGEST = 2**63 - 1


async def row_of(folder: Path, tags: str, post: int | None) -> database.Row:
    """A row as returned by queries of editions."""
    opened = await open_database(empty_archive(folder / "broadsheet.db"))
    sql = "SELECT :guild AS guild_id, 11 AS channel_id, :tags AS tags, :post AS post_id"
    async with opened.reading() as db:
        row = await database.one(db, sql, {"guild": LARGEST, "tags": tags, "post": post})
    await opened.close()
    assert row is not None
    return row


@pytest.mark.parametrize("tags", [(), (5, LARGEST)])
async def test_an_edition_goes_to_its_channel_and_once_it_has_a_post_on_there(
    tmp_path: Path, tags: tuple[int, ...]
):
    channel = Channel(LARGEST, 11, tags)
    row = await row_of(tmp_path, json.dumps(tags), None)
    assert targets.target_of(row) == targets.tagged_channel_of(row) == channel
    assert targets.target_of(await row_of(tmp_path, json.dumps(tags), 99)) == Post(channel, 99)


@pytest.mark.parametrize("tags", ["", "5", '["x"]', "{}"])
async def test_unknown_tags_leave_the_channel_known(tmp_path: Path, tags: str):
    row = await row_of(tmp_path, tags, 99)
    with pytest.raises(Unreadable):
        targets.target_of(row)
    assert targets.channel_of(row) == Channel(LARGEST, 11)
