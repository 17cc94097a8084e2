"""The text of HTML, as a browser would show it on one line."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.origins.feeds import html_text
from bot.origins.feeds.html_text import MAX_HTML, text_of
from bot.stories.text import cut, tidy

SHOWN = {
    "plain": "plain",
    " two\n words\t": "two words",
    "AT&amp;T &eacute; &#8364; &nbsp;x": "AT&T é € x",
    "<p>One</p><p>Two</p>": "One Two",
    "One<br>Two<br/>Three": "One Two Three",
    "<li>One</li><LI>Two</LI>": "One Two",
    "H<sub>2</sub>O is <b>wet</b>.": "H2O is wet.",
    '<a href="a>b">link</a>': "link",
    "<a title='it is &lt;b&gt;'>link</a>": "link",
    "a <b>b": "a b",
    "a </b>b": "a b",
    "a <!-- hidden <b> --> b": "a b",
    "a<script>alert('x')</script><style>p{}</style> b": "a b",
    "a<SCRIPT>if (1<2) x()</SCRIPT>": "a",
    "a <iframe src=x>no frames</iframe>b": "a b",
    "<img src=x onerror=alert(1)>seen": "seen",
    "<svg><script>x()</script><text>t</text></svg>seen": "seen",
    "shares of <MSFT.O> rose": "shares of <MSFT.O> rose",
    "Vector<T> and a < b > c": "Vector<T> and a < b > c",
    "1 &lt; 2": "1 < 2",
    "<p>1 &lt; 2</p>": "1 < 2",
    "&lt;b&gt;written as text&lt;/b&gt;": "<b>written as text</b>",
    "<o:p>old</o:p> <b>office</b>": "old office",
    "<p>unfinished <a href='x": "unfinished",
    "a\u202eb\u0000c\u200b": "abc",
    "": "",
    "<p></p>": "",
}


@pytest.mark.parametrize("source", SHOWN)
def test_html_is_shown_as_text(source: str):
    assert text_of(source, 1000) == SHOWN[source]


def test_a_long_text_is_read_only_as_far_as_it_is_wanted():
    assert len(text_of("word " * 100_000, 100)) < 1000
    assert text_of("<p>" + "<i></i>" * 1000 + "late", 100) == "late"
    assert text_of(" " * MAX_HTML + "<p>too late</p>", 100) == ""


def test_a_tag_is_not_cut_in_half():
    source = "<p>One</p>" + '<a href="https://news.example/">two</a> ' * 200
    assert "href" not in text_of(source, 100)


PIECES = """
<p>|</p>|<b>|</b>|<a href="x">|</a>|<br/>|<div class='c'>|</div>|<img alt=a>|words |more| &amp;
|&lt;|é| |.|<li>|<span >
"""
pieces = st.sampled_from(PIECES.split("|"))


@given(st.lists(pieces, max_size=30).map("".join))
def test_without_a_parser_the_text_is_the_same(source: str):
    assert text_of(source, 10_000) == tidy(html_text._parsed(source))


@given(st.lists(pieces, max_size=60).map("".join), st.integers(10, 40))
def test_the_beginning_of_a_text_is_cleaned_like_all_of_it(text: str, limit: int):
    assert cut(html_text._tidied(text, limit), limit) == cut(tidy(text), limit)


@given(st.text(st.sampled_from("<>&;/!-\"'= abpscriptE\n\x00é"), max_size=200))
def test_any_text_gives_text(source: str):
    found = text_of(source, 50)
    assert found == tidy(found)
