"""Feeds of every format, whole and broken, become the same plain items."""

from contextlib import suppress
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.origins.feeds.document import FeedDocument, FeedItem, Hints, NotAFeed, Publisher
from bot.origins.feeds.items import EXCERPT, MAX_ID
from bot.origins.feeds.parsing import parse
from bot.stories.model import MAX_TITLE
from bot.stories.text import tidy
from bot.stories.urls import key_of

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
URL = "https://news.example/feeds/all.xml"

RSS = """<?xml version="1.0"?>
<rss version="2.0"><channel><title>Harbour News</title><link>https://news.example/</link>
<language>en-GB</language>
<item><title>Ferry late</title><link>https://news.example/1</link><guid>n1</guid>
<description>The ferry is late again.</description>
<pubDate>Sun, 01 Mar 2026 10:00:00 GMT</pubDate></item>
<item><title>Pier open</title><link>https://news.example/2</link><guid>n2</guid>
<description>The pier is open.</description>
<pubDate>Sat, 28 Feb 2026 10:00:00 GMT</pubDate></item>
</channel></rss>"""
RDF = """<?xml version="1.0"?>
<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://purl.org/rss/1.0/"
 xmlns:dc="http://purl.org/dc/elements/1.1/">
<channel rdf:about="https://news.example/"><title>Harbour News</title>
<link>https://news.example/</link><dc:language>en-GB</dc:language></channel>
<item rdf:about="n1"><title>Ferry late</title><link>https://news.example/1</link>
<description>The ferry is late again.</description><dc:date>2026-03-01T10:00:00Z</dc:date></item>
<item rdf:about="n2"><title>Pier open</title><link>https://news.example/2</link>
<description>The pier is open.</description><dc:date>2026-02-28T10:00:00Z</dc:date></item>
</rdf:RDF>"""
ATOM = """<?xml version="1.0"?>
<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="en-GB"><title>Harbour News</title>
<link href="https://news.example/"/><link rel="self" href="https://news.example/feeds/all.xml"/>
<entry><title>Ferry late</title><link rel="edit" href="https://news.example/edit/1"/>
<link rel="alternate" href="https://news.example/1"/><id>n1</id>
<summary>The ferry is late again.</summary>
<updated>2026-03-01T11:00:00Z</updated><published>2026-03-01T10:00:00Z</published></entry>
<entry><title>Pier open</title><link href="https://news.example/2"/><id>n2</id>
<content type="xhtml"><div xmlns="http://www.w3.org/1999/xhtml">The <b>pier</b> is open.</div>
</content>
<updated>2026-02-28T10:00:00Z</updated></entry></feed>"""
ATOM_03 = """<?xml version="1.0"?>
<feed version="0.3" xmlns="http://purl.org/atom/ns#" xml:lang="en-GB"><title>Harbour News</title>
<link rel="alternate" type="text/html" href="https://news.example/"/>
<entry><title>Ferry late</title>
<link rel="alternate" type="text/html" href="https://news.example/1"/>
<id>n1</id><summary>The ferry is late again.</summary><issued>2026-03-01T10:00:00Z</issued>
<modified>2026-03-01T11:00:00Z</modified></entry>
<entry><title>Pier open</title>
<link rel="alternate" type="text/html" href="https://news.example/2"/>
<id>n2</id><content type="text/html" mode="escaped">The &lt;b>pier&lt;/b> is open.</content>
<modified>2026-02-28T10:00:00Z</modified></entry></feed>"""
JSON = """{"version":"https://jsonfeed.org/version/1.1","title":"Harbour News","language":"en-GB",
"home_page_url":"https://news.example/","items":[
{"id":"n1","url":"https://news.example/1","title":"Ferry late","summary":"The ferry is late again.",
"date_published":"2026-03-01T10:00:00Z"},
{"id":"n2","url":"https://news.example/2","title":"Pier open",
"date_published":"2026-02-28T11:00:00+01:00","content_html":"The <b>pier</b> is open."}]}"""
RSS_AS_JSON = """{"rss":{"version":"2.0","channel":{"title":"Harbour News","language":"en-GB",
"link":"https://news.example/","item":[
{"guid":{"#value":"n1","isPermaLink":"false"},"link":"https://news.example/1","title":"Ferry late",
"description":"The ferry is late again.","pubDate":"Sun, 01 Mar 2026 10:00:00 GMT"},
{"guid":"n2","link":"https://news.example/2","title":"Pier open","description":"The pier is open.",
"pubDate":"Sat, 28 Feb 2026 10:00:00 GMT"}]}}}"""


