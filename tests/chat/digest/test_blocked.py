"""A channel in which the bot cannot post says so wherever it is listed, and where it was set."""

import pytest

from bot.demo import Demo
from tests.chat.conftest import (
    ask,
    mention,
    needs,
    settled,
)

SHORT = "⚠️ paused: I need the **Send Messages** permission"


@pytest.fixture
async def blocked(demo: Demo) -> Demo:
    """The sandbox in which the bot was just forbidden to write in #news."""
    demo.sandbox.world.deny("news", "send_messages")
    await settled(demo)
    return demo


async def test_whoever_lists_what_channels_follow_reads_it_in_short(blocked: Demo):
    line = f"- {mention(blocked, 'news')}: "
    listed = (await blocked.sandbox.person("member").command("subscriptions")).text
    assert f"{line}**AI**, **Facebook AI**; {SHORT}" in listed.splitlines()
    changed = (await ask(blocked, "days", days="weekdays")).text
    assert f"{line}{SHORT}" in changed.splitlines()


@pytest.mark.parametrize(
    ("line", "options"),
    [("resume", {}), ("time", {"time": "09:00"}), ("days", {"days": "weekdays"}), ("status", {})],
)
async def test_an_answer_about_the_channel_gives_the_reason_and_no_next_digest(
    blocked: Demo, line: str, options: dict[str, str]
):
    where = mention(blocked, "news")
    answer = await ask(blocked, line, "news", **options)
    assert f"⚠️ {needs(where, 'Send Messages')}" in answer.text
    assert "Digests resume on their own once this is fixed." in answer.text
    assert "next" not in answer.text.lower()


async def test_a_preview_says_that_digests_are_paused(blocked: Demo):
    answer = await ask(blocked, "preview", "news")
    heading = f"Preview of the next digest in {mention(blocked, 'news')}; digests are paused: "
    assert f"{heading}I need the **Send Messages** permission.\n" in answer.text


async def test_the_panel_says_it_once(blocked: Demo):
    answer = await ask(blocked, "setup", "news")
    assert answer.text.count("I need the **Send Messages**") == 1


async def test_a_resume_says_when_each_digest_comes_next(demo: Demo):
    own = await ask(demo, "resume", "news")
    assert "next: **tomorrow**, in 15 hours." in own.text
    line = f"- {mention(demo, 'news')}: next Mon 08:00 UTC, 15 hours from now"
    await ask(demo, "pause")
    assert line in (await ask(demo, "resume")).text.splitlines()
    await ask(demo, "pause")
    await ask(demo, "resume", "news")
    kept = (await ask(demo, "resume")).text.splitlines()
    assert kept[-2:] == ["Channels that keep their own:", line]
