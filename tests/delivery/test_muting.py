"""Muted publishers: what only they report is left out, and what anybody else reports too comes.

Who reports an event is as in the number of its publishers: the text of the headline's own article
on another site counts, a copy of another source does not.
"""

from dataclasses import replace
from datetime import UTC, datetime
from random import Random
from typing import Any

import pytest

from bot.digests.selection import NOTHING_YET, Verdict, is_muted
from bot.digests.settings import settings_of
from bot.store import candidates, publishers
from tests.conftest import sentence
from tests.delivery.harness import (
    CHANNEL,
    DAY,
    GUILD,
    HOUR,
    MORNING,
    OTHER_CHANNEL,
    OTHER_TARGET,
    TARGET,
    Harness,
    same_event,
    story,
)

FORBES = {"name": "Forbes", "domain": "forbes.example"}
ZDNET = {"name": "ZDNet", "domain": "zdnet.example"}
ELAN = {"name": "ÉLAN", "domain": "elan.example"}


def page(number: int, provider: dict[str, str], **fields: object) -> dict[str, object]:
    """An article on the event of the story of that number, in words of its own."""
    words = sentence(number).split()
    usual: dict[str, object] = {
        "title": f"Seen by {provider['name']} {number:03}",
        "excerpt": " ".join(Random(len(provider["name"])).sample(words, 10)),  # noqa: S311 - data
        "webUrl": f"https://{provider['domain']}/{number}",
        "publishedDateTime": MORNING - 2 * HOUR,
        "quality": 40,
        "provider": provider,
    }
    return {**usual, **fields}


def copy(number: int, provider: dict[str, str]) -> dict[str, object]:
    """The text of the story of that number on another site."""
    return page(number, provider, title=f"Headline {number:03}", excerpt=sentence(number))


async def mute(harness: Harness, names: str) -> None:
    await harness.settings.set_for_channel(TARGET, "mute", names, by=1)


async def verdicts(harness: Harness) -> dict[int, str]:
    """The verdicts of the last edition, by the numbers in the headlines."""
    rows = await harness.rows(
        """
        SELECT title, verdict FROM edition_choice JOIN story USING (story_id)
        WHERE edition_id = (SELECT max(edition_id) FROM edition)
        """
    )
    return {int(row["title"][-3:]): row["verdict"] for row in rows}


async def test_what_only_a_muted_publisher_reports_is_left_out_and_comes_once_it_is_not_muted(
    harness: Harness,
):
    await harness.load(story(1, 300, provider=FORBES), story(2))
    await harness.follow()
    await mute(harness, "FORBES")
    await harness.tick(at=MORNING)
    assert harness.shown() == [2]
    assert await verdicts(harness) == {1: Verdict.MUTED, 2: Verdict.BEST}
    await mute(harness, "none")
    await harness.tick(at=MORNING + DAY)
    assert harness.shown() == [2, 1], "nothing is lost"


BACKWARDS = " ".join(sentence(1).split()[::-1])
THEIRS = page(1, ZDNET, quality=60, excerpt=BACKWARDS)
OTHER_NAME = {**ZDNET, "name": "ZDNet UK"}
REPRINT = {**THEIRS, "webUrl": "https://elan.example/9", "provider": ELAN, "quality": 30}


@pytest.mark.parametrize(
    ("related", "muted"),
    [
        pytest.param([], True, id="it alone"),
        pytest.param([THEIRS], True, id="another muted one"),
        pytest.param([THEIRS, page(1, ELAN)], False, id="another"),
        pytest.param([page(1, ELAN, title="Headline 001")], False, id="one headline"),
        pytest.param([page(1, OTHER_NAME)], False, id="another name"),
        pytest.param([copy(1, ELAN)], False, id="its text elsewhere"),
        pytest.param([THEIRS, REPRINT], True, id="copy"),
        pytest.param([page(9, ELAN)], True, id="off topic"),
        pytest.param([page(1, ELAN, publishedDateTime=MORNING - 30 * DAY)], True, id="background"),
    ],
)
async def test_whoever_else_reports_it_counts_and_neither_copies_nor_other_subjects(
    harness: Harness, related: list[dict[str, object]], *, muted: bool
):
    await harness.load(story(1, None, provider=FORBES, quality=90, related=related), story(2))
    await harness.follow()
    await mute(harness, "Forbes\nZDNet")
    await harness.tick(at=MORNING)
    assert (await verdicts(harness))[1] == (Verdict.MUTED if muted else Verdict.BEST)


async def test_an_event_of_two_muted_publishers_is_left_out_and_comes_with_a_third(
    harness: Harness,
):
    await harness.load(
        story(1, None, provider=FORBES, quality=90),
        story(2, None, provider=ZDNET, quality=60, **same_event(1)),
        story(3),
    )
    await harness.follow()
    await mute(harness, "Forbes\nZDNet")
    await harness.tick(at=MORNING)
    assert harness.shown() == [3]
    await harness.load(story(4, None, quality=95, **same_event(1)))
    await harness.tick(at=MORNING + DAY)
    assert harness.shown() == [3, 4]


