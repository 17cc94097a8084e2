"""Writes invented stories as story files, in every generation of the format."""

import html
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

from bot.stories.model import Article
from tests.benchmarks.archive import Made

IN_A_FOLDER: Final = 1000
_OLD: Final = ("A", "B")
"""Generations whose URLs are not quoted."""
_URL: Final = {
    "A": "sourceUrl",
    "B": "webUrl",
    "C": "webUrl",
    "D": "webUrl",
    "sample": "originalUrl",
}
_AMP: Final = {"A": ("ampUrl", "cdnAmpUrl")} | dict.fromkeys("BD", ("ampWebUrl", "cdnAmpWebUrl"))
_SECURED: Final = "k7Rw0Qz+" * 40


def write_files(archive: Iterable[Made], folder: Path) -> list[Path]:
    """Write the stories below `folder`, a thousand per subfolder; returns the paths."""
    paths = []
    for made in archive:
        path = folder / path_of(made)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text_of(made), encoding="utf-8")
        paths.append(path)
    return paths


def path_of(made: Made) -> str:
    """The path of a story's file, relative to the archive's folder."""
    slug = made.story.article.url.rsplit("/", 1)[1][:60]
    day = made.story.article.published_at.date()
    return f"{made.number // IN_A_FOLDER:03}/{day}-{slug}-{made.number}.md"


def text_of(made: Made) -> str:
    """The text of a story's file."""
    return "\n".join(_lines(made)) + "\n"


def _lines(made: Made) -> Iterator[str]:
    story, sample = made.story, made.generation == "sample"
    yield "---"
    if not sample:
        yield "category: news"
    yield from _article(story.article, made.generation, "")
    if story.heat is not None:
        yield f"heat: {story.heat}"
    if story.published is not None:
        yield f"published: {str(story.published).lower()}"
    if story.removed:
        yield "removed: true"
    yield "\ntopics:"
    yield from (f"  - {topic}" for topic in story.topics)
    if story.sources:
        yield from _related(made)
    yield f'\nsecured: "{_SECURED}"'
    yield "---\n"


def _related(made: Made) -> Iterator[str]:
    """The sources, and the other entries that real files list."""
    yield "\nrelated:"
    for source in made.story.sources:
        yield from _entry(source, made.generation)
    if made.lists_itself:
        yield from _entry(made.story.article, made.generation)
    if made.listed_twice:
        yield from _entry(made.story.sources[-1], made.generation, "again")


def _entry(source: Article, generation: str, more: str = "") -> Iterator[str]:
    first, *rest = _article(source, generation, "    ", more)
    yield f"  - {first.lstrip()}"
    yield from rest


def _article(article: Article, generation: str, indent: str, more: str = "") -> Iterator[str]:
    url = article.url if generation in _OLD else f'"{article.url}"'
    yield f"{indent}title: {_quoted(f'{article.title} {more}'.strip())}"
    yield f"{indent}excerpt: {_quoted(article.excerpt)}"
    yield f"{indent}publishedDateTime: {article.published_at:%Y-%m-%dT%H:%M:%SZ}"
    yield f"{indent}{_URL[generation]}: {url}"
    yield from _amp(article, generation, indent)
    yield f"{indent}type: {'download' if generation == 'sample' else 'article'}"
    if article.quality is not None:
        yield f"{indent}quality: {article.quality}"
    yield f"{indent}provider:"
    yield f"{indent}  name: {article.provider.name}"
    yield f"{indent}  domain: {article.provider.domain}"
    if article.image:
        yield f"{indent}images:"
        yield f'{indent}  - url: "{article.image}"'
        yield f"{indent}    width: 1200"
        yield f"{indent}    height: 628"
        yield f"{indent}    title: {_quoted(article.title)}"


def _amp(article: Article, generation: str, indent: str) -> Iterator[str]:
    """A third of the articles have AMP forms; their URL decides which ones."""
    if generation in _AMP and sum(article.url.encode()) % 3 == 0:
        at, cached = _AMP[generation]
        host = article.provider.domain.replace(".", "-")
        yield f'{indent}{at}: "{article.url}/amp"'
        yield f'{indent}{cached}: "https://www-{host}.cdn.ampproject.org/c/s/{article.url[8:]}/amp"'


def _quoted(text: str) -> str:
    """Real files have entities instead of all characters outside ASCII."""
    escaped = html.escape(text, quote=False).encode("ascii", "xmlcharrefreplace").decode()
    return f'"{escaped}"'
