"""Which topics an item of a feed has: its feed's, its categories', and what its words tell."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.config import load_config, load_starter
from bot.stories.lexicon import Lexicon
from bot.stories.model import TopicReason
from bot.stories.text import slug, words
from tests.conftest import ROOT

FERRIES = Lexicon(
    {"Ferries": {1: ["ferry", "night boat"], 0.5: ["harbour", "C++ port"], -1: ["fairy ferry"]}},
    {"Ferries": ["boats"], "Weather": ["storms"]},
)


@pytest.mark.parametrize(
    ("title", "excerpt", "found"),
    [
        ("A ferry at dawn", "", True),
        ("A NIGHT-BOAT at dawn", "", True),
        ("Night and boat", "", False),
        ("A ferryman", "", False),
        ("Quiet", "A ferry, a night boat and a harbour", False),
        ("The harbour", "A harbour and a ferry", True),
        ("The harbour", "The harbour", False),
        ("The C++ port of the harbour", "", True),
        ("The fairy ferry", "", False),
        ("", "", False),
    ],
)
def test_a_headline_counts_three_and_an_excerpt_one_times_the_weight(
    title: str, excerpt: str, found: bool
):
    assert bool(FERRIES.reasons(title, excerpt)) is found


def test_the_phrase_that_counts_most_is_the_reason():
    (reason,) = FERRIES.reasons("Harbour has a night boat", "The ferry, and the ferry again")
    assert reason == TopicReason("Ferries", "phrase", "night boat")


def test_a_phrase_counts_once_in_a_text():
    assert FERRIES.points("", "ferry ferry ferry ferry") == {"Ferries": 1}


def test_a_feed_s_own_topics_come_first_and_each_topic_once():
    reasons = FERRIES.reasons("A ferry", "", ["Harbours", "ferries", "!"], ["Storms", "Nothing"])
    assert reasons == (
        TopicReason("Harbours", "feed"),
        TopicReason("ferries", "feed"),
        TopicReason("Weather", "category", "Storms"),
    )


def test_a_category_that_is_no_topic_gives_none():
    assert FERRIES.reasons("", "", (), ["Uncategorized", "", "harbour"]) == ()
    (reason,) = FERRIES.reasons("", "", (), ["BOATS"])
    assert reason == TopicReason("Ferries", "category", "BOATS")


@given(st.text(), st.text(), st.lists(st.text()), st.lists(st.text()))
def test_any_text_has_each_topic_once(
    title: str, excerpt: str, own: list[str], categories: list[str]
):
    reasons = FERRIES.reasons(title, excerpt, own, categories)
    slugs = [slug(one.topic) for one in reasons]
    assert len(slugs) == len(set(slugs))
    assert all(slugs)


def shipped() -> Lexicon:
    topics = load_config(ROOT / "config").topics
    return Lexicon(topics.phrases, topics.aliases)


@pytest.mark.parametrize(
    ("title", "topic"),
    [
        ("OpenAI opens an office in Marlow", "AI"),
        ("Large language models learn to ask", "AI"),
        ("Azure Functions get a new runtime", "Azure"),
        ("Ransomware closes a harbour", "Security"),
        ("Ceasefire holds for a second week", "World"),
        ("Power Apps forms load faster", "Power Apps"),
        ("PowerApps forms load faster", "Power Apps"),
        ("Django 7 needs Python 3.14", "Python"),
        ("Falcon 9 lands for the fiftieth time", "Space"),
        ("Global warming melts the last glacier of Vell", "Climate"),
        ("Nintendo delays its next console", "Gaming"),
        ("Federal Reserve keeps interest rates", "Business"),
        ("Measles vaccine campaign begins", "Health"),
        ("Kubernetes drops an old API", "Cloud"),
        ("New study finds older fossils", "Science"),
        ("TypeScript compiler is rewritten", "Software"),
        ("iPhone loses its last button", "Technology"),
    ],
)
def test_our_own_phrases_tell_topics_from_headlines(title: str, topic: str):
    assert topic in {one.topic for one in shipped().reasons(title, "")}


@pytest.mark.parametrize(
    ("title", "topic"),
    [
        ("Ai Weiwei opens a show", "AI"),
        ("Pension age and social security debated", "Security"),
        ("Monty Python members meet again", "Python"),
        ("Olympic Games end with a storm", "Gaming"),
        ("Shipping containers lost at sea", "Containers"),
        ("Thick cloud cover hides the eclipse", "Cloud"),
        ("Samsung Galaxy S30 is thinner", "Space"),
        ("Bakers strike over flour prices", "AI"),
        ("A USB-C battery for the net", "Software"),
    ],
)
def test_our_own_phrases_are_not_fooled_by_a_word(title: str, topic: str):
    assert topic not in {one.topic for one in shipped().reasons(title, "")}


def test_every_topic_of_a_starter_feed_has_phrases():
    assert {*load_starter(ROOT / "config").topics} <= {*load_config(ROOT / "config").topics.phrases}


def test_no_phrase_of_ours_is_one_letter_without_its_signs():
    phrases = load_config(ROOT / "config").topics.phrases
    told = [text for weighed in phrases.values() for texts in weighed.values() for text in texts]
    assert [text for text in told if len("".join(words(text))) < 2] == []


def test_a_starter_topic_is_no_other_topic_s_other_name():
    topics = load_config(ROOT / "config").topics
    names = {slug(name): name for name in (*topics.phrases, *topics.aliases)}
    for topic, others in topics.aliases.items():
        assert {names.get(slug(other), topic) for other in others} == {topic}
