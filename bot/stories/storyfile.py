"""Story files: Markdown with YAML front matter, every generation of the format, into a Story.

Generations differ in the name of the article's URL: `sourceUrl` (2019), `webUrl` (2020 on),
`originalUrl` (some later ones, and samples). What is missing is unknown, never zero or false.
"""

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Final
from urllib.parse import unquote

import frontmatter
from frontmatter.default_handlers import BaseHandler

from bot.errors import StoryFileError
from bot.stories import safeyaml
from bot.stories.model import Article, Provider, Story
from bot.stories.text import clean, cut, slug, tidy, without_tail
from bot.stories.urls import BadUrl, canonical, host_of, image_url, registrable_domain

SUFFIXES: Final = (".md", ".markdown", ".txt")
MAX_BYTES: Final = 2 * 1024 * 1024
"""Of one file; the largest real one has 143 kB."""
MAX_SOURCES, MAX_TOPICS = 500, 50
"""Entries of `related` and `topics`; 179 and 9 are the most seen."""
MAX_TITLE, MAX_EXCERPT, MAX_NAME = 500, 2000, 100
"""Characters kept of a text; longer ones are cut after a word (180, 480 and 60 seen)."""
MAX_SCORE: Final = 1_000_000
"""The largest quality or heat accepted; 189 and about 3,700 seen."""
FUTURE: Final = timedelta(days=1)
"""How far ahead of the clock an article may be dated: publishers' time zones are often wrong."""

_URL_FIELDS = ("sourceUrl", "webUrl", "originalUrl")


def parse(data: bytes, now: datetime) -> Story:
    """The story in the bytes of one file. Raises StoryFileError with reason, field and line.

    `now` (aware) only bounds the dates: nothing may be published more than FUTURE after it.
    """
    if len(data) > MAX_BYTES:
        raise StoryFileError(f"the file is larger than {MAX_BYTES // 2**20} MiB; make it smaller")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        raise StoryFileError("not UTF-8 text; save the file as UTF-8", line=line) from error
    handler = _StoryHandler(text)
    frontmatter.parse(text, handler=handler)
    try:
        return _story(_Fields(handler.values), now + FUTURE)
    except StoryFileError as error:
        raise handler.located(error) from error


class _StoryHandler(BaseHandler):
    """Splits and loads one file's front matter, and raises where the library would return none."""

    FM_BOUNDARY = re.compile(r"^-{3,}[ \t]*$", re.MULTILINE)
    START_DELIMITER = END_DELIMITER = "---"

    def __init__(self, text: str) -> None:
        super().__init__()
        # The library strips leading white space before it splits; lines are counted in the file.
        self._lines_before = text[: len(text) - len(text.lstrip())].count("\n")
        self._yaml = ""
        self.values: dict[str, Any] = {}

    def split(self, text: str) -> tuple[str, str]:
        assert self.FM_BOUNDARY is not None  # noqa: S101 - the library's type says it may be
        pieces = self.FM_BOUNDARY.split(text, 2)
        if len(pieces) == 1 or pieces[0].strip():
            raise StoryFileError("no front matter: the file must begin with a line of ---", line=1)
        if len(pieces) == 2:  # noqa: PLR2004 - before and after the one delimiter
            raise StoryFileError(
                "the front matter is not closed: end it with a line of ---", line=1
            )
        return pieces[1], pieces[2]

    def load(self, fm: str) -> dict[str, Any]:
        self._yaml = fm
        try:
            values = safeyaml.load(fm)
        except safeyaml.UnsafeYaml as error:
            raise StoryFileError(error.reason, error.path, self._line(error.line)) from error
        if not isinstance(values, dict):
            kind = "empty" if values is None else _kind(values)
            raise StoryFileError(f"the front matter is {kind}; it must be a mapping", line=1)
        self.values = values
        return values

    def located(self, error: StoryFileError) -> StoryFileError:
        """`error` with the line that its path stands on."""
        line = self._line(safeyaml.line_of(self._yaml, error.path))
        return StoryFileError(error.reason, error.path, line)

    def _line(self, line: int | None) -> int | None:
        # The text after the first delimiter begins on the delimiter's own line.
        return None if line is None else line + self._lines_before + 1


