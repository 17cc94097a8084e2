"""The canonical form of an article's URL, which is its identity, and the domain behind a host."""

import re
from functools import cache, lru_cache
from ipaddress import ip_address
from urllib.parse import SplitResult, quote, unquote, urlsplit, urlunsplit

from publicsuffixlist import PublicSuffixList

MAX_URL = 2000
"""Characters of a URL: a link with it still fits Discord's limits (an embed's URL: 2,048)."""

# Parameters that say how a reader came, never which article it is.
_TRACKERS = re.compile(
    r"""utm_.+ | at_(?:medium|campaign|custom\d|link_.+|format|ptr_name|bbc_team) | fbclid | gclid
      | dclid | msclkid | yclid | igshid | mc_[ce]id | _hs(?:enc|mi) | cmpid | ocid | smid
      | s_cid | ns_(?:mchannel|source|campaign|linkname) | ftag | guccounter | guce_referrer.*""",
    re.VERBOSE | re.IGNORECASE,
)
# `mod` is a tracker at these publishers and an article's number elsewhere.
_MOD_TRACKS_AT = ("marketwatch.com", "wsj.com", "barrons.com")
_DEFAULT_PORTS = {"http": 80, "https": 443}
_UNSAFE = re.compile(r"[\x00-\x20\x7f]")
_PLAIN = re.compile(r"[A-Za-z0-9/:@!$&'()*+,;=~?\[\]._-]*")  # nothing to escape
_ESCAPE = re.compile(r"%([0-9A-Fa-f]{2})?")
_AMPERSAND = re.compile(r"&(?:(?:amp|#0*38);)+")
_AMP_CACHE = re.compile(r"/[a-z]/(s/)?([^/]+)(/.*)?$")
_UNRESERVED = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")


class BadUrl(ValueError):
    """The text is not an http(s) URL of an article; the message says why."""


@lru_cache(maxsize=4096)
def canonical(url: str) -> str:
    """The canonical form of `url`: one article, one string. Idempotent.

    Drops trackers, the fragment, default ports and dot segments; resolves AMP forms to the page;
    lower-cases scheme and host, writes the host in ASCII and escapes one way. Parameters that may
    identify an article are kept, in their order. Raises BadUrl for anything but http(s).
    """
    parts = _from_amp_cache(_split(url))
    host = _from_amp_host(_host(parts))
    path = _path(parts.path)
    if "amp" in path:
        path = re.sub(r"(?<=[^/])(/amp)+(/?)$", r"\2", path)
        path = re.sub(r"(\.amp)+\.html$", ".html", path)
    query = _query(parts.query, host)
    result = urlunsplit((parts.scheme, _netloc(parts, host), path, query, ""))
    if len(result) > MAX_URL:
        raise BadUrl(f"the URL has {len(result)} characters, the limit is {MAX_URL}")
    return result


@lru_cache(maxsize=4096)
def image_url(url: str) -> str | None:
    """`url` as an image Discord can load, or None: not http(s), relative, or no picture's name."""
    try:
        parts = _split(url)
        host = _host(parts)
    except BadUrl:
        return None
    if parts.path.lower().endswith((".mp4", ".php", ".webm", ".svg", ".html")):
        return None
    path, query = _escape(parts.path or "/"), _escape(parts.query)
    result = urlunsplit((parts.scheme, _netloc(parts, host), path, query, ""))
    return result if len(result) <= MAX_URL else None


@lru_cache(maxsize=4096)
def registrable_domain(host: str) -> str:
    """The domain one can register: `www.bbc.co.uk` -> `bbc.co.uk`; an unknown host is itself."""
    return _public_suffixes().privatesuffix(host) or host


@lru_cache(maxsize=4096)
def host_of(url: str) -> str:
    """The host of a canonical URL, lower case, without port."""
    return urlsplit(url).hostname or ""


@cache
def _public_suffixes() -> PublicSuffixList:
    return PublicSuffixList()


