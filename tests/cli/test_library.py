"""broadsheet ingest, topics, topic, story: text, JSON and exit codes."""

import os
import re
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from bot.clock import SystemClock
from bot.errors import MassWithdrawal
from tests.archives import database_at, empty_archive, run_sql
from tests.chat.conftest import TOP_FIVE
from tests.cli.conftest import Broadsheet
from tests.conftest import ROOT, StoryFile, sentence

REPORT = {
    "read",
    "new",
    "changed",
    "unchanged",
    "rejected",
    "stories",
    "articles",
    "topics",
    "seconds",
    "rejections",
}
STORY = {
    "id",
    "headline",
    "url",
    "excerpt",
    "published_at",
    "provider",
    "domain",
    "topics",
    "quality",
    "heat",
    "heat_imported",
    "publishers",
    "leader",
    "event",
    "sources",
}
WHY = {
    "heat",
    "leader",
    "followers",
    "pins",
    "topics",
    "quality_parts",
    "off_topic_below",
    "own_domain_below",
    "days_apart",
    "sources",
    "editions",
    "last_editions",
}
SOURCE = {"title", "url", "provider", "domain", "quality", "published_at", "relation", "of"}


def test_ingest_reads_the_seeds_and_the_second_time_changes_nothing(broadsheet: Broadsheet):
    first, second = broadsheet("ingest", "--json"), broadsheet("ingest", "--json")
    assert (first.code, second.code) == (0, 0)
    assert first.json.keys() == second.json.keys() == REPORT
    same = {"read": 1, "changed": 0, "rejected": 0, "stories": 1, "topics": 2, "rejections": []}
    assert {**first.json, "seconds": 0} == {
        **same, "new": 1, "unchanged": 0, "articles": first.json["articles"], "seconds": 0
    }  # fmt: skip
    assert {**second.json, "seconds": 0} == {
        **same, "new": 0, "unchanged": 1, "articles": first.json["articles"], "seconds": 0
    }  # fmt: skip


def test_ingest_says_in_words_what_it_did_and_shows_progress_on_stderr_only(
    broadsheet: Broadsheet,
):
    outcome = broadsheet("ingest")
    assert outcome.out.startswith("1 file: 1 new, 0 changed, 0 unchanged, 0 rejected (")
    assert "story files: 1 of 1" in outcome.err
    assert "story files:" not in outcome.out


def test_one_of_a_kind_is_written_in_the_singular(
    broadsheet: Broadsheet, tmp_path: Path, story_file: StoryFile
):
    (tmp_path / "one.md").write_bytes(story_file(topics=["AI"], related=[]))
    done = broadsheet("ingest", "one.md")
    assert done.out.splitlines()[0].startswith("1 file: ")
    assert done.out.splitlines()[1] == "archive: 1 story, 1 article, 1 topic"
    assert "ok    seeds: 1 story file in " in broadsheet("check", "--seeds", "one.md").out


def test_one_story_and_one_file_are_no_stories_and_files_when_they_would_be_withdrawn():
    one, some = str(MassWithdrawal("x", 1, 1)), str(MassWithdrawal("x", 1, 4))
    assert one.startswith("x: 1 of 1 story would be withdrawn, since its file is gone;")
    assert some.startswith("x: 1 of 4 stories would be withdrawn, since its file is gone;")


def test_topics_are_listed(loaded: Broadsheet):
    outcome = loaded("topics", "--json")
    assert outcome.code == 0
    assert outcome.json.keys() == {"topics"}
    found = outcome.json["topics"]
    assert all(topic.keys() == {"name", "slug", "stories", "newest"} for topic in found)
    text = loaded("topics")
    assert text.code == 0
    lines = text.out.splitlines()
    assert len(lines) == len(found)
    for line, topic in zip(lines, found, strict=True):
        assert line.startswith(topic["name"])
        assert f" {topic['stories']} stor{'y ' if topic['stories'] == 1 else 'ies'}" in line


