"""Events: which stories are one, who leads them, what topics show, and what stays as sent."""

import asyncio
import random
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from bot.errors import MassWithdrawal
from bot.library.ingest import SMALL, Ingestion
from bot.library.queries import Queries
from bot.library.retention import Retention
from bot.origins.files.origin import SeedsFolder
from bot.store.database import Database, every
from bot.store.opening import open_database
from bot.stories.frequencies import shipped
from bot.stories.model import ArchivedStory
from bot.stories.ranking import Rules
from bot.stories.urls import Trackers
from tests.archives import empty_archive
from tests.conftest import START, SetClock, make_story_file, plain_rules, sentence
from tests.library.conftest import WithTrackers

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
Write = Callable[..., Path]


def report(
    name: str, event: object, at: datetime = START - DAY, **fields: object
) -> dict[str, object]:
    """A story of an event, by a publisher of its own."""
    usual = {
        "title": f"{name} {sentence(event)}",
        "excerpt": f"{sentence((event, 'more'))} {sentence((event, name))}",
        "webUrl": f"https://{name}.example/story",
        "provider": {"name": name.title(), "domain": f"{name}.example"},
        "publishedDateTime": at,
        "topics": [f"Topic {name}"],
        "heat": None,
    }
    return {**usual, **fields}


@pytest.fixture
def write(seeds: Path) -> Write:
    """Write the file of a story that belongs to an event."""

    def written(name: str, event: object, at: datetime = START - DAY, **fields: object) -> Path:
        path = seeds / f"{name}.md"
        path.write_bytes(make_story_file(**report(name, event, at, **fields)))
        return path

    return written


async def told(archive: Database) -> dict[str, dict[str, object]]:
    """Each story by its publisher: its event, its leader's publisher, and more."""
    sql = """
        SELECT lower(s.provider) AS name, s.event_id, s.grouped, s.hidden,
               lower(l.provider) AS leader
        FROM story s LEFT JOIN story l ON l.story_id = s.leader_id
    """
    async with archive.reading() as db:
        return {row["name"]: {key: row[key] for key in row.keys()} for row in await every(db, sql)}  # noqa: SIM118


async def leaders(archive: Database) -> dict[str, object]:
    return {name: one["leader"] for name, one in (await told(archive)).items()}


async def events(archive: Database) -> list[set[str]]:
    """The events as sets of publishers."""
    found: dict[object, set[str]] = {}
    for name, one in (await told(archive)).items():
        found.setdefault(one["event_id"], set()).add(name)
    return sorted(found.values(), key=sorted)


async def pages(archive: Database) -> dict[str, list[str]]:
    """The publishers of the stories that each topic shows."""
    sql = """SELECT lower(name) AS topic, lower(s.provider) AS shown FROM topic_page
             JOIN topic USING (topic_id) JOIN story s USING (story_id) ORDER BY 1, 2"""
    found: dict[str, list[str]] = {}
    async with archive.reading() as db:
        for row in await every(db, sql):
            found.setdefault(row["topic"].removeprefix("topic "), []).append(row["shown"])
    return found


async def story_of(queries: Queries, name: str) -> ArchivedStory:
    found = [one for one in await queries.search(name, 50) if name in one.article.url]
    return found[0]


async def send(archive: Database, story: ArchivedStory, channel: int = 1) -> None:
    """A channel is sent a story."""
    async with archive.writing() as db:
        for sql in (
            "INSERT INTO server (guild_id) VALUES (1) ON CONFLICT DO NOTHING",
            """INSERT INTO digest (digest_id, guild_id, channel_id, created_at)
               VALUES (:channel, 1, :channel, 0) ON CONFLICT DO NOTHING""",
            """INSERT INTO edition (digest_id, local_date, slot, due_at, planned_at, state)
               VALUES (:channel, '2019-12-22', :story, 0, 0, 'delivered')""",
            """INSERT INTO posted (digest_id, event_id, story_id, edition_id, part)
               SELECT :channel, :event, :story, max(edition_id), 1 FROM edition""",
        ):
            values = {"channel": channel, "event": story.event_id, "story": story.story_id}
            await db.execute(sql, {k: v for k, v in values.items() if f":{k}" in sql})


