"""Notices to admins: everything that went wrong, once, and many things in one message."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pytest

from bot.digests.ledger import EditionState
from bot.errors import Malformed
from bot.render import past_editions
from bot.render.notice_texts import MOST, UNTELLABLE, fitting, notice_message
from bot.store.notices import add_notice
from tests.delivery.discord import Answer, Killed
from tests.delivery.harness import (
    CHANNEL,
    DAY,
    GUILD,
    HOUR,
    MINUTE,
    MORNING,
    OTHER_CHANNEL,
    OTHER_TARGET,
    SECOND,
    TARGET,
    Harness,
    long_stories,
    story,
)

OTHER_GUILD = 2


def told(harness: Harness, guild: int = GUILD) -> list[str]:
    """Every line sent to a server's admins, in order."""
    bodies = [body for to, body in harness.discord.told if to == guild]
    return [line for body in bodies for line in body["content"].splitlines()]


def buttons(body: Mapping[str, Any]) -> list[str]:
    """The custom ids of a message's buttons."""
    return [one["custom_id"] for row in body.get("components", ()) for one in row["components"]]


async def begin(harness: Harness, *answers: Answer) -> None:
    """One digest with its first edition due, and Discord's answers."""
    await harness.load(story(1), story(2, age=-DAY), story(3, age=-2 * DAY))
    await harness.follow()
    harness.clock.put(MORNING)
    harness.discord.answers.extend(answers)


async def notice(harness: Harness) -> Mapping[str, Any]:
    """The only notice, as it is stored."""
    (row,) = await harness.rows("SELECT * FROM notice")
    return dict(row)


async def test_without_trouble_nobody_is_told_anything(harness: Harness):
    await begin(harness)
    for _ in range(3):
        await harness.tick(after=MINUTE)
    assert harness.discord.told == []


async def test_a_channel_in_which_nothing_is_taken_is_told_once_however_long_that_lasts(
    harness: Harness,
):
    await begin(harness)
    harness.discord.obstacles[CHANNEL] = "I lack Send Messages."
    for _ in range(4 * 24):
        await harness.tick(after=HOUR)
    (line,) = told(harness)
    assert f"<#{CHANNEL}> are paused: I lack Send Messages." in line
    assert {one.state for one in await harness.editions()} >= {EditionState.SKIPPED}


async def test_it_is_told_once_that_it_was_mended_and_only_then_again(harness: Harness):
    await begin(harness)
    for day in range(3):
        harness.discord.obstacles[CHANNEL] = "I lack Send Messages."
        await harness.tick(at=MORNING + day * DAY)
        harness.discord.obstacles.clear()
        await harness.tick(after=MINUTE)
        await harness.tick(after=MINUTE)
    over = f"✅ Settled: nothing is in the way of digests in <#{CHANNEL}> any more."
    assert told(harness)[1::2] == [over] * 3
    assert [line[0] for line in told(harness)[::2]] == ["⚠"] * 3
    assert harness.shown() == [1, 2, 3]


async def test_another_reason_for_the_same_pause_is_no_news(harness: Harness):
    await begin(harness)
    for reason in ("I lack Send Messages.", "I lack View Channel."):
        harness.discord.obstacles[CHANNEL] = reason
        await harness.tick(after=MINUTE)
    assert len(told(harness)) == 1
    assert (await harness.digest()).fault == "I lack View Channel.", "its status tells the newest"


async def test_what_changes_there_without_mending_it_is_no_news_either(harness: Harness):
    await begin(harness, *[Answer.REFUSED] * 5)
    for _ in range(4):
        await harness.tick(after=MINUTE)
        await harness.delivery.presence.changed(TARGET)
    assert len(harness.discord.requests) == 4
    assert len(told(harness)) == 1