def test_a_topic_shows_its_newest_stories(loaded: Broadsheet):
    outcome = loaded("topic", "artificial intelligence", "--limit", 3, "--json")
    assert outcome.code == 0
    assert outcome.json.keys() == {"topic", "stories"}
    assert outcome.json["topic"].keys() == {"name", "slug", "stories"}
    assert outcome.json["topic"]["name"] == "AI"
    assert [story.keys() for story in outcome.json["stories"]] == [STORY] * 3
    dates = [datetime.fromisoformat(story["published_at"]) for story in outcome.json["stories"]]
    assert dates == sorted(dates, reverse=True)
    text = loaded("topic", "AI", "--limit", 3)
    assert all(story["headline"] in text.out for story in outcome.json["stories"])


def test_a_story_shows_every_source_in_rank_order_with_its_quality(loaded: Broadsheet):
    outcome = loaded("story", "AI", "--json")
    assert outcome.code == 0
    assert outcome.json.keys() == {"stories"}
    seed = outcome.json["stories"][0]
    assert seed.keys() == STORY
    assert all(source.keys() == SOURCE for source in seed["sources"])
    assert (seed["heat"], seed["heat_imported"], seed["publishers"]) == (390, -1, 12)
    assert seed["leader"] is None
    top = [(s["provider"], s["quality"]) for s in seed["sources"] if s["relation"] == "top"]
    assert top == TOP_FIVE
    relations = [source["relation"] for source in seed["sources"]]
    assert len(relations) == 15
    assert set(relations) == {"top", "more", "copy", "sibling", "off_topic"}
    assert all(
        (s["of"] is not None) == (s["relation"] in {"copy", "sibling", "same_owner"})
        for s in seed["sources"]
    )
    text = loaded("story", "AI", "--limit", 1)
    assert text.code == 0
    listed = re.findall(
        r"^│ \d+\. .+\n(?:│    .+\n)?│    (.+?) · 2019.+? UTC · .+ · quality \d+.*\n│    https?://\S+$",
        text.out,
        re.MULTILINE,
    )
    assert len(listed) == 14
    assert listed[:5] == [name for name, _ in TOP_FIVE]


def test_why_adds_the_recorded_numbers_and_changes_nothing_else(loaded: Broadsheet):
    plain, told = loaded("story", "AI", "--json"), loaded("story", "AI", "--why", "--json")
    assert told.code == 0
    stories = told.json["stories"]
    assert [{k: v for k, v in s.items() if k != "why"} for s in stories] == plain.json["stories"]
    for story in stories:
        why = story["why"]
        assert why.keys() == WHY
        assert [one["url"] for one in why["sources"]] == [one["url"] for one in story["sources"]]
        assert all(0 <= one["similarity"] <= 1 for one in why["sources"])
        for source, one in zip(story["sources"], why["sources"], strict=True):
            off = one["similarity"] < why["off_topic_below"]
            assert (source["relation"] == "off_topic") == off
            assert (one["share"] is not None) == (source["of"] is not None)
        assert (why["editions"], why["last_editions"]) == ([], [])
    assert stories[0]["why"]["heat"] == {
        "value": 390, "minimum": 50, "found_by": "coverage", "best_quality": 150, "publishers": 12,
        "per_publisher": 20,
    }  # fmt: skip
    assert {s["why"]["heat"]["found_by"] for s in stories[1:]} == {"coverage"}


def test_why_tells_in_words_below_each_story(loaded: Broadsheet):
    plain, told = loaded("story", "AI"), loaded("story", "AI", "--why")
    assert told.code == 0
    assert set(plain.out.splitlines()) < set(told.out.splitlines())
    assert "heat 390: best quality 150 + 20 x 12 publishers" in told.out
    assert told.out.count("No edition has weighed it.") == 5
    assert loaded("story", "zebra", "--why").out == ""
    assert loaded("story", "zebra", "--why", "--json").json == {"stories": []}