class _Fields:
    """One mapping of a story file, read field by field; every complaint carries its path."""

    def __init__(self, values: Mapping[Any, Any], path: tuple[str | int, ...] = ()) -> None:
        self._values, self.path = values, path

    def fault(self, key: str, reason: str) -> StoryFileError:
        return StoryFileError(reason, (*self.path, key))

    def has(self, key: str) -> bool:
        return self._values.get(key) is not None

    def text(self, key: str, limit: int) -> str:
        """Clean text of at most `limit` characters; "" where it is missing. Numbers count too."""
        value = self._values.get(key)
        if value is None:
            return ""
        if isinstance(value, bool) or not isinstance(value, str | int | float):
            raise self.fault(key, f"must be text, not {_kind(value)}")
        return cut(clean(str(value)), limit)

    def raw_text(self, key: str) -> str:
        """The text as it stands, or "" for anything else: an image's URL is not prose."""
        value = self._values.get(key)
        return value if isinstance(value, str) else ""

    def url(self) -> str:
        """The canonical URL of the article, whatever this generation calls it."""
        key = next((key for key in _URL_FIELDS if self.has(key)), None)
        if key is None:
            raise self.fault(
                "webUrl", f"missing: give the article's URL ({', '.join(_URL_FIELDS)})"
            )
        value = self._values[key]
        if not isinstance(value, str):
            raise self.fault(key, f"must be a URL, not {_kind(value)}")
        try:
            return canonical(value)
        except BadUrl as error:
            raise self.fault(key, str(error)) from error

    def score(self, key: str, least: int) -> int | None:
        """A whole number from `least` to MAX_SCORE, or None where it is missing."""
        value = self._values.get(key)
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, int):
            raise self.fault(key, f"must be a whole number, not {_quoted(value)}")
        if not least <= value <= MAX_SCORE:
            raise self.fault(key, f"must lie between {least} and {MAX_SCORE:,}, not {value}")
        return value

    def flag(self, key: str) -> bool | None:
        value = self._values.get(key)
        if value is not None and not isinstance(value, bool):
            raise self.fault(key, f"must be true or false, not {_quoted(value)}")
        return value

    def moment(self, key: str, latest: datetime) -> datetime:
        """A required date, as an instant in UTC, not after `latest`."""
        value = self._values.get(key)
        if value is None:
            raise self.fault(key, "missing: give a date like 2020-05-12T19:02:00Z")
        moment = _instant(value)
        if moment is None:
            raise self.fault(key, f"must be a date like 2020-05-12T19:02:00Z, not {_quoted(value)}")
        if moment > latest:
            raise self.fault(key, f"{moment:%Y-%m-%d} lies in the future; correct the date")
        return moment

    def below(self, key: str) -> "_Fields":
        """The mapping at `key`, empty where it is missing."""
        value = self._values.get(key)
        if value is not None and not isinstance(value, dict):
            raise self.fault(key, f"must be a mapping, not {_kind(value)}")
        return _Fields(value or {}, (*self.path, key))

    def items(self, key: str, limit: int) -> list[Any]:
        value = self._values.get(key)
        if value is not None and not isinstance(value, list):
            raise self.fault(key, f"must be a list, not {_kind(value)}")
        if value and len(value) > limit:
            raise self.fault(key, f"has {len(value)} entries, the limit is {limit}")
        return value or []

    def mappings(self, key: str, limit: int) -> Iterator["_Fields"]:
        for position, value in enumerate(self.items(key, limit)):
            path = (*self.path, key, position)
            if not isinstance(value, dict):
                raise StoryFileError(f"must be a mapping, not {_kind(value)}", path)
            yield _Fields(value, path)


def _story(fields: _Fields, latest: datetime) -> Story:
    article = _article(fields, latest)
    sources = (_article(entry, latest) for entry in fields.mappings("related", MAX_SOURCES))
    return Story(
        article=article,
        sources=_distinct(sources, own=article.url),
        topics=_topics(fields),
        heat=fields.score("heat", least=-1),
        published=fields.flag("published"),
        removed=fields.flag("removed") is True,
    )


def _article(fields: _Fields, latest: datetime) -> Article:
    title = fields.text("title", MAX_TITLE)
    if not title:
        raise fields.fault("title", "missing: give the headline")
    url = fields.url()
    return Article(
        url=url,
        title=title,
        excerpt=without_tail(fields.text("excerpt", MAX_EXCERPT)),
        published_at=fields.moment("publishedDateTime", latest),
        provider=_provider(fields.below("provider"), url),
        quality=fields.score("quality", least=0),
        image=_image(fields),
    )


def _provider(fields: _Fields, url: str) -> Provider:
    domain = fields.text("domain", MAX_NAME).lower() or registrable_domain(host_of(url))
    name = cut(tidy(unquote(fields.text("name", MAX_NAME))), MAX_NAME)
    return Provider(name or domain, domain)


def _image(fields: _Fields) -> str | None:
    """The first picture that Discord can load. A bad one is no reason to refuse a story."""
    urls = (entry.raw_text("url") for entry in fields.mappings("images", MAX_TOPICS))
    return next((image for url in urls if (image := image_url(url))), None)


def _topics(fields: _Fields) -> tuple[str, ...]:
    """The names of the topics, each once, the first spelling of it."""
    names: dict[str, str] = {}
    for position, value in enumerate(fields.items("topics", MAX_TOPICS)):
        named = isinstance(value, str | int | float) and not isinstance(value, bool)
        name = cut(clean(str(value)), MAX_NAME) if named else ""
        if not slug(name):
            raise StoryFileError("must be a topic's name", (*fields.path, "topics", position))
        names.setdefault(slug(name), name)
    return tuple(names.values())


def _distinct(articles: Iterator[Article], own: str) -> tuple[Article, ...]:
    """Each URL once, at its highest quality, without the story's own (both occur in real files)."""
    best: dict[str, Article] = {}
    for article in articles:
        known = best.get(article.url)
        if article.url != own and (known is None or _value(article) > _value(known)):
            best[article.url] = article
    return tuple(best.values())


def _value(article: Article) -> int:
    return -1 if article.quality is None else article.quality


def _instant(value: object) -> datetime | None:
    """A date of YAML or an ISO 8601 text as an instant of whole seconds; without a zone, in UTC."""
    if isinstance(value, str):
        try:
            value = datetime.fromisoformat(value.strip())
        except ValueError:
            return None
    if isinstance(value, date) and not isinstance(value, datetime):
        value = datetime.combine(value, time())
    if not isinstance(value, datetime):
        return None
    try:
        return value.replace(tzinfo=value.tzinfo or UTC, microsecond=0).astimezone(UTC)
    except OverflowError:  # year 1 or 9999, shifted over the edge
        return None


_KINDS: Final = {
    dict: "a mapping",
    list: "a list",
    str: "text",
    bool: "true or false",
    int: "a number",
    float: "a number",
    type(None): "nothing",
}


def _kind(value: object) -> str:
    return _KINDS.get(type(value), "a date")


def _quoted(value: object) -> str:
    return f"“{cut(clean(str(value)), 40)}”"
