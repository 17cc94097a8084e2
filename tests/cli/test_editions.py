"""broadsheet preview, replay: what a channel would get, and what a channel does get."""

import asyncio
import json
import re
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import aiohttp
import pytest

from bot.render.terminal import message_text
from bot.sandbox import Sandbox
from tests.chat.conftest import lines, move_to, opened
from tests.cli.conftest import Broadsheet
from tests.conftest import SetClock
from tests.store.sqlite.databases import unpacked

MORNING = "2019-12-23T08:00:00Z"
TOPICS = ("AI", "Space")


def test_a_preview_shows_the_digest_as_text(loaded: Broadsheet):
    outcome = loaded("preview", "AI", "--at", MORNING, "--stories", 2, "--sources", 1)
    assert outcome.code == 0
    assert outcome.out.count("\n┌ ") == 2
    whole = loaded("preview", "AI", "--at", MORNING)
    assert whole.out.count("\n┌ ") == 5
    bodies = loaded("preview", "AI", "--at", MORNING, "--format", "json").json
    assert whole.out == "\n\n".join(map(message_text, bodies)) + "\n", "as the sandbox prints it"


@pytest.mark.parametrize("at", ["2019-12-23T08:00", "2019-12-23 09:00+01:00", "20191223T080000Z"])
def test_a_time_may_be_written_in_any_way_of_iso_8601(loaded: Broadsheet, at: str):
    expected = loaded("preview", "AI", "--at", MORNING).out
    assert loaded("preview", "AI", "--at", at).out == expected


async def bodies_are_taken(bodies: list[dict[str, object]]) -> None:
    sandbox = Sandbox(now=SetClock().now)
    await sandbox.start()
    headers = {"Authorization": f"Bot {sandbox.token}"}
    url = f"{sandbox.api}/channels/{sandbox.world.channel('ai').id}/messages"
    try:
        async with aiohttp.ClientSession(headers=headers) as session:
            for body in bodies:
                async with session.post(url, json=body) as response:
                    assert response.status == 200, await response.text()
    finally:
        await sandbox.stop()


@pytest.mark.parametrize("options", [(), ("--stories", 10, "--sources", 10)])
def test_the_bodies_of_a_preview_are_taken_as_they_are(
    loaded: Broadsheet, options: tuple[object, ...]
):
    outcome = loaded("preview", *TOPICS, "--at", MORNING, "--format", "json", *options)
    assert outcome.code == 0
    assert outcome.json
    asyncio.run(bodies_are_taken(outcome.json))


async def posted_in_a_new_channel(folder: Path) -> list[dict[str, object]]:
    """The bodies for a channel that began to follow the topics the day before."""
    async with opened(folder) as demo:
        for topic in TOPICS:
            await demo.sandbox.person("moderator").command("subscribe", "ai", topic=topic)
        await move_to(demo, datetime(2019, 12, 23, 8, tzinfo=UTC))
        path = f"/api/v10/channels/{demo.sandbox.world.channel('ai').id}/messages"
    sent = [one["body"] for one in lines(folder / "record.jsonl") if one["path"] == path]
    return [{k: v for k, v in one.items() if "nonce" not in k} for one in sent]


def test_a_preview_is_exactly_what_a_new_channel_gets(broadsheet: Broadsheet, tmp_path: Path):
    posted = asyncio.run(posted_in_a_new_channel(tmp_path))
    preview = broadsheet("preview", *TOPICS, "--at", MORNING, "--format", "json")
    assert preview.json == posted
    assert sum(len(message["embeds"]) for message in posted) == 5  # type: ignore[arg-type, misc]


def test_a_preview_of_nothing_says_so(loaded: Broadsheet):
    outcome = loaded("preview", "AI", "--at", "1990-01-01")
    assert (outcome.code, outcome.out) == (0, "")
    assert "nothing would be posted" in outcome.err
    assert loaded("preview", "AI", "--at", "1990-01-01", "--format", "json").json == []