def test_finding_nothing_is_done_and_prints_nothing(loaded: Broadsheet):
    text, shown = loaded("story", "zebra"), loaded("story", "zebra", "--json")
    assert (text.code, shown.code) == (0, 0)
    assert (text.out, text.err) == ("", "no story matches “zebra”\n")
    assert shown.json == {"stories": []}


DAYS = ("--from", "2019-12-22", "--to", "2019-12-22")
TAKE_TOPICS = (
    ("topic",),
    ("topic", "--json"),
    ("preview",),
    ("preview", "--format", "json"),
    ("preview", "AI"),
    ("replay", *DAYS),
    ("report", *DAYS),
    ("report", *DAYS, "--json"),
)
"""Every command that takes topics of the archive, before the topics."""


@pytest.mark.parametrize("command", TAKE_TOPICS)
def test_an_unknown_topic_is_wrong_use_of_every_command_and_near_ones_are_named(
    loaded: Broadsheet, command: tuple[str, ...]
):
    unknown, near = loaded(*command, "zebra"), loaded(*command, "Robotic")
    assert (unknown.code, near.code) == (2, 2)
    assert unknown.sentence.startswith("broadsheet: There is no topic “zebra”.")
    assert near.sentence == "broadsheet: There is no topic “Robotic”. Did you mean Robotics?"


EMPTY = "The archive is empty; load stories first: broadsheet ingest"
WAITS = "The archive is empty; its feeds bring stories when the bot runs: broadsheet run"


@pytest.mark.parametrize("command", [*TAKE_TOPICS, ("report", *DAYS)])
def test_what_needs_a_topic_says_of_an_empty_archive_where_stories_come_from(
    broadsheet: Broadsheet, tmp_path: Path, command: tuple[str, ...]
):
    empty_archive(tmp_path / "broadsheet.db")
    asked = (*command, *(() if command == ("report", *DAYS) else ("AI",)))
    assert (broadsheet(*asked).code, broadsheet(*asked).sentence) == (2, f"broadsheet: {EMPTY}")
    assert broadsheet("feeds", "add", "https://quay.example/f.xml", "--topics", "AI").code == 0
    outcome = broadsheet(*asked)
    assert (outcome.code, outcome.sentence) == (2, f"broadsheet: {WAITS}")


def test_a_known_topic_of_an_empty_archive_finds_nothing_and_says_the_same(
    broadsheet: Broadsheet, tmp_path: Path, story_file: StoryFile
):
    seeds = tmp_path / "seeds"
    seeds.mkdir()
    (seeds / "a.md").write_bytes(story_file())
    assert broadsheet("ingest", "--seeds", seeds).code == 0
    (seeds / "a.md").unlink()
    broadsheet("ingest", "--withdraw", "--seeds", seeds)
    for command in TAKE_TOPICS:
        outcome = broadsheet(*command, "AI")
        assert (outcome.code, outcome.err.splitlines()[0]) == (0, EMPTY)
    assert broadsheet("topic", "AI", "--json").json["stories"] == []


def test_a_report_of_stories_without_topics_says_so(
    broadsheet: Broadsheet, tmp_path: Path, story_file: StoryFile
):
    (tmp_path / "a.md").write_bytes(story_file(topics=None))
    assert broadsheet("ingest", "a.md").code == 0
    outcome = broadsheet("report", *DAYS)
    assert (outcome.code, outcome.sentence.split(",")[0]) == (2, "broadsheet: No story has a topic")
    assert broadsheet("topics").err == "no story has a topic\n"


def test_what_needs_no_topic_finds_nothing_in_an_empty_archive_and_says_the_same(
    broadsheet: Broadsheet, tmp_path: Path
):
    empty_archive(tmp_path / "broadsheet.db")
    for command in (("topics",), ("story", '"NEAR(')):
        outcome, shown = broadsheet(*command), broadsheet(*command, "--json")
        assert (outcome.code, outcome.out, outcome.err) == (0, "", f"{EMPTY}\n")
        assert (shown.code, [*shown.json.values()], shown.err) == (0, [[]], f"{EMPTY}\n")


