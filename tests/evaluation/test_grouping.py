"""Scoring grouping: the measure, the sets that are made of labelled articles, and the command."""

import json
import subprocess
import sys
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

from bot.stories.events import HOUR
from tests.conftest import ROOT
from tests.evaluation.articles import Labelled, read_articles
from tests.evaluation.count_words import table
from tests.evaluation.grouping import (
    STORIES_A_DAY,
    bcubed,
    crowded,
    events_of,
    jittered,
    mean_score,
)

START = 1_600_000_000
REPORTS = (
    (
        "Harbour ferries begin night service",
        "The council of Marlow opened a night ferry across the bay, with six electric boats from"
        " a yard in Gdansk, a year after the tunnel flooded.",
        "Night ferries cross Marlow bay at last",
        "Six electric boats from Gdansk carry residents across the bay by night, since the tunnel"
        " of Marlow flooded a year ago.",
    ),
    (
        "Bakers strike over flour prices",
        "Two thousand bakers in Quillon stopped their ovens on Monday, as wheat from the plains"
        " costs twice what it did in spring.",
        "Ovens cold in Quillon as bakers walk out",
        "Wheat from the plains costs twice as much as in spring, and two thousand bakers went on"
        " strike on Monday.",
    ),
    (
        "Judges free the lighthouse painter",
        "A court in Ostrand acquitted the painter who covered an abandoned lighthouse with murals.",
        "Lighthouse murals no vandalism, says court in Ostrand",
        "The painter of the abandoned lighthouse was acquitted; prosecutors wanted three years.",
    ),
)


def labelled() -> list[Labelled]:
    """Two reports of each of three events."""
    made = []
    for story, (title, excerpt, other, second) in enumerate(REPORTS):
        for number, (headline, text) in enumerate(((title, excerpt), (other, second))):
            url = f"https://publisher{story}{number}.example/{story}"
            at = START + story * 12 * HOUR
            made.append(
                Labelled(headline, text, f"Publisher {story} {number}", url, at, f"s{story}")
            )
    return made


def written(folder: Path) -> Path:
    """The articles as a file."""
    path = folder / "articles.jsonl"
    lines = [
        {
            "title": one.title,
            "excerpt": one.excerpt,
            "provider": one.provider,
            "url": one.url,
            "published_at": datetime.fromtimestamp(one.published_at, UTC).isoformat(),
            "story": one.story,
        }
        for one in labelled()
    ]
    path.write_text("\n".join(map(json.dumps, lines)) + "\n", encoding="utf-8")
    return path


def test_the_measure_is_one_for_equal_groups_whatever_their_names():
    assert bcubed("aabbc", "xxyyz") == (1, 1, 1)


def test_a_merge_costs_precision_and_a_split_recall():
    assert bcubed("aabb", "xxxx")[1:] == (0.5, 1)
    assert bcubed("aabb", "xyzz")[1:] == (1, 0.75)


def test_jitter_moves_times_back_by_at_most_four_days():
    made = labelled()
    moved = jittered(made, 1)
    hours = [
        (old.published_at - new.published_at) / HOUR for old, new in zip(made, moved, strict=True)
    ]
    assert all(0 <= back <= 96 for back in hours)
    assert len(set(hours)) > 1
    assert jittered(made, 1) == moved != jittered(made, 2)


def test_a_crowded_set_has_many_single_articles_in_a_few_days():
    made = labelled()
    many = [
        Labelled(
            one.title, one.excerpt, one.provider, one.url, one.published_at, f"{n}-{one.story}"
        )
        for n in range(100)
        for one in made
    ]
    found = crowded(many, 1)
    sizes = Counter(Counter(one.story for one in found).values())
    assert sizes[1] + sizes[2] == 300
    assert 0.5 < sizes[1] / 300 < 0.7
    times = [one.published_at for one in found]
    assert max(times) - min(times) <= (300 / STORIES_A_DAY * 24 + 96) * HOUR


def test_reports_of_three_events_are_grouped_as_labelled():
    assert mean_score([labelled()]).f1 == 1
    assert len(set(events_of(labelled()))) == 3


def test_the_order_of_the_lines_changes_no_group():
    made = labelled()
    found = dict(zip((one.url for one in made), events_of(made), strict=True))
    reversed_ = [*reversed(made)]
    assert dict(zip((one.url for one in reversed_), events_of(reversed_), strict=True)) == found


def test_articles_are_read_from_a_file(tmp_path: Path):
    assert read_articles(written(tmp_path)) == labelled()


def run(module: str, *arguments: str) -> str:
    command = [sys.executable, "-m", f"tests.evaluation.{module}", *arguments]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)  # noqa: S603
    return done.stdout


def test_the_command_prints_scores_or_groups(tmp_path: Path):
    path = str(written(tmp_path))
    assert json.loads(run("grouping", path))["f1"] == 1
    assert set(json.loads(run("grouping", path, "--jitter", "2"))) == {"f1", "precision", "recall"}
    lines = [json.loads(line) for line in run("grouping", path, "--groups").splitlines()]
    assert [line["url"] for line in lines] == [one.url for one in labelled()]
    assert len({line["event"] for line in lines}) == 3


def test_an_address_counts_once(tmp_path: Path):
    path = written(tmp_path)
    assert table([path, path]) == table([path]) == "articles 6\nyear 3\n"


def test_a_table_holds_the_words_of_three_articles(tmp_path: Path):
    path = tmp_path / "articles.jsonl"
    article = {"title": "Ferries", "excerpt": "sail", "provider": "A", "published_at": "2020-01-01"}
    lines = [json.dumps({**article, "url": f"https://a.example/{n}"}) for n in range(3)]
    path.write_text("\n".join(lines), encoding="utf-8")
    assert table([path]) == "articles 3\nferry 3\nsail 3\n"
