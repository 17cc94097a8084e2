"""An article's address: its link, as its source wrote it, and the keys that identify it.

The link is shown to users. The strict key is the article's identity: the link without scheme,
`www.` and fragments that lead to a place in the page. Equal loose keys only suggest one article.
"""

import re
import socket
from collections.abc import Iterable, Mapping
from functools import cache, lru_cache
from ipaddress import IPv4Address, IPv6Address, IPv6Network
from typing import Final
from unicodedata import normalize
from urllib.parse import SplitResult, quote, unquote, urlsplit, urlunsplit

import idna
from publicsuffixlist import PublicSuffixList

VERSION: Final = 4
"""Raise it with any change of a rule here: all keys are recomputed."""
MAX_URL: Final = 2000
"""How many characters a URL may have: it still fits Discord's limits (an embed's URL: 2,048)."""

_DEFAULT_PORTS: Final = {"http": 80, "https": 443}
_UNSAFE = re.compile(r"[\x00-\x20\x7f]")
_PLAIN = re.compile(r"[A-Za-z0-9/:@!$&'()*+,;=~?\[\]._-]*")  # nothing to escape
_PLAIN_HOST = re.compile(r"https?://([a-z0-9.-]+)(?=[/?#]|$)")
_BARE_PERCENT = re.compile(r"%(?![0-9A-Fa-f]{2})")
_ACCENTED = re.compile(r"[A-Za-z]?(?:%[89A-F][0-9A-F])+")
_ESCAPE = re.compile(r"%([0-9A-Fa-f]{2})")
_AMPERSAND = re.compile(r"&(?:(?:amp|#0*38|#[xX]0*26);)+")
# Invisible characters; a joiner inside a word belongs to its letters, as in Persian.
_INVISIBLE = re.compile(
    r"[\u00ad\u061c\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u2064\u2066-\u206f\ufeff]"
    r"|^[\s\u200c\u200d]+|[\s\u200c\u200d]+$"
)
# Undone in a key: a message's Markdown escapes brackets, and both spellings mean the same.
_NEEDLESSLY_ESCAPED = frozenset(
    b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~()"
)

_AMP_CACHE = re.compile(r"/[a-z]{1,2}/(s/)?([^/]+\.[^/]+)(/.*)?$")
_AMP_VIEWER = re.compile(r"/amp/(s/)?([^/]+\.[^/]+)(/.*)?$")
_CACHES = re.compile(r"(?:.*\.)?(?:cdn\.ampproject\.org|bing-amp\.com)")
_VIEWERS = re.compile(r"(?:www\.)?(?:google|bing)\.[a-z.]+")
_AMP_END = re.compile(r"(.*?/([^/]+?))(?:[/.]amp)+((?:(?<=\.amp)\.html)?/?)")
# The step before an AMP form must clearly be an article: a long slug, or a number.
_ARTICLE = re.compile(r"(?:[^-]*-){3}.*|.*\d{5}(?:\.html?)?")
_AMP_PARAMETER = re.compile(
    r"(?:output|outputtype|context|mode|view)=(?:valid_)?amp|(?:_|is)?amp(?:=(?:1|true|amp)?)?",
    re.IGNORECASE,
)
_AMP_FRAGMENT = re.compile(
    r"(?:[^=&/]*=[^&]*&)*(?:ampshare|aoh|amp_tf|amp_ct|amp_gsa|referrer)=.*", re.IGNORECASE
)

_SITE = re.compile(r"(?:[a-z0-9-]+\.)+(?:[a-z]{2,}|xn--[a-z0-9-]+)")
_ECHOBOX = re.compile(r"echobox(?:=.*)?", re.IGNORECASE)
_COMMENT = re.compile(r"comment", re.IGNORECASE)
_LOOSE_HOST = re.compile(r"(?:m|mobile)\.")
_AMP_FOLDER = re.compile(r"/amp(?=/|$)", re.IGNORECASE)
_LOOSE_END = re.compile(r"(?:/index\.html?|(?:\.(?:amp|html?))+)?/?$", re.IGNORECASE)