@pytest.mark.parametrize("then", [[], [Answer.REFUSED]])
async def test_an_edition_in_doubt_is_told_once_with_a_button_that_posts_it(
    harness: Harness, then: list[Answer]
):
    """Also if its channel is known to be paused: that does not report the doubt."""
    await begin(harness, Answer.KEPT_UNKNOWN, *then)
    harness.discord.readable = False
    await harness.tick()
    for _ in then:
        await harness.tick(after=16 * SECOND)
    for _ in range(3):
        await harness.tick(after=4 * HOUR)
    assert (await harness.edition()).state is EditionState.UNCERTAIN
    (in_doubt,) = [body for _, body in harness.discord.told if "Nobody knows" in body["content"]]
    assert "digest of Mon 4 May" in in_doubt["content"]
    assert buttons(in_doubt) == ["again:1"]


async def test_an_edition_that_could_not_be_posted_in_time_is_told_once(harness: Harness):
    await begin(harness, *[Answer.NOT_NOW] * 100)
    for _ in range(5 * 12):
        await harness.tick(after=5 * MINUTE)
    (line,) = told(harness)
    assert "did not get its digest of Mon 4 May" in line
    assert line.endswith("it could not be posted in time.")


async def test_an_edition_that_came_in_part_is_told_once(harness: Harness):
    await harness.load(*long_stories())
    await harness.follow()
    harness.clock.put(MORNING)
    harness.discord.answers.extend([Answer.OK, *[Answer.NOT_NOW] * 100])
    for _ in range(5 * 12):
        await harness.tick(after=5 * MINUTE)
    (line,) = told(harness)
    assert "got only a part of its digest" in line
    assert line.endswith("it could not be posted in time.")


async def test_a_story_that_was_left_out_is_told_once(harness: Harness):
    harness.discord.unfit = {"Headline 002"}
    await harness.load(story(1), story(2), story(3))
    await harness.follow()
    for minute in range(3):
        await harness.tick(at=MORNING + minute * MINUTE)
    (line,) = told(harness)
    assert f"left out of <#{CHANNEL}>" in line
    assert "number 2 in its order" in line


@pytest.mark.parametrize("refused", [1, 2, 4])
async def test_a_refused_storys_words_are_nowhere_in_its_notice_and_what_was_posted_is_counted(
    harness: Harness, refused: int
):
    """Headline, excerpt, publisher and URL: whichever it was refused for."""
    harness.discord.unfit = {f"Headline {refused:03}"}
    await harness.load(*(story(n, 200 - n) for n in range(1, 6)))
    await harness.follow()
    await harness.tick(at=MORNING)
    (line,) = told(harness)
    assert f"number {refused} in its order" in line
    assert f"`#{refused}`" in line
    for words in (f"{refused:03}", "Headline", "Paper", "example", "happened"):
        assert words not in line
    (edition,) = await harness.editions()
    assert (edition.state, edition.shown, edition.stories) == (EditionState.DELIVERED, 4, 5)
    assert past_editions.past_edition(edition) == "Mon 4 May: posted, 4 of 5 stories"
    assert "4 of 5 stories" in past_editions.posted_now(edition, TARGET)


async def test_in_an_edition_of_several_messages_the_place_is_that_in_the_whole(harness: Harness):
    harness.discord.unfit = {"Headline 004"}
    await harness.load(*long_stories())
    await harness.follow()
    for minute in range(3):
        await harness.tick(at=MORNING + minute * MINUTE)
    assert "number 4 in its order" in "".join(told(harness))
    (edition,) = await harness.editions()
    assert (edition.shown, edition.stories) == (4, 5)


async def test_of_an_edition_that_came_in_part_only_what_came_is_counted(harness: Harness):
    await harness.load(*long_stories())
    await harness.follow()
    harness.clock.put(MORNING)
    harness.discord.answers.extend([Answer.OK, *[Answer.NOT_NOW] * 100])
    for _ in range(5 * 12):
        await harness.tick(after=5 * MINUTE)
    (edition,) = await harness.editions()
    assert (edition.shown, edition.stories) == (len(harness.shown()), 5)
    assert f"posted in part, {len(harness.shown())} of 5 stories: it could not" in (
        past_editions.past_edition(edition)
    )


