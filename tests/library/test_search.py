"""Search: typos, unfinished words, rank by text and age, and the same stories light and whole."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot.library.ingest import Ingestion
from bot.library.queries import SUGGESTIONS, Queries
from bot.store.database import Database, every
from bot.store.search import NEWEST_MATCHES
from tests.conftest import ROOT, files_at
from tests.library.test_queries import load, titles

WHEN = datetime(2019, 12, 1, tzinfo=UTC)


def dated(title: str, days: int, **fields: object) -> Mapping[str, object]:
    """Fields of a story published this many days after WHEN, with no other text to find it by."""
    moment = WHEN + timedelta(days=days)
    return {"title": title, "excerpt": "", "publishedDateTime": moment, **fields}


@pytest.mark.parametrize(
    "query",
    ["fery", "ferrry", "ferrt", "efrry", "ferry tunels", "FÉRRYY", "fery bay tunels", "f3rry"],
)
async def test_one_typo_in_a_word_is_mended(
    query: str, ingestion: Ingestion, queries: Queries, folder: Path
) -> None:
    await load(ingestion, folder, {"title": "A ferry in the bay, and no tunnels"})
    assert await titles(queries, query) == ["A ferry in the bay, and no tunnels"]


@pytest.mark.parametrize("query", ["fry", "feerrry", "bya", "2018"])
async def test_two_typos_and_typos_in_short_words_and_numbers_find_nothing(
    query: str, ingestion: Ingestion, queries: Queries, folder: Path
) -> None:
    await load(ingestion, folder, {"title": "A ferry in the bay, 2019"})
    assert await titles(queries, query) == []


async def test_a_word_that_is_found_as_typed_is_not_mended(
    ingestion: Ingestion, queries: Queries, folder: Path
) -> None:
    await load(ingestion, folder, {"title": "A fairy"}, {"title": "A ferry"}, {"title": "Fairly"})
    assert await titles(queries, "fairy") == ["A fairy"]
    assert await titles(queries, "ferryy") == ["A ferry"]


async def test_a_typo_is_mended_by_the_words_of_topics_given_later_too(
    ingestion: Ingestion, queries: Queries, folder: Path
) -> None:
    await load(ingestion, folder, {"title": "Old boats"})
    (folder / "001.md").write_bytes((folder / "000.md").read_bytes().replace(b"AI", b"Harbours"))
    await ingestion.ingest(files_at(folder))
    assert await titles(queries, "boats harbors") == ["Old boats"]


async def test_a_whole_word_goes_before_a_begun_one_and_both_are_found(
    ingestion: Ingestion, queries: Queries, folder: Path
) -> None:
    await load(ingestion, folder, dated("The ferryman", 3), dated("The ferry", 1))
    assert await titles(queries, "the ferry") == ["The ferry", "The ferryman"]
    assert await titles(queries, "the ferr") == ["The ferryman", "The ferry"]


async def test_of_equal_texts_the_newer_goes_first(
    ingestion: Ingestion, queries: Queries, folder: Path
) -> None:
    await load(ingestion, folder, *[dated(f"Ferry number {n}", n * 7 % 10) for n in range(10)])
    found = [story.article.published_at for story in await queries.find("ferry", 10)]
    assert found == sorted(found, reverse=True)
    assert len(found) == 10


async def test_a_clearly_better_text_goes_before_a_newer_one(
    ingestion: Ingestion, queries: Queries, folder: Path
) -> None:
    said = dated("A council meets", 20, excerpt="It spoke of tunnels.")
    await load(ingestion, folder, said, dated("Tunnels under the bay", -3000))
    assert await titles(queries, "tunnels") == ["Tunnels under the bay", "A council meets"]


async def test_only_the_newest_matches_and_older_ones_in_titles_are_ranked(
    ingestion: Ingestion, queries: Queries, folder: Path
) -> None:
    common = [dated(f"Council {n}", n % 20, excerpt="A ferry.") for n in range(NEWEST_MATCHES)]
    older = [dated("Ferry", -9), dated("Lighthouse", -9, excerpt="A ferry.")]
    await load(ingestion, folder, *older, *common, dated("Boats", 20, removed=True))
    found = await titles_of_all(queries, "ferry")
    assert len(found) == NEWEST_MATCHES + 1
    assert found[0] == "Ferry"
    assert "Lighthouse" not in found
    assert await titles_of_all(queries, "boats") == []


async def titles_of_all(queries: Queries, query: str) -> list[str]:
    return [story.article.title for story in await queries.find(query, 1000)]


async def test_a_story_is_found_by_all_that_is_known_of_it(
    ingestion: Ingestion, queries: Queries, folder: Path
) -> None:
    source = {
        "title": "Boats: quays reopen",
        "webUrl": "https://www.tidewater.example/quays",
        "publishedDateTime": WHEN,
        "provider": {"name": "Tidewater Post", "domain": "tidewater.example"},
    }
    await load(ingestion, folder, dated("Boats", 0, topics=["Harbours"], related=[source]))
    by_words = ("boats", "quays", "tidewater", "saltmarsh", "harbours", "boats post harbours qu")
    by_domains = ("tidewater.example", "www.Saltmarsh.example", "boats from saltmarsh.example")
    for query in (*by_words, *by_domains):
        assert await titles(queries, query) == ["Boats"], query


async def test_a_source_about_something_else_does_not_find_the_story(
    ingestion: Ingestion, queries: Queries, folder: Path
) -> None:
    source = {
        "title": "Quays reopen",
        "webUrl": "https://www.tidewater.example/quays",
        "publishedDateTime": WHEN,
        "provider": {"name": "Tidewater Post", "domain": "tidewater.example"},
    }
    await load(ingestion, folder, dated("Boats", 0, related=[source]))
    for query in ("quays", "tidewater", "tidewater.example"):
        assert await titles(queries, query) == []


@pytest.mark.parametrize(
    "query", ["ferries", "ferry", "planned ferry", "plan ferries", "planning a ferry"]
)
async def test_a_word_finds_its_other_forms(
    query: str, ingestion: Ingestion, queries: Queries, folder: Path
) -> None:
    titled = [{"title": "A new ferry is planned"}, {"title": "Plans for the bay"}]
    await load(ingestion, folder, *titled)
    assert (await titles(queries, query))[0] == "A new ferry is planned"


async def test_stop_words_are_not_asked_for_unless_there_is_nothing_else(
    ingestion: Ingestion, queries: Queries, folder: Path
) -> None:
    await load(ingestion, folder, dated("Ferry sinks", 0), dated("The Who and more", 0))
    assert await titles(queries, "what about the ferry") == ["Ferry sinks"]
    assert await titles(queries, "the who") == ["The Who and more"]


async def test_half_of_the_known_words_will_do_if_few_stories_hold_them_all(
    ingestion: Ingestion, queries: Queries, folder: Path
) -> None:
    common = [dated(f"Bay {place}", 0) for place in ("north", "south", "east")]
    await load(ingestion, folder, dated("Ferry sinks in the bay", 0), *common)
    assert await titles(queries, "ferry rescue in the bay") == ["Ferry sinks in the bay"]
    assert len(await titles(queries, "bay")) == len(common) + 1


async def test_a_story_that_holds_every_word_comes_before_one_that_holds_some(
    ingestion: Ingestion, queries: Queries, folder: Path
) -> None:
    await load(ingestion, folder, dated("Ferry strike", 0), dated("Ferry strike ends", 0))
    assert await titles(queries, "ferry strike ends") == ["Ferry strike ends", "Ferry strike"]


@pytest.mark.parametrize(
    "query", ["latest harbours", "Harbours news", "any news about the harbours?", "LATEST", "news"]
)
async def test_asking_for_news_gives_the_newest_stories_of_the_topic_or_of_all(
    query: str, ingestion: Ingestion, queries: Queries, folder: Path
) -> None:
    listed = [dated(f"Boat {day}", day, topics=["Harbours"]) for day in (1, 3, 2)]
    await load(ingestion, folder, *listed)
    assert await titles(queries, query) == ["Boat 3", "Boat 2", "Boat 1"]


async def test_what_is_found_light_is_what_is_found_whole(
    ingestion: Ingestion, queries: Queries
) -> None:
    await ingestion.ingest(files_at(ROOT / "seeds", ROOT / "bot" / "sandbox" / "stories"))
    for query in ("ai", "fake accounts", "the", "s"):
        found, whole = await queries.find(query, 50), await queries.search(query, 50)
        assert [story.story_id for story in found] == [story.story_id for story in whole]
        assert [story.article for story in found] == [story.article for story in whole]
        assert [story.publishers for story in found] == [story.publishers for story in whole]
        assert [story.mentions(10) for story in found] == [
            tuple(story.mentions(10)) for story in whole
        ]
    for topic in await queries.topics():
        page, newest = await queries.topic_page(topic, 50), await queries.newest(topic, 50)
        assert [story.article for story in page.stories] == [story.article for story in newest]
        assert len(newest) == topic.stories


async def test_a_suggestion_of_topics_has_its_limit_and_only_topics_that_show_a_story(
    ingestion: Ingestion, queries: Queries, folder: Path
) -> None:
    names = [f"Bay {n:02}" for n in range(20)] + [f"The bay {n:02}" for n in range(20)]
    gone = {"topics": ["Bay of none"], "removed": True}
    halves = [{"topics": names[start::5]} for start in range(5)]
    await load(ingestion, folder, *halves, gone, {"topics": ["Power Apps", "Canvas boats"]})
    assert [t.name for t in await queries.suggest_topics("bay")] == names[:SUGGESTIONS]
    assert [t.name for t in await queries.suggest_topics("bay 1")] == (
        [*names[10:20], *names[30:40]]
    )
    assert [t.name for t in await queries.suggest_topics("CANVAS")] == [
        "Canvas boats",
        "Power Apps",
    ]
    assert len(await queries.suggest_topics("")) == SUGGESTIONS


async def test_the_largest_topics_come_with_the_number_of_all(
    ingestion: Ingestion, queries: Queries, folder: Path
) -> None:
    gone = {"topics": ["Gone"], "removed": True}
    await load(ingestion, folder, {"topics": ["B", "A"]}, {"topics": ["C", "B"]}, gone)
    largest, count = await queries.largest_topics(2)
    assert [(topic.name, topic.stories) for topic in largest] == [("B", 2), ("A", 1)]
    assert count == 3


async def test_the_number_of_a_topics_stories_is_that_of_its_page_whatever_happens(
    ingestion: Ingestion, archive: Database, folder: Path
) -> None:
    wrong = """SELECT slug FROM topic WHERE stories <>
               (SELECT count(*) FROM topic_page p WHERE p.topic_id = topic.topic_id)"""
    for stories in (
        [{"topics": ["A", "B"]}, {"topics": ["B"]}],
        [{"topics": ["A"]}, {"topics": ["B"], "removed": True}],
        [{"topics": ["C"]}, {"topics": ["C"]}],
    ):
        await load(ingestion, folder, *stories)
        async with archive.reading() as db:
            assert await every(db, wrong) == []
            shown = await every(db, "SELECT sum(stories) FROM topic")
    assert shown[0][0] == 2


HEADLINES = {
    "台风逼近台湾沿海城市": ["台风", "台湾", "沿海城市", "城市", "沿海 台风", "风"],
    "渡し船の新しいダイヤが決まる": [
        "渡し船",
        "ダイヤ",
        "新しい",
        "決まる",
        "\uff80\uff9e\uff72\uff94",
        "船",
    ],
    "รถไฟสายใหม่เปิดให้บริการ": ["รถไฟ", "สายใหม่", "บริการ", "เปิด"],
    "ລົດໄຟສາຍໃໝ່": ["ລົດໄຟ", "ສາຍ"],
    "ផ្លូវដែកថ្មី": ["ដែក", "ថ្មី"],
    "ရထားလမ်းသစ်": ["ရထား", "လမ်း"],
    "地铁 AI 调度系统上线": ["AI 调度", "调度系统 ai", "地铁 系统", "AI调度系统"],
    "Đường sắt Đà Lạt, Tønder, Wrocław, Łódź": ["duong sat", "da lat", "tonder", "wroclaw", "LODZ"],
    "Þórshöfn og Æðey": ["thorshofn", "aedey", "ÞÓRSHÖFN"],
    "İzmir ve Diyarbak\u0131r": ["izmir", "diyarbakir", "DİYARBAKIR"],
    "Ньюкасл и ёлка": ["елка", "ёлка", "ньюкасл"],
    "हिन्दी समाचार": ["हिन्दी", "समाचार", "समा"],
    "인공지능이 온다": ["인공지능이", "온다", "인공지능 온다"],
    "新款上市、苹果发布新iPhone": ["新iPhone", "新 iPhone", "苹果 新", "市 iphone"],
    "政府がAI規制案を公表": ["がAI規制", "規制案を", "表"],
    "Hawai\u02bbi və Gəncə": ["hawaii", "gence", "gəncə"],
    "Sommerfest \U0001f3a1 am Kai": ["\U0001f3a1", "kai \U0001f3a1"],
}


@pytest.mark.parametrize(("headline", "typed"), HEADLINES.items())
async def test_words_are_found_whatever_script_they_are_in(
    headline: str, typed: list[str], ingestion: Ingestion, queries: Queries, folder: Path
) -> None:
    await load(ingestion, folder, *[{"title": title} for title in HEADLINES])
    for query in typed:
        assert (await titles(queries, query))[:1] == [headline], query


@pytest.mark.parametrize(
    "query", ["海沿", "台湾市", "沿台", "รถไฟฟ้า", "ขาวว", "調度", "人工", "ダイヤモンド"]
)
async def test_what_no_headline_holds_is_not_found_nor_mended_in_scripts_without_blanks(
    query: str, ingestion: Ingestion, queries: Queries, folder: Path
) -> None:
    await load(ingestion, folder, *[{"title": title} for title in HEADLINES])
    assert await titles(queries, query) == []


async def test_a_single_character_is_found_however_many_pairs_it_begins(
    ingestion: Ingestion, queries: Queries, folder: Path
) -> None:
    pairs = [f"新{chr(0x4E00 + n)}" for n in range(60)]
    rare = [{"title": f"{pair}、{'' if n else 'GPU'}"} for n, pair in enumerate(pairs)]
    await load(ingestion, folder, *rare, *[{"title": "、".join(pairs[1:])}] * 2)
    assert (await titles(queries, "新GPU"))[:1] == ["新一、GPU"]


async def test_a_word_of_pairs_counts_as_one_where_it_stands_in_a_row(
    ingestion: Ingestion, queries: Queries, folder: Path
) -> None:
    whole = dated("沿海城市", 1)
    parted = dated("城市、海城、沿海", 9)
    said = dated("Boats", 9, excerpt="沿海城市")
    await load(ingestion, folder, parted, said, whole)
    assert await titles(queries, "沿海城市") == ["沿海城市", "Boats", "城市、海城、沿海"]


async def test_a_topic_of_an_emoji_is_completed_and_found(
    ingestion: Ingestion, queries: Queries, folder: Path
) -> None:
    await load(ingestion, folder, {"title": "Fair", "topics": ["\u2764\ufe0f", "Games \U0001f3ae"]})
    assert (await queries.topic("\u2764")).name == "\u2764\ufe0f"
    assert (await queries.topic("\u2764\ufe0f")).slug == "\u2764"
    assert [topic.name for topic in await queries.suggest_topics("\u2764")] == ["\u2764\ufe0f"]
    assert [topic.name for topic in await queries.suggest_topics("\U0001f3ae")] == [
        "Games \U0001f3ae"
    ]
    assert await titles(queries, "\u2764\ufe0f") == ["Fair"]
