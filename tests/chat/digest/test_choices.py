"""What may be several values is asked for, by buttons or a select that work on any old message."""

from pathlib import Path
from typing import Any

import pytest

from bot.demo import Demo
from bot.sandbox import Answer
from tests.chat.conftest import Json, custom_ids, is_a_private_sentence, opened, rows, said


async def zone(demo: Demo, channel: str | None, text: str) -> Answer:
    named = {"channel_": channel} if channel else {}
    options: dict[str, Any] = {"timezone": text, **named}
    return await demo.sandbox.person("admin").command("digest timezone", **options)


def labels(message: Json) -> list[str]:
    return [one["label"] for row in message["components"] for one in row["components"]]


async def test_an_abbreviation_of_several_zones_is_asked_for_and_set_by_one_click(demo: Demo):
    before = await rows(demo)
    asked = await zone(demo, "news", "est")
    assert asked.ephemeral
    assert asked.text == "“est” could mean either of these. Which one?"
    assert labels(asked.message) == [
        "New York, with summer time (now 11:31)",
        "UTC-5, no summer time (now 11:31)",
    ]
    assert await rows(demo) == before
    admin = demo.sandbox.person("admin")
    chosen = await admin.press(asked.message, custom_ids(asked.message)[0])
    assert chosen.ephemeral
    assert chosen.text.endswith("in New York (now 11:31 there); next: **tomorrow**, in 20 hours.")
    fixed = await admin.press(asked.message, custom_ids(asked.message)[1])
    assert "**UTC-5, no summer time**.\n08:00 UTC-5 (now 11:31)" in fixed.text


async def test_a_country_of_many_zones_is_asked_for_in_a_select_for_the_server_too(demo: Demo):
    asked = await zone(demo, None, "USA")
    (select,) = asked.message["components"][0]["components"]
    assert select["custom_id"] == "choose:1:0:timezone"
    values = [one["value"] for one in select["options"]]
    assert values[:2] == ["America/New_York", "America/Chicago"]
    admin = demo.sandbox.person("admin")
    chosen = await admin.choose(asked.message, select["custom_id"], ["America/Chicago"])
    assert chosen.text.startswith("Time zone in the whole server: **Chicago**.")
    before = await rows(demo)
    refused = await demo.sandbox.person("member").choose(
        asked.message, select["custom_id"], ["America/Denver"]
    )
    assert is_a_private_sentence(refused)
    assert await rows(demo) == before


@pytest.mark.parametrize("custom_id", ["set:1:0:timezone:UTC", "set:1:1:timezone:Berlin"])
async def test_a_forged_choice_sets_nothing(demo: Demo, custom_id: str):
    before = await rows(demo)
    button = {"type": 2, "style": 2, "label": "x", "custom_id": custom_id}
    components = [{"type": 1, "components": [button]}]
    message = await said(demo, "general", {"content": "x", "components": components})
    answer = await demo.sandbox.person("moderator").press(message, custom_id)
    assert is_a_private_sentence(answer)
    assert await rows(demo) == before


async def test_a_time_that_may_be_two_is_asked_for(demo: Demo):
    admin = demo.sandbox.person("admin")
    asked = await admin.command("digest time", time="8 18", channel_="news")
    assert labels(asked.message) == ["08:18", "08:00, 18:00"]
    chosen = await admin.press(asked.message, custom_ids(asked.message)[1])
    assert "**08:00, 18:00**" in chosen.text
    assert "next: **today at 18:00**" in chosen.text


async def test_a_choice_works_after_a_restart(tmp_path: Path):
    async with opened(tmp_path) as demo:
        asked = await zone(demo, "news", "Lodnon")
        old = asked.message["components"]
    async with opened(tmp_path) as demo:
        message = await said(demo, "general", {"content": "old", "components": old})
        (custom_id,) = custom_ids(message)
        chosen = await demo.sandbox.person("admin").press(message, custom_id)
        assert "in London" in chosen.text
