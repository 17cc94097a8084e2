"""What `check` says of a server, without a trace there."""

from datetime import timedelta
from pathlib import Path

import psycopg
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.clock import SystemClock
from bot.store.opening import about_server, idle_shards
from bot.store.postgres.looking import _ranges
from tests import postgres


@pytest.mark.parametrize(
    ("hours", "clock"), [(0, "its clock agrees with this"), (1, "360"), (-1, "ahead of")]
)
async def test_version_clock_and_processes_are_told(tmp_path: Path, hours: int, clock: str) -> None:
    url = postgres.server().database_of(tmp_path / "broadsheet.db")
    try:
        with psycopg.connect(url.secret) as db:
            db.execute("""
                INSERT INTO process (process_id, name, shards, until) VALUES
                    (1, 'here 11', 4, now() + interval '1 hour'), (2, 'there 12', 4, 'infinity'),
                    (3, 'there 13', 4, 'infinity'), (4, 'dead 14', 4, now() - interval '1 second')
            """)
            db.execute("""
                INSERT INTO lease (name, process_id) VALUES
                    ('leader', 1), ('shard 0', 1), ('shard 1', 1), ('shard 3', 1), ('shard 2', 2)
            """)
        now = SystemClock().now() + timedelta(hours=hours)
        version, skew, processes = await about_server(url, now)
    finally:
        postgres.server().take_back(tmp_path)
    assert version.startswith("PostgreSQL 1")
    assert clock in skew
    assert processes == ("here 11 (leads; shards 0-1, 3), there 12 (shard 2), there 13 (waits)")


async def test_shards_that_no_process_runs_while_others_are_run_are_named(tmp_path: Path) -> None:
    url = postgres.server().database_of(tmp_path / "broadsheet.db")
    try:
        with psycopg.connect(url.secret, autocommit=True) as db:
            db.execute("""
                INSERT INTO process (process_id, name, shards, until) VALUES
                    (1, 'here 11', 4, 'infinity'), (4, 'dead 14', 4, now() - interval '1 second')
            """)
            db.execute("""
                INSERT INTO lease (name, process_id) VALUES ('leader', 1),
                    ('shard 0', 1), ('shard 1', 4), ('shard 2', NULL), ('shard 3', 1)
            """)
            assert await idle_shards(url) == "shards 1-2"
            db.execute("DELETE FROM process WHERE process_id = 1")  # then the bot is off
            assert await idle_shards(url) == ""
    finally:
        postgres.server().take_back(tmp_path)


async def test_a_file_has_no_server(tmp_path: Path) -> None:
    assert await idle_shards(tmp_path / "broadsheet.db") == ""
    assert await about_server(tmp_path / "broadsheet.db", SystemClock().now()) == []


@given(st.sets(st.integers(0, 40), min_size=1))
def test_ranges_name_each_shard_once(shards: set[int]) -> None:
    named: list[int] = []
    for part in _ranges(sorted(shards)).partition(" ")[2].split(", "):
        first, _, last = part.partition("-")
        named += range(int(first), int(last or first) + 1)
    assert named == sorted(shards)
