"""Stories and topics in a terminal: boxes, wrapped lines, and no marks of Discord's text."""

import re
from datetime import UTC, date, datetime

from hypothesis import given

from bot.digests.edition import Contents
from bot.render.digest import edition_messages
from bot.render.sanitizer import escaped, plain
from bot.render.terminal import embed_text, message_text, readable, story_text, topic_lines
from bot.stories.model import MAX_TITLE, Topic
from bot.stories.ranking import Rules
from tests.render.test_messages import WHEN, made_story, only_message, texts


@given(texts(MAX_TITLE))
def test_escaped_text_is_read_as_it_was(text: str):
    assert readable(escaped(text, 10 * MAX_TITLE)) == plain(text, 10 * MAX_TITLE)


def test_links_and_times_are_read_as_a_name_with_a_host_and_as_utc():
    text = "## **1.** [A \u200bheadline](https://www.x.example/a_%28b%29) · <t:1577028660:R>"
    assert readable(text) == "1. A headline (x.example) · 2019-12-22 15:31 UTC"
    assert readable("\\<t:1577028660:R\\>") == "<t:1577028660:R>"


def test_an_edition_is_shown_without_marks_each_story_in_a_box(seed: bytes, rules: Rules):
    story = made_story(seed, rules)
    edition = Contents(("AI",), date(2019, 12, 22), 1, (story,), from_archive=True)
    shown = message_text(only_message(edition_messages(edition, 5)).body)
    box = next(part for part in shown.split("\n\n") if part.startswith("┌"))
    first, *middle, _ = box.splitlines()
    assert first == "┌ From the archive"
    assert middle[:2] == [f"│ {story.article.title}", f"│ {story.article.url}"]
    assert all(line.startswith("│") for line in middle)
    assert not re.search(r"\*\*|^#|^-#|\]\(|\\|<t:", shown, re.MULTILINE)


def test_an_embed_without_a_title_has_no_box_and_one_without_a_footer_an_empty_end():
    assert embed_text({"description": "Also: **x**"}) == "Also: x"
    assert embed_text({"title": "T", "description": "x"}) == "┌ T\n│ x\n└"


def test_a_message_without_embeds_is_its_text():
    assert message_text({"content": "## AI", "embeds": []}) == "AI"


def test_a_story_is_shown_with_every_source_and_its_address(seed: bytes, rules: Rules):
    story = made_story(seed, rules)
    lines = story_text(story).splitlines()
    assert lines[:3] == [f"┌ {story.article.title}", f"│ {story.article.url}", "│ AI, Facebook AI"]
    assert sum(bool(re.match(r"│ \d+\. ", line)) for line in lines) == 14
    shown = {line[2:].strip() for line in lines if line.startswith("│    http")}
    assert shown == {one.article.url for one in story.sources if one.relation != "off_topic"}
    assert sum(" · copy of " in line for line in lines) == 2
    assert lines[-2] == "│ 1 listed page was left out as off topic."
    assert all(len(line) <= 98 for line in lines if "http" not in line)
    assert (
        lines[-1] == "└ MarketWatch · quality 46 · heat 390 · 12 publishers · 2019-12-22 15:31 UTC"
    )


def test_what_stands_outside_a_box_is_wrapped_too():
    long = f"1. {'word ' * 40}".strip()
    for shown in (message_text({"content": long, "embeds": []}), embed_text({"description": long})):
        first, second, *_ = shown.splitlines()
        assert len(first) <= 96
        assert second.startswith("   word")


def test_a_wrapped_line_of_a_list_goes_on_below_its_text():
    box = embed_text({"title": "T", "description": f"10. {'word ' * 40}"}).splitlines()
    assert box[1].startswith("│ 10. word")
    assert box[2].startswith("│     word")


def test_topics_are_shown_in_columns():
    topics = [Topic(1, "AI", "ai", 2, WHEN), Topic(2, "Ferries", "ferries", 0, None)]
    assert topic_lines(topics).splitlines() == [
        "AI            2 stories  newest 2019-12-22 09:00 UTC",
        "Ferries       0 stories  newest never",
    ]
    early = datetime(1, 1, 1, tzinfo=UTC)
    topics = [Topic(1, "人工智能", "a", 1, early), Topic(2, "x" * 100, "x", 2, early)]
    assert topic_lines([*topics, Topic(3, "Ferries", "ferries", 3, early)]).splitlines() == [
        "人工智能       1 story    newest 0001-01-01 00:00 UTC",
        f"{'x' * 100}       2 stories  newest 0001-01-01 00:00 UTC",
        "Ferries        3 stories  newest 0001-01-01 00:00 UTC",
    ]
    assert topic_lines([]) == ""
