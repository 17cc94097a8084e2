"""Reads the XML formats: RSS 0.9x to 2.0, RSS as RDF, Atom.

An element counts by its name and the kind of its namespace, so that a feed without namespaces, or
in capitals, is read as well. Each item is forgotten as soon as it is taken: a tree takes 28 times
the memory of a document that is nothing but tags.
"""

import re
from collections.abc import Callable
from typing import Any, Final

from lxml import etree

from bot.origins.feeds.raw import (
    DATES,
    HTTP,
    NO_TEXT,
    Claim,
    Enough,
    RawFeed,
    RawItem,
    RawText,
    Take,
    joined,
)
from bot.stories.urls import MAX_URL

MAX_TAGS: Final = 20_000
"""How many tags may come without an item; they take 5 MB. The largest item of a real feed has 900,
most of them in its HTML.
"""

Element = Any  # lxml has no types of its own

_CHUNK: Final = 16 * 1024
_XML: Final = "{http://www.w3.org/XML/1998/namespace}"
_BASE, _LANG = f"{_XML}base", f"{_XML}lang"
_ABOUT: Final = "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}about"

_FOREIGN: Final = {
    "purl.org/dc/elements/1.": "dc:",
    "purl.org/dc/terms": "dcterms:",
    "purl.org/rss/1.0/modules/content": "content:",
    "purl.org/rss/1.0/modules/syndication": "sy:",
    "search.yahoo.com/mrss": "media:",
    "rssnamespace.org/feedburner": "feedburner:",
}
"""Parts of the namespaces whose elements are read, by the prefix that is mostly used for them."""
_OWN: Final = ("www.w3.org/2005/Atom", "purl.org/atom/ns", "purl.org/rss/1.0/", "/rdf/simple/0.9")
"""Parts of the formats' own namespaces; a root's is its own too."""
_TEXTS: Final = {
    "title": "title",
    "dc:title": "other title",
    "description": "summary",
    "summary": "summary",
    "dc:description": "other summary",
    "content:encoded": "content",
    "content": "content",
    "media:description": "other summary",
}
_PREFIX: Final = re.compile(r"(</?)[\w.-]+:(?=\w)")
_NEEDS_READING: Final = re.compile("[^!-%'-;=-~\\s]")  # anything but ASCII without < and &
_PLAIN: Final = ("text", "text/plain")
_NO_PAGE: Final = ("self", "edit", "replies", "hub", "license", "next", "prev", "first", "last")


def read_markup(document: bytes, url: str, take: Take) -> RawFeed:
    """The feed in a document that begins with its root and has no DOCTYPE; each item goes to
    `take` as soon as it is read.
    """
    parser = etree.XMLPullParser(
        ("end",),
        tag=("{*}item", "{*}entry", "{*}Item", "{*}ITEM", "{*}Entry", "{*}ENTRY"),
        encoding="utf-8",
        recover=True,
        resolve_entities=False,
        no_network=True,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
        collect_ids=False,
    )
    reader = _Reader(url, take)
    try:
        _parse(parser, document, reader)
    except Enough:
        pass
    except etree.XMLSyntaxError as error:
        reader.feed.broken = f"its XML, {error.msg}"
    if parser.feed_error_log and not reader.feed.broken:
        first = parser.feed_error_log[0]
        reader.feed.broken = f"its XML, line {first.line}: {first.message}"
    reader.read_feed()
    return reader.feed


def _parse(parser: Element, document: bytes, reader: "_Reader") -> None:
    tags = 0
    for start in range(0, len(document), _CHUNK):
        chunk = document[start : start + _CHUNK]
        parser.feed(chunk)
        tags = 0 if reader.take_items(parser) else tags + chunk.count(b"<")
        if tags > MAX_TAGS:
            reader.feed.broken = f"more than {MAX_TAGS:,} tags without an item"
            reader.feed.hopeless = True
            return
    reader.root = parser.close()
    reader.take_items(parser)  # what the end of a broken document closes