def test_a_story_that_follows_is_told_by_its_leader_and_named(
    broadsheet: Broadsheet, tmp_path: Path, story_file: StoryFile
):
    said = sentence("ferries")
    for name, title, quality in (("a", "Ferry town plans", 90), ("b", "Zebra boats sail", 40)):
        content = story_file(
            title=title,
            excerpt=f"{said} {title} of the harbour.",
            quality=quality,
            webUrl=f"https://{name}.example/1",
            provider={"name": name.upper() * 3, "domain": f"{name}.example"},
        )
        (tmp_path / f"{name}.md").write_bytes(content)
    assert broadsheet("ingest", "a.md", "b.md").code == 0
    shown = broadsheet("story", "zebra").out.splitlines()
    assert shown[:4] == [
        "┌ Ferry town plans",
        "│ https://a.example/1",
        "│ Zebra boats sail (BBB) is one of its reports",
        "│",
    ]
    record = broadsheet("story", "zebra", "--json").json["stories"][0]
    assert record["headline"] == "Zebra boats sail", "the contract: stories as they are found"
    assert record["leader"] is not None
    both = broadsheet("story", "harbour")
    assert both.out.count("┌ ") == 1


def test_files_of_one_address_are_told_when_they_are_read(
    broadsheet: Broadsheet, tmp_path: Path, story_file: StoryFile
):
    for number, name in enumerate("abc"):
        (tmp_path / f"{name}.md").write_bytes(story_file())
        os.utime(tmp_path / f"{name}.md", (number, number))
    told = broadsheet("ingest", "a.md", "b.md")
    how = "have the same address and are one story: the file that was written last is shown"
    names = [str(tmp_path / f"{name}.md") for name in "abc"]
    assert f"{names[1]} and {names[0]} {how}" in told.err.splitlines()
    assert told.code == 0
    assert how not in broadsheet("ingest", "a.md", "b.md").err
    told = broadsheet("ingest", "c.md")
    assert f"{names[2]} and {names[1]}, {names[0]} {how}" in told.err.splitlines()


def test_a_copy_of_a_whole_folder_is_told_in_few_lines(
    broadsheet: Broadsheet, tmp_path: Path, story_file: StoryFile
):
    for folder in ("one", "two"):
        (tmp_path / folder).mkdir()
        for number in range(22):
            url = f"https://www.saltmarsh.example/{number}"
            (tmp_path / folder / f"{number}.md").write_bytes(story_file(webUrl=url))
    lines = broadsheet("ingest", "one", "two").err.splitlines()
    assert sum("are one story" in line for line in lines) == 20
    assert "so have the files of 2 other stories" in lines


def test_a_renamed_file_of_the_seeds_folder_is_no_second_one(
    broadsheet: Broadsheet, tmp_path: Path, story_file: StoryFile
):
    seeds = tmp_path / "seeds"
    seeds.mkdir()
    (seeds / "a.md").write_bytes(story_file())
    assert broadsheet("ingest", "--seeds", seeds).code == 0
    (seeds / "a.md").rename(seeds / "b.md")
    renamed = broadsheet("ingest", "--seeds", seeds)
    assert "same address" not in renamed.err
    assert "withdrawn" not in renamed.out


def test_junk_is_labelled_wherever_a_topic_lists_it(
    broadsheet: Broadsheet, tmp_path: Path, story_file: StoryFile
):
    url = "https://www.prnewswire.com/news-releases/ferries-301.html"
    (tmp_path / "a.md").write_bytes(story_file(webUrl=url))
    assert broadsheet("ingest", "a.md").code == 0
    for command in (("topic", "AI"), ("story", "ferry")):
        assert broadsheet(*command).out.startswith("┌ Press release\n│ Ferry town lets")


