"""An article's link, and the keys that identify the article."""

import pickle
from urllib.parse import urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.config import load_config
from bot.stories.urls import (
    MAX_URL,
    NO_TRACKERS,
    BadUrl,
    Trackers,
    host_of,
    image_url,
    key_of,
    link_of,
    loose_key,
    registrable_domain,
)
from tests.conftest import ROOT

LISTED = load_config(ROOT / "config").trackers
USUAL = Trackers(LISTED.everywhere, LISTED.at)
ARTICLE = "https://www.saltmarsh.example/news/ferries"
TRACKERS = [
    *("utm_source=x", "utm_campaign=y", "UTM_Medium=z", "utm%5Fterm=q", "fbclid=1", "gclid=2"),
    *("cmpid=3", "ocid=4", "smid=5", "at_medium=6", "at_campaign=7", "mc_cid=8", "s_cid=9"),
    *("ftag=a", "outputType=amp", "gbraid=a", "wbraid=b", "ttclid=c", "igsh=d", "mkt_tok=e"),
    *("srsltid=f", "xtor=RSS-1", "mtm_campaign=g", "pk_kwd=h", "ref=rss", "ref=some.example"),
    *("ref=blog.some.com", "ref=SOME.CO.UK", "ref=twitter", "ref=Home", "ref=hn", "ref=newsletter"),
    *("CMP=share_btn_tw", "CMP=Share_iOSApp_Other", "mibextid=a", "__cft__[0]=b", "tblci=c"),
    *("dicbo=d", "_kx=e", "_ke=f", "irclickid=g", "irgwc=1", "cjevent=h", "wickedid=i", "gad=1"),
    *("rb_clickid=j", "yadclid=k", "ymclid=l", "sfmc_id=m", "ml_subscriber_hash=n", "bsft_uid=o"),
    *("hss_channel=p", "trkCampaign=q", "_branch_match_id=r", "dm_i=s", "__s=t", "_cio_id=u"),
    *("nr_email_referer=1", "vgo_ee=v", "tt_medium=w", "tt_content=x", "stm_source=y"),
    *("hmb_source=z", "fb_comment_id=1"),
    *("amp=1", "amp", "_amp=true", "outputType=valid_amp", "usqp=mq331", "fbclid"),
]
AMP_FORMS = (
    "https://www-saltmarsh-example.cdn.ampproject.org/c/s/www.saltmarsh.example/news/ferries",
    "https://x.cdn.ampproject.org/v/s/amp.saltmarsh.example/news/ferries?outputType=amp",
    "https://cdn.ampproject.org/c/s/www.saltmarsh.example/news/ferries",
    "https://www.google.com/amp/s/amp.saltmarsh.example/news/ferries",
    "https://X.CDN.AmpProject.org./%63/s/www.saltmarsh.example/news/ferries",
    "https://amp.saltmarsh.example/news/ferries",
    "https://www.saltmarsh.example/news/ferries?outputType=amp",
    "https://www.saltmarsh.example/news/ferries?amp",
    "https://www.saltmarsh.example/news/ferries?output=amp",
    "https://www.saltmarsh.example/news/ferries?mode=amp&view=AMP",
    "https://www.saltmarsh.example/news/ferries?isAmp=true",
    "https://www.google.com/amp/s/www.saltmarsh.example/news/ferries%3famp=1",
    "https://www.google.com/amp/s/www.saltmarsh.example/news/ferries%3Famp%3D1",
    "https://www-saltmarsh-example.cdn.ampproject.org/wp/s/www.saltmarsh.example/news/ferries",
    "https://www-saltmarsh-example.bing-amp.com/c/s/www.saltmarsh.example/news/ferries",
    "https://www.saltmarsh.example/news/ferries#ampshare=https://www.saltmarsh.example/ferries",
    "https://www.saltmarsh.example/news/ferries#aoh=15&referrer=https%3A%2F%2Fwww.google.com"
    "&amp_tf=From%20%251%24s",
    "https://www.saltmarsh.example/news/ferries#referrer=https://www.google.com&csi=0",
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


def key(url: str, trackers: Trackers = USUAL) -> str:
    return key_of(link_of(url, trackers))


def link_or_none(url: str) -> str | None:
    try:
        return link_of(url, USUAL)
    except BadUrl:
        return None


@given(beginnings, messy | st.text())
def test_a_link_of_a_link_is_itself_and_so_is_its_key(beginning: str, rest: str) -> None:
    link = link_or_none(beginning + rest)
    assert link is None or link_of(link, USUAL) == link
    assert link is None or key_of(link) == key(f"https://{key_of(link)}")


@given(parameters, parameters)
def test_articles_that_differ_in_a_parameter_are_never_one(
    one: list[str], other: list[str]
) -> None:
    first, second = (key(f"{ARTICLE}?{'&'.join(pairs)}") for pairs in (one, other))
    assert (first == second) == (one == other)


@given(parameters, st.lists(st.sampled_from(TRACKERS), min_size=1))
def test_trackers_are_left_out_and_nothing_else(kept: list[str], trackers: list[str]) -> None:
    marked = list(kept)
    for position, tracker in enumerate(trackers):
        marked.insert(position % (len(marked) + 1), tracker)
    with_trackers = link_of(f"{ARTICLE}?{'&'.join(marked)}", USUAL)
    assert with_trackers == link_of(f"{ARTICLE}?{'&'.join(kept)}", USUAL)


@pytest.mark.parametrize("tracker", TRACKERS)
def test_every_usual_tracker_is_left_out(tracker: str) -> None:
    assert link_of(f"{ARTICLE}?id=7&{tracker}", USUAL) == f"{ARTICLE}?id=7"
    assert link_of(f"{ARTICLE}?{tracker}", USUAL) == ARTICLE


@pytest.mark.parametrize(
    "pair",
    [
        *("id=1", "p=2", "lang=de", "v=3", "story=4", "page=5", "ref=123", "ref=main"),
        *("source=bbc", "mod=4", "cid=7", "amp=50", "outputType=xml", "at_home=1", "t=9"),
        *("ref=v1.2", "ref=1.2", "ref=node.js", "ref=a.pdf", "ref=.com", "ref=com", "ref=fb3a91"),
        *("ref=homework", "ref=frontier", "ref=nlp", "ref=searching", "ref=mailbox"),
        *("ref=related-work", "ref=rss2go", "mode=amplifier", "view=map", "output=xml"),
    ],
)
def test_a_parameter_that_may_identify_stays(pair: str) -> None:
    assert key(f"{ARTICLE}?{pair}") == f"saltmarsh.example/news/ferries?{pair}"


@pytest.mark.parametrize(
    ("site", "names"),
    [
        ("techcrunch.com", "ncid tpcc"),
        ("www.bloomberg.com", "sref srnd"),
        ("www.wsj.com", "st reflink mod"),
        ("www.forbes.com", "sh"),
        ("x.com", "s t"),
        ("twitter.com", "s t"),
        ("www.washingtonpost.com", "itid"),
        ("edition.cnn.com", "cid hpt"),
        ("www.nbcnews.com", "cid"),
        ("www.nytimes.com", "referringSource"),
        ("www.cnbc.com", "__source"),
        ("www.linkedin.com", "trk"),
        ("en.wikipedia.org", "wprov"),
        ("www.alibabacloud.com", "spm scm"),
    ],
)
def test_short_names_track_at_their_own_sites_only(site: str, names: str) -> None:
    for name in names.split():
        assert link_of(f"https://{site}/a?id=7&{name}=x", USUAL) == f"https://{site}/a?id=7"
        assert link_of(f"{ARTICLE}?{name}=x", USUAL) == f"{ARTICLE}?{name}=x"


def test_a_tracker_of_one_site_is_a_parameter_elsewhere() -> None:
    for site in ("www.marketwatch.com", "wsj.com", "www.barrons.com"):
        assert link_of(f"https://{site}/story/x?mod=home", USUAL) == f"https://{site}/story/x"
    only = Trackers((), {"a.saltmarsh.example": ["from"]})
    assert link_of("https://a.saltmarsh.example/?from=x", only) == "https://a.saltmarsh.example/"
    assert "from" in link_of("https://b.saltmarsh.example/?from=x", only)


def test_trackers_stay_one_list_when_they_go_to_another_process() -> None:
    sent = [pickle.loads(pickle.dumps(USUAL)) for _ in range(2)]  # noqa: S301 - our own
    assert sent[0] is sent[1]
    assert sent[0].rules == USUAL.rules
    assert link_of(f"{ARTICLE}?utm_source=x", sent[0]) == ARTICLE


@pytest.mark.parametrize("form", AMP_FORMS)
def test_every_amp_form_is_the_article(form: str) -> None:
    assert link_of(form, USUAL) == ARTICLE


@pytest.mark.parametrize(
    ("url", "page"),
    [
        ("2020/05/12/ferries-run-again-today/amp", "2020/05/12/ferries-run-again-today"),
        ("news/world-48213.amp", "news/world-48213"),
        ("news/world-48213.amp.html", "news/world-48213.html"),
        ("news/48213.html/amp", "news/48213.html"),
        ("gear-2026/amp", "gear-2026/amp"),
        ("how-to-build/amp", "how-to-build/amp"),
        ("2020/amp", "2020/amp"),
        ("products/best-guitar-combo/amp", "products/best-guitar-combo/amp"),
        ("tube.amp.html", "tube.amp.html"),
        ("news/amp/world-48213", "news/amp/world-48213"),
        ("amp/ferries-run-again-today", "amp/ferries-run-again-today"),
        ("ferries-run-again-1/amp/", "ferries-run-again-1/"),
        ("news/48213/amp/amp", "news/48213"),
        ("news/ferries.html/amp", "news/ferries.html/amp"),
        ("news/ferries.amp.html", "news/ferries.amp.html"),
        ("guitars/amp", "guitars/amp"),
        ("docs/components/amp", "docs/components/amp"),
        ("guitar-gear/amp/", "guitar-gear/amp/"),
        ("amp", "amp"),
        ("amp/", "amp/"),
        ("news/ferries-run-again-1/ramp", "news/ferries-run-again-1/ramp"),
        ("fender-amp.html", "fender-amp.html"),
    ],
)
def test_a_step_is_cut_off_only_where_it_is_a_form_of_amp(url: str, page: str) -> None:
    site = "https://saltmarsh.example/"
    assert link_of(site + url, USUAL) == site + page
    assert key(site + url) == f"saltmarsh.example/{page}"


def test_who_knows_whether_a_last_step_is_a_form_decides() -> None:
    url = "https://saltmarsh.example/guitars/amp"
    assert link_of(url, USUAL, amp_step=True) == "https://saltmarsh.example/guitars"
    url = "https://saltmarsh.example/guitars-of-1960/amp"
    assert link_of(url, USUAL, amp_step=False) == url


def test_a_viewer_of_amp_pages_may_leave_out_that_the_page_is_secure() -> None:
    page = "saltmarsh.example/news/ferries"
    assert link_of(f"https://www.google.com/amp/{page}", USUAL) == f"http://{page}"
    for own in ("https://www.google.com/amp/about", "https://saltmarsh.example/amp/some.example/"):
        assert link_of(own, USUAL) == own
    inner = link_of(f"https://www.google.com/amp/s/{page}%3Fid=7%26amp=1?usqp=2", USUAL)
    assert inner == f"https://{page}?id=7"


@pytest.mark.parametrize("fragment", ["/news/1&aoh=1", "aoh", "/?referrer=x", "chapter=2"])
def test_a_fragment_that_is_no_viewers_stays(fragment: str) -> None:
    assert link_of(f"{ARTICLE}#{fragment}", USUAL) == f"{ARTICLE}#{fragment}"


@pytest.mark.parametrize("host", ["amp.dev", "www.amp.dev", "ramp.saltmarsh.example"])
def test_a_site_that_is_called_amp_is_itself(host: str) -> None:
    assert link_of(f"https://{host}/about", USUAL) == f"https://{host}/about"


@pytest.mark.parametrize(
    ("url", "link"),
    [
        ("HTTPS://WWW.Saltmarsh.Example:443", "https://www.saltmarsh.example/"),
        ("http://saltmarsh.example:80/a", "http://saltmarsh.example/a"),
        ("http://saltmarsh.example:8080/a", "http://saltmarsh.example:8080/a"),
        ("http://m.saltmarsh.example/a/?", "http://m.saltmarsh.example/a/"),
        ("https://saltmarsh.example/%7ea%2fB/?b=2&a=1&&", None),
        ("https://saltmarsh.example/a/#comments", None),
        ("https://saltmarsh.example/a b?q=é", "https://saltmarsh.example/a%20b?q=%C3%A9"),
        ("https://saltmarsh.example/100%/a", "https://saltmarsh.example/100%25/a"),
        ("https://saltmarsh.example/?a=1&amp;amp;b=2", "https://saltmarsh.example/?a=1&b=2"),
        ("https://bücher.example./", "https://xn--bcher-kva.example/"),
        ("https://straße.example/", "https://xn--strae-oqa.example/"),
        ("https://XN--STRAE-OQA.example/", "https://xn--strae-oqa.example/"),
        ("https://例え。テスト/", "https://xn--r8jz45g.xn--zckzah/"),
        ("https://my_blog.saltmarsh.example/", None),
        ("https://[2606:4700:0::1]/a", "https://[2606:4700::1]/a"),
        ("https://amp.a.saltmarsh.example/", "https://a.saltmarsh.example/"),
    ],
)
def test_a_link_stays_as_it_is_written_where_it_can(url: str, link: str | None) -> None:
    assert link_of(url, USUAL) == (link or url)


SAME = [
    ("https://www.gov.uk/a", "https://gov.uk/a"),
    (
        "https://saltmarsh.example/caf\u00e9?q=\u00e9",
        "https://saltmarsh.example/cafe\u0301?q=e\u0301",
    ),
    ("https://saltmarsh.example/a?x=1&y=2", "https://saltmarsh.example/a?x=1&#x26;y=2"),
    ("https://saltmarsh.example/\uac00", "https://saltmarsh.example/\u1100\u1161"),
    ("http://saltmarsh.example/a", "https://saltmarsh.example/a"),
    ("https://www.saltmarsh.example/a", "https://saltmarsh.example/a"),
    ("http://www.saltmarsh.example:80/a", "https://saltmarsh.example:443/a"),
    ("https://saltmarsh.example", "https://SALTMARSH.example./?#"),
    ("https://saltmarsh.example/%7Ea%2fb", "https://saltmarsh.example/~a%2Fb"),
    ("https://saltmarsh.example/a%281%29", "https://saltmarsh.example/a(1)"),
    ("https://saltmarsh.example/a/../b/./c", "https://saltmarsh.example/b/c"),
    ("https://saltmarsh.example/é?q=ü", "https://saltmarsh.example/%c3%a9?q=%C3%BC"),
    ("https://saltmarsh.example/a?&x=1&&", "https://saltmarsh.example/a?x=1"),
    ("https://bücher.example/", "https://xn--bcher-kva.example/"),
    ("https://saltmarsh.example/a", "https://saltmarsh.example/a#comments"),
    ("https://saltmarsh.example/a", "https://saltmarsh.example/a#comment-12"),
    ("https://saltmarsh.example/a", "https://saltmarsh.example/a#Echobox=1583"),
    ("https://saltmarsh.example/a", "https://saltmarsh.example/a#xtor=RSS-1"),
    ("https://saltmarsh.example/a", "https://saltmarsh.example/a#utm_source=x&utm_medium=y"),
    ("https://saltmarsh.example/a", "https://saltmarsh.example/a#:~:text=the%20ferry"),
    ("https://saltmarsh.example/a#2", "https://saltmarsh.example/a#2:~:text=the%20ferry"),
    ("https://saltmarsh.example/#/a", "https://saltmarsh.example/#/a?utm_source=x"),
]
DIFFERENT = [
    ("https://saltmarsh.example/a", "https://saltmarsh.example/a/"),
    ("https://saltmarsh.example/a", "https://saltmarsh.example/a.html"),
    ("https://saltmarsh.example/a", "https://m.saltmarsh.example/a"),
    ("https://saltmarsh.example/a", "https://saltmarsh.example/A"),
    ("https://saltmarsh.example/a", "https://saltmarsh.example:8443/a"),
    ("https://saltmarsh.example/a?x=1&y=2", "https://saltmarsh.example/a?y=2&x=1"),
    ("https://saltmarsh.example/#/news/1", "https://saltmarsh.example/#/news/2"),
    ("https://saltmarsh.example/log#1.3", "https://saltmarsh.example/log#1.4"),
    ("https://saltmarsh.example/log#v1-3", "https://saltmarsh.example/log"),
    ("https://straße.example/", "https://strasse.example/"),
    ("https://www.example/", "https://example.example/"),
]


INVISIBLE = "\u00ad\u061c\u200b\u200e\u200f\u202a\u202e\u2060\u2066\u2069\ufeff"


@given(st.text(INVISIBLE, max_size=4), st.integers(0, len(ARTICLE)), st.text(" \n\t\u200c\u200d"))
def test_what_nobody_sees_is_no_part_of_an_address(hidden: str, at: int, around: str) -> None:
    url = around + hidden + ARTICLE[:at] + hidden + ARTICLE[at:] + hidden + around
    assert link_of(url, USUAL) == ARTICLE
    assert image_url(url) == ARTICLE


def test_joiners_inside_a_word_stay() -> None:
    link = link_of("https://saltmarsh.example/\u0645\u06cc\u200c\u0631\u0648\u0645", USUAL)
    assert link == "https://saltmarsh.example/%D9%85%DB%8C%E2%80%8C%D8%B1%D9%88%D9%85"


@pytest.mark.parametrize(
    "host", ["news.example", "test.com", "invalid.org", "svc.org", "[2606:4700::1]"]
)
def test_names_that_only_look_reserved_are_public(host: str) -> None:
    assert link_of(f"https://{host}/a", USUAL) == f"https://{host}/a"


@pytest.mark.parametrize(("one", "other"), SAME)
def test_two_spellings_of_one_address_have_one_key(one: str, other: str) -> None:
    assert key(one) == key(other)


@pytest.mark.parametrize(("one", "other"), DIFFERENT)
def test_two_addresses_have_two_keys(one: str, other: str) -> None:
    assert key(one) != key(other)


def test_the_loose_key_is_that_of_likely_addresses_of_one_page() -> None:
    page = "https://saltmarsh.example/posts/001"
    others = ("", "/", ".html", ".html/", ".htm", "/index.html", "/index.htm", "?output=amp")
    forms = ("/amp", "/amp/", ".amp", ".amp.html", ".html/amp", "#comments")
    names = ("", "m.", "mobile.", "www.")
    hosts = [f"https://{name}saltmarsh.example" for name in names]
    urls = [f"{host}/posts/001{end}" for host in hosts for end in (*others, *forms)]
    urls += [f"{host}/{path}" for host in hosts for path in ("amp/posts/001", "posts/amp/001")]
    assert {loose_key(key(url)) for url in urls} == {loose_key(key(page))}
    for other in ("/posts/001?a=1", "/posts/001#2", "/posts/0012", "/posts", "/posts/001/1"):
        assert loose_key(key("https://saltmarsh.example" + other)) != loose_key(key(page))
    assert loose_key(key("https://m.com/a")) == "m.com/a"


PRIVATE = [
    *("localhost", "LOCALHOST.", "a.localhost", "printer.local", "wiki.internal", "nas", "a.lan"),
    *("127.0.0.1", "127.1", "2130706433", "0x7f000001", "0x7F.1", "017700000001", "127.0.0.1."),
    *(
        "\uff11\uff12\uff17.0.0.1",
        "127\u30020\u30020\u30021",
        "%31%32%37.0.0.1",
        "0",
        "10.1.2.3",
        "172.16.0.1",
    ),
    *("192.168.1.1", "3232235777", "169.254.169.254", "100.64.0.1", "224.0.0.1", "255.255.255.255"),
    *("[::1]", "[::]", "[fe80::1]", "[fc00::1]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]"),
    *("[64:ff9b::7f00:1]", "[64:ff9b::127.0.0.1]", "[2002:7f00:1::]", "[::127.0.0.1]"),
    *("[ff02::1]", "router.home.arpa", "[3fff::1]", "[3fff:fff::1]", "[2001:db8::1]"),
    *("192.0.2.1", "198.51.100.1", "203.0.113.1", "site.test", "site.invalid", "www.site.TEST."),
    *("1.2.0.192.in-addr.arpa", "8.b.d.0.1.0.0.2.ip6.arpa", "kubernetes.default.svc"),
]


@pytest.mark.parametrize("host", PRIVATE)
def test_what_only_some_can_reach_is_neither_a_link_nor_a_picture(host: str) -> None:
    for url in (f"http://{host}/a.png", f"https://{host}:8443/a.png"):
        with pytest.raises(BadUrl, match="not a public"):
            link_of(url, USUAL)
        assert image_url(url) is None


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
        "https://[v1.x]/",
        "https://[fe80::1%25eth0]/",
        "https://1.2.3.4.5/",
        "https://256.1.1.1/",
        "https://saltmarsh.example/\x00",
        "https://saltmarsh.example/a\nb",
        "https://good.example\\@bad.example/",
        f"https://{'a' * 64}.example/",
        f"https://saltmarsh.example/{'a' * MAX_URL}",
        "https://x.cdn.ampproject.org" + "/c/s/x.cdn.ampproject.org" * 5000,
        "https://x.cdn.ampproject.org/c/s/127.0.0.1/a",
    ],
)
def test_what_is_no_address_of_an_article_is_refused(url: str) -> None:
    with pytest.raises(BadUrl):
        link_of(url, NO_TRACKERS)
    assert image_url(url) is None or "ampproject" in url


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
    for address in ("8.8.8.8", "2606:4700::1", "::ffff:8.8.8.8"):
        assert registrable_domain(address) == address
    assert host_of("https://www.saltmarsh.example:8080/a") == "www.saltmarsh.example"


@given(
    st.sampled_from(("http://", "https://", "HTTP://", "ftp://", "//")),
    st.text("aZ9.-@:[]é_ \n", max_size=12),
    st.sampled_from(("", "/", "/a@b:c", "?a", "#a", "\n", "\\a")),
)
def test_the_host_is_the_one_that_the_standard_library_reads(scheme: str, site: str, end: str):
    url = f"{scheme}{site}{end}"
    try:
        host = urlsplit(url).hostname or ""
    except ValueError:
        with pytest.raises(ValueError):  # noqa: PT011 - the same
            host_of(url)
    else:
        assert host_of(url) == host
