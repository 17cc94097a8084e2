"""An editor's word on events: merged, split and undone, in rows and for what was posted."""

import random
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import timedelta
from itertools import permutations
from pathlib import Path

import pytest

from bot.config import DigestConfig
from bot.errors import UsageError
from bot.library.explanations import Reasons
from bot.library.grouping import Grouping
from bot.library.ingest import Ingestion
from bot.library.pins import Contradiction, Pins, UnknownStory
from bot.library.queries import Queries
from bot.store import addresses, search, story_rows
from bot.store.database import Database, every
from bot.stories.pins import EventView
from tests.conftest import START, SetClock, make_story_file, sentence
from tests.library.test_grouping import DAY, events, report, story_of, write

__all__ = ["write"]

Write = Callable[..., Path]


@pytest.fixture
def pins(archive: Database, ingestion: Ingestion, clock: SetClock) -> Pins:
    return Pins(archive, ingestion.grouping, ingestion.rules, clock)


def link(name: str) -> str:
    """The address of the story of a publisher."""
    return f"https://{name}.example/story"


async def send(archive: Database, story: str, clock: SetClock, channel: int = 1) -> None:
    """A channel is sent the story of a publisher, now."""
    async with archive.writing() as db:
        values = {"channel": channel, "url": link(story), "now": int(clock.now().timestamp())}
        for sql in (
            "INSERT INTO server (guild_id) VALUES (1) ON CONFLICT DO NOTHING",
            """INSERT INTO digest (digest_id, guild_id, channel_id, created_at)
               VALUES (:channel, 1, :channel, 0) ON CONFLICT DO NOTHING""",
            """INSERT INTO edition (digest_id, local_date, slot, due_at, planned_at, state)
               SELECT :channel, '2019-12-22', count(*), :now, :now, 'delivered' FROM edition""",
            """INSERT INTO posted (digest_id, event_id, story_id, edition_id, part)
               SELECT :channel, event_id, story_id, (SELECT max(edition_id) FROM edition), 1
               FROM story WHERE url = :url""",
        ):
            await db.execute(sql, {k: v for k, v in values.items() if f":{k}" in sql})


async def posted(archive: Database) -> dict[str, set[int]]:
    """The channels in which the event of each publisher's story counts as posted."""
    sql = """SELECT lower(provider) AS name, digest_id FROM story LEFT JOIN posted USING (event_id)
             ORDER BY 1, 2"""
    found: dict[str, set[int]] = {}
    async with archive.reading() as db:
        for row in await every(db, sql):
            found.setdefault(row["name"], set()).update({row["digest_id"]} - {None})
    return found


def names(view: EventView) -> list[str]:
    return [story.article.provider.name.lower() for story in view.stories]


async def regroup_all(archive: Database, ingestion: Ingestion) -> None:
    """Group every story again, as if all of their texts had changed."""
    async with archive.writing() as db:
        await db.execute("UPDATE story SET grouped = 0")
        await db.execute("UPDATE story SET arrived_at = 0")
    await ingestion.group_left()


async def test_two_events_become_one_that_later_groupings_keep(
    write: Write, ingestion: Ingestion, archive: Database, pins: Pins, queries: Queries
) -> None:
    write("one", "flood", quality=60)
    write("two", "flood", quality=50)
    write("three", "fire", quality=90)
    await ingestion.rescan()
    (view,) = await pins.merge(link("two"), link("three"))
    assert names(view) == ["three", "one", "two"]
    assert await events(archive) == [{"one", "three", "two"}]
    assert (await story_of(queries, "three")).publishers == 1, "its sources are by likeness"
    assert (await story_of(queries, "one")).leader_id == view.stories[0].story_id
    write("four", "flood")
    await ingestion.rescan()
    assert await events(archive) == [{"four", "one", "three", "two"}]
    await regroup_all(archive, ingestion)
    assert await events(archive) == [{"four", "one", "three", "two"}]
    assert (await story_of(queries, "one")).event_id == view.event_id


