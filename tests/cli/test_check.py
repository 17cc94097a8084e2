"""broadsheet check: every fault is found and named, and the token never shown."""

import os
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from bot import environment
from bot.store.sqlite.schema import STEPS
from tests.archives import database_at, run_sql
from tests.chat.rest.test_server_answers import response
from tests.cli.conftest import Broadsheet
from tests.cli.test_running import serving
from tests.conftest import ROOT, StoryFile
from tests.store.postgres.test_faults import made
from tests.store.sqlite.databases import unpacked
from tests.store.sqlite.test_looking import trace

TOKEN = "a.very.secret-token"  # noqa: S105


def findings(text: str) -> dict[str, bool]:
    """Subject -> whether it is fine, by the report's lines; with several lines, if all are fine."""
    found: dict[str, bool] = {}
    for line in text.splitlines():
        word, subject = line.split(":")[0].split()
        found[subject] = found.get(subject, True) and word == "ok"
    return found


def test_all_is_fine_where_discord_knows_the_token(
    broadsheet: Broadsheet, monkeypatch: pytest.MonkeyPatch
):
    me = {"id": "5", "username": "gazette", "discriminator": "0", "avatar": None}
    with serving(response(200, me)) as address:
        monkeypatch.setenv("DISCORD_TOKEN", TOKEN)
        monkeypatch.setenv("BROADSHEET_DISCORD_API", address)
        outcome = broadsheet("check")
    assert outcome.code == 0
    subjects = ("config", "database", "feeds", "seeds", "token")
    assert findings(outcome.out) == dict.fromkeys(subjects, True)
    assert "it belongs to gazette" in outcome.out
    assert outcome.err == ""


def test_a_missing_token_is_a_fault_that_says_what_to_do(broadsheet: Broadsheet):
    outcome = broadsheet("check")
    assert outcome.code == 1
    assert findings(outcome.out) == {
        "config": True,
        "database": True,
        "feeds": True,
        "seeds": True,
        "token": False,
    }
    assert "DISCORD_TOKEN" in outcome.out


@pytest.mark.parametrize("level", ["INFO", "DEBUG"])
def test_the_token_is_never_shown(
    broadsheet: Broadsheet, monkeypatch: pytest.MonkeyPatch, level: str
):
    monkeypatch.setenv("BROADSHEET_LOG_LEVEL", level)
    monkeypatch.setenv("DISCORD_TOKEN", TOKEN)
    monkeypatch.setenv("BROADSHEET_DISCORD_API", "http://127.0.0.1:1/api/v10")
    unreachable = broadsheet("check")
    with serving(response(401, {"message": "401: Unauthorized", "code": 0})) as address:
        monkeypatch.setenv("BROADSHEET_DISCORD_API", address)
        wrong = broadsheet("check")
    assert (unreachable.code, wrong.code) == (1, 1)
    assert "FAULT token: Discord cannot be reached" in unreachable.out
    assert "FAULT token: Discord does not accept the token" in wrong.out
    assert TOKEN not in unreachable.out + unreachable.err + wrong.out + wrong.err


@pytest.mark.sqlite
def test_every_fault_is_told_at_once(broadsheet: Broadsheet, tmp_path: Path, story_file: StoryFile):
    for name in ("config", "seeds"):
        (tmp_path / name).mkdir()
    (tmp_path / "config" / "digest.yaml").write_text("storys: 5\n")
    (tmp_path / "seeds" / "bad.md").write_bytes(story_file(title=None))
    (tmp_path / "seeds" / "worse.md").write_bytes(b"text")
    (tmp_path / "broadsheet.db").write_bytes(b"no database" * 100)
    options = ("--config", tmp_path / "config", "--seeds", tmp_path / "seeds")
    outcome = broadsheet("check", *options)
    assert outcome.code == 1
    faults = dict.fromkeys(("config", "database", "seeds", "token"), False)
    assert findings(outcome.out) == {**faults, "feeds": True}
    for words in ("storys", "bad.md", "worse.md", "not an SQLite database"):
        assert words in outcome.out
    assert outcome.err == ""


def test_seeds_that_are_empty_or_missing_are_a_fault(broadsheet: Broadsheet, tmp_path: Path):
    (tmp_path / "empty").mkdir()
    for folder in ("empty", "missing"):
        outcome = broadsheet("check", "--seeds", tmp_path / folder)
        assert not findings(outcome.out)["seeds"]
        assert str(tmp_path / folder) in outcome.out


