"""A posting is a list of (story, weight) in the memory of one array."""

from hypothesis import given
from hypothesis import strategies as st

from bot.stories.postings import Posting

stories = st.lists(
    st.tuples(st.integers(1, 2**53), st.floats(0.01, 1)), min_size=1, unique_by=lambda one: one[0]
)


def filled(pairs: list[tuple[int, float]]) -> Posting:
    """A posting to which stories were added at its end."""
    (first, weight), *others = pairs
    found = Posting.of(first, weight)
    for story_id, more in others:
        found.add(found.number, story_id, more)
    return found


@given(stories, st.data())
def test_it_holds_what_was_added_at_any_place_and_not_dropped(
    pairs: list[tuple[int, float]], data: st.DataObject
):
    posting, kept = filled(pairs[:1]), pairs[:1]
    for story_id, weight in pairs[1:]:
        at = data.draw(st.integers(0, len(kept)))
        posting.add(at, story_id, weight)
        kept.insert(at, (story_id, weight))
    gone = data.draw(st.sets(st.sampled_from([story_id for story_id, _ in kept])))
    for story_id in gone:
        posting.drop(story_id)
    left = [one for one in kept if one[0] not in gone]
    assert posting.number == len(left)
    assert [*posting.latest(len(left), len(left))] == left


@given(stories, st.integers(0, 12), st.integers(1, 12))
def test_the_latest_are_the_last_of_the_first(
    pairs: list[tuple[int, float]], number: int, most: int
):
    number = min(number, len(pairs))
    assert [*filled(pairs).latest(number, most)] == pairs[:number][-most:]


@given(st.lists(st.integers(1, 50), min_size=1, unique=True), st.integers(0, 51))
def test_stories_before_a_place_are_counted(ids: list[int], place: int):
    posting = filled([(one, 0.5) for one in sorted(ids)])
    counted = posting.count_before((place,), lambda one: (one,))
    assert counted == sum(one < place for one in ids)
