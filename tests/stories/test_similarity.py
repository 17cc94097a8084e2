"""Stems, how rare words are, and how similar texts."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.stories.frequencies import Frequencies, combined, parse, shipped
from bot.stories.similarity import MAX_EXCERPT, centroid, cosine, distinct_terms, terms, vector
from bot.stories.stems import stem

TEXT = "The ferries' new timetable: Marlow's council opens a night service"
texts = st.text(max_size=60) | st.sampled_from((TEXT, "Weekly roundup", "港湾渡轮开通夜间航线"))


@pytest.mark.parametrize(
    "forms",
    [
        ("policy", "policies"),
        ("ferry", "ferries", "ferry's"),
        ("announce", "announces", "announced", "announcing"),
        ("plan", "plans", "planned", "planning"),
        ("call", "calls", "called", "calling"),
        ("launch", "launched", "launching"),
        ("make", "making"),
        ("publisher", "publisher's", "publishers", "publishers\N{RIGHT SINGLE QUOTATION MARK}"),
    ],
)
def test_forms_of_one_word_have_one_stem(forms: tuple[str, ...]):
    assert len({stem(form) for form in forms}) == 1


@pytest.mark.parametrize("word", ["ai", "news", "us", "gas", "bus", "virus", "ring", "red", "5g"])
def test_short_words_and_numbers_keep_what_tells_them_apart(word: str):
    assert len(stem(word)) >= min(len(word), 3)


@pytest.mark.parametrize("word", ["渡轮", "fährt", "ночные", "365s", ""])
def test_words_of_other_letters_stay_as_they_are(word: str):
    assert stem(word) == word


def test_words_of_the_title_count_twice_and_stop_words_not_at_all():
    assert terms("Ferries of the bay", "The bay's ferry isn't late") == {
        "ferry": 3,
        "bay": 3,
        "isn": 1,
        "lat": 1,
    }


@given(st.text(max_size=40), st.text(max_size=80))
def test_distinct_terms_are_the_terms_without_their_numbers(title: str, excerpt: str):
    assert distinct_terms(title, excerpt) == {*terms(title, excerpt)}


def test_only_the_beginning_of_an_excerpt_counts():
    assert "last" not in terms("", "word " * (MAX_EXCERPT // 5) + "last")


def test_scripts_without_spaces_have_terms_too():
    assert set(terms("夜间渡轮", "")) == {"夜间", "间渡", "渡轮"}


def test_the_shipped_counts_are_plausible():
    counts = shipped()
    assert counts.articles > 3000
    assert len(counts.found_in) > 3000
    assert min(counts.found_in.values()) >= 3
    assert max(counts.found_in.values()) < counts.articles
    assert counts.idf("microsoft") < counts.idf("ferry") <= counts.idf("neverheardof")
    # Its terms are those that texts have.
    assert all([*terms(word, "")] == [word] for word in ("microsoft", "azur", "cloud"))


def test_no_shipped_term_is_more_than_a_word():
    assert all(term.isalnum() and len(term) < 30 for term in shipped().found_in)


@pytest.mark.parametrize("table", ["", "articles\nferry 3", "articles 5\nferry", "ferry 3"])
def test_a_table_that_is_none_is_refused(table: str):
    with pytest.raises(ValueError, match=r"int|base|unpack"):
        parse(table)


def test_counts_add_up_and_carry_their_version():
    own = Frequencies(1, 10, {"ferry": 4, "quay": 3})
    both = combined(parse("articles 90\nferry 6\n"), own, 7)
    assert (both.version, both.articles, both.found_in) == (7, 100, {"ferry": 10, "quay": 3})
    assert both.idf("ferry") == pytest.approx(math.log(101 / 10.5))
    assert both.idf("quay") < both.idf("unknown") == both.rarest


def test_a_count_higher_than_the_articles_makes_no_weight_negative():
    """As when an archive shrinks after its words were counted."""
    assert Frequencies(1, 3, {"ferry": 900}).idf("ferry") == 0
    assert vector({"ferry": 1}, Frequencies(1, 3, {"ferry": 900})) == {}
    assert vector({"ferry": 1}, Frequencies(1, 0, {})) == {"ferry": 1}


@given(texts, texts)
def test_a_cosine_is_symmetric_and_between_zero_and_one(one: str, other: str):
    a, b = vector(terms(one, ""), shipped()), vector(terms(other, one), shipped())
    assert cosine(a, b) == pytest.approx(cosine(b, a))
    assert -1e-9 <= cosine(a, b) <= 1 + 1e-9
    assert cosine(a, a) == pytest.approx(1 if a else 0)


@given(st.lists(texts, max_size=4))
def test_a_centroid_is_of_length_one_or_empty(said: list[str]):
    middle = centroid(vector(terms(text, ""), shipped()) for text in said)
    assert cosine(middle, middle) == pytest.approx(1 if middle else 0)


def test_the_centroid_of_one_text_is_its_vector():
    one = vector(terms(TEXT, ""), shipped())
    assert centroid([one]) == pytest.approx(one)
