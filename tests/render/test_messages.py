"""Editions, pages and stories as Discord messages: within every limit, nothing lost."""

import json
import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.config import Layout
from bot.digests.edition import AlsoLine, Contents, edition_line
from bot.digests.selection import ALSO_LINES
from bot.origins.files.fields import MAX_SCORE
from bot.origins.files.storyfile import parse
from bot.render import limits
from bot.render.all_sources import sources_embed
from bot.render.colours import colour_of
from bot.render.digest import (
    Message,
    edition_messages,
    embed_size,
    sources_select,
    stories_select,
)
from bot.render.embeds import COLOUR, story_embed
from bot.render.posted import also_urls, lines_of, stories_of
from bot.render.records import story_record, topic_record
from bot.render.terminal import message_text, readable, story_text
from bot.render.topic_page import told_embed, topic_embed
from bot.sandbox.rules.body_schema import check
from bot.sandbox.rules.message_rules import ANSWER, CREATE
from bot.stories.additions import additions
from bot.stories.junk import Junk
from bot.stories.model import (
    MAX_EXCERPT,
    MAX_NAME,
    MAX_TITLE,
    ArchivedStory,
    Article,
    Provider,
    RankedSource,
    Reference,
    Relation,
    Topic,
)
from bot.stories.ranking import Rules, rank
from bot.stories.text import tidy
from bot.stories.urls import MAX_URL
from tests.conftest import START

WHEN = datetime(2019, 12, 22, 9, 0, tzinfo=UTC)
SIGNS = "a é.[]()*_\\@<>#-:/"


def texts(limit: int) -> st.SearchStrategy[str]:
    """Clean text up to a limit of storyfile.py, also of the maximum length."""
    long = st.text(alphabet=SIGNS, min_size=1, max_size=8).map(lambda part: part * limit)
    return (st.text(max_size=40) | long).map(lambda text: tidy(text)[:limit].strip() or "x")


scores = st.none() | st.integers(0, MAX_SCORE)
urls = st.builds(
    lambda sign, length: ("https://www.x.example/" + sign * MAX_URL)[:length],
    st.sampled_from(["a", "(", ")", "'", "*", "%25"]),
    st.sampled_from([30, 90, 600, MAX_URL]),
)
articles = st.builds(
    Article,
    url=urls,
    title=texts(MAX_TITLE),
    excerpt=texts(MAX_EXCERPT) | st.just(""),
    published_at=st.just(WHEN),
    provider=st.builds(Provider, texts(MAX_NAME), texts(MAX_NAME)),
    quality=scores,
    image=st.none() | urls,
)
sources = st.builds(
    RankedSource, articles, st.sampled_from(Relation), st.none() | st.just("https://x.example/")
)
references = st.builds(
    Reference, st.integers(1, 9), texts(MAX_TITLE), urls, texts(MAX_NAME), st.just(WHEN)
)
archived = st.builds(
    ArchivedStory,
    story_id=st.integers(1, 2**63 - 1),
    article=articles,
    topics=st.lists(texts(MAX_NAME), max_size=8).map(tuple),
    heat=st.none() | st.integers(0, MAX_SCORE),
    heat_imported=scores,
    publishers=st.integers(1, 501),
    leader_id=st.none(),
    sources=st.lists(sources, max_size=12).map(tuple),
    junk=st.sampled_from([None, *Junk]),
    before=st.none() | references,
    see_also=st.lists(references, max_size=3).map(tuple),
    later=st.lists(references, max_size=3).map(tuple),
)
many = st.lists(archived, max_size=12, unique_by=lambda story: story.story_id)
lines = st.builds(AlsoLine, st.integers(1, 2**63 - 1), texts(MAX_TITLE), texts(MAX_NAME), urls)
contents = st.builds(
    Contents,
    topics=st.lists(texts(MAX_NAME), min_size=1, max_size=30).map(tuple),
    local_date=st.just(date(2019, 12, 22)),
    slot=st.integers(-20, 6),
    stories=many.map(tuple),
    from_archive=st.booleans(),
    also=st.lists(lines, max_size=ALSO_LINES, unique_by=lambda line: line.story_id).map(tuple),
    layout=st.sampled_from(Layout),
)