async def test_a_line_that_is_refused_for_its_words_takes_no_other_with_it_and_is_told_without(
    harness: Harness, monkeypatch: pytest.MonkeyPatch
):
    """For example a topic's name that a rule of the server blocks."""
    tell = harness.discord.tell

    async def ruled(guild: int, log: int | None, body: Mapping[str, Any], nonce: str) -> int:
        if "Goldrush" in body["content"]:
            raise Malformed("a rule is against a word")
        return await tell(guild, log, body, nonce)

    monkeypatch.setattr(harness.discord, "tell", ruled)
    await begin(harness)
    async with harness.database.writing() as db:
        for line in ("First line.", "Goldrush line.", "Last line."):
            await add_notice(db, GUILD, line, harness.clock.now())
    for _ in range(3):
        await harness.tick(after=MINUTE)
    assert sorted(told(harness)) == sorted(
        f"⚠️ {one}" for one in ("First line.", UNTELLABLE, "Last line.")
    )
    assert await harness.rows("SELECT * FROM notice WHERE told_in IS NULL") == []


async def test_all_that_is_to_be_told_in_a_server_is_told_in_one_message(harness: Harness):
    await begin(harness)
    harness.clock.move(-HOUR)
    for channel in range(101, 112):
        await harness.follow(channel)
        harness.discord.obstacles[channel] = "I lack Send Messages."
    await harness.follow(201, guild=OTHER_GUILD)
    harness.discord.obstacles[201] = "I lack Send Messages."
    await harness.tick(at=MORNING)
    lines = {
        guild: [
            len(body["content"].splitlines()) for to, body in harness.discord.told if to == guild
        ]
        for guild in (GUILD, OTHER_GUILD)
    }
    assert lines == {GUILD: [11], OTHER_GUILD: [1]}
    assert len(set(told(harness))) == 11


@pytest.mark.parametrize(("in_doubt", "length"), [(0, 200), (7, 20), (40, 20), (3, 700), (0, 5000)])
def test_what_does_not_fit_one_message_is_told_in_more_and_nothing_is_cut(
    in_doubt: int, length: int
):
    told = [("x" * length, number if number <= in_doubt else None) for number in range(1, 41)]
    lines = 0
    while told:
        count = fitting(told)
        body = notice_message(told[:count])
        rows = body.get("components", [])
        assert len(body["content"]) <= 2000
        assert sum(len(row["components"]) for row in rows) <= MOST
        lines += len(body["content"].splitlines())
        told = told[count:]
    assert lines == 40


async def test_many_in_doubt_have_a_button_each(harness: Harness):
    await begin(harness)
    harness.clock.move(-HOUR)
    for channel in range(101, 105):
        await harness.follow(channel)
    harness.discord.readable = False
    harness.discord.answers.extend([Answer.LOST_UNKNOWN] * 5)
    await harness.tick(at=MORNING)
    await harness.tick(after=2 * MINUTE)
    ((_, body),) = harness.discord.told
    assert buttons(body) == [f"again:{number}" for number in range(1, 6)]


async def test_they_are_told_in_the_log_channel_that_was_set(harness: Harness):
    await begin(harness)
    harness.discord.obstacles[CHANNEL] = "I lack Send Messages."
    await harness.settings.set_log_channel(GUILD, 77, by=1)
    await harness.tick()
    assert (await notice(harness))["told_in"] == 77
    assert await harness.settings.log_channel(GUILD) == 77


# At most once, whatever the outcome of the request.


async def blocked(harness: Harness, *telling: Answer) -> None:
    """One notice to send, with the outcomes of its message."""
    await begin(harness)
    harness.discord.obstacles[CHANNEL] = "I lack Send Messages."
    harness.discord.telling.extend(telling)


@pytest.mark.parametrize("away", [SECOND, MINUTE - SECOND, MINUTE + SECOND, HOUR])
@pytest.mark.parametrize("answer", [Answer.KEPT_KILLED, Answer.LOST_KILLED])
async def test_after_a_crash_it_is_told_at_most_once(
    harness: Harness, answer: Answer, away: timedelta
):
    """Within the life of the nonce it is certainly sent."""
    await blocked(harness, answer)
    with pytest.raises(Killed):
        await harness.tick()
    harness.clock.move(away)
    await harness.restart()
    for _ in range(3):
        await harness.tick(after=SECOND / 4)
    kept = answer is Answer.KEPT_KILLED or away < MINUTE
    assert len(told(harness)) == int(kept)
    assert (await notice(harness))["closed_at"] is not None


