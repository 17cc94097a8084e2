"""Makes the database of the program found on its path, for test_schema.py.

git worktree add /tmp/then COMMIT
PYTHONPATH=/tmp/then python tests/store/sqlite/databases/make.py \
    tests/store/sqlite/databases/COMMIT.db.xz
"""

import lzma
import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory

import bot

STORY = "2019-12-18-vell-becomes-first-province-to-require-labels-on-machine.md"
OTHER = "2019-12-21-a-radio-archive-speaks-again-after-a-model-learns-its.md"
ROWS = """
UPDATE item SET key = '/srv/other.md' WHERE key LIKE '/%';
INSERT INTO server (guild_id, time, timezone) VALUES (81, '07:30', 'Europe/Berlin');
INSERT INTO digest (digest_id, guild_id, channel_id, days, next_due_at, next_date, next_slot,
    created_at) VALUES (1, 81, 811, 'mon, fri', 1577091600, '2019-12-23', 1, 1577000000);
INSERT INTO subscription (digest_id, topic_id) VALUES (1, 1);
INSERT INTO edition (edition_id, digest_id, local_date, slot, due_at, planned_at, state, closed_at)
    VALUES (1, 1, '2019-12-20', 1, 1576823400, 1576823400, 'delivered', 1576823410);
INSERT INTO edition_part (edition_id, part, body, sha256, marker, nonce, state, message_id)
    VALUES (1, 1, '{"content": "news"}', x'00', 'edition 1', 'b1', 'sent', 8111);
INSERT INTO posted (digest_id, event_id, story_id, edition_id, part) VALUES (1, 1, 1, 1, 1);
"""


def make(target: Path) -> None:
    """Ingest a story of the seeds folder and one given by hand, then write a server with a digest
    and its first edition.
    """
    stories = Path(bot.__file__).parent / "sandbox" / "stories"
    ingest = (sys.executable, "-m", "bot", "ingest", "--database", "broadsheet.db")
    with TemporaryDirectory() as folder:
        seeds = Path(folder) / "seeds"
        seeds.mkdir()
        shutil.copy(stories / STORY, seeds / "story.md")
        shutil.copy(stories / OTHER, Path(folder) / "other.md")
        subprocess.run(ingest, cwd=folder, check=True)  # noqa: S603 - itself
        subprocess.run((*ingest, "other.md"), cwd=folder, check=True)  # noqa: S603 - itself
        database = Path(folder) / "broadsheet.db"
        with closing(sqlite3.connect(database)) as db:
            db.executescript(f"{ROWS} PRAGMA journal_mode = DELETE; VACUUM")
        target.write_bytes(lzma.compress(database.read_bytes()))


if __name__ == "__main__":
    make(Path(sys.argv[1]).resolve())
