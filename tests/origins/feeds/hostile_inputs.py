"""Hostile and broken feeds, and a program that measures what each costs in a process of its own.

    python -m tests.origins.feeds.hostile_inputs

It writes a line of JSON for each input: what came of it, seconds, bytes of memory over the base.
"""

import gc
import gzip
import json
import os
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from typing import Any, Final

from bot.origins.feeds.document import NotAFeed
from bot.origins.feeds.opml import read_opml
from bot.origins.feeds.parsing import parse

NOW: Final = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
URL: Final = "https://feeds.example/news.xml"
MIB: Final = 2**20

GOOD: Final = (
    "<item><title>Ferry late</title><link>https://news.example/1</link>"
    "<pubDate>Sun, 01 Mar 2026 10:00:00 GMT</pubDate></item>"
)


def rss(inside: str, head: str = '<?xml version="1.0"?>') -> bytes:
    """An RSS feed with this in its channel."""
    return f'{head}<rss version="2.0"><channel><title>T</title>{inside}</channel></rss>'.encode()


def atom(inside: str) -> bytes:
    """An Atom feed with this in it."""
    return f'<feed xmlns="http://www.w3.org/2005/Atom"><title>T</title>{inside}</feed>'.encode()


def described(text: str) -> bytes:
    """An RSS feed with one item, described so."""
    return rss(GOOD.replace("</item>", f"<description>{text}</description></item>"))


@dataclass(frozen=True)
class Hostile:
    """An input: its bytes, and how many items are read of it; None = it is refused."""

    make: Callable[[], bytes]
    items: int | None
    content_type: str | None = None


def entities(depth: int, wide: int) -> str:
    """A document type with entities that grow by a factor each."""
    names = [f"e{level}" for level in range(depth)]
    declared = '<!ENTITY e0 "ha">' + "".join(
        f'<!ENTITY {name} "{f"&{below};" * wide}">' for below, name in pairwise(names)
    )
    return f'<?xml version="1.0"?><!DOCTYPE rss [{declared}]>'


