"""Story files of every generation become stories; faults are named with line and field."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.errors import StoryFileError
from bot.origins.files.fields import MAX_SCORE
from bot.origins.files.storyfile import (
    FUTURE,
    MAX_BYTES,
    MAX_SOURCES,
    MAX_TOPICS,
    parse,
)
from bot.stories.model import MAX_EXCERPT, MAX_NAME, MAX_TITLE, Article, Provider, Story
from tests.conftest import ROOT, START, StoryFile, make_story_file

FILES = sorted((*(ROOT / "seeds").glob("*.md"), *(ROOT / "bot/sandbox/stories").glob("*.md")))
WHEN = datetime(2019, 12, 22, 9, 0, tzinfo=UTC)

A = """---
category: news
title: "Ferry town&#8217;s timetable"
excerpt: " It  runs &amp; runs "
publishedDateTime: 2019-12-22T09:00:00Z
sourceUrl: https://www.saltmarsh.example/ferries?lang=en
ampUrl: https://www.saltmarsh.example/ferries/amp
cdnAmpUrl: https://www-saltmarsh-example.cdn.ampproject.org/c/s/www.saltmarsh.example/ferries
type: article
quality: 46
heat: -1
published: false
secured: "blob"

provider:
  name: Saltmarsh%2c Gazette
  domain: Saltmarsh.example
  authors:
    - name: A. Writer
  images:
    - url: /assets/images/saltmarsh.jpg
      width: 50
      height: 50

topics:
  - AI
  - ai
  - Ferries

images:
  - url: /assets/relative.jpg
  - url: "https://i.example/a.jpg?a=1&#038;copy=2"
    width: 700
    height: 393
    isCached: true

related:
  - title: "The other paper"
    excerpt: ""
    publishedDateTime: 2019-12-21T09:00:00Z
    sourceUrl: https://ferrow.example/a
    type: article
    provider:
      name: Ferrow
      domain: ferrow.example
    quality: 31
