"""config/ read again while the bot runs: each of its files takes effect, a faulty file does not."""

import logging
import shutil
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from bot.app.housekeeping import backup
from bot.app.reload import reload
from bot.config import Config
from bot.database_url import DatabaseUrl
from bot.demo import Demo
from bot.errors import ConfigError
from bot.store.membership import Alone
from bot.store.sqlite import backups
from bot.store.sqlite.copying import back_up_daily
from tests.chat.conftest import ask, opened
from tests.conftest import ROOT, files_at, make_story_file


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """A separate config/."""
    return Path(shutil.copytree(ROOT / "config", tmp_path / "config"))


async def archive(demo: Demo) -> None:
    now = demo.clock.now()
    assert demo.services.retention.keep == timedelta(days=30)
    file = demo.services.places.database
    if isinstance(file, DatabaseUrl):  # a server has backups of its own
        return
    for day in range(1, 4):
        back_up_daily(file, now - timedelta(days=day), 7)
    backups.daily_copy(file, now).unlink(missing_ok=True)
    await backup(demo.services)
    assert len([*backups.folder_of(file).glob("*.db")]) == 2


async def delivery(demo: Demo) -> None:
    service = demo.online.delivery
    assert service.pacer._gap == 1 / 20
    assert (service.planner._spread, service.planner._many) == (timedelta(seconds=30), 20)


async def digest(demo: Demo) -> None:
    assert "18:30" in (await ask(demo, "status", "news")).text
    due = (await demo.next_digests())[demo.sandbox.world.channel("news").id]
    assert (due.hour, due.minute) == (18, 30), "it is armed anew"
    answer = await demo.sandbox.person("member").command("story", query="AI")
    shown = answer.message["embeds"][0]["description"]
    assert shown.count("](http") == 1, "one source"
    assert demo.services.reasons.config.minimum_heat == 7


async def topics(demo: Demo) -> None:
    answer = await demo.sandbox.person("member").command("topic", name="Thinking machines")
    assert "AI" in str(answer.message["embeds"])


async def providers(demo: Demo) -> None:
    async with demo.services.database.reading() as db:
        found = await db.execute_fetchall("SELECT max(publishers) FROM story")
    assert [tuple(row) for row in found] == [(1,)], "everybody belongs to one"


async def trackers(demo: Demo) -> None:
    assert demo.online.delivery.recovery.trackers.has("from=1", "saltmarsh.example")
    async with demo.services.database.reading() as db:
        urls = await db.execute_fetchall("SELECT url FROM story WHERE title LIKE 'Both%'")
    assert [url for (url,) in urls] == ["https://saltmarsh.example/a"]


async def editorial(demo: Demo) -> None:
    async with demo.services.database.reading() as db:
        found = await db.execute_fetchall("SELECT junk FROM story WHERE title LIKE 'Both%'")
    assert {kind for (kind,) in found} == {"deal"}


async def feeds(demo: Demo) -> None:
    listed = {one.settings.url: one for one in await demo.services.feeds.listed()}
    assert listed["https://gazette.example/feed"].settings.topics == ("AI",)
    assert "+https://news.example/about" in demo.online.feed_client.agent


async def tiers(demo: Demo) -> None:
    assert demo.services.ingestion.rules.ranking.tiers == {"saltmarsh.example": 2}


CHANGES: dict[str, tuple[str, Callable[[Demo], Awaitable[None]]]] = {
    "archive": ("keep_days: 30\nbackups: 2\n", archive),
    "delivery": ("messages_per_second: 20\nspread_seconds: 30\n", delivery),
    "digest": ("time: '18:30'\nsources: 1\nminimum_heat: 7\n", digest),
    "editorial": ("deal: [{reason: Two for one., title: [[both *]]}]\n", editorial),
    "feeds": (
        "contact: https://news.example/about\n"
        "feeds: [{url: https://gazette.example/feed, topics: [AI], off: true}]\n",
        feeds,
    ),
    "tiers": ("tiers: {2: [saltmarsh.example]}\n", tiers),
    "topics": ("aliases: {AI: [Thinking machines]}\n", topics),
    "providers": ("", providers),
    "trackers": ("everywhere: [from]\n", trackers),
}


