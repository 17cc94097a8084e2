"""Scores grouping on labelled articles, or prints the groups of any.

`python -m tests.evaluation.grouping FILE.jsonl [--jitter SEEDS] [--crowded SEEDS] [--groups]`

The mean BCubed F1, precision and recall over the seeds. With `--jitter` every time is moved back,
by another amount for each seed: labelled data often gives all articles of a story one time, which
would tell the stories. With `--crowded` also 100 of the stories come a day, and 60 % of them keep
one article. With `--groups` it prints one line an article: {"url", "event"}.
"""

import argparse
import json
from collections import Counter
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import replace
from itertools import count
from pathlib import Path
from random import Random
from statistics import mean
from typing import Final, NamedTuple

from bot.stories.comparison import Member
from bot.stories.events import HOUR, Window
from bot.stories.frequencies import LEAST_COUNT, Frequencies, combined, shipped
from bot.stories.settling import Grouped, settle
from bot.stories.similarity import terms, vector
from tests.evaluation.articles import Labelled, read_articles

_MOVED: Final = ((0.55, 0, 12), (0.35, 12, 36), (0.10, 36, 96))
"""Shares of the articles, and by how many hours their times are moved back: links of the labelled
articles that hold a real date were spread so.
"""


STORIES_A_DAY: Final = 100
SINGLE: Final = 0.6
"""The share of the stories that keep one article, in a crowded set: most news has one source."""


class Score(NamedTuple):
    """BCubed: the mean over the articles of how pure and how whole their group is."""

    f1: float
    precision: float
    recall: float


def bcubed(truth: Sequence[Hashable], found: Sequence[Hashable]) -> Score:
    """How well the groups found agree with the true ones; both name a group for each article."""
    both = Counter(zip(truth, found, strict=True))
    of_truth, of_found = Counter(truth), Counter(found)
    precision = mean(both[pair] / of_found[pair[1]] for pair in zip(truth, found, strict=True))
    recall = mean(both[pair] / of_truth[pair[0]] for pair in zip(truth, found, strict=True))
    return Score(2 * precision * recall / (precision + recall), precision, recall)


def jittered(articles: Iterable[Labelled], seed: int) -> list[Labelled]:
    """The articles, each moved back in time by a few hours or days."""
    random = Random(seed)  # noqa: S311 - no secret
    shares = [share for share, _, _ in _MOVED]
    moved = []
    for article in articles:
        _, least, most = random.choices(_MOVED, shares)[0]
        back = int(random.uniform(least, most) * HOUR)
        moved.append(replace(article, published_at=article.published_at - back))
    return moved


def crowded(articles: Iterable[Labelled], seed: int) -> list[Labelled]:
    """Many of the stories as single articles, and all of them in a few days, jittered."""
    random = Random(seed)  # noqa: S311 - no secret
    stories: dict[str, list[Labelled]] = {}
    for article in articles:
        stories.setdefault(article.story, []).append(article)
    made: list[Labelled] = []
    days = len(stories) / STORIES_A_DAY
    for told in stories.values():
        at = int(random.uniform(0, days) * 24 * HOUR)
        kept = [random.choice(told)] if random.random() < SINGLE else told
        made += [replace(one, published_at=at) for one in kept]
    return jittered(made, seed)


def frequencies_of(articles: Sequence[Labelled]) -> Frequencies:
    """The counts that an archive has after it loaded these articles."""
    found_in = Counter(term for one in articles for term in terms(one.title, one.excerpt))
    known = {term: count for term, count in found_in.items() if count >= LEAST_COUNT}
    return combined(shipped(), Frequencies(1, len(articles), known), 1)


def members_of(articles: Iterable[Labelled], frequencies: Frequencies) -> list[Member]:
    """The articles as grouping sees them, with their places as ids."""
    return [
        Member(
            place,
            one.url,
            vector(terms(one.title, one.excerpt), frequencies),
            one.title,
            one.excerpt,
            one.published_at,
            one.provider,
            one.provider,
        )
        for place, one in enumerate(articles)
    ]


def group(members: Sequence[Member], frequencies: Frequencies) -> list[int]:
    """The event of each member, as one ingest of them all gives it."""
    edges = Window(frequencies).compare(members)
    stories = [Grouped(one.story_id, one.key, one.published_at, one.owner, 0) for one in members]
    events = settle(stories, edges, (), count(1)).events
    return [events[one.story_id] for one in members]


def events_of(articles: Sequence[Labelled]) -> list[int]:
    """The event of each article, as one ingest of them all would give."""
    frequencies = frequencies_of(articles)
    return group(members_of(articles, frequencies), frequencies)


def scored(articles: Sequence[Labelled]) -> Score:
    """How well the groups of articles agree with their labels."""
    return bcubed([one.story for one in articles], events_of(articles))


def mean_score(sets: Iterable[Sequence[Labelled]]) -> Score:
    """The mean of the scores of several sets."""
    return Score(*map(mean, zip(*map(scored, sets), strict=True)))


def print_groups(articles: Sequence[Labelled]) -> None:
    """Print the event of each article."""
    for article, event in zip(articles, events_of(articles), strict=True):
        print(json.dumps({"url": article.url, "event": event}))


def main() -> None:
    """Print what the command line asks for."""
    parser = argparse.ArgumentParser(prog="python -m tests.evaluation.grouping")
    parser.add_argument("file", type=Path)
    parser.add_argument("--jitter", type=int, default=0, metavar="SEEDS")
    parser.add_argument("--crowded", type=int, default=0, metavar="SEEDS")
    parser.add_argument("--groups", action="store_true")
    given = parser.parse_args()
    articles = read_articles(given.file)
    sets = [jittered(articles, seed) for seed in range(given.jitter)]
    sets += [crowded(articles, seed) for seed in range(given.crowded)]
    if given.groups:
        print_groups(articles)
    else:
        print(json.dumps(mean_score(sets or [articles])._asdict()))


if __name__ == "__main__":
    main()
