"""Story files of other tools, and rejections that name all faults at once."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from bot.errors import StoryFileError
from bot.origins.files.field_names import GENERATIONS, NAMES, NO_NEWS, SECTIONS, no_news
from bot.origins.files.fields import NAMED
from bot.origins.files.storyfile import parse
from bot.origins.outcomes import Rejection
from bot.stories.model import Provider, Story
from tests.conftest import START, make_story_file

NOW = datetime(2026, 11, 28, 12, 0, tzinfo=UTC)
DAY = datetime(2026, 11, 20, tzinfo=UTC)

JEKYLL = """---
layout: post
title:  "Harbour market moves indoors"
date:   2026-11-20 09:30:00 +0100
categories: news local
link: https://quay.example/market
excerpt: The stalls have a roof.
---
"""
HUGO = """---
title: "Harbour market moves indoors"
date: 2026-11-20T09:30:00+01:00
draft: false
tags: "town market, harbour"
url: /posts/market/
externalUrl: https://quay.example/market
description: ""
summary: The stalls have a roof.
related: [older-post, another-post]
images: [/img/market.png, "https://quay.example/m.jpg"]
---
"""
HUGO_JSON = """{
  "title": "Harbour market moves indoors",
  "date": "2026-11-20T08:30:00Z",
  "categories": ["news", "local"],
  "params": {"link": "https://quay.example/market"},
  "description": "The stalls have a roof."
}
"""
ZOLA = """+++
title = "Harbour market moves indoors"
description = "The stalls have a roof."
date = 2026-11-20T09:30:00+01:00
[taxonomies]
tags = ["news", "local"]
[extra]
link = "https://quay.example/market"
+++
"""
OBSIDIAN = """---
title: "Harbour market moves indoors"
source: "https://quay.example/market"
author:
  - "[[A. Writer]]"
published: 2026-11-20T08:30
created: 2026-11-21
description: "The stalls have a roof."
tags:
  - "#news"
  - "local"
