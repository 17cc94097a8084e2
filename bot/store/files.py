"""The story files read so far: what makes loading one twice change nothing, and whom each carries.

A path is relative for a file in the seeds folder, so that the folder can be moved, else absolute.
"""

import json
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Final, NamedTuple

from bot.store.database import LAST_CHARACTER, Connection, every, one

READDRESSED: Final = "other trackers"
"""The stamp of a file that must be read again, since other parameters of addresses track."""


class KnownFile(NamedTuple):
    """A file as it was read last.

    `stamp` of size and times, `modified` in nanoseconds, hash of its story's content; `story_id`
    None = its story was too old to be kept. An empty stamp: it must be read again.
    """

    stamp: str
    modified: int
    content: bytes
    story_id: int | None


async def known_files(db: Connection, paths: Collection[str]) -> dict[str, KnownFile]:
    """What is known of the files at these paths; those never read are left out."""
    sql = """
        SELECT path, stamp, modified, content, story_id FROM file
        WHERE path = ANY(:paths)
    """
    rows = await every(db, sql, {"paths": paths})
    return {path: KnownFile(*known) for path, *known in rows}


async def seed_paths(db: Connection) -> set[str]:
    """The paths of all known files of the seeds folder."""
    return {
        row["path"] for row in await every(db, "SELECT path FROM file WHERE path NOT LIKE '/%'")
    }


async def adopt_seeds(db: Connection, root: str) -> None:
    """Files below the seeds folder that were known by their absolute path are its files now.

    `root` is the folder's path with a slash at the end.
    """
    below = {"root": root, "length": len(root), "after": root + LAST_CHARACTER}
    await db.execute(
        """
        DELETE FROM file WHERE path IN (
            SELECT substr(path, :length + 1) FROM file WHERE path > :root AND path < :after
        )
        """,
        below,
    )
    await db.execute(
        """
        UPDATE file SET path = substr(path, :length + 1) WHERE path > :root AND path < :after
        """,
        below,
    )


class FileEntry(NamedTuple):
    """A file as it is noted: with the topics that it gives its story, and its folded headline."""

    path: str
    known: KnownFile
    topics: Sequence[str]
    headline: str


async def save_files(db: Connection, files: Iterable[FileEntry]) -> None:
    """Note files with the story each holds."""
    await db.executemany(
        """
        INSERT INTO file (path, stamp, modified, content, story_id, topics, headline)
        VALUES (?, ?, ?, ?, ?, ?, ?)
        ON CONFLICT (path) DO UPDATE SET
            stamp = excluded.stamp, modified = excluded.modified, content = excluded.content,
            story_id = excluded.story_id, topics = excluded.topics, headline = excluded.headline
        """,
        [
            (one.path, *one.known, json.dumps(one.topics, ensure_ascii=False), one.headline)
            for one in files
        ],
    )


async def restamp_files(db: Connection, stamps: Iterable[tuple[str, str, int]]) -> None:
    """Note (path, stamp, modified) of files that were written again with the same content."""
    await db.executemany(
        "UPDATE file SET stamp = ?, modified = ? WHERE path = ?",
        [(stamp, modified, path) for path, stamp, modified in stamps],
    )


async def remove_files(db: Connection, paths: Collection[str]) -> dict[int, bytes]:
    """Forget files; returns the stories they carried, each with the content that it lost."""
    gone = (await known_files(db, paths)).values()
    await db.executemany("DELETE FROM file WHERE path = ?", [(path,) for path in paths])
    return {known.story_id: known.content for known in gone if known.story_id is not None}


async def forget_files_of(db: Connection, stories: Collection[int]) -> None:
    """Forget the files that carry these stories: what is there of them is new to the next load."""
    ids = [(story_id,) for story_id in stories]
    await db.executemany("DELETE FROM file WHERE story_id = ?", ids)


async def lost_stories(db: Connection, gone: Collection[str]) -> set[int]:
    """The stories shown now that would be withdrawn if these files were gone."""
    rows = await every(
        db,
        """
        SELECT DISTINCT s.story_id FROM file f JOIN story s USING (story_id)
        WHERE f.path = ANY(:gone) AND s.withdrawn = 0 AND NOT EXISTS (
            SELECT 1 FROM file o WHERE o.story_id = s.story_id AND NOT o.path = ANY(:gone)
        )
        """,
        {"gone": gone},
    )
    return {row["story_id"] for row in rows}


async def carried_stories(db: Connection) -> int:
    """How many stories some file carries."""
    row = await one(db, "SELECT count(*) AS stories FROM story WHERE withdrawn = 0")
    return row["stories"] if row else 0


async def carriers(db: Connection, stories: Collection[int]) -> dict[int, list[tuple[int, str]]]:
    """For each story the (modified, path) of the files that carry it."""
    found: defaultdict[int, list[tuple[int, str]]] = defaultdict(list)
    sql = """
        SELECT story_id, modified, path FROM file
        WHERE story_id = ANY(:stories)
    """
    for row in await every(db, sql, {"stories": stories}):
        found[row["story_id"]].append((row["modified"], row["path"]))
    return found


async def topics_of_stories(db: Connection, stories: Collection[int]) -> dict[int, list[str]]:
    """The topics that its files give each story: file by file, each in the file's order."""
    found: dict[int, list[str]] = {story_id: [] for story_id in stories}
    sql = """
        SELECT story_id, topics FROM file
        WHERE story_id = ANY(:stories) ORDER BY path
    """
    for row in await every(db, sql, {"stories": stories}):
        found[row["story_id"]] += json.loads(row["topics"])
    return found


async def disagreeing(db: Connection, paths: Collection[str]) -> dict[int, list[str]]:
    """The stories of these files whose files have different headlines, each with their paths."""
    rows = await every(
        db,
        """
        SELECT story_id, path FROM file f
        WHERE headline <> '' AND story_id IN (
            SELECT story_id FROM file WHERE path = ANY(:paths)
        ) AND EXISTS (
            SELECT 1 FROM file o
            WHERE o.story_id = f.story_id AND o.headline NOT IN ('', f.headline)
        )
        ORDER BY story_id, modified DESC, path DESC
        """,
        {"paths": paths},
    )
    found: defaultdict[int, list[str]] = defaultdict(list)
    for row in rows:
        found[row["story_id"]].append(row["path"])
    return found


async def read_again(db: Connection, lost: Mapping[int, bytes]) -> None:
    """Let the files that carry these stories, but with other than the content lost, be read again.

    The story may have had its values from that content.
    """
    await db.executemany(
        "UPDATE file SET stamp = '', content = ? WHERE story_id = ? AND content <> ?",
        [(b"", *one) for one in lost.items()],
    )


async def read_pruned_again(db: Connection) -> None:
    """Let the files whose stories were too old to be kept be read again."""
    sql = "UPDATE file SET stamp = '', content = :none WHERE story_id IS NULL"
    await db.execute(sql, {"none": b""})


async def read_all_again(db: Connection) -> None:
    """Let every file be read again; one whose story is as it was changes nothing."""
    await db.execute("UPDATE file SET stamp = ''")


async def readdress_all(db: Connection) -> None:
    """Let every file be read again, since other parameters of addresses track now."""
    await db.execute("UPDATE file SET stamp = :stamp WHERE stamp <> ''", {"stamp": READDRESSED})


async def unread_paths(db: Connection) -> list[str]:
    """The paths of the files that must be read again."""
    return [row["path"] for row in await every(db, "SELECT path FROM file WHERE stamp = ''")]