# Names of no public site: RFC 6761, 6762 (with its appendix G) and 8375, ICANN's `internal`, a
# cluster's `svc`, and names for reverse look-ups. `example` is for the sandbox.
_LOCAL_NAME = re.compile(
    r"(?:.*\.)?(?:localhost|local|localdomain|internal|intranet|private|corp|home|lan|test|invalid|svc"
    r"|(?:home|in-addr|ip6)\.arpa)"
)
_GLOBAL_V6: Final = 0b001
"""The first three bits of every public address of IPv6 (RFC 4291)."""
_DOCUMENTATION: Final = IPv6Network("3fff::/20")
"""RFC 9637; Python knows the other networks for documentation."""


class BadUrl(ValueError):
    """The text is not a public http(s) URL of an article; the message says why."""


class NotPublic(BadUrl):
    """The URL leads to a place that only some readers can reach, or nobody."""


class Trackers:
    """Parameters of URLs that say how a reader got there, never which article it is.

    A pattern is a name or `name=value`, in any case; `*` stands for anything. In `everywhere` the
    value `{host}` stands for the name of any site. Patterns in `at` apply to one host, or to every
    host of a registrable domain.
    """

    def __init__(
        self, everywhere: Iterable[str] = (), at: Mapping[str, Iterable[str]] | None = None
    ) -> None:
        sites = {site: tuple(patterns) for site, patterns in (at or {}).items()}
        self.rules = (tuple(everywhere), tuple(sites.items()))
        plain = [one for one in self.rules[0] if not one.endswith("={host}")]
        self._everywhere = _any_of(plain)
        self._sites_in = {
            one.partition("=")[0].lower() for one in {*self.rules[0]}.difference(plain)
        }
        self._at = {site: _any_of(patterns) for site, patterns in sites.items()}

    def __reduce__(self) -> tuple[object, ...]:
        """Unpickle to one object per list in each process: cached results for URLs depend on it."""
        return _unpickled, self.rules

    def has(self, pair: str, host: str) -> bool:
        """Whether `name=value` in a URL of a host tracks."""
        if self._everywhere.fullmatch(pair):
            return True
        if pair.partition("=")[0].lower() in self._sites_in and _names_site(pair):
            return True
        rules = self._at.get(host) or self._at.get(registrable_domain(host)) if self._at else None
        return rules is not None and rules.fullmatch(pair) is not None


@cache
def _unpickled(
    everywhere: tuple[str, ...], at: tuple[tuple[str, tuple[str, ...]], ...]
) -> Trackers:
    return Trackers(everywhere, dict(at))


def _any_of(patterns: Iterable[str]) -> re.Pattern[str]:
    return re.compile("|".join(map(_as_regex, patterns)) or r"(?!)", re.IGNORECASE | re.DOTALL)


def _names_site(pair: str) -> bool:
    """Whether a parameter's value is the name of a site, not `1.2` or `node.js`."""
    value = pair.partition("=")[2].lower()
    return _SITE.fullmatch(value) is not None and (
        value.endswith(".example")
        or _public_suffixes().privatesuffix(value, accept_unknown=False) is not None
    )


def _as_regex(pattern: str) -> str:
    name, equals, value = pattern.partition("=")
    one = re.escape(name).replace(r"\*", "[^=]*")
    return one + ("=" + re.escape(value).replace(r"\*", ".*") if equals else "(?:=.*)?")


NO_TRACKERS: Final = Trackers()
"""An empty list of trackers."""