---
"""
ASTRO = """---
title: Harbour market moves indoors
pubDate: "Fri, 20 Nov 2026 09:30:00 +0100"
description: The stalls have a roof.
heroImage: {src: "https://quay.example/m.jpg", alt: stalls}
link: https://quay.example/market
tags: [news, local]
source: {name: The Quay, domain: quay.example}
---
"""
OTHERS = {
    "Jekyll": JEKYLL,
    "Hugo": HUGO,
    "Hugo, JSON": HUGO_JSON,
    "Zola": ZOLA,
    "Obsidian": OBSIDIAN,
    "Astro": ASTRO,
}


def read(text: str) -> Story:
    return parse(text.encode(), NOW)


def refused(data: str | bytes) -> StoryFileError:
    with pytest.raises(StoryFileError) as caught:
        parse(data if isinstance(data, bytes) else data.encode(), NOW)
    return caught.value


def plain(**fields: str) -> str:
    """A file written by hand; a field that is None is left out."""
    usual = {"title": "x", "link": "https://quay.example/1", "date": "2026-11-20", "tags": "[a]"}
    lines = {**usual, **fields}.items()
    return "---\n" + "".join(f"{key}: {value}\n" for key, value in lines if value) + "---\n"


@pytest.mark.parametrize("tool", OTHERS)
def test_a_file_of_another_tool_is_a_story(tool: str) -> None:
    story = read(OTHERS[tool])
    article = story.article
    assert article.title == "Harbour market moves indoors"
    assert article.url == "https://quay.example/market"
    assert article.excerpt == "The stalls have a roof."
    assert article.published_at == DAY.replace(hour=8, minute=30)
    name = "The Quay" if tool == "Astro" else "quay.example"
    assert article.provider == Provider(name, "quay.example")
    expected = ("town market", "harbour") if tool == "Hugo" else ("news", "local")
    assert story.topics == expected
    assert article.image == ("https://quay.example/m.jpg" if tool in ("Hugo", "Astro") else None)
    assert (article.quality, story.heat, story.published, story.sources) == (None, None, None, ())


@pytest.mark.parametrize("field", NAMES)
def test_every_name_of_a_field_is_read_and_the_first_that_says_something_wins(field: str) -> None:
    samples: dict[str, tuple[str, Callable[[Story], object]]] = {
        "title": ("t", lambda story: story.article.title),
        "URL": ("https://quay.example/", lambda story: story.article.url),
        "date": ("2026-11-", lambda story: f"2026-11-{story.article.published_at:%d}"),
        "excerpt": ("e", lambda story: story.article.excerpt),
        "topics": ("t", lambda story: story.topics[0]),
        "provider": ("p", lambda story: story.article.provider.name),
        "picture": ("https://quay.example/p", lambda story: story.article.image),
    }
    sample, value_in = samples[field]
    usual = {"title": "x", "link": "https://quay.example/1", "date": "2026-11-10"}
    bare = dict.fromkeys(NAMES[field], "")
    values = [f"{sample}{n + 10}" for n in range(len(NAMES[field]))]
    for first, name in enumerate(NAMES[field]):
        given = dict(zip(NAMES[field][first:], values[first:], strict=True))
        if field == "provider":  # here `source` is a name, so the URL has another field
            usual["webUrl"] = "https://quay.example/1"
        story = read(plain(**{**usual, "tags": "", **bare, **given}))
        assert value_in(story) == values[first], name


@pytest.mark.parametrize("section", sorted(SECTIONS))
def test_a_section_of_a_file_is_looked_into_after_the_file_itself(section: str) -> None:
    below = "\n  link: https://quay.example/2\n  description: d\n  tags: [b]"
    story = read(plain(**{section: below}))
    assert (story.article.url, story.article.excerpt, story.topics) == (
        "https://quay.example/1",
        "d",
        ("a",),
    )
    assert read(plain(**{section: below, "link": "", "tags": ""})).topics == ("b",)
    assert read(plain(**{section: "text"})).topics == ("a",)


def test_source_may_be_an_address_a_name_or_a_mapping() -> None:
    address = read(plain(link="", source="https://quay.example/2"))
    assert address.article.url == "https://quay.example/2"
    assert address.article.provider.name == "quay.example"
    name = read(plain(source="The Quay"))
    assert (name.article.url, name.article.provider.name) == ("https://quay.example/1", "The Quay")
    mapping = read(plain(link="", source="{name: The Quay, url: 'https://quay.example/3'}"))
    assert mapping.article.url == "https://quay.example/3"
    assert mapping.article.provider == Provider("The Quay", "quay.example")
    lacking = refused(plain(link="", source="The Quay"))
    assert lacking.reason == "missing: give the article's URL"


def test_published_is_a_flag_or_a_date() -> None:
    assert read(plain(published="false")).published is False
    assert read(plain(published="false")).article.published_at == DAY
    assert read(plain(published="2026-11-19")).published is None
    assert read(plain(published="2026-11-19")).article.published_at == DAY
    assert read(plain(date="", published="2026-11-19")).article.published_at.day == 19
    assert refused(plain(date="", published="true")).reason.startswith("missing: give a date")
    assert refused(plain(published="maybe")).field == "published"


@pytest.mark.parametrize("text", [JEKYLL, HUGO, plain()], ids=["Jekyll", "Hugo", "by hand"])
def test_what_another_tool_did_not_publish_is_hidden(text: str) -> None:
    assert not read(text).removed
    story = read(text.replace("---\n", "---\npublished: false\n", 1))
    assert (story.published, story.removed) == (False, True)


def test_a_file_of_the_family_that_says_not_published_is_news() -> None:
    family = make_story_file(published=False).decode()
    mixed = [
        plain(link="", webUrl="https://quay.example/1", published="false"),
        plain(link="", url="https://quay.example/1", date="", publishedDateTime="2026-11-20"),
    ]
    for text in (family, mixed[0], mixed[1].replace("---\n", "---\npublished: false\n", 1)):
        story = read(text)
        assert (story.published, story.removed) == (False, False)


def test_a_draft_is_hidden_as_what_was_removed_is() -> None:
    assert read(plain(draft="true")).removed
    assert not read(plain(draft="false")).removed


@pytest.mark.parametrize(
    ("tags", "topics"),
    [
        ("[]", ()),
        ("one two", ("one", "two")),
        ("'Hot air, cold water'", ("Hot air", "cold water")),
        ("'#one, #two,'", ("one", "two")),
        ("[Hot air, one]", ("Hot air", "one")),
    ],
)
def test_tags_are_a_list_or_a_text(tags: str, topics: tuple[str, ...]) -> None:
    assert read(plain(tags=tags)).topics == topics
    assert read(plain(tags="[]", categories=tags)).topics == topics


@pytest.mark.parametrize(
    ("tags", "topics"),
    [
        ("[[Sports, Baseball], news]", ("Sports", "Baseball", "news")),
        ("[{label: A, permalink: /a}, {name: B}, {title: C}]", ("A", "B", "C")),
        ("\n- one\n-\n- ''\n- two", ("one", "two")),
    ],
)
def test_names_in_nested_lists_of_tags_are_read_and_empty_entries_are_none(
    tags: str, topics: tuple[str, ...]
) -> None:
    assert read(plain(tags=tags)).topics == topics


def test_tags_that_are_no_names_are_refused_with_their_place() -> None:
    assert refused(plain(tags="[a, [b, {x: 1}]]")).field == "tags[1][1]"
    assert refused(plain(tags="[a, {label: []}]")).field == "tags[1].label"
    assert "the limit is 50" in refused(plain(tags=f"[{'[a, b], ' * 26}]")).reason
    assert read(plain(tags="[[], '']", categories="[b]")).topics == ("b",)


def test_capitals_in_the_name_of_a_field_make_no_difference() -> None:
    given = {"TITLE": "x", "URL": "https://quay.example/1", "Date": "2026-11-20", "Topics": "[a b]"}
    text = "".join(f"{key}: {value}\n" for key, value in {**given, "DRAFT": "true"}.items())
    story = read(f"---\n{text}---\n")
    assert (story.article.title, story.article.published_at) == ("x", DAY)
    assert (story.article.url, story.topics, story.removed) == (given["URL"], ("a b",), True)
    assert refused(f"---\n{text}Quality: high\n---\n").field == "Quality"
    assert refused(f"---\n{text}Quality: high\n---\n").line == 7
    assert read(plain(TITLE="other")).article.title == "x"
    source = read(plain(link="", Source="{name: The Quay, url: 'https://quay.example/3'}"))
    assert source.article.url == "https://quay.example/3"
    assert refused(plain(link="", Source="The Quay")).reason == "missing: give the article's URL"


@pytest.mark.parametrize(
    ("written", "read_as"),
    [
        ("2026-11-20 09.30", (9, 30, 0)),
        ("2026-11-20T09.30.15", (9, 30, 15)),
        ("2026-11-20 09.30 +0100", (8, 30, 0)),
        ("2026-11-20 09:30:15.25", (9, 30, 15)),
    ],
)
def test_points_in_a_time_are_colons(written: str, read_as: tuple[int, int, int]) -> None:
    moment = read(plain(date=written)).article.published_at
    assert (moment.hour, moment.minute, moment.second) == read_as


def test_three_points_end_the_front_matter_too() -> None:
    text = plain().removesuffix("---\n")
    assert read(f"{text}...\nbody\n---\n").topics == ("a",)


def test_topics_as_text_are_parted_by_commas_only() -> None:
    assert read(plain(topics="Power Apps")).topics == ("Power Apps",)
    assert read(plain(topics="Power Apps, AI")).topics == ("Power Apps", "AI")


@pytest.mark.parametrize(
    "date",
    [
        "2026-11-20",
        "2026/11/20",
        "2026-11-20T00:00:00.123456789Z",
        "2026-11-20 01:00 +0100",
        "2026-11-20 00:00:00 UTC",
        "Fri, 20 Nov 2026 00:00:00 GMT",
        "20 Nov 2026 01:00 +0100",
        "Nov 20 2026",
        "November 20, 2026",
        "20 November 2026",
        "2026-11-19T24:00:00Z",
        "2026-11-19 24:00",
        "2026-11-19T24:00:00.0Z",
        "Thu, 19 Nov 2026 24:00:00 GMT",
    ],
)
@pytest.mark.parametrize("quote", ["", "'"])
def test_dates_are_read_as_tools_write_them(date: str, quote: str) -> None:
    assert read(plain(date=f"{quote}{date}{quote}")).article.published_at == DAY


@pytest.mark.parametrize(
    "date", ["2026-11-20T09:30:60Z", "2026-11-20 09:30:60.5", "Fri, 20 Nov 2026 09:30:60 GMT"]
)
def test_a_leap_second_is_the_second_before(date: str) -> None:
    at = DAY + timedelta(hours=9, minutes=30, seconds=59)
    assert read(plain(date=date)).article.published_at == at


@pytest.mark.parametrize(
    "date",
    [
        *("2026-11-20 09.5", "2026-11-20 09,30", "2026-11-20T09.300"),
        *("soon", "20261120", "9" * 200, "2026-11-20T00:00:00+99:99", "12:30", "[1]", "{a: 1}"),
        *("2026-11-20T24:00:01Z", "2026-11-20T24:01Z", "2026-11-20T00:60Z", "9999-12-31T24:00Z"),
        *("Fri, 20 Nov 2026 00:00 +9999", "Fri, 99 Nov 2026 00:00 GMT", "0001-01-01T00:00+23:59"),
    ],
)
def test_what_is_no_date_is_refused(date: str) -> None:
    assert "date" in (refused(plain(date=date)).field or "")


@pytest.mark.parametrize("word", sorted(NO_NEWS))
def test_what_is_no_news_by_its_type_is_refused_by_that_word_alone(word: str) -> None:
    error = refused(f"---\nname: x\ntype: Online-{word.title()}s\n---\n")
    assert (error.field, error.reason.split(" ")[0]) == ("type", f"“{word}”")
    below = refused(f"---\nname: x\nextra: {{Type: {word}}}\n---\n")
    assert (below.field, below.reason.split(" ")[0]) == ("extra.Type", f"“{word}”")


@pytest.mark.parametrize("kind", ["BusinessEvent", "online course", "E-Books", "AUDIOBOOKS"])
def test_a_type_of_several_words_is_told_by_the_last(kind: str) -> None:
    assert no_news(kind) in ("event", "course", "book", "audiobook")


@pytest.mark.parametrize(
    "kind", ["Book (hardcover)", "event/online", "meet-up", "E-Learning", "MOOCs", "Masterclasses"]
)
def test_a_type_is_told_without_what_is_added_and_by_two_words_that_are_one(kind: str) -> None:
    assert no_news(kind) in NO_NEWS


@pytest.mark.parametrize("kind", ["press-conference", "news conference", "PressConferences"])
def test_a_conference_of_the_press_is_news(kind: str) -> None:
    assert no_news(kind) is None


@pytest.mark.parametrize("kind", ["article", "video", "download", "event report", "", "!", "s"])
def test_other_types_may_be_news(kind: str) -> None:
    assert no_news(kind) is None


def test_without_an_address_or_a_date_a_file_is_refused_whoever_wrote_it() -> None:
    for text in OTHERS.values():
        lines = text.splitlines()
        for gone in ("https://quay.example/market", "2026-11-2", "2026 09"):
            left = [line for line in lines if gone not in line]
            if left != lines and not any(s in "\n".join(left) for s in ("published:", "created:")):
                reason = refused("\n".join(left)).reason
                assert "missing" in reason or "must begin with http" in reason


MISSING = {
    "nothing known": ("other: 1", "title, url, date"),
    "a title alone": ("title: x", "url, date"),
    "what any tool has": ("quality: 5\ndate: 2026-11-20\ntopics: [a]", "title, url"),
    "a draft": ("draft: false\ndate: 2026-11-20", "title, url"),
    "the first generation": ("ampUrl: x", "title, sourceUrl, publishedDateTime"),
    "later ones": ("ampWebUrl: x\nquality: 1", "title, webUrl, publishedDateTime"),
    "a sample": ("type: download\nactions: []", "title, originalUrl, publishedDateTime"),
    "by hand": ("date: 2026-11-20\ntopics: [a]\nprovider: x", "title, url"),
    "by hand without a date": ("url: https://quay.example/1", "title, date"),
    "Jekyll": ("layout: post\ndate: 2026-11-20", "title, link"),
    "Hugo": ("draft: false\nsummary: x\ndate: 2026-11-20", "title, externalUrl"),
    "Zola": ("taxonomies: {tags: [a]}", "title, extra.link, date"),
    "Astro": ("pubDate: 2026-11-20\nheroImage: x", "title, link"),
    "Obsidian": (
        "source: https://quay.example/1\nauthor: x\npublished:\ncreated:",
        "title, published",
    ),
    "without a title alone": ("link: https://quay.example/1\ndate: 2026-11-20", "title"),
}


@pytest.mark.parametrize(("lines", "names"), MISSING.values(), ids=MISSING)
def test_all_that_is_missing_stands_in_one_sentence_in_the_files_own_names(
    lines: str, names: str
) -> None:
    error = refused(f"---\n{lines}\n---\n")
    told = error.reason.removeprefix("missing: ")
    if ", " in names:
        found = [part.split(" (")[0] for part in told.replace(") and ", "), ").split("), ")]
        assert ", ".join(found) == names
    else:
        assert told.startswith("give ")
    assert error.field == names.split(", ", maxsplit=1)[0]


def test_a_related_article_tells_the_generation_too() -> None:
    entry = {"title": "x", "publishedDateTime": START, "sourceUrl": "https://quay.example/1"}
    error = refused(make_story_file(webUrl=None, related=[entry, {**entry, "title": ""}]))
    assert error.reason == (
        "missing: sourceUrl (the article's URL) and related[1].title (the headline)"
    )


def test_every_fault_is_named_after_what_is_missing() -> None:
    related = [{"webUrl": "x"}] * 20
    data = make_story_file(title=None, quality="high", heat="hot", related=related, topics=[None])
    error = refused(data)
    assert error.reason.startswith("missing: title (the headline), related[0].title (the headline)")
    lines = data.decode().splitlines()
    at = lines.index("quality: high") + 1
    assert f"; line {at}, quality: must be a whole number, not “high”;" in error.reason
    assert error.reason.count("(the headline)") <= NAMED
    assert error.reason.endswith("more faults")
    assert error.field == "title"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (
            plain(quality="high", heat="hot"),
            "line 6, quality: must be a whole number, not “high”;"
            " line 7, heat: must be a whole number, not “hot”",
        ),
        (plain(quality="high"), "line 6, quality: must be a whole number, not “high”"),
        (
            plain(title="", link="", date="", url="https://quay.example/1", heat="hot"),
            "missing: title (the headline) and date (a date like 2020-05-12T19:02:00Z);"
            " line 4, heat: must be a whole number, not “hot”",
        ),
        (plain(title=""), "line 2, title: missing: give the headline"),
        (
            plain(link="ftp://x", date=""),
            "missing: date (a date like 2020-05-12T19:02:00Z);"
            " line 3, link: the URL must begin with http:// or https://",
        ),
        (
            '+++\ntitle = "x"\ndate = 2026-11-20\nlink = "https://a.example/1"\n'
            'quality = "a"\nheat = "b"\n+++\n',
            "line 5, quality: must be a whole number, not “a”;"
            " line 6, heat: must be a whole number, not “b”",
        ),
    ],
)
def test_each_fault_is_told_once_with_its_own_line(text: str, told: str) -> None:
    assert Rejection.of("x.md", refused(text)).sentence == told


def test_every_generation_names_fields_that_are_read() -> None:
    for one in GENERATIONS:
        assert one.url.removeprefix("extra.") in NAMES["URL"]
        assert one.date in NAMES["date"]
