"""Cleaning third-party text, cutting it, and the keys of topics."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.stories.text import (
    MAX_COMBINING,
    clean,
    content_words,
    cut,
    slug,
    tidy,
    without_tail,
    words,
)

ODD = (
    "aZß \u00a0\u0301\u0302\u200b\u200d\u202e\u00ad\u2028\x00\x1b\x85\t\n\ue000\ufe0f\u2019\u2014é"
)
texts = st.text(max_size=80) | st.text(alphabet=ODD, max_size=80)


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ("It&#8217;s &amp; &nbsp; on&hellip;", "It\u2019s & on…"),
        ("shares of <MSFT.O> rose", "shares of <MSFT.O> rose"),
        ("@every\u202eone", "@everyone"),
        ("soft\u00adhyphen zero\u200bwidth", "softhyphen zerowidth"),
        ("two\r\n\tlines\u2028here ", "two lines here"),
        ("\x1b[31mred\x07", "[31mred"),
        ("&amp;lt;b&amp;gt;", "&lt;b&gt;"),
    ],
)
def test_entities_are_decoded_and_what_cannot_be_seen_is_dropped(raw: str, expected: str) -> None:
    assert clean(raw) == expected


@given(texts)
def test_tidy_text_is_one_line_without_anything_invisible(text: str) -> None:
    tidied = tidy(text)
    invisible = ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp")
    assert not any(unicodedata.category(char) in invisible for char in tidied)
    assert tidied == " ".join(tidied.split())


@given(texts)
def test_tidying_twice_is_tidying_once(text: str) -> None:
    assert tidy(tidy(text)) == tidy(text)


@given(st.lists(st.sampled_from(["\u0301", "\u20dd", "\u200d", "\x00"]), max_size=60))
def test_marks_do_not_pile_up_even_with_invisible_characters_between(pile: list[str]) -> None:
    assert len(tidy("e" + "".join(pile))) <= 1 + MAX_COMBINING


@given(texts, st.integers(0, 90))
def test_a_cut_text_never_exceeds_its_limit(text: str, limit: int) -> None:
    kept = cut(text, limit)
    assert len(kept) <= limit
    assert kept == text or len(text) > limit


@pytest.mark.parametrize("tail", ["...", " ...", " [...]", "…", " […]", ".....", " ... […]"])
def test_a_text_that_was_cut_off_ends_in_one_ellipsis(tail: str) -> None:
    assert without_tail(f"The ferries{tail}") == "The ferries…"
    assert without_tail(f"The{tail} ferries.") == f"The{tail} ferries."


def test_a_text_is_cut_after_a_word() -> None:
    assert cut("Ferry town lets a machine write", 20) == "Ferry town lets a…"
    assert cut("Donaudampfschifffahrtsgesellschaft", 10) == "Donaudamp…"


def test_words_are_folded_and_parted_by_punctuation_and_hyphens() -> None:
    assert words("The AI-powered Straße, again_and again") == (
        ["the", "ai", "powered", "strasse", "again", "and", "again"]
    )
    assert content_words("The AI-powered Straße of the town") == [
        "ai",
        "powered",
        "strasse",
        "town",
    ]


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("Power Apps", "power-apps"),
        ("  AI  ", "ai"),
        ("C", "c"),
        ("C++", "c-plus-plus"),
        ("C#", "c-sharp"),
        ("\uff23\uff0b\uff0b", "c-plus-plus"),
        ("Élysée", "elysee"),
        ("\u210cello", "hello"),
        ("新闻", "新闻"),
        ("?!", ""),
        ("", ""),
    ],
)
def test_a_topic_has_one_key_however_it_is_spelled(name: str, key: str) -> None:
    assert slug(name) == key


@given(texts)
def test_the_key_of_a_key_is_itself(text: str) -> None:
    assert slug(slug(text)) == slug(text)
