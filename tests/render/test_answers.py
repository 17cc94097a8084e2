"""Answers about digests and topics keep within a message, however much there is to say."""

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.config import DigestConfig
from bot.digests.edition import PastEdition
from bot.digests.ledger import EditionState
from bot.digests.schedule import Occurrence
from bot.digests.settings import SETTINGS, settings_of
from bot.digests.status import DigestStatus, ServerChange
from bot.digests.target import Channel
from bot.render import digest_status, limits, lists, setting_answers, subscriptions
from bot.stories.model import Topic
from tests.conftest import START

LONG = tuple(f"{'_' * 90} {number}" for number in range(25))
"""As many topics as a channel can follow, with names that double in length when escaped."""


def status(*topics: str, channel_id: int = 7) -> DigestStatus:
    return DigestStatus(
        digest_id=1,
        target=Channel(2, channel_id),
        topics=topics,
        settings=settings_of(DigestConfig()),
        set_by=dict.fromkeys(SETTINGS, "config"),
        next=None,
        fault=None,
        last=(),
    )


def every_answer(*topics: str) -> list[str]:
    many = [status(*topics, channel_id=number) for number in range(100)]
    topic = Topic(1, topics[0], "x", 3, None)
    settings = many[0].settings
    return [
        subscriptions.subscribed(many[0], topics, [topic], START),
        subscriptions.subscribed(many[0], topics[:-1], [replace(topic, stories=0)], START),
        subscriptions.subscribed(many[0], (), [topic], START),
        subscriptions.unsubscribed(many[0], topics, START),
        subscriptions.not_followed(many[0].target, topics[0], topics[:3]),
        subscriptions.all_followed(topics),
        digest_status.status_of_channel(many[0], START),
        digest_status.status_of_server(settings, many, START, ""),
        subscriptions.subscriptions(many, START),
        lists.topics([topic] * 200),
        *(
            setting_answers.server_set(ServerChange(settings, many, many), setting, START)
            for setting in SETTINGS.values()
        ),
    ]


@pytest.mark.parametrize("topics", [("AI",), ("AI", "Ferries"), LONG])
def test_every_answer_fits_into_a_message(topics: tuple[str, ...]) -> None:
    for answer in every_answer(*topics):
        assert 0 < len(answer) <= limits.CONTENT


def test_a_channel_that_follows_much_is_still_told_when_its_digest_comes() -> None:
    told = digest_status.status_of_channel(status(*LONG), START)
    assert told.startswith("<#7> follows **")
    assert " more.\nDigests: 08:00 UTC, every day" in told
    few = digest_status.status_of_channel(status("AI", "Power Apps"), START)
    assert few.startswith("<#7> follows **AI**, **Power Apps**.\n")


def test_the_list_of_topics_counts_those_that_it_leaves_out() -> None:
    few = [Topic(number, f"Bay {number}", f"bay-{number}", 3, None) for number in range(3)]
    assert lists.topics(few).splitlines()[-1] == "- **Bay 2** · 3 stories"
    assert lists.topics(few, 9_997).splitlines()[3:] == ["and 9997 more"]
    many = lists.topics(few * 100, 9_700).splitlines()
    assert many[-1] == f"and {10_001 - len(many)} more"


LACKS = (
    "I can't post in <#7>: I need the **Send Messages** permission there. An admin can allow it"
    " under Edit Channel > Permissions > Broadsheet."
)


@pytest.mark.parametrize(
    ("fault", "short"),
    [
        (LACKS, "I need the **Send Messages** permission"),
        ("I lack **Send Messages** in <#7>; an admin can allow it.", "I lack **Send Messages**"),
        (
            "I can't post in <#7>: I need the permissions **A** and **B** there. Allow it.",
            "I need the permissions **A** and **B**",
        ),
        (
            "<#7> is closed: archived and locked. A moderator can open it again.",
            "<#7> is closed",
        ),
        (
            "<#7> requires a tag on every post; choose one with `/digest tags`.",
            "<#7> requires a tag on every post",
        ),
        ("Discord refuses messages there: Nope (7).", "Discord refuses messages there"),
        ("", ""),
    ],
)
def test_a_channel_that_is_blocked_says_so_in_short_wherever_it_is_listed(
    fault: str, short: str
) -> None:
    one = replace(status("AI"), fault=fault or None)
    line = f"- <#7>: **AI**; ⚠️ paused: {short}" if fault else "- <#7>: **AI**; follows nothing"
    assert subscriptions.subscriptions([one], START) == line
    changed = setting_answers.server_set(
        ServerChange(one.settings, [one], []), SETTINGS["time"], START
    )
    assert changed.splitlines()[-1] == line.replace("**AI**; ", "")


@pytest.mark.parametrize(("shown", "became"), [(5, "has been posted"), (0, "was due")])
def test_an_answer_says_why_todays_time_brings_no_second_digest(shown: int, became: str) -> None:
    today, at = START.date(), START + timedelta(hours=6)
    one = replace(status("AI"), next=Occurrence(at + timedelta(days=1), at.date(), 1))
    one = replace(one, settings=settings_of(DigestConfig(), {"time": f"{at:%H:%M}"}))
    had = PastEdition(1, today, 1, START, EditionState.DELIVERED, None, shown, shown)
    plain = setting_answers.channel_set(one, SETTINGS["time"], START)
    assert plain.endswith("; next: **tomorrow**, in 1 day 6 hours.")
    told = setting_answers.channel_set(replace(one, last=[had]), SETTINGS["time"], START)
    assert told == f"{plain[:-1]} (today's digest {became} already)."


def test_admins_read_the_whole_reason_and_what_they_can_do() -> None:
    one = replace(status("AI"), fault=LACKS)
    whole = digest_status.status_of_server(one.settings, [one], START, "")
    assert whole.splitlines()[-1] == f"- <#7>: **AI**; ⚠️ paused: {LACKS}"
    coming = f"⚠️ {LACKS}\nDigests resume on their own once this is fixed."
    assert digest_status.status_of_channel(one, START).endswith(f"\n{coming}")
    assert setting_answers.channel_set(one, SETTINGS["time"], START).endswith(f"\n{coming}")


def test_a_digest_that_an_admin_paused_is_just_paused() -> None:
    paused = settings_of(DigestConfig(), {"paused": 1})
    one = replace(status("AI"), settings=paused, fault=LACKS)
    assert subscriptions.subscriptions([one], START) == "- <#7>: **AI**; paused"