@lru_cache(maxsize=1024)
def link_of(url: str, trackers: Trackers, amp_step: bool | None = None) -> str:
    """The link to an article: `url` as it is written, without AMP forms and trackers.

    Scheme and host are in lower case and ASCII, without a default port; characters not allowed in a
    URL are escaped. `amp_step` says whether a last step `/amp` names a form of the page before it;
    None = if that page's name looks like an article's. A link of ours has no such step (False).
    Raises BadUrl for anything but http(s), and for hosts that are not public.
    """
    parts = _from_amp_cache(_split(url))
    host = _from_amp_host(_host(parts))
    path = _without_amp(_safe(parts.path), amp_step) or "/"
    query = _without_trackers(_safe(parts.query), host, trackers)
    fragment = _fragment(_safe(parts.fragment), host, trackers)
    result = urlunsplit((parts.scheme, _netloc(parts, host), path, query, fragment))
    if len(result) > MAX_URL:
        raise BadUrl(f"the URL has {len(result)} characters, the limit is {MAX_URL}")
    return result


@lru_cache(maxsize=1024)
def key_of(link: str) -> str:
    """The strict key of a link: equal for all spellings of one article's address."""
    parts = urlsplit(link)
    host = parts.hostname or ""
    bare = host.removeprefix("www.")
    site = f"[{host}]" if ":" in host else bare if "." in bare else host  # www.gov.uk is gov.uk
    if parts.port not in (None, _DEFAULT_PORTS.get(parts.scheme)):
        site += f":{parts.port}"
    query = "&".join(pair for pair in _one_spelling(parts.query).split("&") if pair)
    fragment = _identifying(_one_spelling(parts.fragment))
    ending = (f"?{query}" if query else "") + (f"#{fragment}" if fragment else "")
    return site + _path(parts.path) + ending


def page_of(key: str) -> str:
    """A strict key without query and fragment."""
    return key.partition("#")[0].partition("?")[0]


@lru_cache(maxsize=1024)
def loose_key(key: str) -> str:
    """The part of a strict key that is the same for the page's other likely addresses."""
    page = page_of(key)
    ending = key[len(page) :]
    host, slash, path = page.partition("/")
    prefix = _LOOSE_HOST.match(host)
    site = _without(host, prefix[0]) if prefix else host
    return site + _LOOSE_END.sub("", _AMP_FOLDER.sub("", slash + path)) + ending


def relinked(link: str, trackers: Trackers) -> str | None:
    """A link of other rules, by these; unchanged if they refuse it; None if it is not public."""
    try:
        return link_of(link, trackers, amp_step=False)
    except NotPublic:
        return None
    except BadUrl:
        return link


@lru_cache(maxsize=1024)
def image_url(url: str) -> str | None:
    """`url` as an image that Discord can load, or None: not http(s), not public, or no picture."""
    try:
        parts = _split(url)
        host = _host(parts)
    except BadUrl:
        return None
    if parts.path.lower().endswith((".mp4", ".php", ".webm", ".svg", ".html")):
        return None
    path, query = _safe(parts.path or "/"), _safe(parts.query)
    result = urlunsplit((parts.scheme, _netloc(parts, host), path, query, ""))
    return result if len(result) <= MAX_URL else None


@lru_cache(maxsize=1024)
def registrable_domain(host: str) -> str:
    """The registrable domain: `www.bbc.co.uk` -> `bbc.co.uk`; an IP address or an unknown host is
    returned as it is.
    """
    if host.rpartition(".")[2].isdigit():  # no name ends in digits
        return host
    return _public_suffixes().privatesuffix(host) or host


def host_of(url: str) -> str:
    """The host of a link, lower case, without port."""
    plain = _PLAIN_HOST.match(url)  # takes a tenth of the time
    return plain[1] if plain else (urlsplit(url).hostname or "")


@cache
def _public_suffixes() -> PublicSuffixList:
    return PublicSuffixList()


