"""The feeds that a page names."""

import pytest

from bot.origins.feeds.discovery import _KINDS, MAX_FEEDS, feeds_in

PAGE = "https://news.example/front/"


def declared(href: str, kind: str = "application/rss+xml", rest: str = "") -> str:
    return f'<link rel="alternate" type="{kind}" href="{href}" {rest}>'


@pytest.mark.parametrize("kind", [*_KINDS, "Application/RSS+XML; charset=utf-8"])
def test_a_declared_feed_is_found(kind: str):
    page = f"<html><head>{declared('feed.xml', kind)}</head>".encode()
    assert feeds_in(page, PAGE) == ("https://news.example/front/feed.xml",)


def test_addresses_are_read_against_the_base_of_the_page():
    page = f'<base href="/other/"><head>{declared("feed.xml")}'.encode()
    assert feeds_in(page, PAGE) == ("https://news.example/other/feed.xml",)


def test_feeds_of_comments_come_last_and_each_address_once():
    page = "".join(
        (declared("/comments/feed"), declared("/a", rest='title="Comments"'), declared("/feed"))
    )
    assert feeds_in((page + page).encode(), PAGE) == (
        "https://news.example/feed",
        "https://news.example/comments/feed",
        "https://news.example/a",
    )


def test_references_and_case_of_html_are_read():
    page = b"<LINK HREF='/f?a=1&amp;b=2' TYPE=application/rss+xml REL='home ALTERNATE'>"
    assert feeds_in(page, PAGE) == ("https://news.example/f?a=1&b=2",)


def test_other_links_and_comments_are_no_feeds():
    page = (
        b"<link rel=stylesheet type=text/css href=a.css><link rel=alternate hreflang=de href=/de>"
        + b"<!--"
        + declared("/old.xml").encode()
        + b"-->"
        + declared("javascript:alert(1)").encode()
    )
    assert feeds_in(page, PAGE) == ()


@pytest.mark.parametrize(
    "href", ["/feed", "/feed/", "/blog/rss", "/news.rss", "/news.atom", "/index.xml", "/atom.xml"]
)
def test_a_page_that_declares_none_may_link_to_one(href: str):
    page = f'<a href="/about">About</a><a href="{href}">Feed</a>'.encode()
    assert feeds_in(page, PAGE) == (f"https://news.example{href}",)


def test_no_more_are_named_than_a_person_reads():
    page = "".join(declared(f"/{number}") for number in range(100))
    assert len(feeds_in(page.encode(), PAGE)) == MAX_FEEDS
