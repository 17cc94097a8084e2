"""A plain story is news, and stories that no digest takes are counted and named."""

import json
from pathlib import Path

import pytest

from tests.cli.conftest import Broadsheet, Outcome, option
from tests.conftest import StoryFile

AT = ("--at", "2019-12-22T08:00:00Z")


SUBJECTS = ("Harbour market", "Lighthouse lamp", "Net loft", "Slipway")


def by_hand(number: int, topics: str = "[ferries]") -> str:
    return (
        f"---\ntitle: {SUBJECTS[number - 1]} {number}\nurl: https://quay{number}.example/market\n"
        f"date: 2019-12-21\nprovider: The Quay\n{f'topics: {topics}' if topics else ''}\n---\n"
    )


@pytest.fixture
def folder(tmp_path: Path, story_file: StoryFile) -> Path:
    """A known story, two by hand, a cold one, and two without topics."""
    made = tmp_path / "stories"
    made.mkdir()
    known: dict[str, object] = {
        "topics": ["ferries"],
        "publishedDateTime": "2019-12-21",
        "provider": None,
    }
    files: dict[str, dict[str, object]] = {
        "known": {"heat": 100},
        "cold": {"heat": 49},
        "quality": {"heat": None, "quality": 45},
    }
    for name, fields in files.items():
        url = f"https://{name}.example/1"
        content = story_file(title=f"A {name} one", webUrl=url, **{**known, **fields})
        (made / f"{name}.md").write_bytes(content)
    for number in (1, 2):
        (made / f"plain{number}.md").write_text(by_hand(number))
        (made / f"lost{number}.md").write_text(by_hand(number + 2, ""))
    return made


def embeds(outcome: Outcome) -> list[dict[str, dict[str, str]]]:
    return [embed for body in outcome.json for embed in body["embeds"]]


def test_a_story_of_eight_lines_is_in_the_next_digest_after_all_of_known_quality(
    broadsheet: Broadsheet, folder: Path
):
    assert broadsheet("ingest", folder).code == 0
    shown = broadsheet("preview", "ferries", *AT)
    titles = [line[2:] for line in shown.out.splitlines() if line.startswith("┌ ")]
    assert titles == ["A known one", "Harbour market 1", "Lighthouse lamp 2"]
    bodies = broadsheet("preview", "ferries", *AT, "--format", "json")
    footers = [one["footer"]["text"] for one in embeds(bodies)]
    assert footers[1:] == ["The Quay · ferries"] * 2


@pytest.mark.parametrize("minimum", [0, 90, 1_000_000])
def test_it_passes_whatever_minimum_is_set_later_and_has_it_as_its_number(
    broadsheet: Broadsheet, folder: Path, tmp_path: Path, minimum: int
):
    broadsheet("ingest", folder)
    config = tmp_path / "config"
    config.mkdir()
    (config / "digest.yaml").write_text(f"minimum_heat: {minimum}\n")
    options = ("--config", config)
    shown = broadsheet("preview", "ferries", *AT, *options)
    assert "Harbour market 1" in shown.out
    (story,) = broadsheet("story", "market 1", "--limit", 1, "--json", *options).json["stories"]
    assert (story["quality"], story["heat"], story["heat_imported"]) == (None, minimum, None)
    listed = broadsheet("topic", "ferries", "--json", *options).json["stories"]
    assert {one["heat"] for one in listed if one["quality"] is None} == {minimum}
    days = ("--from", "2019-12-22", "--to", "2019-12-22")
    replayed = broadsheet("replay", "ferries", *days, "--json", *options)
    (day,) = [json.loads(line) for line in replayed.out.splitlines()]
    heats = {one["headline"]: one["heat"] for one in day["stories"]}
    assert heats["Harbour market 1"] == minimum
    assert f"minimum heat {minimum} " in replayed.err


def test_what_no_digest_takes_is_counted_by_ingest_in_words(
    broadsheet: Broadsheet, folder: Path, tmp_path: Path
):
    lines = {
        "2 stories without topics: they never appear in a digest; add topics to the file",
        "2 stories below the minimum heat of 50 (minimum_heat in config/digest.yaml):"
        " shown only on quiet days, from the archive",
    }
    first, again = broadsheet("ingest", folder), broadsheet("ingest", folder)
    assert lines <= {*first.out.splitlines()}
    assert lines <= {*again.out.splitlines()}
    as_json = broadsheet("ingest", folder, "--json")
    assert as_json.json.keys() == {
        *("read", "new", "changed", "unchanged", "rejected", "stories", "articles", "topics"),
        *("seconds", "rejections"),
    }
    assert lines <= {*as_json.err.splitlines()}
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "plain.md").write_text(by_hand(1))
    fresh = broadsheet("ingest", tmp_path / "other", *option(tmp_path / "other.db"))
    assert "topics:" not in fresh.out
    assert "minimum" not in fresh.out


def test_check_counts_them_in_the_seeds_folder(broadsheet: Broadsheet, folder: Path):
    told = broadsheet("check", "--seeds", folder).out
    assert "ok    seeds: 7 story files" in told
    assert "ok    seeds: 2 story files without topics: they never appear in a digest" in told
    assert "ok    seeds: 2 story files below the minimum heat of 50 (minimum_heat in" in told


def test_a_replay_in_words_names_the_limit_and_what_is_unknown(
    broadsheet: Broadsheet, folder: Path
):
    broadsheet("ingest", folder)
    days = ("--from", "2019-12-22", "--to", "2019-12-22")
    lines = broadsheet("replay", "ferries", *days).out.splitlines()
    assert lines[0] == "minimum heat 50 (minimum_heat in config/digest.yaml)"
    assert "  heat unknown  Harbour market 1" in lines


def test_why_names_the_limit(broadsheet: Broadsheet, folder: Path):
    broadsheet("ingest", folder)
    assert "Below the minimum heat of 50" in broadsheet("story", "cold one", "--why").out
    told = broadsheet("story", "market 1", "--why", "--limit", 1).out
    assert "Quality unknown · heat unknown: no quality is known" in told
    assert "Passes the minimum heat of 50" in told


def test_a_collection_of_other_tools_is_taken_but_for_what_is_no_news(
    broadsheet: Broadsheet, tmp_path: Path
):
    made = tmp_path / "site"
    made.mkdir()
    fields = 'title = "Market"\ndate = 2019-12-21\n[extra]\nlink = "https://quay.example/1"\n'
    (made / "zola.md").write_text(f"+++\n{fields}+++\n")
    (made / "astro.mdx").write_text("---\ntitle: x\npubDate: 2019-12-21\ntags: [a]\n---\n")
    (made / "book.md").write_text("---\ntitle: x\nwebUrl: https://b.example/1\ntype: book\n---\n")
    (made / "README.md").write_text("# Stories\n")
    outcome = broadsheet("ingest", made, "--json")
    assert outcome.code == 3
    assert (outcome.json["read"], outcome.json["new"]) == (3, 1)
    assert [(Path(r["file"]).name, r["line"], r["field"]) for r in outcome.json["rejections"]] == [
        ("astro.mdx", 2, "link"),
        ("book.md", 4, "type"),
    ]