async def test_the_story_of_a_quiet_day_is_not_what_only_a_muted_publisher_reported(
    harness: Harness,
):
    await harness.load(
        story(1, 900, 20 * DAY, provider=FORBES),
        story(2, None, 20 * DAY, provider=FORBES, quality=90, related=[
            page(2, ZDNET, publishedDateTime=MORNING - 20 * DAY)
        ]),
        story(3, 60, 20 * DAY),
    )  # fmt: skip
    await harness.follow()
    await mute(harness, "forbes")
    for day in range(4):
        await harness.tick(at=MORNING + day * DAY)
    assert harness.shown() == [2, 3]


async def test_no_line_tells_what_only_a_muted_publisher_reports(harness: Harness):
    await harness.load(story(1, age=3 * HOUR))
    await harness.follow()
    await harness.tick(at=MORNING)
    later = -70 * HOUR
    await harness.load(story(2, age=later, provider=FORBES, **same_event(1)), story(3, age=later))
    await mute(harness, "Forbes")
    await harness.tick(at=MORNING + 3 * DAY)
    assert harness.shown() == [1, 3]
    assert (await verdicts(harness))[2] == Verdict.MUTED


async def test_a_server_mutes_for_its_channels_but_for_those_with_a_list_of_their_own(
    harness: Harness,
):
    await harness.load(story(1, provider=FORBES), story(2))
    await harness.follow(CHANNEL)
    await harness.follow(OTHER_CHANNEL)
    await harness.settings.set_for_server(GUILD, "mute", "Forbes", by=1)
    await harness.settings.set_for_channel(OTHER_TARGET, "mute", "none", by=1)
    await harness.tick(at=MORNING)
    assert harness.shown(CHANNEL) == [2]
    assert sorted(harness.shown(OTHER_CHANNEL)) == [1, 2]


async def test_a_preview_shows_what_comes_and_an_extra_edition_is_no_other(harness: Harness):
    await harness.load(story(1, 300, provider=FORBES), story(2))
    await harness.follow()
    await mute(harness, "Forbes")
    preview = await harness.on_demand.preview(TARGET, harness.clock.now())
    assert preview is not None
    assert [one.article.title for one in preview.stories] == ["Headline 002"]
    coming = await harness.on_demand.coming(TARGET, harness.clock.now())
    assert [(one.headline, one.verdict) for one in coming] == [
        ("Headline 002", Verdict.BEST),
        ("Headline 001", Verdict.MUTED),
    ]
    await harness.on_demand.post_now(TARGET)
    assert harness.shown() == [2]


PAPERS = (FORBES, ZDNET, ELAN, {"name": "élan", "domain": "elan2.example"})


def mixed(number: int, chance: Random) -> bytes:
    """A story of some publisher, with pages of others and copies."""
    own, *others = chance.sample(PAPERS, chance.randint(1, len(PAPERS)))
    related = [chance.choice((page, copy))(number, other) for other in others]
    fields: dict[str, Any] = {"related": related} if related else {}
    return story(number, None, DAY, provider=own, quality=chance.randint(50, 99), **fields)


async def test_what_the_archive_gives_is_what_the_rule_says_of_every_candidate(harness: Harness):
    chance = Random(3)  # noqa: S311 - data
    await harness.load(*(mixed(number, chance) for number in range(1, 25)))
    topic = (await harness.topic()).topic_id
    plain = settings_of(harness.config).rules
    found = set()
    async with harness.database.reading() as db:
        for which in range(1 << 3):
            names = ["forbes", "zdnet", "ÉLan"]
            muted = frozenset(name for n, name in enumerate(names) if which >> n & 1)
            rules = replace(plain, muted=muted)
            span = datetime.fromtimestamp(0, UTC), MORNING
            every_one = await candidates.candidates(db, [topic], *span, 0, muted)
            free = [one for one in every_one if not is_muted(one, rules)]
            free.sort(key=lambda one: (-(one.heat or 0), -one.published_at.timestamp(), one.key))
            one = await candidates.archive_story(db, [topic], NOTHING_YET, (), MORNING, muted)
            assert one is not None
            assert one.story_id == free[0].story_id
            waiting = [each.story_id for each in free[:-1]]
            last = await candidates.archive_story(db, [topic], NOTHING_YET, waiting, MORNING, muted)
            assert last is not None
            assert last.story_id == free[-1].story_id
            found.add(len(free))
    assert len(found) > 3, "the sets of muted publishers make a difference"


async def test_publishers_are_known_from_what_reports_and_offered_from_the_last_editions(
    harness: Harness,
):
    await harness.load(
        story(1, None, provider=FORBES, quality=90, related=[page(1, ZDNET), page(9, ELAN)]),
        story(2, age=-DAY),
    )
    await harness.follow()
    async with harness.database.reading() as db:
        assert await publishers.newest_names(db) == ["Forbes", "Paper 002", "ZDNet"]
        assert await publishers.last_names(db, GUILD, None, 9) == []
    for day in range(3):
        await harness.tick(at=MORNING + day * DAY)
    async with harness.database.reading() as db:
        for channel in (CHANNEL, None):
            names = await publishers.last_names(db, GUILD, channel, 9)
            assert names == ["Paper 002", "Forbes"]
        assert await publishers.last_names(db, GUILD, OTHER_CHANNEL, 9) == []
        assert await publishers.last_names(db, GUILD + 1, None, 9) == []
        assert await publishers.last_names(db, GUILD, None, 1) == ["Paper 002"]
