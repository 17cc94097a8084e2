"""broadsheet ingest, topics, topic, story: text, JSON and exit codes."""

import re
import sqlite3
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from bot.clock import SystemClock
from tests.chat.conftest import TOP_FIVE
from tests.cli.conftest import Broadsheet
from tests.conftest import ROOT, StoryFile

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
    listed = [line for line in text.out.splitlines() if re.match(r"  \d+\. ", line)]
    assert len(listed) == 14
    assert [line.split(". ")[1].split(" · ")[0] for line in listed[:5]] == [n for n, _ in TOP_FIVE]
    assert all(" · quality " in line for line in listed)


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
    assert told.out.count("No edition has a record of this story.") == 5
    assert loaded("story", "zebra", "--why").out == ""
    assert loaded("story", "zebra", "--why", "--json").json == {"stories": []}


@pytest.mark.parametrize("command", ["story", "topic"])
def test_finding_nothing_is_done_and_prints_nothing(loaded: Broadsheet, command: str):
    text, shown = loaded(command, "zebra"), loaded(command, "zebra", "--json")
    assert (text.code, shown.code) == (0, 0)
    assert text.out == ""
    assert "zebra" in text.err
    expected: dict[str, object] = (
        {"stories": []} if command == "story" else {"topic": None, "stories": []}
    )
    assert shown.json == expected


def test_an_empty_archive_is_no_failure(broadsheet: Broadsheet, tmp_path: Path):
    (tmp_path / "broadsheet.db").touch()
    outcome = broadsheet("topics")
    assert (outcome.code, outcome.out) == (0, "")
    assert "broadsheet ingest" in outcome.err
    assert broadsheet("topics", "--json").json == {"topics": []}
    assert broadsheet("story", '"NEAR(', "--json").json == {"stories": []}


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
    with closing(sqlite3.connect(tmp_path / "broadsheet.db")) as db, db:
        noted = (str(int(known.timestamp())),)
        db.execute("UPDATE fact SET value = ? WHERE name = 'clock_plausible_at'", noted)
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