@pytest.fixture
def bad_files(tmp_path: Path, story_file: StoryFile) -> dict[str, bytes]:
    """Every kind of bad input, and one good file among them."""
    front = story_file()[4:-4].decode()
    bomb = "a: &a [x]\nb: [*a, *a]\n"
    merge = "base: &b {x: 1}\nall:\n  <<: *b\n"
    return {
        "latin.md": story_file(title="An invented town").replace(b"invented", b"\xe9\xff"),
        "none.md": b"Just text.\n",
        "open.md": f"---\n{front}".encode(),
        "list.md": b"---\n- a\n- b\n---\n",
        "untitled.md": story_file(title=None),
        "nowhere.md": story_file(webUrl=None),
        "script.md": story_file(webUrl="javascript:alert(1)"),
        "undated.md": story_file(publishedDateTime="soon"),
        "future.md": story_file(publishedDateTime="2099-01-01T00:00:00Z"),
        "quality.md": story_file(quality="good"),
        "bomb.md": f"---\n{bomb}{front}---\n".encode(),
        "merge.md": f"---\n{merge}{front}---\n".encode(),
        "deep.md": b"---\nx: " + b"[" * 100_000 + b"\n---\n",
        "large.md": story_file(body="x" * (3 * 2**20)),
    }


def test_each_bad_file_is_named_and_the_good_ones_load(
    broadsheet: Broadsheet, tmp_path: Path, bad_files: dict[str, bytes], story_file: StoryFile
):
    folder = tmp_path / "files"
    folder.mkdir()
    for name, content in bad_files.items():
        (folder / name).write_bytes(content)
    (folder / "good.md").write_bytes(story_file())
    (folder / "bom.md").write_bytes(
        b"\xef\xbb\xbf" + story_file(webUrl="https://a.example/b", title="Other")
    )
    outcome = broadsheet("ingest", folder, "--json")
    assert outcome.code == 3
    report = outcome.json
    assert (report["read"], report["new"]) == (len(bad_files) + 2, 2)
    assert report["rejected"] == len(report["rejections"]) == len(bad_files)
    assert {Path(one["file"]).name for one in report["rejections"]} == bad_files.keys()
    for one in report["rejections"]:
        assert one.keys() == {"file", "line", "field", "reason"}
        assert one["reason"]
        assert f"rejected {one['file']}: " in outcome.err
        assert one["reason"] in outcome.err
    fields = {Path(one["file"]).stem: one["field"] for one in report["rejections"]}
    assert fields["quality"] == "quality"
    assert fields["undated"] == fields["future"] == "publishedDateTime"
    text = broadsheet("ingest", folder)
    assert text.code == 3
    assert "rejected" not in text.out.splitlines()[1]
    assert broadsheet("topics", "--json").json["topics"][0]["stories"] == 2


def test_a_folder_without_stories_is_code_three(broadsheet: Broadsheet, tmp_path: Path):
    folder = tmp_path / "empty"
    folder.mkdir()
    (folder / "notes.pdf").write_bytes(b"x")
    outcome = broadsheet("ingest", folder)
    assert outcome.code == 3
    assert f"no story files in {folder}" in outcome.err


def test_a_missing_path_is_wrong_use_and_loads_nothing(broadsheet: Broadsheet, tmp_path: Path):
    outcome = broadsheet("ingest", ROOT / "seeds", tmp_path / "missing")
    assert outcome.code == 2
    assert outcome.sentence == f"broadsheet: {tmp_path / 'missing'}: no such file or folder"
    assert broadsheet("topics", "--json").json == {"topics": []}


