"""broadsheet report."""

import json

import pytest

from tests.cli.conftest import Broadsheet

SPAN = ("--from", "2019-12-18", "--to", "2019-12-27")


def test_a_report_has_the_posts_of_a_replay(loaded: Broadsheet):
    report = loaded("report", "AI", *SPAN, "--json")
    replay = loaded("replay", "AI", *SPAN, "--json")
    days = [json.loads(line) for line in replay.out.splitlines()]
    assert report.code == 0
    assert [one["id"] for one in report.json["posts"]] == [
        one["id"] for day in days for one in day["stories"]
    ]
    assert "days replayed: 10 of 10" in report.err


def test_a_report_in_words_begins_with_its_figures(loaded: Broadsheet):
    outcome = loaded("report", "AI", *SPAN, "--publishers", 1)
    record = loaded("report", "AI", *SPAN, "--publishers", 1, "--json").json
    assert outcome.code == 0
    figures = outcome.out.split("\n\n")[0].splitlines()
    told, big = len(record["told"]), len(record["told"]) + len(record["missed"])
    assert figures[0].split()[:2] == ["days", "10,"]
    assert figures[1].split()[:2] == ["posts", f"{len(record['posts'])},"]
    assert f"big events told     {told} of {big} (at least 1 publisher)" in figures
    assert all(one["headline"] in outcome.out for one in record["told"])


def test_a_report_without_a_topic_follows_them_all(loaded: Broadsheet):
    record = loaded("report", *SPAN, "--json").json
    topics = [one["slug"] for one in loaded("topics", "--json").json["topics"]]
    assert record == loaded("report", *topics, *SPAN, "--json").json


def test_a_span_without_a_story_is_a_result(loaded: Broadsheet):
    outcome = loaded("report", "AI", "--from", "1990-01-01", "--to", "1990-01-02")
    assert outcome.code == 0
    assert "no story was published in this span" in outcome.out
    assert "1990-01-02  nothing" in outcome.out


@pytest.mark.parametrize(
    ("topics", "span"),
    [
        (("zebra",), SPAN),
        (("AI",), ("--from", "2019-12-23", "--to", "2019-12-22")),
        (("AI",), ("--from", "yesterday", "--to", "2019-12-22")),
        (("AI",), (*SPAN, "--time", "25:00")),
        (("AI",), (*SPAN, "--timezone", "Mars/Olympus")),
        (("AI",), (*SPAN, "--publishers", "0")),
    ],
)
def test_wrong_use_is_one_sentence(
    loaded: Broadsheet, topics: tuple[str, ...], span: tuple[str, ...]
):
    outcome = loaded("report", *topics, *span)
    assert outcome.sentence
    assert outcome.code == 2


def test_an_empty_archive_says_what_to_do_first(broadsheet: Broadsheet):
    outcome = broadsheet("report", *SPAN)
    assert outcome.code != 0
    assert outcome.sentence