def test_without_feeds_it_says_how_to_get_some_and_with_them_no_story_file_is_needed(
    broadsheet: Broadsheet, tmp_path: Path
):
    (tmp_path / "empty").mkdir()
    assert "broadsheet feeds starter" in broadsheet("check").out
    broadsheet("feeds", "add", "https://gazette.example/feed")
    broadsheet("feeds", "off", "https://gazette.example/feed")
    outcome = broadsheet("check", "--seeds", tmp_path / "empty")
    assert "ok    feeds: 1 feed, 1 of them off" in outcome.out
    assert findings(outcome.out)["seeds"]


def test_feeds_of_the_file_count_before_a_bot_has_read_it_and_wrong_addresses_are_faults(
    broadsheet: Broadsheet, tmp_path: Path
):
    own = tmp_path / "own"
    own.mkdir()
    urls = ("https://gazette.example/feed", "http://10.0.0.1/feed")
    (own / "feeds.yaml").write_text("feeds:\n" + "".join(f"  - url: {url}\n" for url in urls))
    lines = broadsheet("check", "--config", own).out.splitlines()
    assert "ok    feeds: 1 feed" in lines
    (fault,) = [line for line in lines if line.startswith("FAULT feeds: ")]
    assert f"{own / 'feeds.yaml'}: “http://10.0.0.1/feed” is no address of a feed" in fault


def test_a_paused_feed_is_a_fault_and_one_that_fails_for_now_is_not(
    broadsheet: Broadsheet, tmp_path: Path
):
    for name in ("gone", "busy", "fine", "off"):
        broadsheet("feeds", "add", f"https://{name}.example/")
    for sql in (
        "UPDATE feed SET fault = 'gone', paused = 1 WHERE url LIKE '%gone%'",
        "UPDATE feed SET fault = 'busy', failures = 2 WHERE url LIKE '%busy%'",
        "UPDATE feed SET fault = 'gone', paused = 1, off = 1 WHERE url LIKE '%off%'",
    ):
        run_sql(database_at(tmp_path / "broadsheet.db"), sql)
    lines = [line for line in broadsheet("check").out.splitlines() if " feeds: " in line]
    assert lines[0] == "ok    feeds: 4 feeds, 1 of them off"
    assert lines[1].startswith("ok    feeds: https://busy.example/: 2 failures: ")
    assert lines[2].startswith("FAULT feeds: https://gone.example/: paused: ")
    assert lines[2].endswith("; to give it up: broadsheet feeds off https://gone.example/")
    assert len(lines) == 3


