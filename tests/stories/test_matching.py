"""The score of a text for a user's words, the effect of age, and the words behind a typo."""

from datetime import timedelta
from string import ascii_lowercase

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.stories.matching import (
    MENDED_FROM,
    MENDED_TO,
    Text,
    Wanted,
    aged,
    near_spellings,
    rarity,
    text_score,
)
from bot.stories.stems import forms, stem

NOTHING = Text("", "", "", "", "")
plain = st.text(ascii_lowercase, min_size=MENDED_FROM + 1, max_size=MENDED_TO - 1)
said = st.lists(st.sampled_from(["bay", "ferry", "ferries", "the", "a"])).map(" ".join)
texts = st.builds(Text, said, said, said, said, said)
scores = st.floats(0.001, 1)
ages = st.timedeltas(timedelta(0), timedelta(days=20_000))


def score(word: Wanted, **columns: str) -> float:
    return text_score(NOTHING._replace(**columns), [word])


@given(plain, st.data())
def test_a_word_is_among_the_near_spellings_of_itself_with_any_one_typo(
    word: str, data: st.DataObject
) -> None:
    at = data.draw(st.integers(0, len(word) - 2))
    letter = data.draw(st.characters(categories=["Ll", "Nd"]))
    swapped = word[:at] + word[at + 1] + word[at] + word[at + 2 :]
    lost, added = word[:at] + word[at + 1 :], word[:at] + letter + word[at:]
    for typed in {swapped, lost, added, word[:at] + letter + word[at + 1 :]} - {word}:
        assert word in near_spellings(typed)


@given(st.text(min_size=1, max_size=12))
def test_a_near_spelling_is_another_word_of_nearly_its_length(word: str) -> None:
    near = near_spellings(word)
    assert word not in near
    assert {len(other) - len(word) for other in near} <= {-1, 0, 1}


@pytest.mark.parametrize("word", ["", "cat", "2020", "٢٠٢٠", "x" * (MENDED_TO + 1), "x" * 200])
def test_short_and_endless_words_and_numbers_have_no_near_spelling(word: str) -> None:
    assert near_spellings(word) == set()


def test_a_word_in_another_script_is_mended_with_its_own_letters() -> None:
    assert "паром" in near_spellings("парром")
    assert "паром" in near_spellings("апром")


@given(texts, st.lists(st.sampled_from(["bay", "ferr", "t"]), min_size=1))
def test_a_score_is_between_nothing_and_one(text: Text, words: list[str]) -> None:
    wanted = [Wanted(word, 0.3, (f"{word}y",), ("ferries",)) for word in words]
    assert 0 <= text_score(text, wanted) <= 1


def test_where_a_word_stands_decides_what_it_scores() -> None:
    word = Wanted("bay")
    columns = ("title", "topics", "provider", "excerpt")
    best_first = [score(word, **{column: "the bay"}) for column in columns]
    assert best_first == sorted(set(best_first), reverse=True)
    by_sources = [score(word, sources="bay and " * count) for count in range(6)]
    assert by_sources[:5] == sorted(set(by_sources))
    assert by_sources[4] == by_sources[5] < score(word, topics="bay")
    assert score(word, title="bays", sources="embay", excerpt="bayou") == 0
    assert text_score(Text("bay", "bay", "bay", "the bay " * 4, "bay"), [word]) == 1


def test_a_word_that_will_do_instead_scores_half() -> None:
    whole = score(Wanted("ferry"), title="ferry")
    assert score(Wanted("ferr", completions=("ferry",)), title="a ferry") == whole / 2
    assert score(Wanted("fery", corrections=("ferry",)), title="ferry tales") == whole / 2
    both = Wanted("ferry", completions=("ferryman",))
    assert score(both, title="ferryman ferry") == score(both, title="ferry") == whole


def test_a_rare_word_in_the_headline_counts_more_than_a_common_one() -> None:
    wanted = [Wanted("the", rarity(60_000)), Wanted("ferry", rarity(20))]
    rare = text_score(NOTHING._replace(title="ferry", excerpt="the"), wanted)
    common = text_score(NOTHING._replace(title="the", excerpt="ferry"), wanted)
    assert rare > 2 * common


@given(st.integers(0, 10**9), st.integers(0, 10**9))
def test_the_more_stories_hold_a_word_the_less_it_says(one: int, other: int) -> None:
    assert 0 < rarity(max(one, other)) <= rarity(min(one, other)) <= rarity(0) == 1


@given(scores, ages, ages)
def test_of_equal_texts_the_older_never_scores_more(
    text: float, one: object, other: object
) -> None:
    assert isinstance(one, timedelta)
    assert isinstance(other, timedelta)
    assert aged(text, max(one, other)) <= aged(text, min(one, other)) <= text


@given(scores, st.integers(0, 20))
def test_a_month_makes_a_difference_for_over_a_year(text: float, months: int) -> None:
    month = timedelta(days=30)
    assert aged(text, month * (months + 1)) < aged(text, month * months)


@given(scores, ages)
def test_a_text_more_than_twice_as_good_wins_however_old_it_is(text: float, age: timedelta) -> None:
    assert aged(2.001 * text, age) > aged(text, timedelta(0))


@given(st.sampled_from(["ferry", "plan", "announce", "policy", "boats", "planned", "ai", "新"]))
def test_the_forms_of_a_word_have_its_stem(word: str) -> None:
    assert {stem(form) for form in forms(word)} <= {stem(word)}
    assert word not in forms(word)


def test_the_forms_of_a_word_are_those_that_people_write() -> None:
    assert {"planned", "plans", "planning"} <= forms("plan")
    assert {"ferry"} <= forms("ferries")
    assert {"announced", "announcing", "announces"} <= forms("announce")
