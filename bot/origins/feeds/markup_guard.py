"""Refuses what is no feed or an attack, and mends XML that is broken."""

import html
import re
from typing import Final
from xml.sax.saxutils import escape

from bot.origins.feeds.document import NotAFeed

MAX_TAG: Final = 32 * 1024
"""How many bytes a tag may have. 60,000 attributes in one take other parsers seconds."""
MAX_NAMES: Final = 1000
"""How many different names of elements a feed may hold, and how many namespaces: the parser keeps
each for as long as its thread lives. A real feed has 40 names and 10 namespaces."""
MAX_TEXT: Final = 32 * 1024
"""How many bytes of a text of a large feed are parsed. What follows is never shown."""
_LARGE: Final = 256 * 1024
_SLICE: Final = 16 * 1024
MAX_PREFIXES: Final = 50
"""How many prefixes are declared if the feed does not do so; it would else make us write a bomb."""
_LOOKED: Final = 4096
"""Within how many bytes a feed begins: servers print warnings before it."""

_START: Final = re.compile(rb"<\?xml[\s?]|<(?:[\w.-]+:)?(?:rss|feed|rdf)[\s>/]", re.IGNORECASE)
_PAGE: Final = re.compile(rb"<html[\s>]|<!doctype html", re.IGNORECASE)
# Groups are repeated so many times at most, which bounds the memory; possessive ones would need
# none, but Python before 3.11.5 gets them wrong. 22,000 parts of a tag are longer than MAX_TAG.
# What may stand before the root.
_PROLOG: Final = re.compile(
    rb"(?:\s++|<\?.*?\?>|<!--.*?-->|<!DOCTYPE[^\[>]*+(?:\[.*?\]\s*)?>){0,1000}",
    re.IGNORECASE | re.DOTALL,
)
_ENTITY: Final = re.compile(rb"<!ENTITY", re.IGNORECASE)
_TAG: Final = rb"""(?:[^<>"']++|"[^"]*+"|'[^']*+'){0,22000}"""
_LONG_TAG: Final = re.compile(rb"<[A-Za-z_:][^<]{%d}" % MAX_TAG)
_NAME: Final = re.compile(rb"<([A-Za-z_][\w.:-]*)")
_XMLNS: Final = re.compile(rb"xmlns")
_NAMESPACE: Final = re.compile(rb"""\sxmlns(?::[\w.-]*+)?\s*+=\s*+["']([^"'<]*+)""")
_LONG_TEXT: Final = re.compile(rb">([^<]{%d,}+)" % MAX_TEXT)
_SECTION_TEXT: Final = re.compile(rb"<!\[CDATA\[((?:[^\]]++|\](?!\]>)){0,20000})")
_WHOLE_TAG: Final = re.compile(rb"<" + _TAG)
_ROOT: Final = re.compile(rb"<((?:([\w.-]+):)?([\w.-]+))(" + _TAG + rb")>")
_ATTRIBUTE: Final = re.compile(
    rb"""(?<![\w.:-])([\w.:-]++)\s*+=\s*(?:"([^"<]*+)"|'([^'<]*+)'|([^\s"'<>/]++))"""
)
_CONTROL: Final = bytes(code for code in range(0x20) if code not in b"\t\n\r")
_NO_CONTROL: Final = dict.fromkeys([*_CONTROL, 0xFFFE, 0xFFFF])
_NO_CHARACTER: Final = re.compile(rb"\xef\xbf[\xbe\xbf]")
_SECTION: Final = rb"<!\[CDATA\[(?:.*?\]\]>|.*)"
_REFERENCE: Final = re.compile(
    _SECTION + rb"|&(?!(?:amp|lt|gt|quot|apos);)(?:#?\w{1,32};)?"
    # HTML that should have been escaped; its other names are elements of feeds too.
    rb"|<(?=/?(?:a|abbr|b|big|blockquote|br|center|cite|code|dd|del|div|dl|dt|em|figure|font|h[1-6]"
    rb"|hr|i|iframe|img|ins|li|ol|p|pre|q|s|script|small|span|strike|strong|style|sub|sup|table"
    rb"|tbody|td|th|thead|tr|tt|u|ul|video)[\s/>])",
    re.DOTALL | re.IGNORECASE,
)
_UNQUOTED: Final = re.compile(
    _SECTION + rb"|<([A-Za-z_][\w:.-]*)(\s[^<>]*?=[^\"'\s<>][^<>]*)>", re.DOTALL
)
_WINDOWS: Final = re.compile(rb"&#(?:0*1[2-5][0-9]|[xX]0*[89][0-9a-fA-F]);")
_PREFIXED: Final = re.compile(rb"<([A-Za-z_][\w.-]*):")
_KNOWN_PREFIXES: Final = {
    b"atom": b"http://www.w3.org/2005/Atom",
    b"content": b"http://purl.org/rss/1.0/modules/content/",
    b"dc": b"http://purl.org/dc/elements/1.1/",
    b"dcterms": b"http://purl.org/dc/terms/",
    b"feedburner": b"http://rssnamespace.org/feedburner/ext/1.0",
    b"media": b"http://search.yahoo.com/mrss/",
    b"rdf": b"http://www.w3.org/1999/02/22-rdf-syntax-ns#",
    b"sy": b"http://purl.org/rss/1.0/modules/syndication/",
}


