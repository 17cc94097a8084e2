"""/digest: every setting with and without a channel, its echo, its effect, and bad values."""

import re
from datetime import UTC, datetime
from typing import Any

import pytest

from bot.demo import Demo
from tests.chat.conftest import (
    ask,
    custom_ids,
    is_a_private_sentence,
    mention,
    move_to,
    needs,
    rows,
    shown_in,
    urls,
)

SETTINGS = [
    ("time", {"time": "18:30"}, "time", "18:30", "Sun 18:30 UTC, 1 hour 5"),
    ("time", {"time": "7:05, 23:00"}, "time", "07:05, 23:00", "Sun 23:00 UTC, 6 hours"),
    (
        "timezone",
        {"timezone": "europe/berlin"},
        "time zone",
        "Berlin",
        "Mon 08:00 (Berlin), 14 hours from now",
    ),
    ("days", {"days": "tue, fri"}, "days", "Tue, Fri", "Tue 08:00 UTC, 1 day 15 hours from now"),
    ("days", {"days": "weekend"}, "days", "Sat, Sun", "Sat 08:00 UTC, 5 days 15 hours"),
    ("days", {"days": "tue-fri"}, "days", "Tue to Fri", "Tue 08:00 UTC, 1 day 15 hours from now"),
    (
        "quiet",
        {"policy": "note"},
        "when nothing is new",
        "post a short note",
        "Mon 08:00 UTC, 15 hours from now",
    ),
]


EFFECTS = {
    "Sun 18:30 UTC, 1 hour 5": "18:30 UTC (now 16:31); next: **today at 18:30**, in 1 hour 58",
    "Sun 23:00 UTC, 6 hours": "07:05, 23:00 UTC (now 16:31); next: **today at 23:00**, in 6",
    "Mon 08:00 (Berlin), 14 hours from now": (
        "08:00 in Berlin (now 17:31 there); next: **tomorrow**, in 14 hours."
    ),
    "Tue 08:00 UTC, 1 day 15 hours from now": "08:00 UTC, Tue",
    "Sat 08:00 UTC, 5 days 15 hours": (
        "08:00 UTC, Sat, Sun (now 16:31); next: **on Sat**, in 5 days 15 hours."
    ),
    "Mon 08:00 UTC, 15 hours from now": "08:00 UTC (now 16:31); next: **tomorrow**, in 15 hours.",
}
"""What the answer says of each setting's effect in the channel, by when a digest comes next."""


@pytest.mark.parametrize(("line", "options", "label", "value", "following"), SETTINGS)
async def test_a_channels_setting_is_echoed_with_its_effect(
    demo: Demo, line: str, options: dict[str, str], label: str, value: str, following: str
):
    answer = await ask(demo, line, "news", **options)
    assert answer.ephemeral
    assert answer.text.splitlines()[0] == (
        f"{label.capitalize()} in {mention(demo, 'news')}: **{value}**."
    )
    assert answer.text.splitlines()[1].startswith(EFFECTS[following])
    undo, now = custom_ids(answer.message)
    assert re.fullmatch(r"undo:1:\d+", undo)
    assert now == f"now:{demo.sandbox.world.channel('news').id}"


@pytest.mark.parametrize(("line", "options", "label", "value", "following"), SETTINGS)
async def test_a_servers_default_names_who_inherits_and_who_keeps_their_own(
    demo: Demo, line: str, options: dict[str, str], label: str, value: str, following: str
):
    await demo.sandbox.person("moderator").command("subscribe", "ai", topic="AI")
    own = {"time": "09:00", "timezone": "Asia/Tokyo", "days": "mon", "policy": "skip"}
    kept = {**own, "timezone": "Tokyo", "days": "Mon", "policy": "post nothing"}
    await ask(demo, line, "ai", **{key: own[key] for key in options})
    before = (await ask(demo, "status", "ai")).text
    answer = await ask(demo, line, **options)
    assert answer.ephemeral
    heading, *clock, inherit, news, keep, ai = answer.text.splitlines()
    the = label if line == "quiet" else f"the {label}"
    headings = {"time": f"The server's digest time is now **{value} UTC**."}
    usual = f"{label.capitalize()} in the whole server: **{value}**."
    assert heading == headings.get(line, usual)
    assert bool(clock) is (line != "quiet")
    assert inherit == "Channels that inherit it:"
    assert news.startswith(f"- {mention(demo, 'news')}: next {following}")
    assert keep == "Channels that keep their own:"
    assert ai == f"- {mention(demo, 'ai')}: {next(kept[key] for key in options)}"
    assert (await ask(demo, "status", "ai")).text == before
    assert f"Set for this channel: {the}." in before