REPLAY = ("replay", "AI", "--from", "2019-12-18", "--to", "2019-12-27")


def test_a_replay_has_a_line_for_each_day_and_no_story_twice(loaded: Broadsheet):
    outcome = loaded(*REPLAY, "--json")
    assert outcome.code == 0
    days = [json.loads(line) for line in outcome.out.splitlines()]
    assert [day["date"] for day in days] == [
        (date(2019, 12, 18) + timedelta(days=n)).isoformat() for n in range(10)
    ]
    assert all(day.keys() == {"date", "stories", "also"} for day in days)
    stories = [story for day in days for story in day["stories"]]
    keys = {"id", "url", "headline", "heat", "archive", "also"}
    assert all(story.keys() == keys for story in stories)
    assert len({story["id"] for story in stories}) == len(stories) > 5
    assert {story["archive"] for story in stories} == {False, True}


def test_a_replay_in_words_says_the_same(loaded: Broadsheet):
    outcome, shown = loaded(*REPLAY), loaded(*REPLAY, "--json")
    assert outcome.code == 0
    headlines = [s["headline"] for d in shown.out.splitlines() for s in json.loads(d)["stories"]]
    assert re.findall(r"^  heat +\d+  (.+)$", outcome.out, re.MULTILINE) == headlines
    assert "2019-12-27" in outcome.out


def test_a_replay_follows_the_time_and_zone_given(loaded: Broadsheet):
    day = ("replay", "AI", "--from", "2019-12-22", "--to", "2019-12-22", "--json")
    morning = loaded(*day).json["stories"]
    evening = loaded(*day, "--time", "23:00").json["stories"]
    auckland = loaded(*day, "--timezone", "Pacific/Auckland").json["stories"]
    seeds = [any("marketwatch" in s["url"] for s in one) for one in (morning, evening, auckland)]
    assert seeds == [False, True, False]


@pytest.mark.parametrize(
    "arguments",
    [
        ("preview", "AI", "--at", "soon"),
        ("preview", "AI", "--at", "0001-01-01T00:00:00+14:00"),
        ("preview", "AI", "--at", "9999-12-31T23:59:59-14:00"),
        ("preview", "AI", "--stories", "0"),
        ("preview", "AI", "--stories", "11"),
        ("preview", "AI", "--sources", "many"),
        ("preview", "AI", "--format", "xml"),
        ("preview",),
        ("replay", "AI"),
        ("replay", "AI", "--from", "2019-12-23", "--to", "2019-12-22"),
        ("replay", "AI", "--from", "2019-02-30", "--to", "2019-12-22"),
        ("replay", "AI", "--from", "0001-01-01", "--to", "0001-01-02"),
        ("replay", "AI", "--from", "9999-12-31", "--to", "9999-12-31"),
        (*REPLAY, "--time", "25:00"),
        (*REPLAY, "--time", "08:00, 18:00"),
        (*REPLAY, "--timezone", "Mars/Olympus"),
    ],
)
def test_wrong_use_is_a_sentence_and_code_two(loaded: Broadsheet, arguments: tuple[str, ...]):
    outcome = loaded(*arguments)
    assert outcome.code == 2
    assert len(outcome.sentence) > 10


@pytest.mark.sqlite
def test_a_database_from_before_events_is_grouped_before_anything_is_chosen(
    broadsheet: Broadsheet, tmp_path: Path
):
    database = unpacked("3e3ec32", tmp_path)
    days = ("--from", "2019-12-22", "--to", "2019-12-22", "--json")
    previewed = broadsheet("preview", "ai", "--at", "2019-12-22T09:00", "--database", database)
    assert "stories grouped: 2 of 2" in previewed.err
    assert "Vell becomes first province" in previewed.out
    replayed = broadsheet("replay", "ai", *days, "--database", database)
    assert "stories grouped" not in replayed.err
    assert len(json.loads(replayed.out)["stories"]) == 2