def guarded(data: bytes) -> bytes:
    """The document from its root on, without declaration and DOCTYPE, so that no entity is defined
    but XML's own five. Raises NotAFeed if it is no feed, or an attack.
    """
    start = _root(data).start()
    _refuse_long_tags(data)
    _refuse_many_names(data)
    if len(data) < _LARGE:
        return data[start:]
    return _LONG_TEXT.sub(_short_text, _with_short_sections(data[start:]))


def _with_short_sections(data: bytes) -> bytes:
    """The document without what is never shown of its CDATA sections."""
    parts, done = list[bytes](), 0
    for match in _SECTION_TEXT.finditer(data):
        if len(match[1]) > MAX_TEXT:
            parts += data[done : match.start(1)], _whole(match[1])
            done = match.end()
    return b"".join([*parts, data[done:]])


def _short_text(match: re.Match[bytes]) -> bytes:
    """A text without what is never shown, and without half a reference at its end."""
    kept = _whole(match[1])
    return b">" + (kept[: kept.rfind(b"&")] if b"&" in kept[-40:] else kept)


def _whole(text: bytes) -> bytes:
    """The beginning of a text, without half a character at its end."""
    return text[:MAX_TEXT].decode("utf-8", "ignore").encode()


def mended(document: bytes) -> bytes:
    """A guarded document as well formed as can be had: with characters for references that XML does
    not know, each attribute of the root quoted and once, and each prefix declared.
    """
    root = _ROOT.match(document)
    if root is None:
        return document
    body = _NO_CHARACTER.sub(b"", document[root.end() :].translate(None, _CONTROL))
    body = _UNQUOTED.sub(_quoted, _REFERENCE.sub(_escaped, body))
    return _root_tag(root, body) + body


def needs_mending(document: bytes) -> bool:
    """Whether there are references that are well formed but mean a character of Windows."""
    return b"#" in document and _WINDOWS.search(document) is not None


def _root(data: bytes) -> re.Match[bytes]:
    """The tag that the document begins with, which must be a feed's."""
    start = _START.search(data, 0, _LOOKED)
    page = _PAGE.search(data, 0, start.start() if start else _LOOKED)
    if page:
        raise NotAFeed("it is a web page")
    if start is None:
        raise NotAFeed("it is neither XML nor JSON")
    prolog = _PROLOG.match(data, start.start())
    after = prolog.end() if prolog else start.start()
    if _ENTITY.search(data, 0, after):
        raise NotAFeed("it defines entities of its own, which no feed needs")
    root = _ROOT.match(data, after)
    if root is None:
        raise NotAFeed("its XML has no beginning")
    _refuse_others(root[3].lower())
    return root