@pytest.mark.parametrize("answer", [Answer.KEPT_UNKNOWN, Answer.LOST_UNKNOWN])
async def test_an_answer_that_is_lost_is_made_good_by_the_nonce(harness: Harness, answer: Answer):
    await blocked(harness, answer)
    await harness.tick()
    for _ in range(8):
        await harness.tick(after=15 * SECOND)
    assert len(told(harness)) == 1
    assert (await notice(harness))["told_in"] == 1


async def test_without_answers_for_a_minute_it_counts_as_told(harness: Harness):
    await blocked(harness, *[Answer.KEPT_UNKNOWN] * 4)
    for _ in range(10):
        await harness.tick(after=20 * SECOND)
    assert len(told(harness)) == 1
    assert (await notice(harness))["closed_at"] is not None


async def test_more_that_comes_while_one_is_in_doubt_has_a_message_of_its_own(harness: Harness):
    await blocked(harness, Answer.KEPT_UNKNOWN)
    harness.clock.move(-HOUR)
    await harness.follow(OTHER_CHANNEL)
    await harness.settings.set_for_channel(OTHER_TARGET, "time", "08:01", by=1)
    harness.discord.obstacles[OTHER_CHANNEL] = "I lack Send Messages."
    await harness.tick(at=MORNING + 45 * SECOND)
    await harness.tick(after=20 * SECOND)
    assert [len(body["content"].splitlines()) for _, body in harness.discord.told] == [1, 1]
    assert len(set(told(harness))) == 2


@pytest.mark.parametrize("telling", [[Answer.NOT_NOW] * 3, [Answer.HALT] * 3])
async def test_what_was_certainly_not_told_is_told_later_however_late(
    harness: Harness, telling: list[Answer]
):
    await blocked(harness, *telling)
    for _ in range(4):
        await harness.tick(after=HOUR / 2)
    assert len(told(harness)) == 1


@pytest.mark.parametrize("answers", [[Answer.REFUSED], [Answer.MALFORMED] * 2])
async def test_where_nobody_can_be_told_it_is_not_tried_again(
    harness: Harness, answers: list[Answer]
):
    await blocked(harness, *answers)
    for _ in range(3):
        await harness.tick(after=MINUTE)
    assert told(harness) == []
    found = await notice(harness)
    assert (found["closed_at"] is not None, found["told_in"]) == (True, None)


async def test_one_server_that_cannot_be_told_holds_up_no_other(harness: Harness):
    await blocked(harness, Answer.REFUSED)
    harness.clock.move(-HOUR)
    await harness.follow(201, guild=OTHER_GUILD)
    harness.discord.obstacles[201] = "I lack Send Messages."
    await harness.tick(at=MORNING)
    assert (len(told(harness)), len(told(harness, OTHER_GUILD))) == (0, 1)


async def test_nothing_is_told_while_nothing_may_go_out(harness: Harness):
    """An edition elsewhere gets an answer that asks all to wait."""
    await blocked(harness)
    harness.clock.move(-HOUR)
    await harness.follow(OTHER_CHANNEL)
    harness.discord.answers.append(Answer.HALT)
    harness.discord.retry_after = 600
    await harness.tick(at=MORNING)
    await harness.tick(after=9 * MINUTE)
    assert harness.discord.told == []
    assert (await notice(harness))["tried_at"] is None, "and may be told with any nonce"
    await harness.tick(after=MINUTE)
    assert len(told(harness)) == 1


async def test_a_server_that_the_bot_left_is_told_nothing_until_it_is_back(harness: Harness):
    await blocked(harness, *[Answer.NOT_NOW] * 2)
    await harness.tick()
    await harness.delivery.presence.left(GUILD)
    await harness.tick(after=MINUTE)
    assert (harness.discord.told, len(harness.discord.telling)) == ([], 1)
    await harness.delivery.presence.joined(GUILD)
    for _ in range(2):
        await harness.tick(after=MINUTE)
    assert len(told(harness)) == 1