@pytest.mark.parametrize(("line", "options", "label", "value", "following"), SETTINGS)
async def test_default_goes_back_to_what_is_inherited(
    demo: Demo, line: str, options: dict[str, str], label: str, value: str, following: str
):
    before = await ask(demo, "status", "news")
    await ask(demo, line, **options)
    of_server = await ask(demo, "status", "news")
    values = {"time": "06:00", "timezone": "Asia/Tokyo", "days": "wed", "policy": "skip"}
    await ask(demo, line, "news", **{key: values[key] for key in options})
    back = await ask(demo, line, "news", **dict.fromkeys(options, "default"))
    assert f": **{value}** (the server's default)." in back.text
    assert (await ask(demo, "status", "news")).text == of_server.text
    await ask(demo, line, **dict.fromkeys(options, "default"))
    assert (await ask(demo, "status", "news")).text == before.text
    assert (
        "(the bot's default)"
        in (await ask(demo, line, "news", **dict.fromkeys(options, "default"))).text
    )


@pytest.mark.parametrize(
    ("line", "options"),
    [
        ("time", {"time": "25:00"}),
        ("time", {"time": "8 of clock"}),
        ("time", {"time": " "}),
        ("time", {"time": ", ".join(f"{hour}:00" for hour in range(7))}),
        ("timezone", {"timezone": "Mars/Olympus"}),
        ("timezone", {"timezone": "../../etc/passwd"}),
        ("timezone", {"timezone": "x" * 6000}),
        ("timezone", {"timezone": ""}),
        ("days", {"days": "someday"}),
        ("days", {"days": "money"}),
        ("days", {"days": ","}),
    ],
)
async def test_a_bad_value_is_a_private_sentence_and_changes_nothing(
    demo: Demo, line: str, options: dict[str, str]
):
    before = await rows(demo)
    for channel in (None, "news", "ai"):
        assert is_a_private_sentence(await ask(demo, line, channel, **options))
    assert await rows(demo) == before


async def test_retiming_to_a_passed_time_says_when_the_next_one_comes(demo: Demo):
    answer = await ask(demo, "time", "news", time="09:00")
    assert "09:00 UTC (now 16:31); next: **tomorrow**, in 16 hours." in answer.text
    await move_to(demo, datetime(2019, 12, 23, 9, 0, 1, tzinfo=UTC))
    later = await ask(demo, "time", "news", time="18:00")
    assert (
        "18:00 UTC (now 09:00); next: **tomorrow**, in 1 day 9 hours"
        " (today's digest has been posted already)." in later.text
    )
    await move_to(demo, datetime(2019, 12, 23, 18, 0, 1, tzinfo=UTC))
    assert len(shown_in(demo, "news")) == 2


async def test_a_paused_digest_does_not_come_until_it_is_resumed(demo: Demo):
    paused = await ask(demo, "pause", "news")
    assert paused.text == (
        f"Digests in {mention(demo, 'news')} are **paused**; `/digest resume` starts them again."
    )
    assert "Set for this channel: the pause." in (await ask(demo, "status", "news")).text
    await move_to(demo, datetime(2019, 12, 23, 8, 0, 1, tzinfo=UTC))
    assert len(shown_in(demo, "news")) == 1
    resumed = await ask(demo, "resume", "news")
    assert "not paused" in resumed.text
    assert "next: **tomorrow**, in 1 day." in resumed.text
    await move_to(demo, datetime(2019, 12, 24, 8, 0, 1, tzinfo=UTC))
    assert len(shown_in(demo, "news")) == 2


async def test_a_channel_that_was_resumed_is_paused_again_with_its_server(demo: Demo):
    await ask(demo, "pause", "news")
    resumed = await ask(demo, "resume", "news")
    assert f"Digests in {mention(demo, 'news')} are **not paused**." in resumed.text
    paused = await ask(demo, "pause")
    assert f"- {mention(demo, 'news')}: paused" in paused.text
    own = await ask(demo, "resume", "news")
    assert f"Digests in {mention(demo, 'news')} are **not paused**." in own.text
    status = await ask(demo, "status", "news")
    assert "Set for this channel: not paused, whatever the server's setting." in status.text


async def test_a_whole_server_can_be_paused(demo: Demo):
    paused = await ask(demo, "pause")
    assert paused.text.startswith("Digests in the whole server are **paused**.\n")
    assert f"- {mention(demo, 'news')}: paused" in paused.text
    assert "paused" in (await ask(demo, "status")).text
    await move_to(demo, datetime(2019, 12, 23, 8, 0, 1, tzinfo=UTC))
    assert len(shown_in(demo, "news")) == 1
    resumed = await ask(demo, "resume")
    assert f"- {mention(demo, 'news')}: next Tue 08:00 UTC" in resumed.text


