"""The canonical URL of an article: its identity."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.stories.urls import (
    MAX_URL,
    BadUrl,
    canonical,
    host_of,
    image_url,
    registrable_domain,
)

ARTICLE = "https://www.saltmarsh.example/news/ferries"
TRACKERS = [
    *("utm_source=x", "utm_campaign=y", "UTM_Medium=z", "utm%5Fterm=q", "fbclid=1", "gclid=2"),
    *("cmpid=3", "ocid=4", "smid=5", "at_medium=6", "at_campaign=7", "mc_cid=8", "s_cid=9"),
    *("ftag=a", "outputType=amp"),
]
AMP_FORMS = (
    "https://www-saltmarsh-example.cdn.ampproject.org/c/s/www.saltmarsh.example/news/ferries",
    "https://x.cdn.ampproject.org/v/s/amp.saltmarsh.example/news/ferries/amp?outputType=amp",
    "https://X.CDN.AmpProject.org./%63/s/www.saltmarsh.example/news/ferries",
    "https://amp.saltmarsh.example/news/ferries",
    "https://www.saltmarsh.example/news/ferries/amp",
    "https://www.saltmarsh.example/news/ferries?outputType=amp",
)
names = st.sampled_from(["id", "p", "lang", "v", "story", "mod", "page", "at_home"])
values = st.text(alphabet="abcXYZ0189-._~/é+,", min_size=1, max_size=8)
parameters = st.lists(st.tuples(names, values).map("=".join), max_size=5)
messy = st.text(alphabet="ab/.%&?=;#:@[]amp~+ 0123456789Aéhtml()_-", max_size=60)
beginnings = st.sampled_from(
    [
        "http://",
        "https://a.example",
        "https://amp.a.example/",
        "https://a.example/?mod=",
        "https://a.cdn.ampproject.org/",
        "https://a.cdn.ampproject.org/c/s/",
    ]
)


def canonical_or_none(url: str) -> str | None:
    try:
        return canonical(url)
    except BadUrl:
        return None


@given(beginnings, messy | st.text())
def test_the_canonical_form_of_a_canonical_url_is_itself(beginning: str, rest: str) -> None:
    once = canonical_or_none(beginning + rest)
    assert once is None or canonical(once) == once


@given(parameters, parameters)
def test_articles_that_differ_in_a_parameter_are_never_merged(
    one: list[str], other: list[str]
) -> None:
    first, second = (canonical(f"{ARTICLE}?{'&'.join(pairs)}") for pairs in (one, other))
    assert (first == second) == (one == other)


@given(parameters, st.lists(st.sampled_from(TRACKERS), min_size=1), st.randoms())
def test_trackers_are_dropped_and_nothing_else(
    kept: list[str], trackers: list[str], random: object
) -> None:
    marked = list(kept)
    for position, tracker in enumerate(trackers):
        marked.insert(position % (len(marked) + 1), tracker)
    assert canonical(f"{ARTICLE}?{'&'.join(marked)}") == canonical(f"{ARTICLE}?{'&'.join(kept)}")


@pytest.mark.parametrize("tracker", TRACKERS)
def test_every_tracker_is_dropped(tracker: str) -> None:
    assert canonical(f"{ARTICLE}?id=7&{tracker}") == f"{ARTICLE}?id=7"


@pytest.mark.parametrize("form", AMP_FORMS)
def test_every_amp_form_is_an_alias_of_the_article(form: str) -> None:
    assert canonical(form) == ARTICLE


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("HTTPS://WWW.Saltmarsh.Example:443", "https://www.saltmarsh.example/"),
        ("http://saltmarsh.example:8080/a", "http://saltmarsh.example:8080/a"),
        ("https://saltmarsh.example/a/../b/./c#top", "https://saltmarsh.example/b/c"),
        ("https://saltmarsh.example/a b?q=é", "https://saltmarsh.example/a%20b?q=%C3%A9"),
        ("https://saltmarsh.example/%7Ea%2fb%zz", "https://saltmarsh.example/~a%2Fb%25zz"),
        ("https://saltmarsh.example/?a=1&amp;amp;b=2", "https://saltmarsh.example/?a=1&b=2"),
        ("https://bücher.example/", "https://xn--bcher-kva.example/"),
        ("https://www.marketwatch.com/story/x?mod=home", "https://www.marketwatch.com/story/x"),
        ("https://forum.example/t?mod=4", "https://forum.example/t?mod=4"),
        ("https://forum.example/t?outputType=xml", "https://forum.example/t?outputType=xml"),
        ("https://amp.dev/about", "https://amp.dev/about"),
        ("https://www.saltmarsh.example/amp", "https://www.saltmarsh.example/amp"),
        ("https://[2001:DB8::1]/a", "https://[2001:db8::1]/a"),
    ],
)
def test_one_article_has_one_spelling(url: str, expected: str) -> None:
    assert canonical(url) == expected


@pytest.mark.parametrize(
    "url",
    [
        "",
        "ferries",
        "/ferries",
        "//saltmarsh.example/ferries",
        "javascript:alert(1)",
        "data:text/html,x",
        "ftp://saltmarsh.example/",
        "https:///ferries",
        "https://reader:secret@saltmarsh.example/",
        "https://reader@saltmarsh.example/",
        "https://@saltmarsh.example/",
        "https://salt marsh.example/",
        "https://saltmarsh..example/",
        "https://saltmarsh.example:port/",
        "https://saltmarsh.example:99999/",
        "https://[half/",
        "https://[fe80::1%25eth0]/",
        "https://saltmarsh.example/\x00",
        "https://saltmarsh.example/a\nb",
        "https://good.example\\@bad.example/",
        f"https://{'a' * 64}.example/",
        f"https://saltmarsh.example/{'a' * MAX_URL}",
        "https://x.cdn.ampproject.org" + "/c/s/x.cdn.ampproject.org" * 5000,
    ],
)
def test_what_is_no_address_of_an_article_is_refused(url: str) -> None:
    with pytest.raises(BadUrl):
        canonical(url)
    assert image_url(url) is None


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://i.example/th?a=1&#038;copy=2", "https://i.example/th?a=1&copy=2"),
        ("http://i.example/a b.jpg", "http://i.example/a%20b.jpg"),
        ("/assets/a.jpg", None),
        ("https://i.example/film.MP4", None),
        ("https://i.example/track.php?i=1", None),
    ],
)
def test_only_a_picture_that_discord_can_load_is_kept(url: str, expected: str | None) -> None:
    assert image_url(url) == expected


def test_the_registrable_domain_stands_below_its_public_suffix() -> None:
    assert registrable_domain("www.news.bbc.co.uk") == "bbc.co.uk"
    assert registrable_domain("localhost") == "localhost"
    assert registrable_domain("co.uk") == "co.uk"
    assert host_of("https://www.saltmarsh.example:8080/a") == "www.saltmarsh.example"
