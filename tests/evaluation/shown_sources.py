"""Draws sources that editions showed, to be read by eye: are they about the story's event?

`broadsheet replay TOPIC ... --json | python -m tests.evaluation.shown_sources DATABASE`

The replay must come from the same database. Each line that is printed is one source beside its
story; a reader calls it the same event, the same subject or something else. The same `--seed` draws
the same sources, so two readers or two versions of the rules can be compared.
"""

import argparse
import asyncio
import json
import random
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from bot.cli.opening import opened
from bot.cli.options import settled
from bot.stories.model import ArchivedStory


async def shown(database: Path, story_ids: Iterable[int]) -> list[dict[str, Any]]:
    """Every source that an edition with these stories shows beside them, in order."""
    async with opened(settled(database, None, None)) as services:
        sources = services.config.digest.sources
        stories = [await services.queries.story(story_id) for story_id in story_ids]
    return [pair for story in stories if story for pair in _pairs(story, sources)]


def _pairs(story: ArchivedStory, sources: int) -> Iterator[dict[str, Any]]:
    for source in story.top(sources):
        apart = source.article.published_at - story.article.published_at
        yield {
            "story": story.article.title,
            "source": source.article.title,
            "publisher": source.article.provider.name,
            "days": round(apart.total_seconds() / 86_400, 1),
            "urls": [story.article.url, source.article.url],
        }


def main() -> None:
    """Read a replay from stdin, and print what is drawn as JSON, a line each."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("database", type=Path)
    parser.add_argument("--count", type=int, default=150)
    parser.add_argument("--seed", type=int, default=12)
    given = parser.parse_args()
    posts = [story["id"] for line in sys.stdin for story in json.loads(line)["stories"]]
    pairs = asyncio.run(shown(given.database, posts))
    random.Random(given.seed).shuffle(pairs)  # noqa: S311 - no secret
    for pair in pairs[: given.count]:
        print(json.dumps(pair, ensure_ascii=False))


if __name__ == "__main__":
    main()