---
"""
GENERATIONS = {
    "A": A,
    "B": A.replace("sourceUrl", "webUrl").replace("ampUrl", "ampWebUrl"),
    "C": "\n".join(
        line
        for line in A.replace("sourceUrl", "webUrl").splitlines()
        if not line.startswith(("quality", "heat", "published:", "ampUrl", "cdnAmp"))
    ),
    "D": A.replace("sourceUrl: ", 'originalUrl: "')
    .replace("?lang=en", '?lang=en"')
    .replace("example/a\n", 'example/a"\n'),
    "sample": A.replace("sourceUrl", "originalUrl")
    .replace("type: article\nquality: 46", "type: download\nactions:\n- url: https://x.example")
    .replace("published: false\n", "")
    .replace("category: news\n", "")
    + "<p>An HTML body</p>\n",
}
EXPECTED = Story(
    article=Article(
        url="https://www.saltmarsh.example/ferries?lang=en",
        title="Ferry town\u2019s timetable",
        excerpt="It runs & runs",
        published_at=WHEN,
        provider=Provider("Saltmarsh, Gazette", "saltmarsh.example"),
        quality=46,
        image="https://i.example/a.jpg?a=1&copy=2",
    ),
    sources=(
        Article(
            url="https://ferrow.example/a",
            title="The other paper",
            excerpt="",
            published_at=WHEN - timedelta(days=1),
            provider=Provider("Ferrow", "ferrow.example"),
            quality=31,
            image=None,
        ),
    ),
    topics=("AI", "Ferries"),
    heat=-1,
    published=False,
    removed=False,
)


def refused(data: bytes) -> StoryFileError:
    with pytest.raises(StoryFileError) as caught:
        parse(data, START)
    assert caught.value.reason
    return caught.value


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name[:40])
def test_every_story_file_of_the_project_is_read(path: Path) -> None:
    story = parse(path.read_bytes(), START)
    assert story.article.title
    assert story.topics


@pytest.mark.parametrize("generation", ["A", "B", "D"])
def test_a_whole_file_of_any_generation_is_the_same_story(generation: str) -> None:
    assert parse(GENERATIONS[generation].encode(), START) == EXPECTED


@pytest.mark.parametrize("generation", ["C", "sample"])
def test_what_a_generation_lacks_is_unknown(generation: str) -> None:
    story = parse(GENERATIONS[generation].encode(), START)
    assert (story.article.quality, story.published) == (None, None)
    assert story.heat == (None if generation == "C" else -1)
    assert story.article.url == EXPECTED.article.url
    assert story.sources == EXPECTED.sources


@pytest.mark.parametrize("variant", ["\ufeff" + A, A.replace("\n", "\r\n"), "\n\n" + A, A + "x"])
def test_a_byte_order_mark_line_ends_and_a_body_change_nothing(variant: str) -> None:
    assert parse(variant.encode(), START) == EXPECTED


def test_removed_and_published_are_read_as_they_stand(story_file: StoryFile) -> None:
    story = parse(story_file(removed=True, published=True), START)
    assert (story.removed, story.published) == (True, True)
    assert parse(story_file(published=None), START).published is None


@pytest.mark.parametrize(
    ("when", "expected"),
    [
        ("2019-12-22T09:00:00Z", WHEN),
        ("'2019-12-22T09:00:00Z'", WHEN),
        ("2019-12-22T10:00:00+01:00", WHEN),
        ("2019-12-22 09:00:00.75", WHEN),
        ("2019-12-22", WHEN.replace(hour=0)),
        ("'2019-12-22'", WHEN.replace(hour=0)),
    ],
)
def test_a_date_is_an_instant_of_whole_seconds_and_utc_without_a_zone(
    when: str, expected: datetime
) -> None:
    data = A.replace("2019-12-22T09:00:00Z", when).encode()
    assert parse(data, START).article.published_at == expected


def test_a_date_may_lie_a_day_ahead_of_the_clock(story_file: StoryFile) -> None:
    parse(story_file(publishedDateTime=START + FUTURE), START)
    late = refused(story_file(publishedDateTime=START + FUTURE + timedelta(seconds=1)))
    assert late.field == "publishedDateTime"


def test_a_url_listed_twice_is_kept_at_its_best_and_never_the_storys_own() -> None:
    entry = {"title": "x", "publishedDateTime": WHEN, "provider": {"name": "Ferrow"}}
    related = [
        {**entry, "webUrl": "https://ferrow.example/a", "quality": 31},
        {
            **entry,
            "webUrl": "http://www.ferrow.example/a#comments",
            "quality": 32,
            "title": "better",
        },
        {**entry, "webUrl": "https://ferrow.example/a", "title": "unknown"},
        {**entry, "webUrl": "http://saltmarsh.example:80/ferries", "quality": 99},
    ]
    (source,) = parse(make_story_file(related=related), START).sources
    assert (source.title, source.quality, source.provider.domain) == (
        ("better", 32, "ferrow.example")
    )


AS_WRITTEN = """
3.10 | 20:20 | NO | 007 | 1_000 | 0x1F | 2020-05-12 | 2020-13-45 | off | y | True | 1e3 | .5 | -0
+12 | 190:20:30 | 2019-12-22T09:00:00Z | .inf | 0b101 | 1. | 08 | nul
"""
TEXTS = [text for line in AS_WRITTEN.strip().splitlines() for text in line.split(" | ")]


@pytest.mark.parametrize("text", TEXTS)
def test_a_text_is_what_stands_in_the_file(text: str) -> None:
    head = "publishedDateTime: 2019-12-22T09:00:00Z\nwebUrl: https://x.example/\nheat: 1_000\n"
    story = parse(
        f"""---\n{head}title: {text}\nexcerpt: {text}\nprovider:\n  name: {text}
