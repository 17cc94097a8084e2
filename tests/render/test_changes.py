"""Changes in words: who changed what, from what to what, whatever is stored."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from bot.digests.changes import LOG_CHANNEL, MANAGERS, TAGS, TOPICS, Change
from bot.digests.settings import SETTINGS
from bot.digests.target import Channel, Server
from bot.render import limits
from bot.render.changes import PAGE, history, undone
from tests.digests.setting_examples import EXAMPLES

AT = datetime(2026, 5, 4, 8, 0, tzinfo=UTC)
TIME = Change(7, Channel(1, 11), "time", None, "09:00", AT, 71)


def told(change: Change) -> str:
    """A change in the history, after its moment and its author."""
    return history([change], {5: "Daily"}).partition(">: ")[2]


def test_a_line_says_when_who_what_and_from_what_to_what():
    assert history([TIME], {}) == "- <t:1777881600:f>, <@71>: time in <#11>: default → 09:00"
    assert told(replace(TIME, undone_by=72)).endswith("09:00 (undone by <@72>)")
    assert told(replace(TIME, place=Server(1))).startswith("time in the whole server: ")
    assert history([], {}) == "Nothing has been changed yet."


@pytest.mark.parametrize(
    ("name", "old", "new", "words"),
    [
        (TOPICS, [], ["AI", "Space"], "<#11> follows AI, Space"),
        (TOPICS, ["AI"], [], "<#11> no longer follows AI"),
        (TOPICS, ["AI"], ["[x](y)"], r"<#11> follows \[x\]\(y\); no longer follows AI"),
        (TAGS, [], [5, 6], "tags of posts in <#11>: none → Daily, a deleted tag"),
        (TAGS, None, "odd", "tags of posts in <#11>: none → none"),
        (LOG_CHANNEL, None, 12, "where I report problems: the system channel → <#12>"),
        (MANAGERS, 8, None, "role that manages digests: <@&8> → nobody"),
        ("paused", None, 1, "pause in <#11>: default → paused"),
        ("role", 0, 9, "role to ping in <#11>: none → <@&9>"),
        ("days", "mon-holiday", "mon", r"days in <#11>: mon\-holiday → Mon"),
        ("stories", 99, "x", "number of stories in <#11>: 99 → x"),
        ("mood", None, "_good_", r"mood in <#11>: default → \_good\_"),
    ],
)
def test_every_kind_of_change_has_its_words(name: str, old: object, new: object, words: str):
    assert told(replace(TIME, name=name, old=old, new=new)) == words


@pytest.mark.parametrize("name", SETTINGS)
def test_every_setting_is_told_in_a_line(name: str):
    for stored in (*EXAMPLES[name].stored, *EXAMPLES[name].unknown):
        line = history([replace(TIME, name=name, old=None, new=stored)], {})
        assert "\n" not in line
        assert len(line) < 190


def test_the_longest_lines_of_a_page_fit_into_a_message():
    topics = [f"_Topic_ {number}" for number in range(25)]
    largest = Change(
        change_id=2**63 - 1,
        place=Channel(2**63 - 1, 2**63 - 1),
        name=TOPICS,
        old=topics,
        new=topics,
        at=AT,
        by=2**63 - 1,
        undone_by=2**63 - 1,
    )
    text = "x" * 200
    longest = max(
        (replace(largest, name=name, old=text, new=text) for name in SETTINGS),
        key=lambda one: len(told(one)),
    )
    for change in (largest, longest):
        assert len(history([change] * PAGE, {})) <= limits.CONTENT


def test_undoing_what_is_no_setting_is_told_too():
    log = replace(TIME, place=Server(1), name=LOG_CHANNEL)
    assert undone(log, None, AT) == "Undone, and as before: where I report problems."
    tags = replace(TIME, name=TAGS)
    assert undone(tags, None, AT) == "Undone, and as before: tags of posts in <#11>."