async def test_an_event_is_split_in_two_and_stays_so(
    write: Write, ingestion: Ingestion, archive: Database, pins: Pins, queries: Queries
) -> None:
    for name, quality in (("one", 60), ("two", 50), ("three", 40)):
        write(name, "flood", quality=quality)
    await ingestion.rescan()
    event = (await story_of(queries, "one")).event_id
    views = await pins.split(link("one"), link("two"))
    assert sorted(len(view.stories) for view in views) == [1, 2]
    assert event in {view.event_id for view in views}
    found = await events(archive)
    assert await queries.story(views[0].stories[0].story_id)
    await regroup_all(archive, ingestion)
    assert await events(archive) == found
    write("four", "flood")
    await ingestion.rescan()
    assert not any({"one", "two"} <= one for one in await events(archive))


async def test_a_merge_counts_as_posted_where_either_was_and_its_undoing_restores_both(
    write: Write, ingestion: Ingestion, archive: Database, pins: Pins, clock: SetClock
) -> None:
    for name in ("one", "two", "three"):
        write(name, name)
    await ingestion.rescan()
    await send(archive, "one", clock, 1)
    await send(archive, "two", clock, 2)
    await send(archive, "one", clock, 3)
    await send(archive, "two", clock, 3)
    before = await posted(archive)
    clock.move(DAY)
    (view,) = await pins.merge(link("one"), link("two"))
    assert view.channels == 3
    assert await posted(archive) == {"one": {1, 2, 3}, "two": {1, 2, 3}, "three": set()}
    views = await pins.unpin(link("two"), link("one"))
    assert len(views) == 2
    assert await posted(archive) == before
    await pins.merge(link("one"), link("three"))
    clock.move(DAY)
    await send(archive, "one", clock, 4)
    await pins.unpin(link("one"), link("three"))
    # What was posted of both together counts for both.
    assert await posted(archive) == {"one": {1, 3, 4}, "two": {2, 3}, "three": {4}}


async def test_both_parts_of_a_split_count_as_posted_and_its_undoing_makes_one_event_again(
    write: Write, ingestion: Ingestion, archive: Database, pins: Pins, clock: SetClock
) -> None:
    write("one", "flood")
    write("two", "flood")
    await ingestion.rescan()
    await send(archive, "one", clock, 1)
    await pins.split(link("one"), link("two"))
    assert await events(archive) == [{"one"}, {"two"}]
    assert await posted(archive) == {"one": {1}, "two": {1}}
    clock.move(DAY)
    await send(archive, "two", clock, 2)
    (view,) = await pins.unpin(link("one"), link("two"))
    assert len(view.stories) == 2
    assert await posted(archive) == {"one": {1, 2}, "two": {1, 2}}
    assert await pins.listed() == []


async def test_a_split_of_a_merge_that_grew_out_of_a_split_loses_no_post(
    write: Write, ingestion: Ingestion, archive: Database, pins: Pins, clock: SetClock
) -> None:
    write("one", "flood")
    write("two", "flood")
    write("three", "fire")
    await ingestion.rescan()
    await send(archive, "one", clock, 1)
    await pins.split(link("one"), link("two"))
    clock.move(DAY)
    await pins.merge(link("two"), link("three"))
    await pins.unpin(link("two"), link("three"))
    assert await posted(archive) == {"one": {1}, "two": {1}, "three": {1}}


async def test_two_events_posted_apart_stay_two_when_a_split_that_changed_nothing_is_undone(
    write: Write, ingestion: Ingestion, archive: Database, pins: Pins, clock: SetClock
) -> None:
    write("one", "flood")
    await ingestion.rescan()
    await send(archive, "one", clock)
    write("two", "fire")
    await ingestion.rescan()
    await send(archive, "two", clock)
    await pins.split(link("one"), link("two"))
    await pins.unpin(link("one"), link("two"))
    assert await events(archive) == [{"one"}, {"two"}]


async def test_undoing_a_merge_of_what_is_one_event_anyway_changes_no_event(
    write: Write, ingestion: Ingestion, archive: Database, pins: Pins, clock: SetClock
) -> None:
    write("one", "flood")
    write("two", "flood")
    await ingestion.rescan()
    await send(archive, "one", clock)
    await pins.merge(link("one"), link("two"))
    await pins.unpin(link("one"), link("two"))
    assert await events(archive) == [{"one", "two"}]
    assert await posted(archive) == {"one": {1}, "two": {1}}