class _Reader:
    """Reads the elements of one document."""

    def __init__(self, url: str, take: Take) -> None:
        self.feed = RawFeed()
        self.root: Element = None
        self._url, self._take = url, take
        self._names: dict[str, str] = {}

    def read_feed(self) -> None:
        """Read what the document says of the feed itself, as far as it is there."""
        if self.root is None:
            return
        feed, root = self.feed, self.root
        feed.format, feed.language = self._format(root), root.get(_LANG, feed.language)
        channel = next((one for one in root if self.name(one) == "channel"), root)
        for element in channel:
            name = self.name(element)
            if read := _OF_FEED.get(name):
                read(self, feed, element, name)

    def take_items(self, parser: Element) -> int:
        """Read the items that are complete and hand them on; how many there were. Reading several
        before any is cleaned is a tenth faster.
        """
        items = [self._read_item(element) for _, element in parser.read_events()]
        for item in items:
            self._take(item)
        return len(items)

    def _read_item(self, element: Element) -> RawItem:
        if self.root is None:
            self.root = element.getroottree().getroot()
        item = RawItem()
        if about := element.get(_ABOUT):
            _identity(item, about.strip(), Claim.IDENTITY)
        self._read_fields(item, element)
        element.clear()
        return item

    def _read_fields(self, item: RawItem, element: Element) -> None:
        names = self._names
        for child in element:
            tag = child.tag
            name = names.get(tag) or self._named(tag)
            if read := _OF_ITEM.get(name):
                read(self, item, child, name)
            elif name == "media:group":
                self._read_fields(item, child)

    def text(self, element: Element) -> RawText:
        """An element's text: escaped HTML, or plain if it says so, or markup as HTML."""
        if len(element):
            return RawText(_markup(element).strip())
        return RawText((element.text or "").strip(), element.get("type") not in _PLAIN)

    def link(self, element: Element, link: str) -> str:
        """A link in an element, read against the bases that are in force there."""
        link = link.strip()
        return link if link.startswith(HTTP) else joined(self._base(element), link)

    def _base(self, element: Element) -> str:
        base = self._url
        bases = [one.get(_BASE) for one in (element, *element.iterancestors())]
        for given in reversed(bases):
            if given and len(given) + len(base) <= MAX_URL:
                base = joined(base, given)
        return base

    def name(self, element: Element) -> str:
        """An element's name in lower case, with the prefix of its kind if it is foreign."""
        tag = element.tag
        return self._names.get(tag) or self._named(tag)

    def _named(self, tag: object) -> str:
        if not isinstance(tag, str):  # a reference that the document does not define
            return "other:"
        space, _, local = tag.rpartition("}")
        name = self._names[tag] = (self._prefix(space) if space else "") + local.lower()
        return name

    def _prefix(self, space: str) -> str:
        for part, prefix in _FOREIGN.items():
            if part in space:
                return prefix
        root = self.root.tag.rpartition("}")[0] if self.root is not None else space
        return "" if space == root or any(part in space for part in _OWN) else "other:"

    def _format(self, root: Element) -> str:
        space, _, local = root.tag.rpartition("}")
        if local.lower() == "feed":
            return "Atom 0.3" if "purl.org/atom/" in space else "Atom 1.0"
        if local.lower() == "rdf":
            old = any("/rdf/simple/0.9" in one.tag for one in root)
            return "RSS 0.90" if old else "RSS 1.0"
        version = root.get("version", "").strip()
        return f"RSS {version}" if re.fullmatch(r"\d\.\d[\d.]{0,4}", version) else "RSS"


def _markup(element: Element) -> str:
    """The content of an element as HTML."""
    parts = (etree.tostring(one, encoding="unicode", method="html") for one in element)
    return (element.text or "") + _PREFIX.sub(r"\1", "".join(parts))


def _identity(item: RawItem, text: str, claim: Claim) -> None:
    item.id = item.id or text
    if text.startswith(HTTP):
        item.add_link(claim, text)


def _read_text(reader: _Reader, item: RawItem, element: Element, name: str) -> None:
    part = _TEXTS[name]
    if part in item.texts or (part == "content" and _is_enough(item.texts.get("summary"))):
        return
    if len(element) or element.keys():
        text = reader.text(element) if _is_text(element) else NO_TEXT
    else:  # as in nearly all RSS
        text = RawText((element.text or "").strip())
    if text.value:
        item.texts[part] = text


def _is_enough(summary: RawText | None) -> bool:
    """Whether a summary is certainly text, so that the content need not be read."""
    return summary is not None and not _NEEDS_READING.search(summary.value)


def _is_text(element: Element) -> bool:
    """Whether it is text and in the feed: in Atom it may be a picture, or elsewhere."""
    kind = element.get("type", "text")
    text = kind.startswith("text") or "html" in kind or "xml" in kind
    return text and element.get("mode") != "base64" and element.get("src") is None


def _read_date(reader: _Reader, item: RawItem, element: Element, name: str) -> None:
    if element.text:
        item.dates.setdefault(name, element.text)


def _read_link(reader: _Reader, item: RawItem, element: Element, name: str) -> None:
    address = element.get("href")
    if address:
        claim = _claim(element.get("rel", "alternate"), element.get("type", "text/html"))
        if claim is not None:
            item.add_link(claim, reader.link(element, address))
    elif element.text:
        item.add_link(Claim.PAGE, reader.link(element, element.text))