def made_story(seed: bytes, rules: Rules) -> ArchivedStory:
    """The seed's story as the archive would return it."""
    story = parse(seed, START)
    ranking = rank(story, rules)
    return ArchivedStory(
        story_id=1,
        article=story.article,
        topics=story.topics,
        heat=ranking.heat,
        heat_imported=story.heat,
        publishers=ranking.publishers,
        leader_id=None,
        sources=ranking.sources,
    )


def holds_every_limit(body: dict[str, object]) -> bool:
    """Checked against limits.py, and also against the sandbox's own rules."""
    embeds = body.get("embeds", [])
    assert isinstance(embeds, list)
    lengths = [
        (len(str(body.get("content", ""))), limits.CONTENT),
        (len(embeds), limits.EMBEDS),
        (sum(map(embed_size, embeds)), limits.EMBEDS_TOTAL),
    ]
    for embed in embeds:
        lengths += [
            (len(embed.get("title", "")), limits.TITLE),
            (len(embed.get("description", "")), limits.DESCRIPTION),
            (len(embed.get("footer", {}).get("text", "")), limits.FOOTER),
            (len(embed.get("author", {}).get("name", "")), limits.AUTHOR),
        ]
    rows = body.get("components", [])
    assert isinstance(rows, list)
    for select in (one for row in rows for one in row["components"]):
        lengths.append((len(select["options"]), limits.OPTIONS))
        lengths += [
            (len(option.get(key, "1")), limits.OPTION_TEXT)
            for option in select["options"]
            for key in ("label", "value", "description")
        ]
    return all(length <= limit for length, limit in lengths)


@given(contents, st.integers(1, 10))
def test_an_edition_breaks_no_limit_keeps_the_order_and_loses_no_story(
    edition: Contents, shown: int
) -> None:
    messages = edition_messages(edition, shown)
    for message in messages:
        check(CREATE, message.body)
        assert holds_every_limit(message.body)
        assert message.marker in lines_of(message.body["content"])
        assert len(stories_of(message.body)) == len(message.story_ids)
        cards = [embed for embed in message.body["embeds"] if "timestamp" in embed]
        assert len(cards) == (len(message.story_ids) if edition.layout is Layout.CARDS else 0)
    ids = [id_ for message in messages for id_ in message.story_ids]
    assert ids == [story.story_id for story in edition.stories]
    also = [id_ for message in messages for id_ in message.also_ids]
    assert also == [line.story_id for line in edition.also if edition.stories]
    assert len({message.marker for message in messages}) == len(messages)


@given(many, st.integers(1, 10), texts(MAX_NAME))
def test_the_answers_break_no_limit(stories: list[ArchivedStory], shown: int, name: str) -> None:
    topic = Topic(1, name, "x", len(stories), WHEN)
    embeds = [topic_embed(topic, stories[:5], shown), *map(told_embed, stories[:1])]
    embeds += [make for s in stories[:2] for make in (sources_embed(s), story_embed(s, shown))]
    for embed in embeds:
        body: dict[str, object] = {"embeds": [embed]}
        if stories:
            body["components"] = [sources_select(stories), stories_select(stories)]
        check(ANSWER, body)
        assert holds_every_limit(body)


def only_message(messages: Sequence[Message]) -> Message:
    (message,) = messages
    return message


def test_the_seeds_edition_shows_overview_headline_excerpt_additions_sources_and_topics(
    seed: bytes, rules: Rules
) -> None:
    story = made_story(seed, rules)
    edition = Contents(("AI", "Facebook AI"), date(2019, 12, 22), 1, (story,))
    body = only_message(edition_messages(edition, 5)).body
    heading, marker, line = body["content"].splitlines()
    assert (heading, marker) == ("## AI, Facebook AI", "-# Sunday 22 December 2019")
    assert line == (
        "1. [Twitter, Facebook take down global network of fake accounts pushing pro-Trump"
        f" messages](<{story.article.url}>) · 12 publishers"
    )
    assert body["allowed_mentions"] == {"parse": []}
    (embed,) = body["embeds"]
    assert embed["title"] == (
        "Twitter, Facebook take down global network of fake accounts pushing pro\\-Trump messages"
    )
    assert embed["url"] == story.article.url
    assert embed["color"] == colour_of("AI")
    assert embed["footer"]["text"] == (
        "Mercury News: In all, Facebook said Friday, it had removed a network of 610 Facebook"
        " accounts, 89 pages, 90 groups, and 72 Instagram accounts."
        " · Headline: MarketWatch · AI, Facebook AI"
    )
    excerpt, best = embed["description"].split("\n")
    assert excerpt.startswith("Facebook Inc. and Twitter Inc. have taken down")
    assert excerpt.endswith("artificial intelligence tools to try…")
    added = story_embed(story, 5)["description"].split("\n")[1]
    assert added == (
        "**Mercury News**: In all, Facebook said Friday, it had removed a network of 610 Facebook"
        " accounts, 89 pages, 90 groups, and 72 Instagram accounts."
    )
    assert re.sub(r"\[([^\]]+)\]\(https://\S+\)", r"\1", best) == (
        "Washington Post, Wall Street Journal, CNET, Forbes, New York Times, +7 more"
    )
    assert best.count("](https://") == 5
    option = body["components"][0]["components"][0]["options"][0]
    assert (option["value"], option["description"]) == ("1", "12 publishers")


