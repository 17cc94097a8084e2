"""The story files read so far: what makes loading one twice change nothing."""

import json
from collections.abc import Sequence
from typing import NamedTuple

from bot.store.database import Connection, every


class KnownFile(NamedTuple):
    """A file as it was read last: `stamp` of size and times, hash of its story's content."""

    stamp: str
    content: bytes
    story_id: int


async def known_files(db: Connection, paths: Sequence[str]) -> dict[str, KnownFile]:
    """What is known of the files at absolute paths; those never read are left out."""
    sql = """
        SELECT path, stamp, content, story_id FROM file
        WHERE path IN (SELECT value FROM json_each(:paths))
    """
    rows = await every(db, sql, {"paths": json.dumps(paths)})
    return {path: KnownFile(*known) for path, *known in rows}


async def save_file(db: Connection, path: str, file: KnownFile, topics: Sequence[str]) -> None:
    """Note a file with the story it holds and the topics it gives."""
    await db.execute(
        """
        INSERT INTO file (path, stamp, content, story_id, topics)
        VALUES (:path, :stamp, :content, :story_id, :topics)
        ON CONFLICT (path) DO UPDATE SET stamp = excluded.stamp, content = excluded.content,
            story_id = excluded.story_id, topics = excluded.topics
        """,
        {"path": path, **file._asdict(), "topics": json.dumps(topics, ensure_ascii=False)},
    )


async def restamp_file(db: Connection, path: str, stamp: str) -> None:
    """Note that a file was written again with the same content."""
    sql = "UPDATE file SET stamp = :stamp WHERE path = :path"
    await db.execute(sql, {"path": path, "stamp": stamp})


async def topics_of_files(db: Connection, story_id: int) -> list[str]:
    """The topics that the files of a story give it: file by file, each in the file's order."""
    sql = "SELECT topics FROM file WHERE story_id = :id ORDER BY path"
    return [
        name for r in await every(db, sql, {"id": story_id}) for name in json.loads(r["topics"])
    ]
