"""What other publishers add: whole sentences, word for word, only of independent publishers."""

from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.stories.additions import LONGEST, MOST, Addition, additions, telling_sentences
from bot.stories.model import ArchivedStory, Article, Provider, RankedSource, Relation
from bot.stories.text import tidy
from tests.conftest import START

LEAD = Article(
    "https://lead.example/a",
    "Harbor city buys twelve electric ferries",
    "The harbor city will buy twelve electric ferries for its northern line.",
    START,
    Provider("The Lead", "lead.example"),
    60,
    None,
)
TELLING = "The ferries will be built by Nordwerft in Rostock for 84 million euros."
MORE = "Captain Ines Falk of the harbor union wants 40 more sailors for the ferries."


def source(
    number: int,
    excerpt: str,
    quality: int | None = 50,
    relation: Relation = Relation.ELIGIBLE,
    *,
    independent: bool = True,
) -> RankedSource:
    provider = Provider(f"Paper {number}", f"p{number}.example")
    article = Article(
        f"https://p{number}.example/a", "Ferries", excerpt, START, provider, quality, None
    )
    return RankedSource(article, relation, None, 0.5, None, independent=independent)


def story(*sources: RankedSource, own: Article = LEAD) -> ArchivedStory:
    return ArchivedStory(1, own, (), 100, None, 1 + len(sources), None, sources)


def told(found: Sequence[Addition]) -> list[tuple[str, str]]:
    return [(one.article.provider.name, one.sentence) for one in found]


def test_another_publishers_sentence_with_new_names_and_numbers_is_added() -> None:
    dull = "The harbor city buys ferries."
    assert told(additions(story(source(1, f"{dull} {TELLING}")))) == [("Paper 1", TELLING)]


def test_the_better_of_two_equally_new_sentences_comes_first_and_the_other_adds_nothing() -> None:
    found = additions(story(source(1, TELLING, 40), source(2, TELLING, 80)))
    assert told(found) == [("Paper 2", TELLING)]


def test_at_most_two_publishers_add_one_sentence_each() -> None:
    third = "Minister Olaf Brandt promised Kielhaven 9 more ferries by 2031."
    sources = (source(1, f"{TELLING} {third}", 90), source(2, MORE, 50), source(3, third, 40))
    names = [name for name, _ in told(additions(story(*sources)))]
    assert names == ["Paper 1", "Paper 2"]
    assert len(names) == MOST


@pytest.mark.parametrize("relation", [one for one in Relation if one is not Relation.ELIGIBLE])
def test_what_repeats_another_or_tells_another_event_adds_nothing(relation: Relation) -> None:
    assert additions(story(source(1, TELLING, 90, relation))) == ()


def test_a_second_page_of_the_leaders_owner_adds_nothing() -> None:
    assert additions(story(source(1, TELLING, 90, independent=False))) == ()


def test_nothing_is_added_where_nothing_is_new() -> None:
    again = "The harbor city will buy twelve electric ferries for the northern line."
    assert additions(story(source(1, again))) == ()
    assert additions(story(source(1, TELLING), own=replace(LEAD, excerpt=TELLING))) == ()
    assert additions(story(source(1, ""))) == ()
    assert additions(story()) == ()


def test_a_sentence_about_something_else_is_not_added() -> None:
    assert additions(story(source(1, "George Lucas and Steven Spielberg met in Hollywood."))) == ()


@pytest.mark.parametrize(
    ("excerpt", "sentences"),
    [
        (f"{TELLING} {MORE}", [TELLING, MORE]),
        (f"{TELLING} Captain Ines Falk of the harbor…", [TELLING]),
        (f"{TELLING} Captain Ines Falk of the harbor...", [TELLING]),
        (f"{TELLING} Captain Ines Falk of the harbor", [TELLING]),
        (f"Ines Falk said ... Monday that the ferries of Rostock are late. {TELLING}", [TELLING]),
        ("Captain Ines Falk of the harbor union wants more", []),
        *(
            (one, [one])
            for one in (
                "The U.S. Navy and Nordwerft Inc. signed with Dr. J. Falk of St. Pauli on Monday.",
                "Nordwerft of Rostock earned $1.40 a share and 35.0 billion in all of 2019.",
                "The ferries of Rostock cost 1.5 times as much as those of 2019.",
                "“The ferries come in May,” said Captain Ines Falk of Rostock.",
                "Captain Ines Falk said: “The ferries come in May.”",
            )
        ),
        ("To solve this issue, Nordwerft of Rostock will build two more ferries.", []),
        ("诺德船厂在罗斯托克建造渡轮。", ["诺德船厂在罗斯托克建造渡轮。"]),
        ("Revenue of the Nordwerft yard in Rostock was $12.", []),
        ("Revenue of the Nordwerft yard was $12. 3 billion in the last year.",
         ["Revenue of the Nordwerft yard was $12. 3 billion in the last year."]),
        ("The ferries were ordered for the city by Nordwerft Inc.", []),
        ("“The ferries are late. Nobody in the whole city knows why,” said Ines Falk.", []),
        ("The ferries were built by Nordwerft.They sail from Rostock in May.", []),
        ("They will be built by Nordwerft in Rostock for 84 million euros.", []),
        ("Why will Nordwerft of Rostock build them for 84 million euros?", []),
        ("Subscribe to the Rostock Herald for 84 euros a year and more.", []),
        ("We asked Nordwerft in Rostock about its 84 million euros.", []),
        ("built by Nordwerft in Rostock for 84 million euros in 2019.", []),
        ("Short words.", []),
        (f"ROSTOCK, Germany (Reuters) - {TELLING}", [TELLING]),
        (f"ROSTOCK, Germany, May 18, 2020 /PRNewswire/ -- {TELLING}", [TELLING]),
        (f"BURLINGTON, Mass.—{TELLING}", [TELLING]),
        (f"{'Nordwerft ' * 20}builds.", []),
    ],
)  # fmt: skip
def test_sentences_are_whole_and_can_stand_alone(excerpt: str, sentences: list[str]) -> None:
    assert telling_sentences(excerpt) == sentences


pieces = st.sampled_from(
    [TELLING, MORE, "U.S.", "$12.", "…", "...", "?", "!", "”", "“", '"', "(", "Inc.", " ", "。",
     "新闻", "Mr. Falk", "ROSTOCK (Reuters) - ", "https://x.example/", ".They", "\u200b"]
)  # fmt: skip
excerpts = st.lists(pieces | st.text(max_size=30), max_size=8).map(" ".join).map(tidy)


@given(st.lists(excerpts, min_size=1, max_size=4), excerpts)
def test_every_sentence_is_a_part_of_a_stored_excerpt(others: list[str], own: str) -> None:
    sources = [source(number, excerpt, number) for number, excerpt in enumerate(others)]
    found = additions(story(*sources, own=replace(LEAD, excerpt=own)))
    assert len(found) <= MOST
    assert len({one.article.url for one in found}) == len(found)
    for one in found:
        assert one.sentence in one.article.excerpt
        assert one.sentence == one.sentence.strip()
        assert len(one.sentence) <= LONGEST
        assert not one.sentence.endswith(("…", "..."))