async def test_reports_of_one_happening_are_one_event_and_its_leader_carries_their_topics(
    write: Write, ingestion: Ingestion, archive: Database, queries: Queries
) -> None:
    write("one", "flood", quality=40)
    write("two", "flood", quality=70)
    write("three", "fire", quality=60)
    await ingestion.rescan()
    assert await events(archive) == [{"one", "two"}, {"three"}]
    assert await leaders(archive) == {"one": "two", "two": None, "three": None}
    assert await pages(archive) == {"one": ["two"], "two": ["two"], "three": ["three"]}
    leader, follower = await story_of(queries, "two"), await story_of(queries, "one")
    assert leader.topics == ("Topic two", "Topic one")
    assert (follower.topics, follower.leader_id) == (("Topic one",), leader.story_id)
    assert (leader.publishers, follower.publishers) == (2, 1)
    assert [one.article.url for one in leader.sources] == ["https://one.example/story"]
    assert [one.listed for one in leader.sources] == [False]


async def test_what_a_file_lists_makes_no_event(
    write: Write, ingestion: Ingestion, archive: Database
) -> None:
    listed = {"title": "two", "webUrl": "https://two.example/story", "publishedDateTime": START}
    write("one", "flood", related=[listed])
    write("two", "fire")
    await ingestion.rescan()
    assert await events(archive) == [{"one"}, {"two"}]


async def test_a_removed_story_leads_nobody_and_shows_nowhere(
    write: Write, ingestion: Ingestion, archive: Database, queries: Queries
) -> None:
    write("one", "flood", quality=90)
    write("two", "flood")
    await ingestion.rescan()
    write("one", "flood", quality=90, removed=True)
    await ingestion.rescan()
    assert (await leaders(archive))["two"] is None
    assert await pages(archive) == {"two": ["two"]}
    assert (await story_of(queries, "two")).publishers == 1
    write("one", "flood", quality=90)
    await ingestion.rescan()
    assert (await leaders(archive))["two"] == "one"


async def test_an_imported_heat_of_minus_one_hides_nothing(
    write: Write, ingestion: Ingestion, archive: Database
) -> None:
    write("one", "flood", heat=-1, quality=60)
    await ingestion.rescan()
    assert await pages(archive) == {"one": ["one"]}


async def test_a_leader_becomes_a_follower_and_back(
    write: Write, ingestion: Ingestion, archive: Database, queries: Queries
) -> None:
    write("one", "flood", quality=60)
    write("two", "flood", quality=50)
    await ingestion.rescan()
    for quality, leader in ((99, "two"), (50, "one")):
        write("two", "flood", quality=quality)
        await ingestion.rescan()
        assert {name for name, of in (await leaders(archive)).items() if of is None} == {leader}
        first = await story_of(queries, leader)
        second = await story_of(queries, "one" if leader == "two" else "two")
        assert (first.publishers, second.publishers) == (2, 1)
        assert ([len(one.sources) for one in (first, second)]) == [1, 0]


async def test_a_story_whose_text_becomes_another_leaves_its_event(
    write: Write, ingestion: Ingestion, archive: Database, queries: Queries
) -> None:
    write("one", "flood", quality=60)
    write("two", "flood", quality=50)
    await ingestion.rescan()
    kept = (await story_of(queries, "one")).event_id
    write("two", "fire", quality=50)
    await ingestion.rescan()
    assert await events(archive) == [{"one"}, {"two"}]
    assert (await story_of(queries, "one")).publishers == 1
    assert (await story_of(queries, "one")).event_id == kept


async def test_an_edited_story_alone_keeps_the_id_of_its_event(
    write: Write, ingestion: Ingestion, queries: Queries
) -> None:
    write("one", "flood")
    await ingestion.rescan()
    before = await story_of(queries, "one")
    write("one", "fire")
    await ingestion.rescan()
    assert (await story_of(queries, "one")).event_id == before.event_id


