"""Which stories share enough to be compared further."""

import math

from hypothesis import given
from hypothesis import strategies as st

from bot.stories.comparison import TOLD, Compared, Comparison, Member
from bot.stories.frequencies import shipped
from bot.stories.similarity import terms, vector

WORDS = ("ferry", "council", "night", "bay", "gdansk", "marlow", "tunnel", "microsoft", "week")
said = st.lists(st.sampled_from(WORDS), max_size=12).map(" ".join)


def compared(title: str, excerpt: str) -> Compared:
    text = vector(terms(title, excerpt), shipped())
    member = Member(1, "key", text, title, excerpt, 0, "owner", "a.example")
    return Compared.of(member, shipped())


@given(said, said, st.lists(st.tuples(said, said), max_size=5))
def test_stories_share_enough_if_what_both_hold_tells_enough(
    title: str, excerpt: str, others: list[tuple[str, str]]
):
    story, rest = compared(title, excerpt), [compared(*other) for other in others]
    found = Comparison(story, shipped()).sharing(rest)
    assert found == [other for other in rest if _share_enough(story, other)]


def _share_enough(one: Compared, other: Compared) -> bool:
    """As docs/events.md says it."""
    poorer = min(one.told, other.told)
    both = math.fsum(map(shipped().idf, {*one.terms} & {*other.terms}))
    return poorer >= TOLD and both >= min(1.8, 0.2 * poorer) * shipped().rarest
