"""Story files: Markdown with front matter, every generation of the format, into a Story.

field_names.py has the names of the fields. A missing value is unknown, never zero or false. All
faults of a file are named at once.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final
from urllib.parse import unquote

from bot.errors import StoryFileError
from bot.origins.files.field_names import generation_of, no_news
from bot.origins.files.fields import (
    Fields,
    Lines,
    Path,
    is_named,
    is_scalar,
    joined,
    no_lines,
    no_text,
    places_in,
)
from bot.origins.files.frontmatter import FrontMatter, kind
from bot.stories.model import (
    MAX_EXCERPT,
    MAX_NAME,
    MAX_TITLE,
    Article,
    Provider,
    Story,
    distinct,
)
from bot.stories.text import clean, cut, slug, tidy, without_tail
from bot.stories.urls import NO_TRACKERS, Trackers, host_of, image_url, registrable_domain

READING: Final = 3
"""Raise it with any change in how values are read: all files are then read again."""
SUFFIXES: Final = (".md", ".markdown", ".mdx", ".txt")
MAX_BYTES: Final = 2 * 1024 * 1024
"""The size limit of a file; the largest real one has 143 kB."""
MAX_SOURCES, MAX_TOPICS = 500, 50
"""How many entries `related` and `topics` may have; the most seen are 179 and 9."""
_LABELS: Final = ("label", "name", "title")
FUTURE: Final = timedelta(days=1)
"""How far ahead of the clock an article may be dated: publishers' time zones are often wrong."""


def parse(data: bytes, now: datetime, trackers: Trackers = NO_TRACKERS) -> Story:
    """The story in the bytes of one file. Raises StoryFileError with reason, field and line.

    `now` (aware) only bounds the dates: nothing may be published more than FUTURE after it.
    `trackers` are left out of links.
    """
    if len(data) > MAX_BYTES:
        raise StoryFileError(f"the file is larger than {MAX_BYTES // 2**20} MiB; make it smaller")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        raise StoryFileError("not UTF-8 text; save the file as UTF-8", line=line) from error
    front = FrontMatter(text)
    try:
        return read_story(front.values, now + FUTURE, trackers, front.lines)
    except StoryFileError as error:
        raise front.located(error) from error


def read_story(
    values: Mapping[Any, Any],
    latest: datetime,
    trackers: Trackers = NO_TRACKERS,
    lines: Lines = no_lines,
) -> Story:
    """The story in a file's values, not dated after `latest`. Raises StoryFileError with all
    faults; if there are several, each has its line, as far as `lines` finds it.
    """
    _refuse_no_news(values)
    faults: list[StoryFileError] = []
    story = _story(Fields(values, generation_of(_keys(values)), faults, trackers), latest)
    if faults:
        raise joined(faults, lines)
    return story


def _refuse_no_news(values: Mapping[Any, Any]) -> None:
    for path, place in places_in(values):
        for key in (key for key in place if str(key).lower() == "type"):
            word = no_news(str(place.get(key, "")))
            if word:
                reason = f"“{word}” is not news; a story has another type, or none"
                raise StoryFileError(reason, (*path, key))


def _keys(values: Mapping[Any, Any]) -> frozenset[Any]:
    """The keys of a file and of its related articles, which identify its generation."""
    related = values.get("related")
    entries = [one for one in related if isinstance(one, dict)] if isinstance(related, list) else []
    return frozenset(values).union(*entries[:1])


def _story(fields: Fields, latest: datetime) -> Story:
    article = _article(fields, latest)
    published = fields.flag("published")
    # In the family's own files it only says how hot a story was; in others' it marks a draft.
    withheld = published is False and not fields.generation.own
    sources = [_article(entry, latest) for entry in _related(fields)]
    return Story(
        article=article,
        sources=distinct(sources, own=article.key),
        topics=_topics(fields),
        heat=fields.score("heat", least=-1),
        published=published,
        removed=any([fields.flag("removed"), fields.flag("draft"), withheld]),
    )