def in_capitals(feed: str) -> str:
    """The feed with its tags in capitals."""
    for name in ("rss", "channel", "item", "title", "link", "guid", "description", "pubDate"):
        for begin in ("<", "</"):
            feed = feed.replace(f"{begin}{name}>", f"{begin}{name.upper()}>")
    return feed.replace("<rss ", "<RSS ")


FORMATS = {
    "RSS 2.0": RSS,
    "RSS 0.91": RSS.replace(
        '<rss version="2.0">',
        '<!DOCTYPE rss PUBLIC "-//Netscape//DTD RSS 0.91//EN" "http://news.example/rss.dtd">'
        '<rss version="0.91">',
    ),
    "RSS 0.92": RSS.replace('version="2.0"', "version=0.92"),
    "RSS": RSS.replace(' version="2.0"', ""),
    "RSS 1.0": RDF,
    "RSS 0.90": RDF.replace("purl.org/rss/1.0/", "my.netscape.com/rdf/simple/0.9/"),
    "Atom 1.0": ATOM,
    "Atom 0.3": ATOM_03,
    "JSON Feed 1.1": JSON,
    "JSON Feed 1": JSON.replace("version/1.1", "version/1"),
    "RSS 2.0 as JSON": RSS_AS_JSON,
}
BROKEN = {
    "in capitals": in_capitals(RSS),
    "with a namespace of its own": RSS.replace("<rss", '<rss xmlns="http://backend.example/rss2"'),
    "with a prefix everywhere": RSS.replace("</", "\0")
    .replace("<?", "\1")
    .replace("<", "<r:")
    .replace("\0", "</r:")
    .replace("\1", "<?"),
    "after warnings": "<br /><b>Warning</b>: too late in <b>x.php</b>\n" + RSS,
    "after blank lines": "\n\n  " + RSS,
    "with a byte order mark": "\ufeff" + RSS,
    "without a declaration": RSS.partition("?>")[2],
    "with two declarations": '<?xml version="1.0"?>' + RSS,
    "with a comment first": RSS.replace("?>", "?><!-- made by <b>hand</b> & more -->", 1),
    "with a style sheet": RSS.replace("?>", '?><?xml-stylesheet href="a.xsl"?>', 1),
    "with prefixes that are declared nowhere": RSS.replace(
        "<item>", "<item><media:title>No</media:title><x:guid>no</x:guid><dc:creator>A</dc:creator>"
    ),
    "with rubbish after it": RSS + "<!-- cached --><p>&nope; & <b>",
    "without an end": RSS.removesuffix("\n</channel></rss>"),
    "cut off in its end": RSS[:-9],
    "with items outside of the channel": RSS.replace("<item>", "</channel><item>", 1).replace(
        "</channel></rss>", "</rss>"
    ),
    "with HTML that is not closed": RSS.replace("late again.", "late<br> <p>again."),
    "with HTML that is not escaped": RSS.replace("late again.", "<b>late</b> again."),
    "with an unquoted attribute": RSS.replace("<guid>", "<guid isPermaLink=false>"),
    "with control characters": RSS.replace("late again", "late\x00\x0b &#1;again"),
    "Atom without a namespace": ATOM.replace(' xmlns="http://www.w3.org/2005/Atom"', ""),
    "JSON with a byte order mark": "\ufeff" + JSON,
    "JSON that is cut off": JSON.removesuffix("]}"),
}


def read(feed: str | bytes, url: str = URL, now: datetime = NOW) -> FeedDocument:
    return parse(feed.encode() if isinstance(feed, str) else feed, None, url, now)