topics: [x, {text}]\nrelated:\n- {{title: {text}, publishedDateTime: 2019-12-22, quality: 0x1F,
    webUrl: 'https://y.example/'}}\n---\n""".encode(),
        START,
    )
    article, (source,) = story.article, story.sources
    assert {article.title, article.excerpt, article.provider.name, source.title} == {text}
    assert (story.heat, source.quality, article.published_at) == (1000, 31, WHEN)
    assert story.topics == ("x", text)


@pytest.mark.parametrize("word", ["null", "~", "Null", "NULL"])
def test_a_null_is_nothing_and_where_a_text_must_be_the_rejection_asks_for_quotes(
    word: str,
) -> None:
    def with_(title: str, topics: str) -> bytes:
        head = "publishedDateTime: 2019-12-22\nwebUrl: https://x.example/\nexcerpt: null"
        return f"---\ntitle: {title}\n{head}\ntopics: [{topics}]\n---\n".encode()

    error = refused(with_(word, word))
    assert f"title (the headline (if it is {word}, put it in quotes))" in error.reason
    assert "topics[0]: must be a topic's name, not nothing; put it in quotes" in error.reason
    story = parse(with_("'null'", "'null'"), START)
    assert (story.article.title, story.article.excerpt, story.topics) == ("null", "", ("null",))


@pytest.mark.parametrize("value", ["1_000", "0x1F", "true", "2020-05-12"])
@pytest.mark.parametrize("field", ["title", "provider", "topics"])
def test_what_lost_how_it_was_written_is_to_be_put_in_quotes(field: str, value: str) -> None:
    lines = {"title": "'x'", "date": "2019-12-22", "url": "'https://x.example/'", field: value}
    if field == "topics":
        lines[field] = f"[{value}]"
    text = "".join(f"{key} = {value}\n" for key, value in lines.items())
    error = refused(f"+++\n{text}+++\n".encode())
    assert (error.field or "").startswith(field)
    assert error.reason.endswith("; put it in quotes")


def test_true_as_provider_in_json_is_to_be_put_in_quotes() -> None:
    head = '"title": "x", "date": "2019-12-22", "url": "https://x.example/"'
    error = refused(f'{{{head}, "provider": true}}'.encode())
    assert error.reason == ("must be a name or a mapping, not true or false; put it in quotes")


@pytest.mark.parametrize("value", ["1000", "-0", "3.10", "1e3"])
def test_a_number_of_json_is_the_text_that_stands_there(value: str) -> None:
    head = '"date": "2019-12-22", "url": "https://x.example/", "quality": 31'
    story = parse(f'{{"title": {value}, {head}, "topics": [{value}]}}\n'.encode(), START)
    assert (story.article.title, story.topics, story.article.quality) == (value, (value,), 31)


def test_long_texts_are_cut(story_file: StoryFile) -> None:
    provider = {"name": "n " * 200, "domain": "d" * 300}
    story = parse(story_file(title="t " * 900, excerpt="e " * 9000, provider=provider), START)
    article = story.article
    assert len(article.title) <= MAX_TITLE
    assert len(article.excerpt) <= MAX_EXCERPT
    assert max(len(article.provider.name), len(article.provider.domain)) <= MAX_NAME


def test_a_provider_without_a_name_is_called_by_its_domain(story_file: StoryFile) -> None:
    assert parse(story_file(provider=None), START).article.provider == (
        Provider("saltmarsh.example", "saltmarsh.example")
    )


@pytest.mark.parametrize("url", ["/a.jpg", "javascript:x", "https://i.example/a.mp4", None, 7, [1]])
def test_a_bad_image_is_no_reason_to_refuse_a_story(url: object, story_file: StoryFile) -> None:
    assert parse(story_file(images=[{"url": url}]), START).article.image is None


SOURCE = {"title": "x", "publishedDateTime": WHEN, "webUrl": "https://ferrow.example/a"}
BAD_FIELDS: dict[str, tuple[dict[str, object], str, str]] = {
    "no title": ({"title": None}, "title", "missing"),
    "an empty title": ({"title": " \u200b "}, "title", "missing"),
    "a list as title": ({"title": ["x"]}, "title", "not a list"),
    "no URL": ({"webUrl": None}, "webUrl", "missing: give the article's URL"),
    "a number as URL": ({"webUrl": 7}, "webUrl", "must begin with http"),
    "a script as URL": ({"webUrl": "javascript:alert(1)"}, "webUrl", "must begin with http"),
    "a password in the URL": ({"webUrl": "https://a:b@x.example/"}, "webUrl", "password"),
    "no date": ({"publishedDateTime": None}, "publishedDateTime", "missing: give a date"),
    "a word as date": ({"publishedDateTime": "soon"}, "publishedDateTime", "not “soon”"),
    "a number as date": ({"publishedDateTime": 20191222}, "publishedDateTime", "must be a date"),
    "a far future": (
        {"publishedDateTime": datetime(2099, 1, 1, tzinfo=UTC)},
        "publishedDateTime",
        "2099-01-01 is in the future",
    ),
    "text as quality": ({"quality": "high"}, "quality", "whole number, not “high”"),
    "true as quality": ({"quality": True}, "quality", "whole number, not “true”"),
    "a fraction as quality": ({"quality": 1.5}, "quality", "whole number"),
    "quality below zero": ({"quality": -1}, "quality", "between 0 and"),
    "quality without end": ({"quality": MAX_SCORE + 1}, "quality", "1,000,000"),
    "heat below -1": ({"heat": -2}, "heat", "between -1 and"),
    "text as published": ({"published": "maybe"}, "published", "true or false"),
    "text as removed": ({"removed": "maybe"}, "removed", "true or false"),
    "a mapping as topics": ({"topics": {"AI": 1}}, "topics", "must be a list, not a mapping"),
    "too many topics": ({"topics": ["x"] * (MAX_TOPICS + 1)}, "topics", "the limit is 50"),
    "a mapping as topic": ({"topics": ["AI", {"x": 1}]}, "topics[1]", "a topic's name"),
    "nothing as topic": ({"topics": ["AI", None]}, "topics[1]", "a topic's name"),
    "null as topic": ({"topics": ["AI", None]}, "topics[1]", "not nothing; put it in quotes"),
    "a topic without a letter": ({"topics": ["!?"]}, "topics[0]", "letters, digits or emoji"),
    "a list as provider": ({"provider": ["Ferrow"]}, "provider", "a name or a mapping, not a list"),
    "a list as domain": ({"provider": {"domain": []}}, "provider.domain", "not a list"),
    "a mapping as related": ({"related": {"title": "x"}}, "related", "not a mapping"),
    "text in related": ({"related": [SOURCE, "x"]}, "related[1]", "must be a mapping, not text"),
    "nothing in related": ({"related": [None]}, "related[0]", "must be a mapping, not nothing"),
    "a bad source": (
        {"related": [SOURCE, {**SOURCE, "quality": "x"}]},
        "related[1].quality",
        "whole number",
    ),
    "a source without URL": ({"related": [{**SOURCE, "webUrl": None}]}, "related[0].webUrl", "mis"),
    "too many sources": ({"related": [SOURCE] * (MAX_SOURCES + 1)}, "related", "limit is 500"),
}


@pytest.mark.parametrize(("fields", "field", "reason"), BAD_FIELDS.values(), ids=BAD_FIELDS)
def test_a_bad_field_is_named_with_its_line(
    fields: dict[str, object], field: str, reason: str
) -> None:
    data = make_story_file(**fields)
    error = refused(data)
    assert error.field == field
    assert reason in error.reason
    assert error.line is not None
    lines = data.decode().splitlines()
    assert 2 <= error.line <= len(lines)
    key = field.replace("]", "").replace("[", ".").split(".")[0]
    if fields.get(key) is not None and not isinstance(fields[key], list | dict):
        assert lines[error.line - 1].startswith(f"{key}:")


def test_a_fault_deep_in_a_file_is_found_on_its_own_line() -> None:
    data = A.replace("quality: 31", "quality: many").encode()
    error = refused(data)
    assert (error.field, error.line) == (
        "related[0].quality",
        A.splitlines().index("    quality: 31") + 1,
    )


BAD_FILES: dict[str, tuple[bytes, str, int | None]] = {
    "not UTF-8": (b"---\ntitle: caf\xe9\n---\n", "UTF-8", 2),
    "UTF-16": (A.encode("utf-16"), "UTF-8", 1),
    "empty": (b"", "no front matter", 1),
    "only text": (b"# Heading\n\ntext\n", "no front matter", 1),
    "text before": (b"text\n---\ntitle: x\n---\n", "no front matter", 1),
    "not closed": (b"---\ntitle: x\n", "not closed", 1),
    "a list": (b"---\n- title\n---\n", "the front matter is a list", 1),
    "a text": (b"---\ntitle\n---\n", "the front matter is text", 1),
    "nothing": (b"---\n---\n", "the front matter is empty", 1),
    "a comment": (b"---\n# x\n---\n", "the front matter is empty", 1),
    "too large": (A.encode() + b"x" * MAX_BYTES, "larger than 2 MiB", None),
    "an alias bomb": (b"---\na: 1\nb: &b [x]\nc: [*b, *b]\n---\n", "anchors", 3),
    "a merge bomb": (b"---\na: &a {k: v}\nb: {<<: [*a, *a]}\n---\n", "anchors", 2),
    "a merge key": (b"---\n<<: {a: 1}\n---\n", "merge keys", 2),
    "an object": (b"---\na: !!python/object:os.system x\n---\n", "tags", 2),
    "brackets": (b"---\na:\n" + b"- " * 25 + b"x\n---\n", "deeper than 20", 3),
    "a flood of brackets": (b"---\na: " + b"[" * 100_000 + b"\n---\n", "nest", 2),
    "too many values": (b"---\na:\n" + b"- x\n" * 100_001 + b"---\n", "100,000 values", None),
    "a second document": (b"---\na: 1\n--- {b: 1}\n---\n", "one YAML document", 3),
    "a NUL": (b"---\na: 1\nb: \x00\n---\n", "control characters", 3),
    "a key of JSON twice": (b'{"b": 1, "a": 1, "a": 2}\n', "a appears a second time", None),
    "a key twice": (b"---\ntitle: x\ntitle: y\n---\n", "title appears a second time", 3),
    "a tab": (b"---\na: 1\n\tb: 2\n---\n", "not YAML", 3),
    "lines before": (b"\n\n---\na: &a 1\n---\n", "anchors", 4),
}


@pytest.mark.parametrize(("data", "reason", "line"), BAD_FILES.values(), ids=BAD_FILES)
def test_a_bad_file_is_named_with_its_line(data: bytes, reason: str, line: int | None) -> None:
    error = refused(data)
    assert reason in error.reason
    assert line is None or error.line == line


def test_an_impossible_date_is_named_with_its_field() -> None:
    error = refused(A.replace("2019-12-21T09:00:00Z", "2020-13-45").encode())
    assert error.field == "related[0].publishedDateTime"
    assert "2020-13-45" in error.reason
    assert error.line == A.splitlines().index("    publishedDateTime: 2019-12-21T09:00:00Z") + 1


YAML_SIGNS, OTHER_SIGNS = "[]{}:&*!|>-#'\"\n 0~", "[]{}:=.+-#'\"\n 0\\u"
DAMAGED = (
    (A.encode(), YAML_SIGNS),
    (
        b'+++\ntitle = "x"\nlink = "https://a.example/1"\ndate = 2019-12-01\n[taxonomies]\n'
        b'tags = ["a", "b"]\n+++\nBody\n',
        OTHER_SIGNS,
    ),
    (
        b'{"title": "x", "link": "https://a.example/1", "date": "2019-12-01", "tags": ["a"]}\n',
        OTHER_SIGNS,
    ),
)
"""Files in YAML, TOML and JSON, and the characters with a meaning there."""


@settings(max_examples=600)
@given(st.data(), st.sampled_from(DAMAGED))
def test_a_damaged_file_is_read_or_refused_and_nothing_else_happens(
    data: st.DataObject, file: tuple[bytes, str]
) -> None:
    whole, signs = file
    at = data.draw(st.integers(0, len(whole)))
    gone = data.draw(st.integers(0, 30))
    new = data.draw(st.binary(max_size=6) | st.text(signs, max_size=6).map(str.encode))
    try:
        parse(whole[:at] + new + whole[at + gone :], START)
    except StoryFileError as error:
        assert error.reason  # noqa: PT017