def _related(fields: Fields) -> Iterator[Fields]:
    """The related articles; in other tools `related` holds names of pages, not articles."""
    for path, value in fields.given("related"):
        if isinstance(value, list):
            for place, entry in fields.limited(path, value, MAX_SOURCES):
                if isinstance(entry, dict):
                    yield fields.below(place, entry)
                elif fields.generation.own:
                    fields.fault(f"must be a mapping, not {kind(entry)}", place)
        elif fields.generation.own:
            fields.fault(f"must be a list, not {kind(value)}", path)


def _article(fields: Fields, latest: datetime) -> Article:
    title = fields.required_text("title", MAX_TITLE, "the headline")
    url = fields.link()
    return Article(
        url=url,
        title=title,
        excerpt=without_tail(fields.text("excerpt", MAX_EXCERPT) or ""),
        published_at=fields.moment(latest),
        provider=_provider(fields, url),
        quality=fields.score("quality", least=0),
        image=_image(fields),
    )


def _provider(fields: Fields, url: str) -> Provider:
    """The publisher: a mapping with name and domain, or a name; else the domain of the URL."""
    name, domain = "", ""
    for path, value in fields.given("provider"):
        if isinstance(value, dict):
            named = fields.below(path, value)
            name, domain = named.text("name", MAX_NAME) or "", named.text("domain", MAX_NAME) or ""
        elif not is_scalar(value):
            fields.fault(no_text("must be a name or a mapping", value), path)
        elif "://" in str(value):  # `source` is as often the article's URL
            continue
        else:
            name = cut(clean(str(value)), MAX_NAME)
        break
    domain = domain.lower() or registrable_domain(host_of(url))
    return Provider(cut(tidy(unquote(name)), MAX_NAME) or domain, domain)


def _image(fields: Fields) -> str | None:
    """The first picture that Discord can load. A bad picture is no reason to reject a story."""
    found = (picture for _, value in fields.given("picture") for picture in _pictures(value))
    return next((image for url in found if (image := image_url(url))), None)


def _pictures(value: object) -> Iterator[str]:
    """The texts that may be a picture's URL, unchanged, since a URL is not prose."""
    for entry in value[:MAX_TOPICS] if isinstance(value, list) else [value]:
        url = entry.get("url", entry.get("src")) if isinstance(entry, dict) else entry
        if isinstance(url, str):
            yield str(url)


def _topics(fields: Fields) -> tuple[str, ...]:
    """The names of the topics, each once, in its first spelling."""
    names: dict[str, str] = {}
    for path, value in _topic_entries(fields):
        name = cut(clean(str(value)), MAX_NAME) if is_scalar(value) else ""
        name = name if "topics" in path else name.removeprefix("#")  # as Obsidian's tags begin
        if slug(name):
            names.setdefault(slug(name), name)
        elif is_scalar(value):
            fields.fault("must be a topic's name: letters, digits or emoji", path)
        else:
            fields.fault(no_text("must be a topic's name", value), path)
    return tuple(names.values())


def _topic_entries(fields: Fields) -> list[tuple[Path, Any]]:
    """The entries of the first list of topics that is not empty, each with its path."""
    for path, value in fields.given("topics"):
        entries = _parted(value, path) if isinstance(value, str) else value
        if not isinstance(entries, list):
            fields.fault(f"must be a list, not {kind(value)}", path)
        elif found := [*_names_in(path, entries)]:
            if len(found) <= MAX_TOPICS:
                return found
            fields.fault(f"has {len(found)} entries, the limit is {MAX_TOPICS}", path)
            return []
    return []


def _names_in(path: Path, entries: Sequence[Any]) -> Iterator[tuple[Path, Any]]:
    """The names in a list of topics, each with its path: Hexo nests lists in it, Docusaurus has
    mappings with a label, and empty entries are skipped.
    """
    for position, entry in enumerate(entries):
        here = (*path, position)
        if isinstance(entry, list):
            yield from _names_in(here, entry)
        elif isinstance(entry, dict) and (key := next((k for k in _LABELS if k in entry), None)):
            yield (*here, key), entry[key]
        elif entry is not None and entry != "":
            yield here, entry


def _parted(text: str, path: Path) -> list[str]:
    """The names in a text, separated by commas, or in other tools' `tags` also by spaces."""
    parts = text.split(",") if "," in text or is_named(path, "topics") else text.split()
    return [name for part in parts if (name := part.strip())]
