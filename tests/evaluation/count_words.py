"""Counts in how many articles each term occurs: how the table of document frequencies is made.

`python -m tests.evaluation.count_words PATH ... > bot/stories/document_frequencies.txt`

A PATH is a folder of story files, whose own and related articles count, or a *.jsonl file with an
article a line. Each address counts once. Terms in fewer than three articles are left out.
"""

import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import frontmatter

from bot.origins.files.folders import find_story_files
from bot.origins.files.storyfile import read_story
from bot.stories.frequencies import LEAST_COUNT
from bot.stories.similarity import terms
from bot.stories.urls import key_of
from tests.evaluation.articles import read_articles

_LATEST: Final = datetime(2100, 1, 1, tzinfo=UTC)


def texts_of(path: Path) -> Iterator[tuple[str, str, str]]:
    """Key, title and excerpt of every article in a path."""
    if path.suffix == ".jsonl":
        yield from ((key_of(a.url), a.title, a.excerpt) for a in read_articles(path))
        return
    for file in find_story_files([path]):
        if isinstance(file, Path):
            values = frontmatter.loads(file.read_text(encoding="utf-8")).metadata
            story = read_story(values, _LATEST)
            yield from ((a.key, a.title, a.excerpt) for a in (story.article, *story.sources))


def table(paths: Sequence[Path]) -> str:
    """The table of all terms, the most frequent first."""
    texts = {key: (title, excerpt) for path in paths for key, title, excerpt in texts_of(path)}
    counts = Counter(term for text in texts.values() for term in terms(*text))
    kept = sorted((-n, term) for term, n in counts.items() if n >= LEAST_COUNT)
    return "\n".join([f"articles {len(texts)}", *(f"{term} {-n}" for n, term in kept)]) + "\n"


if __name__ == "__main__":
    sys.stdout.write(table([Path(argument) for argument in sys.argv[1:]]))