def _split(url: str) -> SplitResult:
    if len(url) > 4 * MAX_URL:  # trackers may go, but not so many
        raise BadUrl(f"the URL has {len(url)} characters, the limit is {MAX_URL}")
    text = _AMPERSAND.sub("&", url.strip())
    if _UNSAFE.search(text.replace(" ", "")):
        raise BadUrl("the URL holds control characters")
    try:
        parts = urlsplit(text)
        _ = parts.port
    except ValueError as error:
        raise BadUrl(f"not a URL: {error}") from error
    if parts.scheme not in _DEFAULT_PORTS:
        raise BadUrl("the URL must begin with http:// or https://")
    if parts.username is not None or parts.password is not None:
        raise BadUrl("the URL must not hold a user name or password")
    return parts


def _host(parts: SplitResult) -> str:
    host = unquote(parts.hostname or "").rstrip(".").casefold()
    if not host:
        raise BadUrl("the URL names no host")
    if "%" in host:
        raise BadUrl("the host is not a name")
    return _ascii_host(host)


@lru_cache(maxsize=4096)
def _ascii_host(host: str) -> str:
    try:
        return str(ip_address(host))
    except ValueError:
        pass  # a name, not an address
    try:
        ascii_host = host.encode("idna").decode("ascii")
    except UnicodeError as error:
        raise BadUrl(f"the host is not a name: {error}") from error
    if not re.fullmatch(r"[a-z0-9_]([a-z0-9._-]*[a-z0-9_])?", ascii_host):
        raise BadUrl("the host is not a name")
    return ascii_host


def _netloc(parts: SplitResult, host: str) -> str:
    shown = f"[{host}]" if ":" in host else host
    port = parts.port
    return shown if port in (None, _DEFAULT_PORTS[parts.scheme]) else f"{shown}:{port}"


def _from_amp_cache(parts: SplitResult) -> SplitResult:
    match = _AMP_CACHE.match(_path(parts.path))
    if match is None or not _host(parts).endswith(".cdn.ampproject.org"):
        return parts
    secure, page_host, path = match.groups()
    page = urlunsplit(("https" if secure else "http", page_host, path or "/", parts.query, ""))
    return _from_amp_cache(_split(page))


def _from_amp_host(host: str) -> str:
    """`amp.news.example` -> `www.news.example`; `amp.dev` is a site of its own."""
    site = host.removeprefix("amp.")
    below = site != host and registrable_domain(site) == registrable_domain(host)
    return f"www.{site}" if below else host


def _path(path: str) -> str:
    kept: list[str] = []
    steps = _escape(path).split("/")[1:]
    for step in steps:
        if step == "..":
            del kept[-1:]
        elif step != ".":
            kept.append(step)
    if steps and steps[-1] in (".", ".."):
        kept.append("")
    return "/" + "/".join(kept)


def _query(query: str, host: str) -> str:
    pairs = [pair for pair in _escape(query).split("&") if pair]
    return "&".join(pair for pair in pairs if not _tracks(pair, host))


def _tracks(pair: str, host: str) -> bool:
    name, _, value = pair.partition("=")
    if name.lower() == "outputtype":
        return value.lower() == "amp"
    if name == "mod":
        return registrable_domain(host) in _MOD_TRACKS_AT
    return _TRACKERS.fullmatch(name) is not None


def _escape(text: str) -> str:
    """One spelling of percent-escapes: needless ones undone, needed ones made, hex in capitals."""
    if _PLAIN.fullmatch(text):
        return text
    plain = _ESCAPE.sub(_normal_escape, text)
    return quote(plain, safe="/:@!$&'()*+,;=~?[]%-._")


def _normal_escape(match: re.Match[str]) -> str:
    if match[1] is None:
        return "%25"  # a bare percent sign
    byte = int(match[1], 16)
    return chr(byte) if byte in _UNRESERVED else f"%{match[1].upper()}"