def _split(url: str) -> SplitResult:
    if len(url) > 4 * MAX_URL:  # trackers may be removed, but not so many
        raise BadUrl(f"the URL has {len(url)} characters, the limit is {MAX_URL}")
    text = _AMPERSAND.sub("&", url.strip() if url.isascii() else _visible(url))
    if _UNSAFE.search(text.replace(" ", "")):
        raise BadUrl("the URL contains control characters")
    try:
        parts = urlsplit(text)
        _ = parts.port
    except ValueError as error:
        raise BadUrl(f"not a URL: {error}") from error
    if parts.scheme not in _DEFAULT_PORTS:
        raise BadUrl("the URL must begin with http:// or https://")
    if "@" in parts.netloc:
        raise BadUrl("the URL must not contain a user name or password")
    return parts


def _visible(url: str) -> str:
    """A URL without invisible characters; removing one may expose another at an end."""
    while (shown := _INVISIBLE.sub("", url)) != url:
        url = shown
    return url


def _host(parts: SplitResult) -> str:
    host = unquote(parts.hostname or "")
    if not host:
        raise BadUrl("the URL names no host")
    if "%" in host or ("[" in parts.netloc and ":" not in host):
        raise BadUrl("the host is not a name")
    return _public_host(host)


@lru_cache(maxsize=1024)
def _public_host(host: str) -> str:
    """The host in ASCII. Raises BadUrl if it is not a host, or only some can reach it."""
    name = _ascii_host(host).rstrip(".")
    address = _address(name)
    if address is None:
        if not re.fullmatch(r"[a-z0-9_]([a-z0-9._-]*[a-z0-9_])?", name) or ".." in name:
            raise BadUrl("the host is not a name")
        if "." not in name or _LOCAL_NAME.fullmatch(name):
            raise NotPublic(f"{name} is not a public host; use a public address")
    elif not _is_public(address):
        raise NotPublic(f"{address} is not a public address; use a public one")
    return name if address is None else str(address)


def _ascii_host(host: str) -> str:
    """A host by IDNA 2008. ASCII labels stay: names with underscores are not valid, but in use."""
    if host.isascii():
        labels = host.lower().split(".")
    else:
        try:
            mapped = idna.uts46_remap(host, std3_rules=False)
            labels = [
                label if label.isascii() else idna.alabel(label).decode()
                for label in mapped.split(".")
            ]
        except UnicodeError as error:
            raise BadUrl(f"the host is not a name: {error}") from error
    if any(len(label) > 63 for label in labels):  # noqa: PLR2004 - RFC 1035
        raise BadUrl("the host is not a name: a part of it has more than 63 characters")
    return ".".join(labels)


def _address(host: str) -> IPv4Address | IPv6Address | None:
    """The IP address that a host spells, in any notation (`127.1`, `0x7f000001`)."""
    try:
        if ":" in host:
            return IPv6Address(host)
        if re.fullmatch(r"[0-9]+|0x[0-9a-f]*", host.rpartition(".")[2]):
            return IPv4Address(socket.inet_aton(host))
    except (ValueError, OSError) as error:
        raise BadUrl("the host is neither a name nor an address") from error
    return None


def _is_public(address: IPv4Address | IPv6Address) -> bool:
    """Whether the address leads everybody to the same machine."""
    if isinstance(address, IPv6Address):
        if int(address) >> 125 != _GLOBAL_V6:  # also not those that embed IPv4, except 6to4
            return False
        if address in _DOCUMENTATION:
            return False
        if address.sixtofour is not None:
            return _is_public(address.sixtofour)
    return address.is_global and not address.is_multicast


def _netloc(parts: SplitResult, host: str) -> str:
    shown = f"[{host}]" if ":" in host else host
    port = parts.port
    return shown if port in (None, _DEFAULT_PORTS[parts.scheme]) else f"{shown}:{port}"


