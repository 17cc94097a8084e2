"""The sandbox as `broadsheet sandbox` starts it: its first digest, its clock, its restarts."""

import logging
import re
import socket
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from bot.app.housekeeping import rescan
from bot.demo import DemoOptions
from bot.demo import demo as sandbox_demo
from bot.errors import DatabaseError, UsageError
from bot.render.terminal import message_text
from bot.store.opening import file_of
from bot.store.sqlite.copying import back_up_daily
from tests.chat.conftest import (
    TOP_FIVE,
    lines,
    move_to,
    not_waiting_for_servers,
    opened,
    rows,
    shown_in,
    urls,
)
from tests.conftest import ROOT, places_at

MORNING = datetime(2019, 12, 23, 8, tzinfo=UTC)


async def test_the_clock_begins_an_hour_after_the_newest_story(tmp_path: Path):
    async with opened(tmp_path) as demo:
        since = demo.clock.now() - datetime(2019, 12, 22, 16, 31, tzinfo=UTC)
        assert timedelta() <= since < timedelta(minutes=1)


async def test_the_first_digest_shows_the_seeds_story_with_its_best_sources(tmp_path: Path):
    async with opened(tmp_path) as demo:
        (message,) = shown_in(demo, "news")
        assert message["content"].splitlines()[0] == "## AI, Facebook AI"
        seed = next(e for e in message["embeds"] if "marketwatch.com" in e["url"])
        places_ = [seed["description"].index(f"[{name.split('.')[0]}") for name, _ in TOP_FIVE]
        assert places_ == sorted(places_)
        told = {c.name for c in demo.sandbox.world.channels if c.messages}
        assert told == {"news", "Welcome", "general", "elsewhere"}, "hello is said in two"


async def test_the_documents_show_the_first_digest_as_a_terminal_does(tmp_path: Path):
    ranking = (ROOT / "docs" / "ranking.md").read_text(encoding="utf-8")
    (picture,) = re.findall(r"^```text\n(#news\n.+?)\n```$", ranking, re.MULTILINE | re.DOTALL)
    async with opened(tmp_path) as demo:
        (message,) = shown_in(demo, "news")
    heading, first, *others = message_text(message).split("\n\n")
    assert picture == f"#news\n{heading}\n\n{first}"
    assert len(others) == 4
    assert all(one.startswith("┌ ") for one in (first, *others))


async def test_each_message_of_a_channel_is_shown_once(tmp_path: Path):
    shown: list[tuple[str, Mapping[str, Any]]] = []
    with not_waiting_for_servers():
        options = DemoOptions(port=0, at=None, record=None)
        show = lambda channel, message: shown.append((channel, message))  # noqa: E731
        async with sandbox_demo(places_at(tmp_path), options, show) as demo:
            assert [channel for channel, _ in shown] == ["general", "elsewhere", "news"]
            await move_to(demo, MORNING)
            await move_to(demo, MORNING + timedelta(minutes=1))
            assert [m for channel, m in shown if channel == "news"] == shown_in(demo, "news")
            assert len(shown) == 4


async def test_a_restart_goes_on_where_it_was_and_repeats_nothing(tmp_path: Path):
    posted = []
    for _ in range(2):
        async with opened(tmp_path) as demo:
            await move_to(demo, MORNING)
            posted += urls(shown_in(demo, "news"))
            editions = await rows(demo, "edition")
    assert len(editions["edition"]) == 2
    assert len(posted) == len(set(posted))


async def test_a_start_that_was_cut_off_before_its_first_digest_posts_it_the_next_time(
    tmp_path: Path,
):
    async with opened(tmp_path) as demo, demo.services.database.writing() as db:
        for table in ("posted", "edition_part", "edition_choice", "edition"):
            await db.execute(f"DELETE FROM {table}")  # noqa: S608
    async with opened(tmp_path) as demo:
        assert len(shown_in(demo, "news")) == 1