def test_what_is_unknown_is_said_in_words_wherever_quality_or_heat_stand(
    seed: bytes, rules: Rules
) -> None:
    known = made_story(seed, rules)
    article = replace(known.article, quality=None)
    sources = tuple(replace(s, article=replace(s.article, quality=None)) for s in known.sources)
    story = replace(known, article=article, sources=sources, heat=None)
    assert "quality unknown" in sources_embed(story)["description"]
    text = " ".join(story_text(story).replace("│", "").split())
    assert text.count("quality unknown") == 16 - 1, "one is about something else"
    assert "heat unknown" in text
    record = story_record(story, 5, 70)
    assert (record["quality"], record["heat"]) == (None, 70)
    assert {source["quality"] for source in record["sources"]} == {None}


def test_a_note_says_that_there_is_nothing_and_has_no_select() -> None:
    body = only_message(edition_messages(Contents(("AI",), date(2019, 12, 22), 0, ()), 5)).body
    assert body["content"].splitlines() == [
        "## AI",
        "-# Sunday 22 December 2019, extra edition",
        "No new stories about AI today.",
    ]
    assert "components" not in body


def also_line(
    headline: str, publisher: str = "The Post", url: str = "https://p.example/a"
) -> AlsoLine:
    return AlsoLine(7, headline, publisher, url)


def test_lines_under_an_edition_stand_after_its_stories_apart_from_them(
    seed: bytes, rules: Rules
) -> None:
    also = (
        also_line("Jedi [again](https://evil.example)"),
        also_line("Two", "x.example", "https://x.example/a_(b)?c=1"),
    )
    edition = Contents(("AI",), date(2019, 12, 22), 1, (made_story(seed, rules),), also=also)
    message = only_message(edition_messages(edition, 5))
    story, last = message.body["embeds"]
    assert last == {
        "description": (
            "Also: [Jedi (again)(https:\u200b/\u200b/\u200bevil.\u200bexample)](https://p.example/a)"
            " (The Post)\nAlso: [Two](https://x.example/a_%28b%29?c=1) (x.example)"
        ),
        "color": COLOUR,
    }
    assert also_urls(story) == []
    assert also_urls(last) == ["https://p.example/a", "https://x.example/a_%28b%29?c=1"]
    assert (message.story_ids, message.also_ids) == ((1,), (7, 7))
    assert message_text(message.body).splitlines()[-1] == "Also: Two (x.example) (x.example)"


def test_an_edition_without_a_story_has_no_lines() -> None:
    edition = Contents(("AI",), date(2019, 12, 22), 1, (), also=(also_line("One"),))
    message = only_message(edition_messages(edition, 5))
    assert (message.body["embeds"], message.also_ids) == ([], ())


def test_a_story_from_the_archive_says_so(seed: bytes, rules: Rules) -> None:
    story = made_story(seed, rules)
    edition = Contents(("AI",), date(2019, 12, 22), 1, (story,), from_archive=True)
    (embed,) = only_message(edition_messages(edition, 5)).body["embeds"]
    assert embed["author"] == {"name": "From the archive"}


def test_every_part_of_every_edition_has_a_marker_of_its_own() -> None:
    days = [date(2019, 12, day) for day in range(1, 32)]
    slots, parts = range(-5, 7), range(1, 5)
    lines = {edition_line(day, slot, part) for day in days for slot in slots for part in parts}
    assert len(lines) == len(days) * len(slots) * len(parts)