async def test_a_new_channel_inherits_the_servers_default(demo: Demo):
    await ask(demo, "time", time="21:00")
    answer = await demo.sandbox.person("moderator").command("subscribe", "ai", topic="AI")
    assert "Next digest: **Sun 21:00 UTC, 4 hours from now**" in answer.text


async def test_a_channel_that_follows_nothing_is_told_so_and_not_offered_to_post_now(demo: Demo):
    answer = await ask(demo, "time", "ai", time="09:00")
    assert f"Time in {mention(demo, 'ai')}: **09:00**." in answer.text
    assert "`/subscribe`" in answer.text
    assert [one.split(":")[0] for one in custom_ids(answer.message)] == ["undo"]
    for line in ("now", "preview"):
        assert is_a_private_sentence(await ask(demo, line, "ai"))
    assert is_a_private_sentence(await ask(demo, "status", "locked"))


@pytest.mark.parametrize("channel", [None, "news"])
async def test_now_posts_an_extra_edition_in_the_channel_named_or_here(
    demo: Demo, channel: str | None
):
    admin = demo.sandbox.person("admin")
    await demo.sandbox.person("moderator").command("subscribe", "general", topic="AI")
    where = channel or "general"
    had = len(shown_in(demo, where))
    options: dict[str, Any] = {} if channel is None else {"channel_": channel}
    answer = await admin.command("digest now", "general", **options)
    assert is_a_private_sentence(answer)
    assert answer.text.startswith(f"Posted in {mention(demo, where)}")
    assert len(shown_in(demo, where)) == had + 1
    posted = urls(shown_in(demo, where))
    assert len(posted) == len(set(posted))


@pytest.mark.parametrize("channel", [None, "news"])
async def test_a_preview_is_what_the_next_edition_holds_and_only_one_person_sees_it(
    demo: Demo, channel: str | None
):
    before = await rows(demo)
    options: dict[str, Any] = {} if channel is None else {"channel_": channel}
    admin = demo.sandbox.person("admin")
    answer = await admin.command("digest preview", "news", **options)
    assert answer.ephemeral
    assert await rows(demo) == before
    assert len(shown_in(demo, "news")) == 1
    assert custom_ids(answer.message) == ["sources"]
    sources = await admin.choose(
        answer.message,
        "sources",
        [answer.message["components"][0]["components"][0]["options"][0]["value"]],
    )
    assert sources.ephemeral
    assert answer.text.splitlines()[:3] == [
        f"Preview of the next digest in {mention(demo, 'news')}, Mon 08:00 UTC.",
        "## AI, Facebook AI",
        "-# Monday 23 December 2019",
    ]
    await admin.command("digest now", "news")
    assert urls(answer.messages) == urls(shown_in(demo, "news")[1:])


async def test_a_preview_is_dated_as_the_next_edition_will_be_in_its_own_zone(demo: Demo):
    await ask(demo, "timezone", "news", timezone="Asia/Tokyo")
    await ask(demo, "time", "news", time="01:00, 03:30")
    preview = await ask(demo, "preview", "news")
    assert "-# Monday 23 December 2019, edition 2" in preview.text
    await move_to(demo, datetime(2019, 12, 22, 18, 30, 1, tzinfo=UTC))
    assert "-# Monday 23 December 2019, edition 2" in shown_in(demo, "news")[1]["content"]
    await ask(demo, "pause", "news")
    paused = await ask(demo, "preview", "news")
    assert f"{mention(demo, 'news')}; digests are paused.\n" in paused.text


async def test_status_says_at_once_that_a_permission_is_missing(demo: Demo):
    demo.sandbox.world.deny("news", "embed_links")
    warning = f"⚠️ {needs(mention(demo, 'news'), 'Embed Links')}"
    one, whole = await ask(demo, "status", "news"), await ask(demo, "status")
    assert warning in one.text.splitlines()
    assert whole.text.endswith(warning.replace("⚠️", "⚠️ paused:"))
    demo.sandbox.world.allow("news", "embed_links")
    assert "⚠️" not in (await ask(demo, "status", "news")).text + (await ask(demo, "status")).text


