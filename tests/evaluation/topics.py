"""How well the words of stories tell the topics that their files name.

`python -m tests.evaluation.topics FOLDER ... [--config FOLDER]`

Each FOLDER holds story files of one subject: the first topic of a file is that subject, which is
told apart from its other topics. Counted are topics that config/topics.yaml has phrases for; the
other topics only in files that name one. A line for each threshold, then one for each topic.
"""

import argparse
import json
from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, NamedTuple

import frontmatter

from bot.config import load_config
from bot.origins.files.folders import find_story_files
from bot.origins.files.storyfile import read_story
from bot.stories.lexicon import THRESHOLD, Lexicon
from bot.stories.model import Story

_LATEST: Final = datetime(2100, 1, 1, tzinfo=UTC)
THRESHOLDS: Final = (1.0, 2.0, THRESHOLD, 4.0)


class Case(NamedTuple):
    """What a file names beside what its words tell: subjects, and other topics."""

    subject: bool
    named: frozenset[str]
    told: dict[str, float]


def stories_of(folder: Path) -> Iterator[Story]:
    """The stories of a folder."""
    for file in find_story_files([folder]):
        if isinstance(file, Path):
            values = frontmatter.loads(file.read_text(encoding="utf-8")).metadata
            yield read_story(values, _LATEST)


def cases(folders: Iterable[Path], lexicon: Lexicon, phrases: Iterable[str]) -> list[Case]:
    """Two cases for each story: its subject, and its other topics if it has some."""
    known, found = frozenset(phrases), []
    read = [[one for one in stories_of(folder) if one.topics] for folder in folders]
    subjects = known & {story.topics[0] for stories in read for story in stories}
    for stories in read:
        others = known & {name for story in stories for name in story.topics} - subjects
        for story in stories:
            told = lexicon.points(story.article.title, story.article.excerpt)
            for subject, names in ((True, subjects), (False, others)):
                named = frozenset(story.topics) & names
                if named:
                    kept = {name: told[name] for name in names if name in told}
                    found.append(Case(subject, named, kept))
    return found


def shares(found: Iterable[Case], threshold: float, topic: str | None = None) -> dict[str, Any]:
    """Precision and recall over a threshold; of one topic, or of all."""
    count = Counter[str]()
    for _, named, told in found:
        over = {name for name, points in told.items() if points >= threshold}
        for name in {topic} if topic else named | over:
            count["told"] += name in over
            count["named"] += name in named
            count["both"] += name in over and name in named
    precision = count["both"] / count["told"] if count["told"] else None
    recall = count["both"] / count["named"] if count["named"] else None
    return {
        "named": count["named"],
        "precision": None if precision is None else round(precision, 2),
        "recall": None if recall is None else round(recall, 2),
    }


def report(found: list[Case]) -> Iterator[dict[str, Any]]:
    """The figures."""
    for subject in (True, False):
        some = [case for case in found if case.subject is subject]
        kind = "subjects" if subject else "other topics"
        for threshold in THRESHOLDS:
            yield {"of": kind, "threshold": threshold, **shares(some, threshold)}
        for name in sorted({name for case in some for name in case.named}):
            yield {"of": name, "threshold": THRESHOLD, **shares(some, THRESHOLD, name)}


def main() -> None:
    """Print the figures, a JSON object a line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("folders", type=Path, nargs="+")
    parser.add_argument("--config", type=Path, default=Path("config"))
    given = parser.parse_args()
    topics = load_config(given.config).topics
    lexicon = Lexicon(topics.phrases, topics.aliases)
    for line in report(cases(given.folders, lexicon, topics.phrases)):
        print(json.dumps(line))


if __name__ == "__main__":
    main()