async def test_a_split_between_stories_that_were_never_posted_is_undone_by_their_texts(
    write: Write, ingestion: Ingestion, archive: Database, pins: Pins
) -> None:
    write("one", "flood")
    write("two", "flood")
    write("three", "fire")
    await ingestion.rescan()
    for other in ("two", "three"):
        await pins.split(link("one"), link(other))
        await pins.unpin(link("one"), link(other))
    assert await events(archive) == [{"one", "two"}, {"three"}]


MERGES = (("a", "b"), ("b", "c"), ("d", "e"), ("a", "f"))


@pytest.mark.parametrize("order", [*permutations(MERGES)][::3])
async def test_the_order_of_merges_makes_no_difference(
    order: Sequence[tuple[str, str]],
    write: Write,
    ingestion: Ingestion,
    archive: Database,
    pins: Pins,
) -> None:
    for number, name in enumerate("abcdef"):
        write(name, number, START - timedelta(days=3 * number))
    await ingestion.rescan()
    for place, (one, other) in enumerate(order):
        await pins.merge(link(one), link(other))
        if place == 1:
            write("g", 0)
            await ingestion.rescan()
    assert await events(archive) == [{"a", "b", "c", "f", "g"}, {"d", "e"}]
    await regroup_all(archive, ingestion)
    assert await events(archive) == [{"a", "b", "c", "f", "g"}, {"d", "e"}]


async def test_a_merged_event_may_last_longer_than_seven_days_and_takes_in_no_later_story(
    write: Write, ingestion: Ingestion, archive: Database, pins: Pins, clock: SetClock
) -> None:
    write("one", "flood", START - 20 * DAY)
    write("two", "fire", START - 3 * DAY)
    await ingestion.rescan()
    await pins.merge(link("one"), link("two"))
    await send(archive, "two", clock)
    write("three", "fire", START - DAY)
    await ingestion.rescan()
    assert await events(archive) == [{"one", "two"}, {"three"}]


async def test_undoing_a_split_joins_no_stories_that_are_pinned_apart(
    write: Write, ingestion: Ingestion, archive: Database, pins: Pins
) -> None:
    write("one", "flood")
    write("two", "flood", START - DAY + timedelta(hours=1))
    write("three", "flood", START - DAY + timedelta(hours=40))
    await ingestion.rescan()
    await pins.split(link("one"), link("two"))
    await pins.merge(link("one"), link("three"))
    await pins.split(link("two"), link("three"))
    await pins.unpin(link("one"), link("three"))
    await pins.unpin(link("one"), link("two"))
    assert await events(archive) == [{"one", "two"}, {"three"}]
    await pins.unpin(link("two"), link("three"))
    assert await events(archive) == [{"one", "two", "three"}]


@pytest.mark.parametrize("seed", [5, 10, 39, 58])
async def test_words_undone_in_any_order_leave_what_the_others_alone_would_make(
    write: Write, ingestion: Ingestion, archive: Database, pins: Pins, seed: int
) -> None:
    chance, names = random.Random(seed), "abcdef"  # noqa: S311 - data
    for name in names:
        event = chance.choice(["flood", "fire"])
        other = chance.choice(["flood", "fire", f"x{name}"])
        texts = (sentence((event, "more")), sentence((other, "more")), sentence((event, name)))
        write(name, event, excerpt=" ".join(texts))
    await ingestion.rescan()
    said = set[tuple[str, str]]()
    for _ in range(chance.randint(2, 5)):
        one, other = sorted(chance.sample(names, 2))
        with suppress(Contradiction):
            await chance.choice([pins.merge, pins.split])(link(one), link(other))
            said.add((one, other))
    for one, other in chance.sample(sorted(said), len(said)):
        await pins.unpin(link(one), link(other))
        found = await events(archive)
        await regroup_all(archive, ingestion)
        assert await events(archive) == found