@pytest.fixture
def beside(
    archive: Database, rules: Rules, trackers: Trackers, clock: SetClock, seeds: Path
) -> Ingestion:
    """The same in another process, which has a window of its own."""
    return Ingestion(archive, rules, trackers, clock, [SeedsFolder(seeds)])


async def test_a_story_is_compared_by_the_text_that_another_process_gave_it(
    write: Write, ingestion: Ingestion, beside: Ingestion, archive: Database
) -> None:
    write("one", "flood")
    write("two", "quake")
    await ingestion.rescan()
    write("one", "fire")
    await beside.rescan()
    write("three", "fire")
    write("four", "flood")
    write("five", "quake")
    await ingestion.rescan()
    assert await events(archive) == [{"five", "two"}, {"four"}, {"one", "three"}]


async def test_what_was_grouped_in_a_transaction_that_was_given_up_is_compared_as_it_is(
    write: Write,
    ingestion: Ingestion,
    beside: Ingestion,
    archive: Database,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    write("one", "flood")
    await ingestion.rescan()
    group = ingestion.grouping.group

    async def failing(*given: object) -> None:
        await group(*given)  # type: ignore[arg-type]
        raise RuntimeError

    with monkeypatch.context() as once:
        once.setattr(ingestion.grouping, "group", failing)
        write("one", "quake")
        with pytest.raises(RuntimeError):
            await ingestion.rescan()
    write("one", "fire")
    await beside.rescan()
    write("two", "fire")
    await ingestion.rescan()
    assert await events(archive) == [{"one", "two"}]


def grouped(files: Sequence[tuple[str, bytes]], folder: Path) -> list[tuple[object, ...]]:
    """The events, leaders and pages of files, by address."""
    seeds = folder / "seeds"
    seeds.mkdir(parents=True)
    for name, data in files:
        (seeds / f"{name}.md").write_bytes(data)

    async def rows() -> list[tuple[object, ...]]:
        archive = await open_database(empty_archive(folder / "broadsheet.db"))
        ingestion = Ingestion(archive, plain_rules(), Trackers(), SetClock(), [SeedsFolder(seeds)])
        await ingestion.rescan()
        async with archive.reading() as db:
            found = [tuple(row) for row in await every(db, DERIVED)]
        await archive.close()
        return found

    return asyncio.run(rows())


DERIVED = """
SELECT 'leader', a.url, b.url FROM story a LEFT JOIN story b ON b.story_id = a.leader_id
UNION ALL SELECT 'event', a.url, min(b.url) FROM story a JOIN story b USING (event_id)
GROUP BY a.url
UNION ALL SELECT 'page', slug, url FROM topic_page
JOIN topic USING (topic_id) JOIN story USING (story_id)
UNION ALL SELECT 'heat', url, CAST(heat AS TEXT) FROM story
ORDER BY 1, 2, 3
"""
"""The derived values by address instead of id, since ids follow the order of arrival."""


def reports(many: int, seed: int) -> list[tuple[str, bytes]]:
    """Stories of a few events over some days, by some publishers."""
    made = random.Random(seed)  # noqa: S311 - data
    stories = []
    for number in range(many):
        event, at = made.randrange(many // 3), START - timedelta(minutes=made.randrange(14_000))
        site = f"paper{made.randrange(9)}.example"
        fields = report(f"s{number}", event, at, quality=made.randrange(90))
        provider = {"name": site, "domain": site}
        stories.append((f"{number}", make_story_file(**{**fields, "provider": provider})))
    return stories


@pytest.mark.parametrize("many", [30, SMALL + 20])
def test_the_order_of_files_in_an_ingest_makes_no_difference(many: int, tmp_path: Path) -> None:
    files = reports(many, many)
    names = [name for name, _ in files]
    shuffled = names.copy()
    random.Random(1).shuffle(shuffled)  # noqa: S311 - data
    renamed = [
        (new, data) for new, (_, data) in zip(shuffled, files, strict=True)
    ]  # read in order of name
    assert grouped(renamed, tmp_path / "b") == grouped(files, tmp_path / "a")


async def test_stories_that_came_one_by_one_are_the_same_events_when_all_are_grouped_again(
    seeds: Path, ingestion: Ingestion, archive: Database
) -> None:
    files = reports(60, 3)
    random.Random(2).shuffle(files)  # noqa: S311 - data
    for name, data in files:
        (seeds / f"{name}.md").write_bytes(data)
        await ingestion.rescan()
    sql = "SELECT story_id, event_id FROM story ORDER BY story_id"
    async with archive.writing() as db:
        found = [tuple(row) for row in await every(db, sql)]
        await db.execute("UPDATE story SET grouped = 0, arrived_at = 0")
    await ingestion.group_left()
    async with archive.reading() as db:
        assert [tuple(row) for row in await every(db, sql)] == found


async def test_an_ingest_that_was_broken_off_is_grouped_by_the_next(
    write: Write,
    ingestion: Ingestion,
    archive: Database,
    clock: SetClock,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def die(*_: object) -> None:
        raise KeyboardInterrupt

    for number in range(SMALL + 5):
        write(f"s{number}", number // 2)
    with monkeypatch.context() as patch:
        patch.setattr(ingestion.grouping, "group_all", die)
        with pytest.raises(KeyboardInterrupt):
            await ingestion.rescan()
    assert await pages(archive) == {}
    await ingestion.group_left()
    assert await pages(archive) == {}, "another process may be about to group them"
    clock.move(HOUR)
    await ingestion.group_left()
    assert {one["grouped"] for one in (await told(archive)).values()} == {1}
    assert len(await events(archive)) < SMALL


async def test_an_event_that_was_sent_loses_no_story_and_joins_no_other_that_was_sent(
    write: Write, ingestion: Ingestion, archive: Database, queries: Queries
) -> None:
    write("one", "flood")
    write("two", "fire")
    await ingestion.rescan()
    first, second = await story_of(queries, "one"), await story_of(queries, "two")
    await send(archive, first)
    await send(archive, second, channel=2)
    both = f"{sentence('flood')} {sentence('fire')}"
    for number in range(3):
        excerpt = f"{sentence(('flood', 'more'))} {sentence(('fire', 'more'))}"
        write(f"both{number}", number, title=both, excerpt=excerpt)
    await ingestion.rescan()
    one, two = await story_of(queries, "one"), await story_of(queries, "two")
    assert (one.event_id, two.event_id) == (first.event_id, second.event_id)
    assert one.event_id != two.event_id


async def test_a_sent_story_stays_in_its_event_whatever_its_text_becomes(
    write: Write, ingestion: Ingestion, archive: Database, queries: Queries
) -> None:
    write("one", "flood", quality=90)
    write("two", "flood", quality=20)
    await ingestion.rescan()
    sent = await story_of(queries, "one")
    await send(archive, sent)
    write("one", "fire", quality=90)
    await ingestion.rescan()
    assert await events(archive) == [{"one", "two"}]
    assert (await story_of(queries, "one")).event_id == sent.event_id


async def test_two_sent_events_that_turn_out_to_be_one_stay_two_and_name_each_other(
    write: Write, ingestion: Ingestion, archive: Database, queries: Queries
) -> None:
    shared = [f"{sentence(('saga', n))}" for n in range(4)]
    write("one", 1, title=shared[0], excerpt=f"{shared[1]} {sentence('a')}")
    write("two", 2, title=shared[3], excerpt=f"{shared[2]} {sentence('b')}")
    await ingestion.rescan()
    one, two = await story_of(queries, "one"), await story_of(queries, "two")
    assert one.event_id != two.event_id
    await send(archive, one)
    await send(archive, two)
    for number in range(6):
        title = f"{shared[0]} {shared[3]}"
        write(f"more{number}", number, title=title, excerpt=f"{shared[1]} {shared[2]}")
    await ingestion.rescan()
    one, two = await story_of(queries, "one"), await story_of(queries, "two")
    assert one.event_id != two.event_id
    named = [[ref.url for ref in story.see_also] for story in (one, two)]
    leading = [await queries.story(story.leader_id or story.story_id) for story in (two, one)]
    assert named == [[one.article.url] for one in leading if one]


async def test_a_saga_of_three_weeks_is_several_events_each_naming_the_one_before(
    write: Write, ingestion: Ingestion, archive: Database, queries: Queries
) -> None:
    for day in range(21):
        write(f"day{day:02}", "saga", START - (21 - day) * DAY)
        await ingestion.rescan()
    spans = await events(archive)
    assert len(spans) >= 3
    assert all(2 <= len(span) <= 8 for span in spans)
    led = [await story_of(queries, min(span)) for span in spans]
    stories = [await queries.story(one.leader_id or one.story_id) for one in led]
    before = [one.before and one.before.story_id for one in stories if one]
    assert before == [None, *(one.story_id for one in stories[:-1] if one)]


async def test_a_later_report_of_a_sent_event_stands_with_the_story_that_was_sent(
    write: Write, ingestion: Ingestion, archive: Database, queries: Queries
) -> None:
    write("one", "flood", START - 6 * DAY, quality=30)
    await ingestion.rescan()
    sent = await story_of(queries, "one")
    await send(archive, sent)
    write("two", "flood", START - 5 * DAY, quality=90)
    await ingestion.rescan()
    shown = await story_of(queries, "one")
    assert shown.leader_id is not None
    assert [ref.url for ref in shown.later] == ["https://two.example/story"]


async def test_equal_headlines_of_different_events_stay_apart(
    write: Write, ingestion: Ingestion, archive: Database
) -> None:
    for number in range(6):
        write(f"paper{number}", number, title="Weekly roundup")
    await ingestion.rescan()
    assert len(await events(archive)) == 6


async def test_stories_without_excerpt_or_with_a_title_only_are_grouped(
    write: Write, ingestion: Ingestion, archive: Database
) -> None:
    write("one", "flood", excerpt="")
    write("two", "flood", excerpt="")
    write("three", "fire", title="Fire", excerpt="")
    write("four", "quake", title="?", excerpt="")
    write("five", "quake", title="?", excerpt="")
    await ingestion.rescan()
    assert {one["grouped"] for one in (await told(archive)).values()} == {1}
    assert {"three"} in await events(archive)
    assert {"four", "five"} not in await events(archive), "no word tells that they are one"


@pytest.mark.parametrize("at_once", [300, 60])
@pytest.mark.parametrize(
    "excerpt",
    [
        "We are pleased to announce that {} is generally available.",
        "The Vendor cloud runs the applications of hospitals, harbours, bakeries and theatres in"
        " forty countries; founded by two engineers from Tallinn, the company employs nine thousand"
        " people and publishes its uptime, prices and carbon emissions every quarter.",
    ],
)
async def test_notices_of_one_provider_by_one_template_stay_apart(
    excerpt: str, at_once: int, write: Write, ingestion: Ingestion, archive: Database
) -> None:
    vendor = {"name": "Vendor", "domain": "vendor.example"}
    for number in range(300):
        write(
            f"n{number}",
            number,
            START - timedelta(seconds=10 * number),
            title=f"Update {sentence(number).split()[0]} is now generally available in our cloud",
            excerpt=excerpt.format(sentence(number)),
            webUrl=f"https://vendor.example/{number}",
            provider=vendor,
        )
        if number % at_once == at_once - 1:
            await ingestion.rescan()
    async with archive.reading() as db:
        rows = await every(db, "SELECT count(*) AS n FROM story GROUP BY event_id ORDER BY 1 DESC")
    assert rows[0]["n"] <= 3


async def test_a_page_that_one_site_has_twice_under_almost_one_headline_is_one_event(
    write: Write, ingestion: Ingestion, archive: Database
) -> None:
    site = {"name": "Gazette", "domain": "gazette.example"}
    same = {"provider": site, "excerpt": f"{sentence('a')} {sentence('b')}"}
    for number, more in enumerate(("", "Exclusive: ")):
        title, address = f"{more}{sentence('flood')}", f"https://gazette.example/{number}"
        write(f"n{number}", number, title=title, webUrl=address, **same)
    write("other", 2, title=sentence("fire"), webUrl="https://gazette.example/2", **same)
    await ingestion.rescan()
    async with archive.reading() as db:
        rows = await every(db, "SELECT count(*) AS n FROM story GROUP BY event_id ORDER BY 1")
    assert [row["n"] for row in rows] == [1, 2]


async def test_an_event_whose_leader_is_withdrawn_pruned_or_at_another_address_goes_on(
    write: Write,
    seeds: Path,
    ingestion: Ingestion,
    archive: Database,
    queries: Queries,
    clock: SetClock,
    rules: Rules,
    with_trackers: WithTrackers,
) -> None:
    for number in range(12):
        write(f"other{number}", number)
    write("one", "flood", START - 31 * DAY - HOUR, quality=90)
    write("two", "flood", START - 30 * DAY + HOUR, quality=50)
    write("three", "flood", START - 29 * DAY, quality=40)
    await ingestion.rescan()
    event = (await story_of(queries, "two")).event_id
    kept = (seeds / "one.md").read_bytes()
    (seeds / "one.md").unlink()
    await ingestion.rescan()
    assert (await leaders(archive))["two"] is None
    (seeds / "one.md").write_bytes(kept)
    await ingestion.rescan()
    assert (await leaders(archive))["two"] == "one"
    write("one", "flood", START - 31 * DAY - HOUR, quality=90, webUrl="https://one.example/moved")
    await ingestion.rescan()
    assert (await story_of(queries, "two")).event_id == event
    assert (await leaders(archive))["two"] == "one"
    await Retention(archive, clock, timedelta(days=30), rules).prune()
    assert (await leaders(archive))["two"] is None
    assert (await story_of(queries, "two")).event_id == event
    await with_trackers("story").rescan()
    assert (await story_of(queries, "two")).event_id == event


async def test_an_archive_that_shrinks_leaves_no_event_behind(
    write: Write, seeds: Path, ingestion: Ingestion, archive: Database
) -> None:
    for number in range(20):
        write(f"s{number}", number // 2)
    await ingestion.rescan()
    for number in range(2, 20):
        (seeds / f"s{number}.md").unlink()
    with pytest.raises(MassWithdrawal):
        await ingestion.rescan()
    await ingestion.rescan(withdraw=True)
    assert await pages(archive) == {"s0": ["s0"], "s1": ["s0"]}
    async with archive.reading() as db:
        lost = "SELECT 1 FROM event LEFT JOIN story USING (event_id) WHERE story_id IS NULL"
        assert await every(db, lost) == []


@pytest.mark.parametrize("years", [-80, 80])
async def test_a_clock_that_has_gone_astray_changes_no_event(
    years: int, write: Write, ingestion: Ingestion, archive: Database, clock: SetClock
) -> None:
    write("one", "flood")
    await ingestion.rescan()
    before = await told(archive)
    clock.put(START.replace(year=START.year + years))
    write("two", "fire", START - DAY)
    await ingestion.rescan()
    await ingestion.group_left()
    assert (await told(archive))["one"] == before["one"]


@pytest.mark.slow
async def test_five_thousand_reports_of_one_event_are_one_and_cost_no_more_than_their_number(
    seeds: Path, ingestion: Ingestion, archive: Database, queries: Queries
) -> None:
    words = sorted(shipped().found_in)
    made = random.Random(5)  # noqa: S311 - data
    for number in range(5_000):
        fields = report(f"s{number}", "flood", START - timedelta(seconds=20 * number))
        fields["title"] = f"Saltmarsh flood closes ferry terminal and bridge, says {number}"
        fields["excerpt"] = " ".join(made.choices(words, k=12))
        (seeds / f"{number}.md").write_bytes(make_story_file(**fields))
    await ingestion.rescan()
    async with archive.reading() as db:
        rows = await every(db, "SELECT count(*) AS n FROM story GROUP BY event_id ORDER BY 1 DESC")
    assert rows[0]["n"] > 4_000
