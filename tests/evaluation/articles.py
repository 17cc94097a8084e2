"""Articles for evaluation, one JSON object a line: title, excerpt, provider, url, published_at."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Labelled:
    """An article, and the `story` it belongs to by its label (empty: not labelled).

    `published_at` is in seconds since 1970.
    """

    title: str
    excerpt: str
    provider: str
    url: str
    published_at: int
    story: str


def read_articles(path: Path) -> Sequence[Labelled]:
    """The articles of a file; raises KeyError or ValueError for a line that is none."""
    lines = path.read_text(encoding="utf-8").splitlines()
    return [_article(json.loads(line)) for line in lines if line.strip()]


def _article(values: dict[str, str]) -> Labelled:
    when = datetime.fromisoformat(values["published_at"])
    return Labelled(
        values["title"],
        values.get("excerpt", ""),
        values["provider"],
        values["url"],
        int(when.timestamp()),
        values.get("story", ""),
    )