async def test_the_clock_can_be_started_anywhere(tmp_path: Path):
    for at in (datetime(1990, 1, 1, tzinfo=UTC), datetime(2500, 1, 1, tzinfo=UTC)):
        folder = tmp_path / str(at.year)
        folder.mkdir()
        async with opened(folder, at=at) as demo:
            assert demo.clock.now().year == at.year
            await demo.move(timedelta(days=1))
            answer = await demo.sandbox.person("member").command("subscriptions")
            assert "08:00 UTC" in answer.text


async def test_a_port_in_use_is_told_and_nothing_is_left_open(tmp_path: Path):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(UsageError, match=f"Port {port} cannot be used"):
            async with sandbox_demo(
                places_at(tmp_path), DemoOptions(port, None, None), lambda channel, message: None
            ):
                pass
    async with opened(tmp_path):
        pass


async def test_a_record_that_cannot_be_written_is_told_by_its_name(tmp_path: Path):
    record = tmp_path / "missing" / "record.jsonl"
    with pytest.raises(UsageError, match=r"missing/record\.jsonl cannot be written"):
        async with sandbox_demo(
            places_at(tmp_path), DemoOptions(0, None, record), lambda channel, message: None
        ):
            pass


async def test_a_second_sandbox_on_the_same_database_is_refused(tmp_path: Path):
    async with opened(tmp_path):
        with pytest.raises(DatabaseError, match="already running on it"):
            async with opened(tmp_path):
                pass


@pytest.mark.parametrize("made", [True, False], ids=["empty", "missing"])
async def test_without_seeds_the_invented_stories_are_enough(tmp_path: Path, made: bool):
    seeds = tmp_path / "seeds"
    if made:
        seeds.mkdir()
    async with opened(tmp_path, seeds=seeds) as demo:
        (message,) = shown_in(demo, "news")
        assert len(message["embeds"]) == 5


async def test_the_log_says_where_the_stories_come_from_and_never_that_there_are_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
):
    monkeypatch.chdir(tmp_path)
    with caplog.at_level(logging.INFO):
        async with opened(tmp_path, seeds=tmp_path / "seeds") as demo:
            await rescan(demo.services)
    invented = len([*(ROOT / "bot" / "sandbox" / "stories").iterdir()])
    assert f"{invented} invented stories of the sandbox are shown beside those of" in caplog.text
    assert f"{tmp_path / 'seeds'} does not exist, so no story files are read from it" in caplog.text
    assert "no story is loaded" not in caplog.text


async def test_the_record_holds_every_request_and_never_the_token(tmp_path: Path):
    async with opened(tmp_path) as demo:
        token = demo.sandbox.token
        await demo.sandbox.person("member").command("story", query=token[:100])
    text = (tmp_path / "record.jsonl").read_text(encoding="utf-8")
    found = lines(tmp_path / "record.jsonl")
    assert token not in text
    assert all(one.keys() == {"at", "method", "path", "body", "status"} for one in found)
    assert all(datetime.fromisoformat(one["at"]).tzinfo for one in found)
    assert {one["status"] for one in found} <= {200, 204}


async def test_a_real_bots_database_is_left_alone(tmp_path: Path):
    async with opened(tmp_path) as demo, demo.services.database.writing() as db:
        await db.execute("INSERT INTO server (guild_id) VALUES (4711)")
    with pytest.raises(DatabaseError, match="the digests of a real bot"):
        async with opened(tmp_path):
            pass


@pytest.mark.sqlite
async def test_a_database_that_is_lost_beside_its_backups_is_not_begun_anew(tmp_path: Path):
    async with opened(tmp_path) as demo:
        lost = file_of(demo.services.places.database)
    back_up_daily(lost, MORNING, 7)
    lost.unlink()
    with pytest.raises(DatabaseError, match="missing or empty, but good backups exist"):
        async with sandbox_demo(
            places_at(tmp_path), DemoOptions(0, None, None), lambda channel, message: None
        ):
            pass
    assert not lost.exists()