@pytest.mark.sqlite
def test_a_damaged_database_is_a_fault(loaded: Broadsheet, tmp_path: Path):
    path = tmp_path / "broadsheet.db"
    db = sqlite3.connect(path)
    db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    db.close()
    content = bytearray(path.read_bytes())
    content[8192 : len(content) // 2] = bytes(len(content) // 2 - 8192)
    path.write_bytes(content)
    outcome = loaded("check")
    assert outcome.code == 1
    assert not findings(outcome.out)["database"]
    assert "restore a backup" in outcome.out


@pytest.mark.sqlite
@pytest.mark.parametrize(("make", "what"), [(os.mkfifo, "a pipe"), (Path.mkdir, "a folder")])
def test_what_is_no_file_in_the_databases_place_is_a_fault_at_once(
    broadsheet: Broadsheet, tmp_path: Path, make: Callable[[Path], None], what: str
):
    make(tmp_path / "broadsheet.db")
    outcome = broadsheet("check")
    assert f"FAULT database: Database {tmp_path / 'broadsheet.db'}: it is {what}" in outcome.out


@pytest.mark.sqlite
def test_the_age_of_the_schema_is_told_and_nothing_is_changed(
    broadsheet: Broadsheet, tmp_path: Path
):
    path = unpacked("8161791", tmp_path)
    before = trace(path)
    outcome = broadsheet("check")
    assert findings(outcome.out)["database"]
    assert f"{path}; schema 2, will be {len(STEPS)} at the next start; no good" in outcome.out
    assert trace(path) == before
    assert broadsheet("topics").code == 0
    assert f"{path}; schema {len(STEPS)}; newest good backup" in broadsheet("check").out


@pytest.mark.sqlite
def test_a_folder_that_may_not_be_looked_into_is_a_fault(broadsheet: Broadsheet, tmp_path: Path):
    (tmp_path / "file").touch()
    outcome = broadsheet("check", "--database", tmp_path / "file" / "below.db")
    assert "FAULT database: " in outcome.out
    assert "Not a directory" in outcome.out


def test_a_token_that_only_the_unit_is_given_is_said_and_no_fault(
    broadsheet: Broadsheet, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
):
    told = "is a credential that only the unit is given, so it was not tried"
    for file in ("/run/credentials/no.service/discord-token", "/run/user/1/credentials/no/token"):
        monkeypatch.setenv("DISCORD_TOKEN_FILE", file)
        outcome = broadsheet("check", "--seeds", ROOT / "seeds")
        assert (outcome.code, f"ok    token: {file} {told}" in outcome.out) == (0, True)
    monkeypatch.delenv("DISCORD_TOKEN_FILE")
    (kept := tmp_path / "discord-token").touch()
    monkeypatch.setattr(environment, "UNIT_TOKEN", kept)
    outcome = broadsheet("check", "--seeds", ROOT / "seeds")
    assert (outcome.code, f"ok    token: {kept} {told}" in outcome.out) == (0, True)
    monkeypatch.setenv("DISCORD_TOKEN_FILE", "/nowhere/token")
    assert not findings(broadsheet("check").out)["token"]


@pytest.mark.sqlite
def test_checking_writes_no_database(broadsheet: Broadsheet, tmp_path: Path):
    outcome = broadsheet("check", "--seeds", ROOT / "seeds")
    assert "will be created at the first start" in outcome.out
    assert not (tmp_path / "broadsheet.db").exists()


def test_a_servers_database_without_tables_is_told_and_stays_so(broadsheet: Broadsheet):
    url = made("bare")
    told = broadsheet("check", "--database", url.secret)
    assert f"ok    database: the tables in {url} will be created at the first start" in told.out
    assert "it has no tables of Broadsheet" in broadsheet("topics", "--database", url.secret).err


def test_what_of_a_digest_is_unknown_here_is_a_fault_that_names_it_and_how_to_mend_it(
    loaded: Broadsheet, tmp_path: Path
):
    """Before a bot has run on this machine, and beside a running bot: nothing is written."""
    for sql in (
        "INSERT INTO server (guild_id) VALUES (5)",
        "INSERT INTO digest (guild_id, channel_id, timezone, quiet_day, created_at)"
        " VALUES (5, 7, 'US/Pacific-New', 'rotate', 0), (5, 8, NULL, NULL, 0)",
        "INSERT INTO subscription (digest_id, topic_id) SELECT digest_id, 1 FROM digest",
        f"INSERT INTO notice (guild_id, line, made_at, tried_at) VALUES (5, '', 0, {1 << 61})",  # noqa: S608 - a number
        "INSERT INTO aside VALUES ('delivery', 9, 5, 2, 'a reason of before', 99)",
    ):
        run_sql(database_at(tmp_path / "broadsheet.db"), sql)
    outcome = loaded("check")
    assert outcome.code == 1
    found = [line for line in outcome.out.splitlines() if line.startswith("FAULT digests: ")]
    assert found == [
        "FAULT digests: server 5, channel 7: its time zone `US/Pacific-New` is unknown here (set it"
        " with `/digest timezone`); its rule for quiet days `rotate` is unknown here (set it with"
        " `/digest quiet`)",
        f"FAULT digests: server 5: its time `{1 << 61}` is unknown here",
        "FAULT digests: server 5, channel 8: a reason of before",
    ]


def test_a_note_of_a_moment_that_cannot_be_read_is_named(loaded: Broadsheet, tmp_path: Path):
    sql = "INSERT INTO fact (name, value) VALUES ('purged_before', 'abc')"
    run_sql(database_at(tmp_path / "broadsheet.db"), sql)
    assert "FAULT database: its note purged_before cannot be read" in loaded("check").out


@pytest.mark.sqlite
@pytest.mark.parametrize(("hours", "words"), [(0, "0 hours"), (1, "1 hour"), (2, "2 hours")])
def test_the_age_of_the_newest_backup_is_told_in_words(loaded: Broadsheet, hours: int, words: str):
    copy = Path(loaded("backup").out.strip())
    at = copy.stat().st_mtime - 3600 * hours - 60
    os.utime(copy, (at, at))
    assert f"newest good backup {copy.name}, {words} old" in loaded("check").out
