"""What a story is: plain values, as one story file gives them."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Provider:
    """Who published an article: the name shown, and the registrable domain or host given."""

    name: str
    domain: str


@dataclass(frozen=True, slots=True)
class Article:
    """One page at one publisher.

    `url` is canonical; `title` and `excerpt` are clean text (no entities, one line); `published_at`
    is aware and in UTC; `quality` is an upstream score (0 to 189 seen), None for unknown; `image`
    is an http(s) URL or None.
    """

    url: str
    title: str
    excerpt: str
    published_at: datetime
    provider: Provider
    quality: int | None
    image: str | None


@dataclass(frozen=True, slots=True)
class Story:
    """One event: its own article, its sources (each URL once, never its own) and its topics.

    `heat` is the imported one: None = unknown, -1 = another story led this one upstream.
    `published` None = unknown; it is upstream's front-page cut and hides nothing here.
    """

    article: Article
    sources: tuple[Article, ...]
    topics: tuple[str, ...]
    heat: int | None
    published: bool | None
    removed: bool