def item(inside: str) -> FeedItem:
    """The one item of an RSS feed with this in it."""
    (found,) = read(
        '<rss version="2.0" xmlns:media="http://search.yahoo.com/mrss/"'
        ' xmlns:dc="http://purl.org/dc/elements/1.1/"'
        ' xmlns:content="http://purl.org/rss/1.0/modules/content/"'
        ' xmlns:feedburner="http://rssnamespace.org/feedburner/ext/1.0">'
        f"<channel><link>https://news.example/</link><item>{inside}</item></channel></rss>"
    ).items
    return found


def entry(inside: str, attributes: str = "") -> FeedItem:
    """The one entry of an Atom feed with this in it."""
    (found,) = read(
        f'<feed xmlns="http://www.w3.org/2005/Atom" {attributes}><entry>{inside}</entry></feed>'
    ).items
    return found


LINK = "<link>https://news.example/1</link>"
HREF = '<link href="https://news.example/1"/>'


@pytest.mark.parametrize("name", FORMATS)
def test_each_format_gives_the_same(name: str):
    feed = read(FORMATS[name])
    assert (feed.format, feed.title, feed.language) == (name, "Harbour News", "en-gb")
    assert [(one.id, one.url, one.title, one.excerpt, one.published_at) for one in feed.items] == [
        ("n1", "https://news.example/1", "Ferry late", "The ferry is late again.",
         datetime(2026, 3, 1, 10, 0, tzinfo=UTC)),
        ("n2", "https://news.example/2", "Pier open", "The pier is open.",
         datetime(2026, 2, 28, 10, 0, tzinfo=UTC)),
    ]  # fmt: skip


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_feed_gives_what_it_holds(name: str):
    found = [(one.id, one.url, one.title, one.excerpt) for one in read(BROKEN[name]).items]
    assert found == [
        ("n1", "https://news.example/1", "Ferry late", "The ferry is late again."),
        ("n2", "https://news.example/2", "Pier open", "The pier is open."),
    ]


@pytest.mark.parametrize("cut", range(200, len(RSS), 25))
def test_a_feed_that_is_cut_off_anywhere_gives_what_came(cut: int):
    found = read(RSS[:cut]).items
    whole = [one for one in found if one.published_at]
    assert whole == [*read(RSS).items][: len(whole)]
    assert len(whole) >= RSS[:cut].count("</item>")


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("", "neither XML nor JSON"),
        ("Not found", "neither XML nor JSON"),
        ("<!doctype html><html><body><p>Hello", "a web page"),
        ("<html><rss version='2.0'><channel/></rss></html>", "a web page"),
        ('<?xml version="1.0"?><!DOCTYPE html><html xmlns="x"/>', "a web page"),
        ('<?xml version="1.0"?><opml version="2.0"/>', "a list of feeds"),
        ('<?xml version="1.0"?><urlset/>', "a site map"),
        ('<?xml version="1.0"?><note/>', "no feed: <note>"),
        ('<?xml version="1.0"?><!DOCTYPE rss [<!ENTITY a "b">]><rss/>', "entities"),
        ('<?xml version="1.0"?>', "no beginning"),
        ('{"a": 1}', "no JSON Feed"),
        ("[1, 2]", "no JSON Feed"),
        ('{"rss": {}}', "no feed"),
        ("{nothing", "broken"),
    ],
)
def test_what_is_no_feed_is_refused_with_a_reason(content: str, reason: str):
    with pytest.raises(NotAFeed) as refused:
        read(content)
    assert reason in refused.value.reason


def test_a_page_names_its_feeds():
    page = '<html><link rel="alternate" type="application/rss+xml" href="/feed"></html>'
    with pytest.raises(NotAFeed) as refused:
        read(page)
    assert refused.value.feeds == ("https://news.example/feed",)


def test_links_are_read_against_the_bases_and_the_final_address():
    assert item("<title>A</title><link>../1</link>").url == "https://news.example/1"
    assert entry('<title>A</title><link href="1"/>').url == "https://news.example/feeds/1"
    based = 'xml:base="https://other.example/a/"'
    assert entry('<title>A</title><link href="1"/>', based).url == "https://other.example/a/1"
    nested = '<title>A</title><link xml:base="b/" href="1"/>'
    assert entry(nested, based).url == "https://other.example/a/b/1"