def _claim(relation: str, kind: str) -> Claim | None:
    if relation in _NO_PAGE:
        return None
    if relation == "alternate":
        return Claim.PAGE if "html" in kind else Claim.OTHER_FORM
    return Claim.ENCLOSURE if relation == "enclosure" else Claim.RELATED


def _read_original(reader: _Reader, item: RawItem, element: Element, name: str) -> None:
    item.add_link(Claim.ORIGINAL, reader.link(element, element.text or ""))


def _read_guid(reader: _Reader, item: RawItem, element: Element, name: str) -> None:
    is_page = element.get("isPermaLink", "true") != "false"
    if text := (element.text or "").strip():
        _identity(item, text, Claim.IDENTITY if is_page else Claim.RELATED)


def _read_id(reader: _Reader, item: RawItem, element: Element, name: str) -> None:
    if text := (element.text or "").strip():
        _identity(item, text, Claim.RELATED)


def _read_category(reader: _Reader, item: RawItem, element: Element, name: str) -> None:
    if term := element.get("label") or element.get("term") or element.text:
        item.categories.append(term)


def _read_author(reader: _Reader, item: RawItem, element: Element, name: str) -> None:
    named = (child.text for child in element if reader.name(child) == "name")
    item.author = item.author or (next(named, None) or element.text or "").strip()


def _read_source(reader: _Reader, item: RawItem, element: Element, name: str) -> None:
    """The feed that an item was taken from: RSS has its name as text, Atom as elements."""
    item.publisher = (element.text or "").strip()
    item.publisher_url = reader.link(element, element.get("url", ""))
    for child in element:
        inner = reader.name(child)
        if inner == "title":
            item.publisher = reader.text(child).value
        elif inner == "link" and child.get("rel", "alternate") == "alternate":
            item.publisher_url = reader.link(child, child.get("href", ""))


def _read_enclosure(reader: _Reader, item: RawItem, element: Element, name: str) -> None:
    address = reader.link(element, element.get("url", ""))
    if element.get("type", "").startswith("image/"):
        item.image = item.image or address
    else:
        item.add_link(Claim.ENCLOSURE, address)


def _read_media(reader: _Reader, item: RawItem, element: Element, name: str) -> None:
    if item.image:
        return
    if name == "media:thumbnail" or "image" in (element.get("medium"), element.get("type", "")[:5]):
        picture = element
    else:
        picture = next((one for one in element if reader.name(one) == "media:thumbnail"), None)
    if picture is not None:
        item.image = reader.link(element, picture.get("url", ""))


_OF_ITEM: Final[dict[str, Callable[[_Reader, RawItem, Element, str], None]]] = {
    **dict.fromkeys(_TEXTS, _read_text),
    **dict.fromkeys(DATES, _read_date),
    **dict.fromkeys(("category", "dc:subject"), _read_category),
    **dict.fromkeys(("author", "dc:creator"), _read_author),
    **dict.fromkeys(("media:content", "media:thumbnail"), _read_media),
    "link": _read_link,
    "feedburner:origlink": _read_original,
    "guid": _read_guid,
    "id": _read_id,
    "source": _read_source,
    "enclosure": _read_enclosure,
}


def _feed_title(reader: _Reader, feed: RawFeed, element: Element, name: str) -> None:
    if not feed.title.value:
        feed.title = reader.text(element)


def _feed_link(reader: _Reader, feed: RawFeed, element: Element, name: str) -> None:
    if element.get("rel", "alternate") == "alternate" and not feed.site:
        feed.site = reader.link(element, element.get("href") or element.text or "")


def _feed_language(reader: _Reader, feed: RawFeed, element: Element, name: str) -> None:
    feed.language = (element.text or "").strip() or feed.language


def _feed_hint(reader: _Reader, feed: RawFeed, element: Element, name: str) -> None:
    feed.hints[name] = element.text or ""


def _feed_pauses(reader: _Reader, feed: RawFeed, element: Element, name: str) -> None:
    pauses = [child.text or "" for child in element]
    if name == "skiphours":
        feed.skip_hours = pauses
    else:
        feed.skip_days = pauses


_OF_FEED: Final[dict[str, Callable[[_Reader, RawFeed, Element, str], None]]] = {
    **dict.fromkeys(("language", "dc:language"), _feed_language),
    **dict.fromkeys(("ttl", "sy:updateperiod", "sy:updatefrequency"), _feed_hint),
    **dict.fromkeys(("skiphours", "skipdays"), _feed_pauses),
    "title": _feed_title,
    "link": _feed_link,
}