def test_every_file_of_config_is_tried():
    assert set(CHANGES) == set(Config.model_fields)


@pytest.mark.parametrize("name", CHANGES)
async def test_what_a_file_says_holds_after_a_reload(
    tmp_path: Path, config: Path, caplog: pytest.LogCaptureFixture, name: str
):
    text, holds = CHANGES[name]
    async with opened(tmp_path, config=config) as demo:
        for number in (1, 2):
            url = f"https://saltmarsh.example/a?from={number}"
            (tmp_path / f"{number}.md").write_bytes(
                make_story_file(webUrl=url, title=f"Both {url}")
            )
        await demo.services.ingestion.ingest(files_at(tmp_path / "1.md", tmp_path / "2.md"))
        if name == "providers":
            text = f"owners: {{One: [{', '.join(await domains(demo))}]}}\n"
        (config / f"{name}.yaml").write_text(text, encoding="utf-8")
        with caplog.at_level(logging.INFO):
            await reload(demo.services, demo.online)
        assert f"config/ was reloaded; changed: {name}\n" in caplog.text
        assert ("stories to rerank" in caplog.text) is (name in ("providers", "editorial"))
        await holds(demo)


async def domains(demo: Demo) -> list[str]:
    sql = "SELECT domain FROM story UNION SELECT domain FROM source"
    async with demo.services.database.reading() as db:
        return [row["domain"] for row in await db.execute_fetchall(sql)]


async def test_of_a_faulty_config_nothing_is_taken_over(tmp_path: Path, config: Path):
    async with opened(tmp_path, config=config) as demo:
        before = demo.services.config
        (config / "delivery.yaml").write_text("messages_per_second: 20\n", encoding="utf-8")
        (config / "topics.yaml").write_text("alias: {}\n", encoding="utf-8")
        with pytest.raises(ConfigError, match=r"topics\.yaml: alias: unknown key"):
            await reload(demo.services, demo.online)
        assert demo.services.config is before
        assert demo.online.delivery.pacer._gap == 1 / 45


async def test_without_a_change_nothing_is_done(
    tmp_path: Path, config: Path, caplog: pytest.LogCaptureFixture
):
    async with opened(tmp_path, config=config) as demo:
        with caplog.at_level(logging.INFO):
            await reload(demo.services, demo.online)
        assert "changed: nothing" in caplog.text
        assert "rerank" not in caplog.text


class Second(Alone):
    """A process that another one leads."""

    def leads(self) -> bool:
        return False


async def test_of_several_processes_only_the_one_that_leads_rescans(
    tmp_path: Path, config: Path, caplog: pytest.LogCaptureFixture
):
    async with opened(tmp_path, config=config) as demo:
        (config / "editorial.yaml").write_text(CHANGES["editorial"][0], encoding="utf-8")
        before = demo.services.config
        with caplog.at_level(logging.INFO):
            await reload(demo.services, replace(demo.online, member=Second()))
            assert "rerank" not in caplog.text
            assert demo.services.config != before, "it knows what is set"
            await reload(demo.services, demo.online)
            assert "rerank" in caplog.text


async def test_a_config_folder_that_is_gone_leaves_the_former_settings(
    tmp_path: Path, config: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.chdir(tmp_path)
    (config / "digest.yaml").write_text("minimum_heat: 7\n", encoding="utf-8")
    async with opened(tmp_path, config=config) as demo:
        shutil.move(config, tmp_path / "elsewhere")
        with pytest.raises(ConfigError, match=r"config: no such folder; put it back"):
            await reload(demo.services, demo.online)
        assert demo.services.config.digest.minimum_heat == 7