def example(
    name: str, title: str, hours: int, relation: Relation = Relation.ELIGIBLE
) -> RankedSource:
    at = WHEN + timedelta(hours=hours)
    url = f"https://{name.lower()}.example/{title.lower().replace(' ', '-')}"
    article = Article(url, title, "", at, Provider(name, f"{name.lower()}.example"), 7, None)
    return RankedSource(article, relation, None)


def test_a_story_without_sources_shows_its_publisher_alone() -> None:
    own = example("Own", "It begins", 0).article
    strange = example("Odd", "Weather", 0, Relation.OFF_TOPIC)
    for sources in ((), (strange,)):
        story = ArchivedStory(1, own, ("AI",), 5, None, 1, None, sources)
        embed = story_embed(story, 5)
        assert embed["description"] == ""
        assert embed["footer"]["text"] == "Own · AI"
        head = sources_embed(story)["description"].splitlines()[1]
        assert head == "No other publisher has it yet."
    (option,) = sources_select([replace(story, sources=())])["components"][0]["options"]
    assert option == {"label": "It begins", "value": "1"}


def test_a_story_says_what_others_add_what_came_before_and_what_it_is() -> None:
    own = replace(example("Own", "Ferry yard wins order", 0).article, excerpt="The ferry yard won.")
    said = "Nordwerft will build 12 *electric* ferries in Rostock."
    other = example("Post", "Ferries", 1)
    sources = (replace(other, article=replace(other.article, excerpt=said)),)
    before = Reference(8, "A yard in need", "https://old.example/a", "Old", WHEN)
    same = Reference(9, "An order", "https://more.example/a", "More", WHEN)
    story = ArchivedStory(1, own, ("AI",), 5, None, 2, None, sources)
    story = replace(story, before=before, see_also=(same,), junk=Junk.PRESS_RELEASE)
    embed = story_embed(story, 5)
    assert embed["author"] == {"name": "Press release"}
    assert embed["description"].splitlines() == [
        "The ferry yard won.",
        "**Post**: Nordwerft will build 12 \\*electric\\* ferries in Rostock.",
        "Own, [Post](https://post.example/ferries)",
        "Before this: [A yard in need](https://old.example/a) (Old)",
        "See also: [An order](https://more.example/a) (More)",
    ]
    assert story_text(story).splitlines()[:6] == [
        "┌ Press release",
        "│ Ferry yard wins order",
        "│ https://own.example/ferry-yard-wins-order",
        "│ AI",
        "│",
        "│ The ferry yard won.",
    ]


@given(archived)
def test_whatever_a_card_adds_is_a_part_of_a_stored_excerpt(story: ArchivedStory) -> None:
    excerpts = [source.article.excerpt for source in story.sources]
    shown = readable(story_embed(story, 5)["description"])
    for sentence, _ in additions(story):
        assert any(sentence in excerpt for excerpt in excerpts)
        assert sentence in shown


def test_a_record_has_the_contracts_keys_and_relations(seed: bytes, rules: Rules) -> None:
    record = json.loads(json.dumps(story_record(made_story(seed, rules), 5, 50)))
    assert list(record) == [
        *("id", "headline", "url", "excerpt", "published_at", "provider", "domain", "topics"),
        *("quality", "heat", "heat_imported", "publishers", "leader", "event", "sources"),
    ]
    assert (record["heat"], record["heat_imported"], record["publishers"]) == (390, -1, 12)
    assert record["published_at"] == "2019-12-22T15:31:00+00:00"
    assert list(record["sources"][0]) == [
        *("title", "url", "provider", "domain", "quality", "published_at", "relation", "of"),
    ]
    assert [source["relation"] for source in record["sources"]] == [
        *("top", "top", "top", "top", "top", "more", "more", "copy"),
        *("more", "copy", "off_topic", "sibling", "sibling", "more", "more"),
    ]
    with_of = [source["relation"] for source in record["sources"] if source["of"]]
    assert set(with_of) == {"copy", "sibling"}


@pytest.mark.parametrize("newest", [None, WHEN])
def test_a_topics_record_tells_its_newest(newest: datetime | None) -> None:
    record = topic_record(Topic(1, "AI", "ai", 2, newest))
    told = newest.isoformat() if newest else None
    assert record == {"name": "AI", "slug": "ai", "stories": 2, "newest": told}