def _from_amp_cache(parts: SplitResult) -> SplitResult:
    """The original page of a URL in an AMP cache."""
    if "/amp/" not in parts.path and "amp" not in parts.netloc.lower():
        return parts
    host, path = _host(parts), _path(parts.path)
    if _CACHES.fullmatch(host):
        match = _AMP_CACHE.match(path)
    else:
        match = _AMP_VIEWER.match(path) if _VIEWERS.fullmatch(host) else None
    if match is None:
        return parts
    secure, page_host, page_path = match.groups()
    # A viewer may escape the page's own query.
    path, _, inner = (page_path or "/").partition("%3F")
    inner = inner.replace("%3D", "=").replace("%26", "&")
    query = "&".join(filter(None, (inner, parts.query)))
    page = urlunsplit(("https" if secure else "http", page_host, path, query, parts.fragment))
    return _from_amp_cache(_split(page))


def _from_amp_host(host: str) -> str:
    """`amp.news.example` -> `www.news.example`; but `amp.dev` is a site of its own."""
    site = _without(host, "amp.")
    return f"www.{site}" if site != host and site == registrable_domain(site) else site


def _without(host: str, prefix: str) -> str:
    """A host without its first label, if the rest is a site."""
    site = host.removeprefix(prefix)
    return site if site != host and registrable_domain(site) == registrable_domain(host) else host


def _without_amp(path: str, amp_step: bool | None) -> str:
    """The page's path. `/guitars/amp` is a page of its own, `/a-new-guitar-shop/amp` a form."""
    if "amp" not in path or amp_step is False:
        return path
    if amp_step:
        return re.sub(r"/amp(/?)$", r"\1", path)
    match = _AMP_END.fullmatch(path)
    return match[1] + match[3] if match and _ARTICLE.fullmatch(match[2]) else path


def _without_trackers(query: str, host: str, trackers: Trackers) -> str:
    if not query:
        return query
    kept = [
        pair
        for pair in query.split("&")
        if not trackers.has(name := unquote(pair), host) and not _AMP_PARAMETER.fullmatch(name)
    ]
    return "&".join(kept)


def _fragment(fragment: str, host: str, trackers: Trackers) -> str:
    """A fragment without trackers; `/news/1?utm_source=x` is a route with its own query."""
    route, mark, query = fragment.partition("?")
    if mark:
        kept = _without_trackers(query, host, trackers)
        return f"{route}?{kept}" if kept else route
    if _AMP_FRAGMENT.fullmatch(fragment):
        return ""
    kept = _without_trackers(fragment, host, trackers)
    return "" if _ECHOBOX.fullmatch(kept) else kept


def _identifying(fragment: str) -> str:
    """The part of a fragment that identifies the article, not a place in it."""
    named = fragment.partition(":~:")[0]
    return "" if _COMMENT.match(named) or _ECHOBOX.fullmatch(named) else named


def _path(path: str) -> str:
    """A path in its one spelling, without `.` and `..`."""
    kept: list[str] = []
    steps = _one_spelling(path).split("/")[1:]
    for step in steps:
        if step == "..":
            del kept[-1:]
        elif step != ".":
            kept.append(step)
    if steps and steps[-1] in (".", ".."):
        kept.append("")
    return "/" + "/".join(kept)


def _safe(text: str) -> str:
    """The text, with only those characters escaped that a URL may not contain."""
    if _PLAIN.fullmatch(text):
        return text
    return quote(_BARE_PERCENT.sub("%25", text), safe="/:@!$&'()*+,;=~?[]%-._")


def _one_spelling(text: str) -> str:
    """The text with percent-escapes in one spelling: needless ones undone, needed ones made, hex in
    capitals, accents composed with their letters (NFC).
    """
    safe = _safe(text)
    return _ACCENTED.sub(_composed, _ESCAPE.sub(_normal_escape, safe)) if "%" in safe else safe


def _composed(match: re.Match[str]) -> str:
    try:
        return quote(normalize("NFC", unquote(match[0], errors="strict")))
    except UnicodeDecodeError:
        return match[0]


def _normal_escape(match: re.Match[str]) -> str:
    byte = int(match[1], 16)
    return chr(byte) if byte in _NEEDLESSLY_ESCAPED else f"%{match[1].upper()}"
