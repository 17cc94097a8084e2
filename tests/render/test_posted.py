"""Posted messages are read back: those of every version, and every form of those made today."""

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.digests.edition import Contents, read_edition_line
from bot.render.digest import edition_messages
from bot.render.fallback import left_out_by, version_of
from bot.render.posted import also_urls, lines_of, urls_of
from bot.render.sanitizer import address
from bot.sandbox.rules.body_schema import check
from bot.sandbox.rules.message_rules import CREATE
from tests.render.test_messages import contents

HERE = Path(__file__).parent / "posted"
VERSIONS = sorted(path.stem for path in HERE.glob("*.json"))
"""Messages as every version has posted them, with what is in them: change and remove none."""

LONG = 400
"""A plainer version need not have room for such a URL."""


class Posted(NamedTuple):
    """What a message says: date, slot and part, and the URLs of its stories and lines."""

    key: tuple[date, int, int] | None
    stories: list[str]
    also: list[str]


def read(body: Mapping[str, Any]) -> Posted:
    """What is read of a message when its channel is read back."""
    key = next(filter(None, map(read_edition_line, lines_of(body["content"]))), None)
    also = [url for embed in body["embeds"] for url in also_urls(embed)]
    return Posted(key, [address(url) for url in urls_of(body)], also)


def posted(version: str) -> list[tuple[str, Posted, Mapping[str, Any]]]:
    rows = json.loads((HERE / f"{version}.json").read_text("utf-8"))
    return [(row["name"], _said(row), row["body"]) for row in rows]


def _said(row: Mapping[str, Any]) -> Posted:
    day, slot, part = row["key"]
    stories, also = (list(map(address, row[name])) for name in ("stories", "also"))
    return Posted((date.fromisoformat(day), slot, part), stories, also)


def plainer(body: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    found: list[Mapping[str, Any]] = []
    while (made := version_of(body, len(found) + 1)) is not None:
        found.append(made)
    return found


@pytest.mark.parametrize("version", VERSIONS)
def test_what_a_version_has_posted_is_read_back(version: str):
    for name, said, body in posted(version):
        assert read(body) == said, name


@pytest.mark.parametrize("version", VERSIONS)
def test_what_a_version_has_frozen_still_has_its_plainer_versions(version: str):
    for name, said, body in posted(version):
        made = plainer(body)
        several = len(said.stories) if len(said.stories) > 1 else 0
        was_plain = not body["embeds"] and "plainer" in name
        assert len(made) == (0 if was_plain or not said.stories else 1 + several), name
        for number, one in enumerate(made, start=1):
            check(CREATE, one)
            left = left_out_by(number)
            kept = [url for place, url in enumerate(said.stories) if place != left]
            found = read(one).stories
            there = [url for url in kept if len(url) < LONG or url in found]
            assert read(one) == Posted(said.key, there, []), name


def with_own_urls(edition: Contents, **more: Any) -> Contents:
    """The edition with another URL for each story, of the same length."""
    urls = (f"{one.article.url[:-2]}{place:02}" for place, one in enumerate(edition.stories))
    stories = (
        replace(one, article=replace(one.article, url=url))
        for one, url in zip(edition.stories, urls, strict=True)
    )
    return replace(edition, stories=tuple(stories), **more)


layouts = st.builds(
    with_own_urls,
    contents,
    role=st.none() | st.just(2**63 - 1),
    due=st.none() | st.just(datetime(2019, 12, 22, 8, 0)),  # noqa: DTZ001 - a local time
)
"""Editions of every layout with 0 to 12 stories, of usual length and of the longest."""


@pytest.mark.slow
@settings(max_examples=40, deadline=None)
@given(layouts)
def test_an_edition_of_any_layout_is_read_back_as_it_was_posted(edition: Contents):
    by_id = {story.story_id: address(story.article.url) for story in edition.stories}
    for number, message in enumerate(edition_messages(edition, 5), start=1):
        body = json.loads(json.dumps(message.body))
        said = read(body)
        assert said.key == (edition.local_date, edition.slot, number)
        assert said.stories == [by_id[story_id] for story_id in message.story_ids]
        links = [address(one.url) for one in edition.also if message.also_ids]
        assert [url for url in links if url in said.also] == said.also
        for place, one in enumerate(plainer(body), start=1):
            kept = [u for n, u in enumerate(said.stories) if n != left_out_by(place)]
            again = read(one)
            assert again.key == said.key
            assert again.stories == [url for url in kept if url in again.stories]
