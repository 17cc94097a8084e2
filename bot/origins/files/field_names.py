"""The names of a story's fields: in every generation of the format, and in other tools.

Read from top to bottom it is the table of docs/story-files.md; a test keeps the two equal.
"""

import re
from collections.abc import Mapping, Set
from dataclasses import dataclass
from typing import Final

NAMES: Final[Mapping[str, tuple[str, ...]]] = {
    "title": ("title", "headline"),
    "URL": (
        *("sourceUrl", "webUrl", "originalUrl"),
        *("link", "url", "externalUrl", "external_url", "external_link"),
        *("source_url", "original_url", "canonicalUrl", "canonicalURL", "canonical_url", "source"),
    ),
    "date": (
        *("publishedDateTime", "date", "pubDate", "pubDatetime", "publishDate", "datePublished"),
        *("date_published", "publication_date", "published", "publishedAt", "published_at"),
        "created",
    ),
    "excerpt": ("excerpt", "description", "summary"),
    "topics": ("topics", "tags", "tag", "categories", "category", "keywords"),
    "provider": ("provider", "publisher", "source"),
    "picture": ("images", "image", "heroImage", "cover", "thumbnail"),
}
"""Each field and its names, in any case; the first name with a value wins."""

AMP_NAMES: Final = ("ampUrl", "ampWebUrl", "cdnAmpUrl", "cdnAmpWebUrl")
"""The names of the URL of an article's AMP form."""

SECTIONS: Final = frozenset(("taxonomies", "extra", "params"))
"""Mappings in which Zola and Hugo keep fields: searched after the file's own."""

_OWN: Final = frozenset(("publishedDateTime", "related", "quality", "heat", "secured"))


@dataclass(frozen=True, slots=True)
class Generation:
    """Files that name fields alike: the names of URL and date, and the keys that identify them."""

    url: str
    date: str
    told_by: Set[str]

    @property
    def own(self) -> bool:
        """Whether it is one of the family's own formats."""
        return self.date == "publishedDateTime"


GENERATIONS: Final = (
    Generation("url", "date", {"url", "date"}),
    Generation("webUrl", "publishedDateTime", _OWN | {"webUrl", "ampWebUrl"}),
    Generation("sourceUrl", "publishedDateTime", _OWN | {"sourceUrl", "ampUrl"}),
    Generation("originalUrl", "publishedDateTime", _OWN | {"originalUrl", "actions"}),
    Generation("link", "date", {"link", "date", "layout", "categories"}),
    Generation("externalUrl", "date", {"externalUrl", "date", "summary", "lastmod"}),
    Generation("extra.link", "date", {"date", "taxonomies", "extra"}),
    Generation("link", "pubDate", {"pubDate", "heroImage", "updatedDate"}),
    Generation("source", "published", {"source", "created", "author"}),
)
"""By hand, the family's own, Jekyll, Hugo, Zola, Astro, Obsidian."""


def generation_of(keys: Set[object]) -> Generation:
    """The generation that most of a file's keys point to. If several are equally likely: one of the
    family's whose name for URL or date the file uses, as no other tool has these; else the first.
    """

    def likely(one: Generation) -> tuple[int, bool]:
        return len(one.told_by & keys), one.own and not keys.isdisjoint((one.url, one.date))

    return max(GENERATIONS, key=likely)


NO_NEWS: Final = frozenset(
    (
        *("event", "conference", "congress", "symposium", "seminar", "webinar", "meetup", "expo"),
        *("workshop", "hackathon", "summit", "bootcamp", "lecture", "course", "class", "lesson"),
        *("tutorial", "training", "certification", "masterclass", "mooc", "elearning"),
        *("exhibition", "exhibit", "festival", "concert", "book", "ebook", "audiobook"),
        *("job", "person", "product"),
    )
)
"""Values of `type` that are not news: its last word, in the singular, or its last two as one."""
_NEWS_OF: Final = frozenset(("press", "news"))
"""Before such a word these make it news, as in "press conference"."""


def no_news(kind: str) -> str | None:
    """The word of a `type` that says that a file is not news; None if it may be news."""
    first = re.split(r"[(/,;|]", kind.strip(" (/,;|"))[0]  # Book (hardcover), event/online
    apart = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", first)  # BusinessEvent
    *before, last = re.findall(r"[^\W_]+", apart.casefold()) or [""]
    if not _NEWS_OF.isdisjoint(before[-1:]):
        return None
    whole = (last, "".join((*before[-1:], last)))  # meet-up
    found = (
        one for word in whole for one in (word, word.removesuffix("s"), word.removesuffix("es"))
    )
    return next((word for word in found if word in NO_NEWS), None)
