"""Plainer versions of a message: for any frozen body, within the limits, each without one story."""

import json
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.config import Layout
from bot.digests.edition import Contents
from bot.render import limits
from bot.render.digest import edition_messages
from bot.render.fallback import left_out_by, version_of
from bot.render.overview import is_line
from bot.render.posted import PostedStory, has_also_lines, stories_of
from bot.sandbox.rules.body_schema import check
from bot.sandbox.rules.message_rules import CREATE
from tests.render.test_messages import contents

Body = Mapping[str, Any]

dressed = st.builds(
    Contents,
    topics=st.just(("AI", "A" * 300)),
    local_date=st.just(date(2019, 12, 22)),
    slot=st.integers(-20, 6),
    stories=contents.map(lambda one: one.stories),
    due=st.just(datetime(2019, 12, 22, 8, 0)),  # noqa: DTZ001 - a local time
    role=st.just(2**63 - 1),
    layout=st.sampled_from(Layout),
)
"""Editions with everything that can appear above their stories."""


def frozen(edition: Contents) -> list[Body]:
    """The bodies of an edition, as the ledger returns them."""
    return [json.loads(json.dumps(m.body)) for m in edition_messages(edition, 5)]


def versions(body: Body) -> list[Body]:
    """Every version except the body itself."""
    found: list[Body] = []
    while (made := version_of(body, len(found) + 1)) is not None:
        found.append(made)
    return found


def listed(body: Body) -> Sequence[str]:
    """The headlines in a plain version."""
    lines = body["content"].splitlines()
    return [line[4:-2] for line in lines if line.startswith("- **") and line.endswith("**")]


def is_of(headline: str, story: PostedStory) -> bool:
    return headline != "" and story.headline.startswith(headline)


@pytest.mark.slow
@settings(max_examples=40, deadline=None)
@given(contents | dressed)
def test_every_version_breaks_no_limit_and_keeps_the_line_that_is_looked_for(edition: Contents):
    for message, body in zip(edition_messages(edition, 5), frozen(edition), strict=True):
        assert version_of(body, 0) == message.body
        for made in versions(body):
            check(CREATE, made)
            assert len(made["content"]) <= limits.CONTENT
            assert f"-# {message.marker}" in made["content"].splitlines()
            lines = message.body["content"].splitlines()
            head = "\n".join(line for line in lines if not is_line(line))
            assert made["content"].startswith(head)
            assert made["allowed_mentions"] == message.body["allowed_mentions"]
            assert (made["embeds"], made.get("components")) == ([], None)


@pytest.mark.slow
@settings(max_examples=40, deadline=None)
@given(contents | dressed)
def test_the_first_version_names_every_story_and_each_later_one_all_but_one(edition: Contents):
    for body in frozen(edition):
        stories, lost = stories_of(body), any(map(has_also_lines, body["embeds"]))
        made = versions(body)
        several = len(stories) if len(stories) > 1 else 0
        assert len(made) == (1 + several if stories or lost else 0)
        for number, version in enumerate(made, start=1):
            kept = [s for n, s in enumerate(stories) if n != left_out_by(number)]
            assert all(map(is_of, listed(version), kept))
            assert len(listed(version)) == len(kept), "none is lost in silence"
            assert ("is left out" in version["content"]) is (number > 1)
            assert ("reports are left out" in version["content"]) is lost
        left_out = [left_out_by(number) for number in range(1, len(made) + 1)]
        assert left_out == [None, *range(several)][: len(made)]


def story(number: int, title: str = "A headline", url: str = "") -> dict[str, str]:
    return {"title": f"{title} {number}", "url": url or f"https://p{number}.example/story"}


def test_a_plain_story_is_its_headline_with_its_address_without_a_preview():
    body = {"content": "## AI", "embeds": [story(1), story(2)], "allowed_mentions": {"parse": []}}
    first, second, third = versions(body)
    assert first["content"].splitlines() == [
        "## AI",
        "- **A headline 1**",
        "  <https://p1.example/story>",
        "- **A headline 2**",
        "  <https://p2.example/story>",
    ]
    for made, other in ((second, 2), (third, 1)):
        assert made["content"].splitlines() == [
            "## AI",
            f"- **A headline {other}**",
            f"  <https://p{other}.example/story>",
            "-# One story is left out: Discord does not accept it here.",
        ]


def test_ten_stories_of_usual_length_keep_their_addresses():
    """Headlines are cut first: they are long in the text, and still recognizable when short."""
    stories = [story(n, "x" * 150, f"https://www.p{n}.example/{'y' * 60}") for n in range(10)]
    body = {"content": "z" * 300, "embeds": stories, "allowed_mentions": {"parse": []}}
    (plain, *_) = versions(body)
    assert all(f"<{one['url']}>" in plain["content"] for one in stories)
    assert len(listed(plain)) == 10


def test_an_address_too_long_to_be_shown_is_left_away_and_the_headline_stays():
    stories = [story(n, url=f"https://p{n}.example/{'y' * 1500}") for n in range(2)]
    body = {"content": "## AI", "embeds": stories, "allowed_mentions": {"parse": []}}
    (plain, *_) = versions(body)
    assert listed(plain) == ["A headline 0", "A headline 1"]
    assert "<https" not in plain["content"]