def _refuse_others(name: bytes) -> None:
    if name in (b"rss", b"feed", b"rdf"):
        return
    known = {b"html": "a web page", b"opml": "a list of feeds (OPML): import it"}
    known |= dict.fromkeys((b"urlset", b"sitemapindex"), "a site map")
    raise NotAFeed(f"it is {known.get(name) or f'XML, but no feed: <{name.decode()[:40]}>'}")


def _refuse_long_tags(data: bytes) -> None:
    whole_slices = range(0, len(data) - _SLICE + 1, _SLICE)
    if all(data.find(b"<", start, start + _SLICE) >= 0 for start in whole_slices):
        return  # a tag that is too long would fill one of them
    for match in _LONG_TAG.finditer(data):
        tag = _WHOLE_TAG.match(data, match.start())
        if tag and tag.end() - tag.start() > MAX_TAG and not _is_quoted(data, match.start()):
            raise NotAFeed(f"a tag of it has more than {MAX_TAG // 1024} KiB")


def _refuse_many_names(data: bytes) -> None:
    tags = data.count(b"<")
    if tags > MAX_NAMES and tags - data.count(b"</") > MAX_NAMES:
        _refuse_many(data, _NAME, "kinds of elements")
    if sum(1 for _ in _XMLNS.finditer(data)) > MAX_NAMES:  # twice as fast as bytes.count
        _refuse_many(data, _NAMESPACE, "namespaces")


def _refuse_many(data: bytes, pattern: re.Pattern[bytes], what: str) -> None:
    """Refuse more different matches of a pattern than MAX_NAMES."""
    found: set[bytes] = set()
    for start in range(0, len(data), _SLICE):
        found.update(pattern.findall(data, start, start + _SLICE))
    if len(found) > MAX_NAMES:
        raise NotAFeed(f"it has more than {MAX_NAMES:,} {what}")


def _is_quoted(data: bytes, place: int) -> bool:
    """Whether a place is in a CDATA section, as a picture inside an article's HTML may be."""
    return data.rfind(b"<![CDATA[", 0, place) > data.rfind(b"]]>", 0, place)


def _escaped(match: re.Match[bytes]) -> bytes:
    """A character for its reference, as browsers read it, and any other ampersand or tag of HTML as
    text. A CDATA section stays as it is.
    """
    found = match[0]
    if found == b"<":
        return b"&lt;"
    return found if found.startswith(b"<") else _characters(found)


def _characters(text: bytes) -> bytes:
    return escape(html.unescape(text.decode()).translate(_NO_CONTROL)).encode()


def _quoted(match: re.Match[bytes]) -> bytes:
    """A tag with each attribute in quotes. A CDATA section stays as it is."""
    if match[1] is None:
        return match[0]
    return _tag(match[1], _attributes(match[2]), match[2])


def _attributes(written: bytes) -> dict[bytes, bytes]:
    """The attributes of a tag, the first of each name."""
    found: dict[bytes, bytes] = {}
    for name, *values in _ATTRIBUTE.findall(written):
        found.setdefault(name, _characters(b"".join(values)).replace(b'"', b"&quot;"))
    return found


def _tag(name: bytes, attributes: dict[bytes, bytes], written: bytes) -> bytes:
    pairs = b"".join(b' %s="%s"' % pair for pair in attributes.items())
    return b"<%s%s%s>" % (name, pairs, b"/" if written.rstrip().endswith(b"/") else b"")


def _root_tag(root: re.Match[bytes], body: bytes) -> bytes:
    """The root's tag, with each prefix in use declared."""
    attributes = _attributes(root[4])
    for prefix in _prefixes(root, body):
        attributes.setdefault(b"xmlns:" + prefix, _KNOWN_PREFIXES.get(prefix, b"urn:" + prefix))
    return _tag(root[1], attributes, root[4])


def _prefixes(root: re.Match[bytes], body: bytes) -> list[bytes]:
    """The prefixes in use, without which `<media:title>` would be read as a `<title>`."""
    used = {root[2] or b"", *_PREFIXED.findall(body)} - {b"", b"xml"}
    return sorted(used, key=lambda prefix: (prefix not in _KNOWN_PREFIXES, prefix))[:MAX_PREFIXES]