@pytest.mark.parametrize(
    ("inside", "url"),
    [
        ('<guid>https://news.example/g</guid>', "https://news.example/g"),
        ('<guid isPermaLink="false">https://news.example/g</guid>', "https://news.example/g"),
        (f'<guid>https://news.example/g</guid>{LINK}', "https://news.example/1"),
        ('<link>javascript:alert(1)</link><guid>https://news.example/g</guid>',
         "https://news.example/g"),
        (f'<enclosure url="https://news.example/a.mp3" type="audio/mpeg"/>{LINK}',
         "https://news.example/1"),
        ('<enclosure url="https://news.example/a.mp3" type="audio/mpeg"/>',
         "https://news.example/a.mp3"),
        (f"<feedburner:origLink>https://news.example/o</feedburner:origLink>{LINK}",
         "https://news.example/o"),
        ("<link><![CDATA[https://news.example/?a=1&b=2]]></link>", "https://news.example/?a=1&b=2"),
        ("<link>https://news.example/?a=1&b=2</link>", "https://news.example/?a=1&b=2"),
        ("<guid>n 1</guid>", "https://news.example/#n%201"),
    ],
)  # fmt: skip
def test_the_link_with_the_best_claim_is_the_items(inside: str, url: str):
    assert item(f"<title>A</title>{inside}").url == url


def test_an_atom_entry_may_have_many_links():
    links = (
        '<link rel="replies" href="https://news.example/replies"/>'
        '<link rel="enclosure" href="https://news.example/a.mp3"/>'
        '<link rel="alternate" type="application/pdf" href="https://news.example/1.pdf"/>'
        '<link rel="alternate" type="text/html" href="https://news.example/1"/>'
    )
    assert entry(f"<title>A</title>{links}").url == "https://news.example/1"


@pytest.mark.parametrize(
    ("title", "shown"),
    [
        ("AT&T &eacute;t&eacute;", "AT&T été"),
        ("It&#146;s &#8220;late&#8221;", "It\u2019s \u201clate\u201d"),
        ("&lt;b&gt;Late&lt;/b&gt; &amp;amp; cold", "Late & cold"),
        ("<![CDATA[Late & <i>cold</i>]]>", "Late & cold"),
        ("Shares of &lt;MSFT.O&gt; rise", "Shares of <MSFT.O> rise"),
        ("A <b>bold</b> claim", "A bold claim"),
        (" Two\n lines ", "Two lines"),
        ("\u202eevil\u200b", "evil"),
    ],
)
def test_a_title_becomes_text(title: str, shown: str):
    assert item(f"<title>{title}</title>{LINK}").title == shown


def test_a_long_title_is_cut_after_a_word():
    assert len(item(f"<title>{'word ' * 1000}</title>{LINK}").title) <= MAX_TITLE


def test_atom_says_what_kind_of_text_it_has():
    assert entry(f'<title type="text">a &lt;b> c</title>{HREF}').title == "a <b> c"
    assert entry(f'<title type="html">a &lt;b>b&lt;/b> c</title>{HREF}').title == "a b c"
    xhtml = '<div xmlns="http://www.w3.org/1999/xhtml">a <em>b</em> &lt;c&gt;</div>'
    assert entry(f'<title type="xhtml">{xhtml}</title>{HREF}').title == "a b <c>"
    picture = f'<content type="image/png">aGVsbG8=</content><title>A</title>{HREF}'
    assert entry(picture).excerpt == ""


def test_an_empty_title_is_the_first_words_of_the_text():
    words = "The ferry is late again. " * 20
    found = item(f"<title/>{LINK}<description>{words}</description>")
    assert found.title.startswith("The ferry is late again. The")
    assert len(found.title) <= 100
    assert item(f"<title> </title>{LINK}").title == "news.example/1"


def test_the_excerpt_is_the_summary_or_else_the_beginning_of_the_content():
    content = "<content:encoded><![CDATA[<p>Whole</p><p>text</p>]]></content:encoded>"
    summary = "<description>Short</description>"
    assert item(f"<title>A</title>{LINK}{content}{summary}").excerpt == "Short"
    assert item(f"<title>A</title>{LINK}{content}<description/>").excerpt == "Whole text"
    assert (
        item(f"<title>A</title>{LINK}<description>Cut off [...]</description>").excerpt
        == "Cut off…"
    )
    long = item(f"<title>A</title>{LINK}<description>{'word ' * 1000}</description>").excerpt
    assert EXCERPT - 10 < len(long) <= EXCERPT