def test_files_that_are_gone_withdraw_their_stories_and_too_many_only_when_told(
    broadsheet: Broadsheet, tmp_path: Path, story_file: StoryFile
):
    seeds = tmp_path / "seeds"
    seeds.mkdir()
    for number in range(10):
        url = f"https://www.saltmarsh.example/{number}"
        (seeds / f"{number}.md").write_bytes(story_file(webUrl=url))
    at = ("--seeds", seeds)
    assert broadsheet("ingest", *at).code == 0
    (seeds / "0.md").unlink()
    one = broadsheet("ingest", *at)
    assert (one.code, "1 story withdrawn" in one.out) == (0, True)
    for number in range(1, 5):
        (seeds / f"{number}.md").unlink()
    refused = broadsheet("ingest", *at)
    assert refused.code == 1
    assert refused.sentence == (
        f"broadsheet: {seeds}: 4 of 9 stories would be withdrawn, since their files are gone;"
        " nothing was changed. If the folder is complete and you mean it, run:"
        " broadsheet ingest --withdraw"
    )
    assert "4 stories withdrawn" in broadsheet("ingest", "--withdraw", *at).out


@pytest.mark.parametrize("days", [-4000, -3, 3, 4000])
def test_prune_deletes_nothing_by_an_implausible_clock(
    broadsheet: Broadsheet, tmp_path: Path, story_file: StoryFile, days: int
):
    for number, day in enumerate(("2019-11-01", "2019-12-22")):
        url = f"https://www.saltmarsh.example/{number}"
        (tmp_path / f"{number}.md").write_bytes(story_file(webUrl=url, publishedDateTime=day))
    assert broadsheet("ingest", *tmp_path.glob("*.md")).code == 0
    (tmp_path / "config").mkdir()
    (tmp_path / "config" / "archive.yaml").write_text("keep_days: 30\n")
    now = SystemClock().now()
    known = now + timedelta(days=days)
    value = int(known.timestamp())
    sql = f"UPDATE fact SET value = '{value}' WHERE name = 'clock_plausible_at'"  # noqa: S608
    run_sql(database_at(tmp_path / "broadsheet.db"), sql)
    prune = ("prune", "--config", tmp_path / "config")
    for _ in range(2):
        refused = broadsheet(*prune)
        assert refused.code == 1
        assert refused.sentence == (
            f"broadsheet: the clock says {now:%Y-%m-%d}, but it was last plausible on"
            f" {known:%Y-%m-%d}, so nothing is deleted because of its age. Correct the clock; if it"
            " is right, a running bot accepts it after a day, and broadsheet prune --anyway at"
            " once."
        )
    assert broadsheet(*prune, "--anyway").out == "pruned 1 story older than 30 days\n"
    assert broadsheet(*prune).out == "pruned 0 stories older than 30 days\n"


def test_prune_deletes_what_is_older_than_the_configuration_says(
    broadsheet: Broadsheet, tmp_path: Path, story_file: StoryFile
):
    seeds, config = tmp_path / "seeds", tmp_path / "config"
    for folder in (seeds, config):
        folder.mkdir()
    for number, day in enumerate(("2019-11-01", "2019-12-22")):
        url = f"https://www.saltmarsh.example/{number}"
        (seeds / f"{number}.md").write_bytes(story_file(webUrl=url, publishedDateTime=day))
    assert broadsheet("ingest", "--seeds", seeds).code == 0
    kept = broadsheet("prune", "--config", config)
    assert (kept.code, kept.out) == (
        0,
        "nothing is pruned: keep_days in config/archive.yaml is null, which keeps everything\n",
    )
    (config / "archive.yaml").write_text("keep_days: 30\n")
    assert broadsheet("prune", "--config", config).out == "pruned 1 story older than 30 days\n"
    assert broadsheet("prune", "--config", config, "--json").json == {"pruned": 0}
    (config / "archive.yaml").write_text("keep_days: 1\n")
    assert broadsheet("prune", "--config", config).out == "pruned 0 stories older than 1 day\n"
    found = broadsheet("topic", "AI", "--json", "--config", config).json
    assert [story["url"] for story in found["stories"]] == ["https://www.saltmarsh.example/1"]