ENTITIES: Final = {
    "an entity bomb of 12 to the 8th": Hostile(
        lambda: rss("<item><title>&e7;</title></item>", entities(8, 12)), None
    ),
    "an entity bomb that is wide": Hostile(
        lambda: rss(
            f"<item><title>{'&e0;' * 100_000}</title></item>",
            f'<?xml version="1.0"?><!DOCTYPE rss [<!ENTITY e0 "{"ha" * 50_000}">]>',
        ),
        None,
    ),
    "an entity of parameters": Hostile(
        lambda: rss(GOOD, '<!DOCTYPE rss [<!ENTITY % p SYSTEM "file:///etc/passwd"> %p;]>'), None
    ),
    "an entity from a file": Hostile(
        lambda: rss(
            "<item><title>&f;</title></item>",
            '<?xml version="1.0"?><!DOCTYPE rss [<!ENTITY f SYSTEM "file:///etc/passwd">]>',
        ),
        None,
    ),
    "a document type from elsewhere": Hostile(
        lambda: rss(GOOD, '<!DOCTYPE rss SYSTEM "http://127.0.0.1:1/rss.dtd">'), 1
    ),
    "an entity that nobody defines": Hostile(
        lambda: described("&nobody; &nbsp;&eacute; AT&T &#0; &#x1f; &#xD800; &#99999999;"), 1
    ),
    "entities in a list of feeds": Hostile(
        lambda: b'<!DOCTYPE opml [<!ENTITY a "b">]><opml version="2.0"><body/></opml>', None
    ),
    "references without end": Hostile(lambda: described("&" * 500_000), 1),
    "half references": Hostile(lambda: described("&amp" * 200_000), 1),
}
TAGS: Final = {
    "60,000 attributes": Hostile(
        lambda: rss("<item " + " ".join(f'a{n}="{n}"' for n in range(60_000)) + "/>"), None
    ),
    "60,000 attributes with > in them": Hostile(
        lambda: rss("<item " + " ".join(f'a{n}=">"' for n in range(60_000)) + "/>"), None
    ),
    "60,000 attributes of the root": Hostile(
        lambda: b"<rss " + b" ".join(b'a%d="1"' % n for n in range(60_000)) + b"><channel/></rss>",
        None,
    ),
    "one attribute of 3 MiB": Hostile(lambda: rss(f'<item a="{"x" * 3 * MIB}"/>'), 0),
    "a tag without end": Hostile(lambda: rss(GOOD) + b"<a " + b"b " * 500_000, None),
    "a quote without end": Hostile(lambda: rss(f'{GOOD}<item a="' + "<a b='c" * 200_000), 1),
    "many quotes without end": Hostile(lambda: rss(f"{GOOD}" + "<a '" * 400_000), 1),
    "30,000 prefixes": Hostile(
        lambda: rss(GOOD + "".join(f"<p{n}:a/>" for n in range(30_000))), None
    ),
    "30,000 namespaces": Hostile(
        lambda: rss(GOOD + "".join(f'<p{n}:a xmlns:p{n}="u:{n}"/>' for n in range(30_000))), None
    ),
    "30,000 different names": Hostile(
        lambda: rss("<item>" + "".join(f"<n{n}/>" for n in range(15_000)) + "</item>" + GOOD), None
    ),
    "a name of 1 MiB": Hostile(lambda: rss(f"<{'n' * MIB}/>{GOOD}"), None),
}
NESTS: Final = {
    "200,000 nested tags": Hostile(lambda: rss(GOOD + "<a>" * 200_000 + "</a>" * 200_000), 1),
    "200,000 nested tags that never end": Hostile(lambda: rss(GOOD + "<a>" * 200_000), 1),
    "200,000 ends without a beginning": Hostile(lambda: rss(GOOD + "</a>" * 200_000), 1),
    "items in items": Hostile(lambda: rss("<item>" * 100_000 + GOOD), 0),
    "200 items in items": Hostile(lambda: rss("<item>" * 200 + GOOD), 1),
    "a deep nest of HTML in a text": Hostile(
        lambda: described("&lt;div&gt;" * 100_000 + "The end"), 1
    ),
    "a deep nest of bold in a text": Hostile(
        lambda: described("<![CDATA[" + "<b><i><a>" * 50_000 + "The end]]>"), 1
    ),
    "a deep nest of tables": Hostile(
        lambda: described("<![CDATA[" + "<table><tr><td>" * 50_000 + "The end]]>"), 1
    ),
    "a deep nest of XHTML": Hostile(
        lambda: atom(
            '<entry><title>A</title><id>a:1</id><content type="xhtml">'
            + "<div>" * 200
            + "x"
            + "</div>" * 200
            + "</content></entry>"
        ),
        1,
    ),
    "a deep nest of JSON": Hostile(lambda: b'{"version":' + b"[" * 90_000, None),
    "a deep nest in a JSON Feed": Hostile(
        lambda: b'{"version":"https://jsonfeed.org/version/1.1","items":' + b'[{"a":' * 40_000, None
    ),
    "a deep nest of folders": Hostile(
        lambda: (
            b'<opml version="2.0"><body>'
            + b'<outline text="a">' * 20_000
            + b'<outline xmlUrl="https://news.example/f"/>' * 100
        ),
        None,
    ),
}
SIZES: Final = {
    "nothing": Hostile(lambda: b"", None),
    "only spaces": Hostile(lambda: b" " * 2 * MIB, None),
    "more than 10 MiB": Hostile(lambda: b"<rss>" + b" " * 10 * MIB, None),
    "a million tags": Hostile(lambda: rss("<a/>" * 1_000_000 + GOOD), 0),
    "a million tags in an item": Hostile(lambda: rss(f"{GOOD}<item>" + "<a/>" * 1_000_000), 1),
    "600,000 empty items": Hostile(lambda: rss("<item/>" * 600_000), 0),
    "30,000 items": Hostile(
        lambda: rss("".join(GOOD.replace("/1<", f"/{n}<") for n in range(30_000))), 2000
    ),
    "a text of 9 MiB": Hostile(lambda: described("word " * 1_900_000), 1),
    "a text of 3 MiB of tags": Hostile(lambda: described("<![CDATA[" + "<p>" * MIB + "]]>"), 1),
    "3 MiB of emoji": Hostile(lambda: described("\N{PARTY POPPER}" * (3 * MIB // 4)), 1),
    "3 MiB of combining marks": Hostile(lambda: described("a" + "\u0301" * (3 * MIB // 2)), 1),
    "an id of 1 MiB": Hostile(
        lambda: rss(GOOD.replace("</item>", f"<guid>{'i' * MIB}</guid></item>")), 1
    ),
    "an address of 1 MiB": Hostile(lambda: rss(GOOD.replace("/1<", f"/{'u' * MIB}<")), 1),
    "a date of 1 MiB": Hostile(lambda: rss(GOOD.replace("10:00", "1" * MIB)), 1),
    "5,000 categories": Hostile(
        lambda: rss(GOOD.replace("</item>", "<category>a</category>" * 5000 + "</item>")), 1
    ),
    "1,900,000 bytes of JSON values": Hostile(
        lambda: (
            b'{"version":"https://jsonfeed.org/version/1","items":[' + b"{}," * 600_000 + b"{}]}"
        ),
        None,
    ),
    "a number of a million digits": Hostile(
        lambda: (
            b'{"version":"https://jsonfeed.org/version/1","items":[{"id":' + b"9" * MIB + b"}]}"
        ),
        0,
    ),
    "a page of 9 MiB": Hostile(
        lambda: (
            b"<html>" + b'<link rel="alternate" type="application/rss+xml" href="/f">' * 150_000
        ),
        None,
    ),
    "a page that is one comment": Hostile(lambda: b"<html>" + b"<!--" * 2 * MIB, None),
    "a list of a million feeds": Hostile(
        lambda: b'<opml version="2.0"><body>' + b'<outline xmlUrl="a"/>' * 1_000_000, None
    ),
}
SECTIONS: Final = {
    "sections that never end": Hostile(lambda: rss(GOOD + "<![CDATA[" * 300_000), 1),
    "brackets in a section": Hostile(lambda: described("<![CDATA[" + "]" * 2 * MIB + "]]>"), 1),
    "empty quotes in a tag": Hostile(lambda: rss(f"{GOOD}<item " + '""' * MIB + "/>"), None),
    "empty quotes in a text": Hostile(
        lambda: described("<![CDATA[<p " + '""' * MIB + "><p>]]>"), 1
    ),
    "comments that never end": Hostile(lambda: rss(GOOD + "<!--" * 500_000), 1),
    "instructions that never end": Hostile(lambda: rss(GOOD + "<?a " * 500_000), 1),
    "a million small comments": Hostile(lambda: rss("<!---->" * 400_000 + GOOD), 0),
    "a beginning that never comes": Hostile(
        lambda: b"<?xml version='1.0'?>" + b"<!-- -->" * 300_000, None
    ),
    "brackets of a document type": Hostile(
        lambda: b"<?xml version='1.0'?><!DOCTYPE a [" + b"]" * MIB, None
    ),
    "a feed after 8 KiB of warnings": Hostile(lambda: b"Warning: a\n" * 800 + rss(GOOD), None),
}
CHARSETS: Final = {
    "bytes at random": Hostile(lambda: bytes(range(256)) * 4000, None),
    "zeros": Hostile(lambda: bytes(MIB), None),
    "a declared codec that is no charset": Hostile(
        lambda: b'<?xml version="1.0" encoding="unicode_escape"?>' + rss(GOOD) + b"\xff", 1
    ),
    "a declared codec that unpacks": Hostile(
        lambda: b'<?xml version="1.0" encoding="zlib"?>' + rss(GOOD) + b"\xff", 1
    ),
    "a charset of 1 MiB": Hostile(lambda: rss(GOOD) + b"\xff", 1, "text/xml; charset=" + "a" * MIB),
    "UTF-7 in the header": Hostile(lambda: rss(GOOD) + b"\xff", 1, "text/xml; charset=utf-7"),
    "half of UTF-16": Hostile(lambda: rss(GOOD).decode().encode("utf-16")[:-1], 1),
    "UTF-32": Hostile(lambda: rss(GOOD).decode().encode("utf-32"), 1),
    "surrogates in UTF-8": Hostile(
        lambda: rss(GOOD).replace(b"Ferry", b"\xed\xa0\xbd\xed\xb8\x80"), 1
    ),
    "a body that is still packed": Hostile(lambda: gzip.compress(rss(GOOD * 1000)), None),
    "a picture": Hostile(lambda: b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 2000, None),
    "control characters": Hostile(lambda: described("".join(map(chr, range(1, 32)))), 1),
}


def broken(inside: str) -> bytes:
    """An RSS feed that has to be mended."""
    return rss(f"{inside}{GOOD}<a><b></a>")


def items(inside: Callable[[int], str], number: int) -> bytes:
    """An RSS feed of so many items with different titles."""
    made = (f"<item><title>t{n}</title>{inside(n)}</item>" for n in range(number))
    return rss("".join(made))


def texts(html: str) -> bytes:
    """60 items that are described in 32 KiB of HTML."""
    cut = (html * (32 * 1024 // len(html)))[: 32 * 1024]
    return items(lambda _: f"<description><![CDATA[{cut}]]></description>", 60)


def opml(inside: str) -> bytes:
    """A list of feeds."""
    return f'<opml version="2.0"><body>{inside}</body></opml>'.encode()


def outline(number: int, more: str = "") -> str:
    """A feed in a list."""
    return f'<outline type="rss" text="a" xmlUrl="https://a.example/{number}"{more}/>'


UMLAUTS: Final = "\xfc" * 30
LONG_BASE: Final = f'xml:base="https://b.example/{"u/" * 15_000}"'
ADDRESSES: Final = {
    "8,000 links against a base of 30 KiB": Hostile(
        lambda: items(lambda _: f"<x {LONG_BASE}/>" + "<link>a</link>" * 8000, 1), 1
    ),
    "8,000 links against the root's long base": Hostile(
        lambda: rss("<item><title>x</title>" + "<link>a</link>" * 8000 + "</item>").replace(
            b"<rss", f"<rss {LONG_BASE}".encode()
        ),
        1,
    ),
    "1,900 items against the root's long base": Hostile(
        lambda: items(lambda n: f"<link>../a{n}</link>", 1900).replace(
            b"<rss", f"<rss {LONG_BASE}".encode()
        ),
        1900,
    ),
    "8,000 sources against a long base": Hostile(
        lambda: items(lambda _: '<source url="a">A</source>' * 8000, 1).replace(
            b"<rss", f"<rss {LONG_BASE}".encode()
        ),
        1,
    ),
    "pictures of broken escapes": Hostile(
        lambda: items(
            lambda n: f'<enclosure type="image/png" url="https://x.example/{"%zz" * 300}{n}"/>',
            1800,
        ),
        1800,
    ),
    "hosts of other scripts": Hostile(
        lambda: items(lambda n: f"<link>https://{UMLAUTS}{n}.{UMLAUTS}.example/</link>", 1900),
        1900,
    ),
    "authors of signs of mail": Hostile(
        lambda: items(lambda n: f"<author>{'@(' * 45}{n}</author>", 2000), 2000
    ),
    "categories of HTML": Hostile(
        lambda: items(
            lambda n: "".join(f"<category>&lt;b&gt;&lt;q {n}.{m}</category>" for m in range(20)),
            1200,
        ),
        1200,
    ),
    "dates that nearly are": Hostile(
        lambda: items(
            lambda n: (
                f"<pubDate>{n} mon, 1 jan 2020 at 1:00 am (a a a</pubDate>"
                f"<dc:date>1 de de jan {n} - - 1:00</dc:date><updated>Sunday {'a' * 60}</updated>"
            ),
            1900,
        ),
        1900,
    ),
    "tails of excerpts": Hostile(
        lambda: items(lambda _: f"<description>{'[... ' * 120}</description>", 1900), 1900
    ),
    "pictures in groups in groups": Hostile(
        lambda: items(
            lambda _: (
                "<media:group xmlns:media='http://search.yahoo.com/mrss/'>" * 200
                + "<media:thumbnail url=''/>" * 15_000
                + "</media:group>" * 200
            ),
            1,
        ),
        1,
    ),
}

MENDING: Final = {
    "a root with a word of 32 KB": Hostile(
        lambda: broken("").replace(b"<rss", b"<rss x=y " + b"a" * 32_000), 1
    ),
    "a root with 10,000 signs of equality": Hostile(
        lambda: broken("").replace(b"<rss", b"<rss " + b"a= " * 10_000), 1
    ),
    "tags with a long word": Hostile(lambda: broken(f"{GOOD}<a x=y {'a' * 30_000}>" * 60), 1),
    "tags with a long gap": Hostile(lambda: broken(f"{GOOD}<a x=y a{' ' * 30_000}b>" * 60), 1),
    "signs of equality without an end": Hostile(
        lambda: broken(GOOD + ("<a " + "b=c " * 8000) * 60), 1
    ),
    "tags in quotes in tags": Hostile(lambda: broken(f"{GOOD}" + '<a b="<c d=e " ' * 9000), 1),
    "references that mean nothing": Hostile(
        lambda: broken(f"<item><title>{('&' + 'a' * 31 + ';') * 60_000}</title></item>"), 2
    ),
    "100,000 small sections": Hostile(
        lambda: broken(f"{GOOD}<item>" + "<![CDATA[<b x=y]]>" * 100_000), 1
    ),
    "800 prefixes of a small feed": Hostile(
        lambda: broken(GOOD + "".join(f"<p{n}:a/>" for n in range(800))), 1
    ),
}

SPACES: Final = {
    "70,000 namespaces in items": Hostile(
        lambda: items(lambda n: "".join(f'<x xmlns="urn:{n}:{m}"/>' for m in range(500)), 140),
        None,
    ),
    "100,000 names of attributes in items": Hostile(
        lambda: items(lambda n: "".join(f'<x a{n}-{m}=""/>' for m in range(500)), 200), 200
    ),
}

WEB: Final = {
    "60 nests of bold": Hostile(lambda: texts("<b><i>"), 60),
    "60 lists of fonts": Hostile(
        lambda: items(
            lambda _: (
                "<description><![CDATA["
                + "".join(f"<font a={n}><p>" for n in range(1800))
                + "]]></description>"
            ),
            60,
        ),
        60,
    ),
    "60 nests of tables": Hostile(lambda: texts("<table><tr><td>"), 60),
    "60 nests of links": Hostile(lambda: texts("<a><div>"), 60),
    "60 nests of objects and scripts": Hostile(lambda: texts("<object><script>"), 60),
    "60 nests of pictures with text": Hostile(lambda: texts("<svg><desc>"), 60),
    "60 texts of half tags": Hostile(lambda: texts("<p "), 60),
    "60 texts of half quotes": Hostile(lambda: texts("<p \"'"), 60),
    "a page with a long address of a feed": Hostile(
        lambda: (
            b'<html><head><link rel="alternate" type="application/rss+xml" href="https://x.example/'
            + b"/feed" * 100_000
            + b'x"></head>'
        ),
        None,
    ),
    "a page with 1,900 addresses like feeds": Hostile(
        lambda: (
            b"<html><body>"
            + b"".join(
                b'<a href="https://x.example/%d%bx">f</a>' % (n, b"/feed/rss.xml" * 80)
                for n in range(1900)
            )
        ),
        None,
    ),
}

LISTS: Final = {
    "a feed in 900,000 folders": Hostile(
        lambda: opml(outline(1, f' category="{"a," * 900_000}"')), None
    ),
    "a feed in a path of 900,000 steps": Hostile(
        lambda: opml(outline(1, f' category="{"/a" * 900_000}"')), None
    ),
    "60 feeds in 15,000 folders each": Hostile(
        lambda: opml("".join(outline(n, f' category="{"a," * 15_000}"') for n in range(60))), 60
    ),
    "a list with 150,000 attributes": Hostile(
        lambda: opml("<outline " + " ".join(f'a{n}="x"' for n in range(150_000)) + "/>"), None
    ),
    "8,000 feeds in folders of 30 KiB": Hostile(
        lambda: opml(
            f'<outline text="{"w " * 15_000}">' * 19
            + "".join(map(outline, range(8000)))
            + "</outline>" * 19
        ),
        8000,
    ),
    "a list of 20,000 feeds": Hostile(lambda: opml("".join(map(outline, range(20_000)))), None),
    "90,000 tags in a JSON Feed": Hostile(
        lambda: json.dumps(
            {
                "version": "https://jsonfeed.org/version/1",
                "items": [{"id": "1", "title": "a", "tags": ["x"] * 90_000}],
            }
        ).encode(),
        1,
    ),
    "numbers that are none in a JSON Feed": Hostile(
        lambda: (
            b'{"version":"https://jsonfeed.org/version/1","items":[{"id":1e999,"title":"a"},'
            b'{"id":NaN,"title":"b"},{"id":-Infinity,"title":"c"},{"id":'
            + b"9" * 4000
            + b',"title":"d"}]}'
        ),
        4,
    ),
    "20,000 items of JSON before a broken one": Hostile(
        lambda: (
            b'{"version":"https://jsonfeed.org/version/1","items":['
            + b'{"id":"a","title":"b"},' * 20_000
            + b"{{{"
        ),
        1,
    ),
    "quoted quotes of JSON": Hostile(lambda: b'{"title":"' + b"\\" * 1_900_000, None),
}

HOSTILE: Final = {
    **ENTITIES,
    **TAGS,
    **NESTS,
    **SIZES,
    **SECTIONS,
    **CHARSETS,
    **ADDRESSES,
    **MENDING,
    **SPACES,
    **WEB,
    **LISTS,
}


@dataclass(frozen=True)
class Cost:
    """What an input came to: how many items, None = refused; or the `crash`."""

    items: int | None
    seconds: float
    memory: int
    crash: str


def read(hostile: Hostile, content: bytes) -> int | None:
    """How many items are read of the input; None if it is refused."""
    try:
        if content.lstrip()[:100].find(b"<opml") >= 0 or b"<!DOCTYPE opml" in content[:100]:
            return len(read_opml(content))
        return len(parse(content, hostile.content_type, URL, NOW).items)
    except NotAFeed:
        return None


def measured(hostile: Hostile) -> Cost:
    """The cost of reading an input, over what the process and the input itself take."""
    read(HOSTILE["a feed after 8 KiB of warnings"], rss(GOOD))  # what a first feed loads
    read(hostile, described("&lt;script&gt;a&lt;/script&gt;"))
    content = hostile.make()
    gc.collect()
    Path("/proc/self/clear_refs").write_text("5")  # the highest mark is now the present size
    base, begun = status("VmRSS"), time.process_time()
    try:
        items = read(hostile, content)
    except Exception as error:  # noqa: BLE001 - whatever it is, it is a crash
        return Cost(None, time.process_time() - begun, status("VmHWM") - base, repr(error)[:200])
    return Cost(items, time.process_time() - begun, status("VmHWM") - base, "")


def status(name: str) -> int:
    """A size of this process in bytes, as Linux names it."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return int(next(line for line in lines if line.startswith(name)).split()[1]) * 1024


def in_a_child(hostile: Hostile) -> dict[str, Any]:
    """The cost, measured in a process that may die of it."""
    ours, theirs = os.pipe()
    child = os.fork()
    if child == 0:
        os.write(theirs, json.dumps(measured(hostile).__dict__).encode())
        os._exit(0)
    os.close(theirs)
    with os.fdopen(ours, "rb") as answer:
        written = answer.read()
    _, ended = os.waitpid(child, 0)
    if written:
        return dict(json.loads(written))
    return Cost(None, 0, 0, f"it ended with {ended}").__dict__


if __name__ == "__main__":
    for name in sys.argv[1:] or HOSTILE:
        print(json.dumps({"name": name, **in_a_child(HOSTILE[name])}), flush=True)  # noqa: T201