def test_only_text_is_taken_out_of_html():
    html = '<![CDATA[<img src="https://news.example/i.png"><script>x()</script><a href="x">t</a>]]>'
    found = item(f"<title>A</title>{LINK}<description>{html}</description>")
    assert (found.excerpt, found.image) == ("t", None)


def test_ids_are_stable_and_short():
    assert item(f"<title>A</title>{LINK}<guid> n\n1 </guid>").id == "n 1"
    assert item(f"<title>A</title>{LINK}").id == "https://news.example/1"
    long = f"<title>A</title>{LINK}<guid>{'i' * (MAX_ID + 1)}</guid>"
    assert len(item(long).id) == 32
    assert item(long).id == item(long).id
    bare = "<title>A</title><pubDate>Sun, 01 Mar 2026 10:00:00 GMT</pubDate>"
    assert item(bare).id == item(bare + "<description>Edited</description>").id
    assert item(bare).id != item(bare.replace("10:00", "11:00")).id


def test_an_id_for_two_pages_is_no_id_and_the_same_item_counts_once():
    one = f"<item><guid>same</guid><title>A</title>{LINK}</item>"
    feed = read(f"<rss><channel>{one}{one}{one.replace('/1', '/2')}</channel></rss>")
    assert [one.id for one in feed.items] == ["same", "https://news.example/2"]
    assert "Items that have the id of another: 2." in feed.problems


@pytest.mark.parametrize("name", ["comment-{}", "Comments/{}", "#comment{}", "echobox={}", "n {}"])
def test_items_without_a_page_are_stories_of_their_own_whatever_their_ids(name: str):
    items = "".join(f"<item><title>A</title><guid>{name.format(n)}</guid></item>" for n in (1, 2))
    found = read(f"<rss><channel>{items}</channel></rss>").items
    assert len({key_of(one.url) for one in found}) == 2


@pytest.mark.parametrize(
    ("date", "found"),
    [
        ("2026-03-02T11:59:59Z", datetime(2026, 3, 2, 11, 59, 59, tzinfo=UTC)),
        ("2026-03-02T12:00:01Z", None),
        ("1990-01-01T00:00:00Z", datetime(1990, 1, 1, tzinfo=UTC)),
        ("1970-01-01T00:00:00Z", None),
        ("0001-01-01T00:00:00Z", None),
        ("soon", None),
        ("", None),
    ],
)
def test_only_a_plausible_date_is_one(date: str, found: datetime | None):
    assert item(f"<title>A</title>{LINK}<pubDate>{date}</pubDate>").published_at == found


def test_an_implausible_date_gives_way_to_another():
    dates = "<pubDate>Mon, 01 Jan 0001</pubDate><dc:date>2026-02-01</dc:date>"
    assert item(f"<title>A</title>{LINK}{dates}").published_at == datetime(2026, 2, 1, tzinfo=UTC)
    assert item(f"<title>A</title>{LINK}<guid>20260201</guid>").published_at is None


def test_who_wrote_it_what_about_and_where_it_was_taken_from():
    found = item(
        f"<title>A</title>{LINK}<author>ann@news.example (Ann Other)</author>"
        "<category>Ferries &amp; Ships</category><category>ferries &amp; ships</category>"
        "<category>https://news.example/topics#1</category><dc:subject>Harbour</dc:subject>"
        '<source url="https://paper.example/feed">The &lt;b&gt;Paper&lt;/b&gt;</source>'
        '<media:content url="https://news.example/v.mp4" medium="video">'
        '<media:thumbnail url="https://news.example/t.jpg"/></media:content>'
    )
    assert found.author == "Ann Other"
    assert found.categories == ("Ferries & Ships", "Harbour")
    assert found.publisher == Publisher("The Paper", "https://paper.example/feed")
    assert found.image == "https://news.example/t.jpg"
    assert item(f"<title>A</title>{LINK}<author>ann@news.example</author>").author is None