async def test_a_deleted_channel_is_named_as_such_wherever_channels_are_listed(demo: Demo):
    moderator, member = demo.sandbox.person("moderator"), demo.sandbox.person("member")
    await moderator.command("subscribe", "ai", topic="Space")
    ai = mention(demo, "ai")
    demo.sandbox.controls.delete_channel("ai")
    line = "- a deleted channel: **Space**; no more digests come"
    told = [await ask(demo, "status"), await moderator.command("subscriptions")]
    last = [answer.text.splitlines()[-1] for answer in told]
    assert last == [f"{line} (forgotten in 30 days)", line]
    changed = await ask(demo, "time", time="21:00")
    assert changed.text.splitlines()[-1] == "- a deleted channel: no more digests come"
    seen = await member.command("subscriptions")
    assert "Space" not in seen.text
    assert not any(ai in answer.text for answer in (*told, changed, seen))
    await move_to(demo, datetime(2019, 12, 22, 21, 0, 1, tzinfo=UTC))
    later = await ask(demo, "status")
    assert later.text.splitlines()[-1] == f"{line} (forgotten in 30 days)"


async def test_status_shows_settings_the_next_and_the_last_editions(demo: Demo):
    one = await ask(demo, "status", "news")
    assert one.ephemeral
    assert one.text.splitlines() == [
        f"{mention(demo, 'news')} follows **AI**, **Facebook AI**.",
        "Digests: 08:00 UTC, every day.",
        "When nothing is new: post an older story, if one is left.",
        "All settings come from the server.",
        "A digest may be posted up to 3 hours late.",
        "Next digest: **Mon 08:00 UTC, 15 hours from now**.",
        "Last editions:",
        "- Sun 22 Dec (extra): posted, 5 stories",
    ]
    whole = await ask(demo, "status")
    assert whole.ephemeral
    told = f"in {mention(demo, 'general')}, where Discord posts its system messages"
    assert whole.text.splitlines() == [
        "Server default: 08:00 UTC, every day; late digests are still posted for up to 3 hours.",
        f"I report problems {told}.",
        f"- {mention(demo, 'news')}: **AI**, **Facebook AI**; next Mon 08:00 UTC, 15 hours from "
        "now",
    ]


async def test_values_are_completed_for_admins_only(demo: Demo):
    admin, member = demo.sandbox.person("admin"), demo.sandbox.person("member")
    expected = {
        ("time", "1"): ["12:00", "18:00", "08:00, 18:00"],
        ("days", "week"): ["weekdays", "weekend"],
        ("timezone", "berl"): ["Europe/Berlin"],
        ("timezone", "new york"): ["America/New_York"],
        ("timezone", "zebra"): [],
        ("time", "zebra"): [],
    }
    for (option, typed), values in expected.items():
        offered = await admin.autocomplete(f"digest {option}", option, typed)
        assert [choice.value for choice in offered] == values
        line = f"digest {option}"
        assert await member.autocomplete(line, option, typed, overridden=True) == []
    for option in ("time", "days", "timezone"):
        offered = await admin.autocomplete(f"digest {option}", option, "")
        assert offered[0].value == "default"
        assert len(offered) <= 25


async def test_everything_completed_is_accepted(demo: Demo):
    admin = demo.sandbox.person("admin")
    for option in ("time", "days", "timezone"):
        for choice in await admin.autocomplete(f"digest {option}", option, ""):
            answer = await ask(demo, option, "news", **{option: str(choice.value)})
            assert f" in {mention(demo, 'news')}: **" in answer.text, choice


HOSTILE = "[x](http://a) @everyone <@1> **b** `c` _d_ <t:1> ||e||"


@pytest.mark.parametrize(
    ("line", "option"),
    [("time", "time"), ("timezone", "timezone"), ("days", "days"), ("catch-up", "hours")],
)
async def test_what_a_person_wrote_is_only_text_in_the_answer(demo: Demo, line: str, option: str):
    for written in (HOSTILE, *(part for part in HOSTILE.split() if part.strip("|"))):
        answer = await ask(demo, line, "news", **{option: written})
        assert is_a_private_sentence(answer)
        quoted = re.search("“(.*)”", answer.text)
        assert quoted, answer.text
        shown = re.sub(r"\\[\\*_~|\[\]()<>#\-@`:]", "", quoted[1])
        assert not re.search(r"[*_~|\[\]()<>@`]", shown), answer.text


async def test_setting_a_zone_says_how_late_it_is_there(demo: Demo):
    expected = {
        "Europe/Berlin": "08:00 in Berlin (now 17:31 there)",
        "Etc/GMT+2": "08:00 UTC-2 (now 14:31)",
        "utc+5:30": "08:00 UTC+5:30 (now 22:01)",
    }
    for zone, line in expected.items():
        for channel in (None, "news"):
            answer = await ask(demo, "timezone", channel, timezone=zone)
            assert answer.text.splitlines()[1].startswith(line)
    assert "**UTC+5:30, no summer time**" in answer.text
