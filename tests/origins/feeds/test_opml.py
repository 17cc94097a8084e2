"""Lists of feeds as other readers write and read them."""

import listparser
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.origins.feeds.document import NotAFeed
from bot.origins.feeds.opml import Subscription, read_opml, write_opml

LIST = """<?xml version="1.0" encoding="UTF-8"?>
<opml version="1.0"><head><title>My feeds</title></head><body>
<outline text="News &amp; Views">
<outline type="rss" text="Harbour" title="Harbour" xmlUrl="https://news.example/feed?a=1&amp;b=2"/>
<outline text="Boats"><outline type="rss" text="Ferries" xmlUrl="https://boats.example/rss"/></outline>
</outline>
<outline title="Alone" xmlurl="https://alone.example/rss" category="/Sea/Salt,Tide"/>
<outline text="A link" type="link" url="https://news.example/"/>
</body></opml>"""


def test_feeds_are_read_with_their_folders():
    assert read_opml(LIST.encode()) == (
        Subscription("https://news.example/feed?a=1&b=2", "Harbour", ("News & Views",)),
        Subscription("https://boats.example/rss", "Ferries", ("News & Views", "Boats")),
        Subscription("https://alone.example/rss", "Alone", ("Sea", "Salt", "Tide")),
    )


@pytest.mark.parametrize(
    ("content", "count"),
    [
        (LIST.replace("&amp;", "&"), 3),
        (LIST.replace('encoding="UTF-8"', 'encoding="windows-1252"'), 3),
        ("\ufeff" + LIST, 3),
        (LIST.removesuffix("</body></opml>"), 3),
        (LIST.replace("Boats", "Boats' > <b>"), 3),
        ('<opml version="2.0"><body></body></opml>', 0),
    ],
)
def test_a_list_that_is_not_quite_right_is_read(content: str, count: int):
    assert len(read_opml(content.encode())) == count


@pytest.mark.parametrize(
    "content",
    ["", "x", "<rss/>", "<html><p>no</p></html>", '<!DOCTYPE o [<!ENTITY a "b">]><opml/>'],
)
def test_what_is_no_list_is_refused(content: str):
    with pytest.raises(NotAFeed):
        read_opml(content.encode())


def test_what_is_written_opens_in_other_readers():
    feeds = [
        Subscription(
            "https://news.example/?a=1&b=<2>", 'A "quoted" & <named> feed', ("News", "Top")
        ),
        Subscription("https://alone.example/rss", ""),
        Subscription("https://boats.example/rss", "Ferries", ("News",)),
    ]
    written = write_opml(feeds, "Feeds & more")
    found = listparser.parse(written.encode())
    assert (found.version, found.meta.title) == ("opml2", "Feeds & more")
    assert {feed.url: feed.title for feed in found.feeds} == {
        one.url: one.title or one.url for one in feeds
    }
    assert {one.url: set(one.folders) for one in read_opml(written.encode())} == {
        one.url: set(one.folders) for one in feeds
    }


words = st.text(
    st.characters(codec="utf-8", categories=["L", "N", "P", "S"]), min_size=1, max_size=9
)


@given(st.lists(words, unique=True, max_size=5), words)
def test_any_list_comes_back_as_it_was_written(names: list[str], folder: str):
    folder = folder.replace(",", "").replace("/", "") or "f"
    feeds = [Subscription(f"https://news.example/{n}", f"f{n}", (f"x{folder}",)) for n in names]
    assert len(read_opml(write_opml(feeds, folder).encode())) == len(feeds)