async def test_what_pins_contradict_is_refused_by_name_and_changes_nothing(
    write: Write, ingestion: Ingestion, archive: Database, pins: Pins
) -> None:
    for name in ("one", "two", "three"):
        write(name, name)
    await ingestion.rescan()
    await pins.merge(link("one"), link("two"))
    await pins.split(link("two"), link("three"))
    with pytest.raises(Contradiction) as merging:
        await pins.merge(link("one"), link("three"))
    assert [pin.together for pin in merging.value.pins] == [False]
    assert "broadsheet event unpin" in str(merging.value)
    await pins.unpin(link("two"), link("three"))
    await pins.merge(link("two"), link("three"))
    with pytest.raises(Contradiction) as splitting:
        await pins.split(link("one"), link("three"))
    assert [pin.together for pin in splitting.value.pins] == [True, True]
    assert await events(archive) == [{"one", "three", "two"}]


async def test_another_word_on_the_same_two_stories_replaces_the_first(
    write: Write, ingestion: Ingestion, archive: Database, pins: Pins
) -> None:
    write("one", "flood")
    write("two", "flood")
    await ingestion.rescan()
    await pins.split(link("one"), link("two"))
    await pins.merge(link("two"), link("one"))
    assert await events(archive) == [{"one", "two"}]
    assert [pin.together for pin in await pins.listed()] == [True]
    await pins.split(link("one"), link("two"))
    assert await events(archive) == [{"one"}, {"two"}]


async def test_a_story_that_does_not_exist_or_is_named_twice_is_refused(
    write: Write, ingestion: Ingestion, pins: Pins
) -> None:
    write("one", "flood")
    write("two", "fire")
    await ingestion.rescan()
    for wrong in ("99", "0", "9" * 30, "https://nowhere.example/", "flood", ""):
        with pytest.raises(UnknownStory):
            await pins.merge(link("one"), wrong)
    with pytest.raises(UsageError):
        await pins.merge(link("one"), "https://ONE.example/story?utm_source=x")
    with pytest.raises(UsageError):
        await pins.unpin(link("one"), link("two"))


async def test_a_story_whose_text_changes_keeps_to_what_it_is_pinned_to(
    write: Write, ingestion: Ingestion, archive: Database, pins: Pins
) -> None:
    write("one", "flood", START - 30 * DAY)
    write("two", "fire")
    write("three", "fire")
    await ingestion.rescan()
    await pins.merge(link("one"), link("two"))
    write("two", "quake")
    await ingestion.rescan()
    assert await events(archive) == [{"one", "two"}, {"three"}]


async def test_pins_go_with_their_stories_and_with_merged_addresses(
    write: Write, seeds: Path, ingestion: Ingestion, archive: Database, pins: Pins
) -> None:
    write("one", "flood")
    write("two", "fire")
    address = "https://three.example/story?from=feed"
    (seeds / "three.md").write_bytes(
        make_story_file(**report("three", "quake", webUrl=address, title=sentence("quake")))
    )
    await ingestion.rescan()
    await pins.merge(link("one"), link("two"))
    await pins.split(link("two"), address)
    async with archive.writing() as db:
        ids = await addresses.stories_known_by(db, ["one.example/story", "two.example/story"])
        one, two = ids["one.example/story"], ids["two.example/story"]
        kept, _ = await addresses.merge_stories(db, [one, two])
    assert [(pin.story_id, pin.together) for pin in await pins.listed()] == [(kept, False)]
    async with archive.writing() as db:
        await search.unindex_stories(db, [kept])
        await story_rows.delete_stories(db, [kept])
    assert await pins.listed() == []


async def test_why_tells_what_was_pinned(
    write: Write, ingestion: Ingestion, archive: Database, pins: Pins, queries: Queries
) -> None:
    write("one", "flood", quality=60)
    write("two", "fire", quality=50)
    write("three", "flood", quality=10)
    await ingestion.rescan()
    await pins.merge(link("one"), link("two"))
    why = await Reasons(archive, DigestConfig()).why(await story_of(queries, "three"))
    assert [(pin.together, pin.made_at) for pin in why.pins] == [(True, START)]


async def test_the_bots_own_grouping_respects_what_another_process_pinned(
    write: Write, ingestion: Ingestion, archive: Database, clock: SetClock
) -> None:
    write("one", "flood")
    write("two", "flood")
    await ingestion.rescan()
    elsewhere = Pins(archive, Grouping(archive), ingestion.rules, clock)
    await elsewhere.split(link("one"), link("two"))
    for number in range(3):
        write(f"later{number}", "flood")
        await ingestion.rescan()
    assert not any({"one", "two"} <= one for one in await events(archive))