def test_an_atom_source_names_the_publisher_and_keeps_its_own_fields():
    found = entry(
        f"<title>A</title>{HREF}<category term='f' label='Ferries'/>"
        "<author><name>Ann</name></author>"
        "<source><id>s</id><title>The Paper</title><updated>2020-01-01T00:00:00Z</updated>"
        "<link rel='self' href='https://paper.example/feed'/>"
        "<link href='https://paper.example/'/></source>"
    )
    assert found.publisher == Publisher("The Paper", "https://paper.example/")
    assert (found.id, found.published_at) == ("https://news.example/1", None)
    assert (found.categories, found.author) == (("Ferries",), "Ann")


def test_fields_of_what_is_inside_an_item_are_not_the_items():
    other = "<s:variant xmlns:s='urn:s'><title>Other</title><guid>o</guid></s:variant>"
    inside = f"{other}<title>A</title>{LINK}"
    assert (item(inside).title, item(inside).id) == ("A", "https://news.example/1")
    picture = "<image><title>Logo</title><url>https://news.example/l.png</url></image>"
    feed = read(f"<rss><channel>{picture}<title>News</title></channel></rss>")
    assert feed.title == "News"


@pytest.mark.parametrize(
    ("inside", "hints"),
    [
        ("", Hints()),
        ("<ttl>60</ttl>", Hints(timedelta(hours=1))),
        ("<ttl>999999</ttl>", Hints(timedelta(hours=24))),
        ("<ttl>soon</ttl>", Hints()),
        ("<ttl>-5</ttl>", Hints()),
        ("<sy:updatePeriod>daily</sy:updatePeriod><sy:updateFrequency>4</sy:updateFrequency>",
         Hints(timedelta(hours=6))),
        ("<sy:updatePeriod>\nhourly </sy:updatePeriod><ttl>15</ttl>", Hints(timedelta(hours=1))),
        ("<sy:updatePeriod>weekly</sy:updatePeriod>", Hints(timedelta(hours=24))),
        ("<skipHours><hour>0</hour><hour>24</hour><hour>3</hour><hour>x</hour></skipHours>",
         Hints(skip_hours=frozenset({0, 3}))),
        ("<skipDays><day>Saturday</day><day>sunday</day><day>Funday</day></skipDays>",
         Hints(skip_days=frozenset({5, 6}))),
    ],
)  # fmt: skip
def test_a_feed_says_how_often_it_changes(inside: str, hints: Hints):
    assert read(f"<rss><channel>{inside}<item/></channel></rss>").hints == hints


def test_problems_are_told_in_sentences():
    problems = read(RSS.replace("pubDate", "other").replace("&", "&")).problems
    assert problems == ("Items without a date: 2.",)
    assert (
        read(RSS.replace("late again", "late & again"))
        .problems[0]
        .startswith("It is not well formed and was mended")
    )
    assert read(RSS[:-40]).problems[0].startswith("It is broken, so parts may be missing")
    assert read("<rss><channel/></rss>").problems == ("It has no items.",)


def test_a_well_formed_feed_has_no_problems():
    assert all(read(feed).problems == () for name, feed in FORMATS.items() if name != "RSS 0.92")


def test_an_edited_item_differs_only_in_what_was_edited():
    before, after = read(RSS).items[0], read(RSS.replace("late again", "on time")).items[0]
    assert (before.id, before.url, before.title) == (after.id, after.url, after.title)
    assert after.excerpt == "The ferry is on time."


TAGS = """
<item> </item> <title> </title> <link> </link> <guid> <p> </p> <![CDATA[ ]]> <!-- --> & < > x
"""
tags = st.sampled_from(TAGS.split())


@given(st.lists(tags, max_size=40).map(" ".join))
def test_any_markup_gives_clean_items_or_none(inside: str):
    for one in read(f"<rss><channel>{inside}").items:
        assert one.title == tidy(one.title) != ""
        assert len(one.title) <= MAX_TITLE
        assert one.url.startswith(("http://", "https://"))
        assert 0 < len(one.id) <= MAX_ID


@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused(content: bytes):
    for start in (b"", b"<rss>", b"<feed>", b'{"items":[', b"<?xml version='1.0'?><rdf:RDF>"):
        with suppress(NotAFeed):
            parse(start + content, None, URL, NOW)
