"""The form: what was typed is kept as far as there is room, and nothing is believed."""

import re
from typing import Any
from zlib import crc32

from hypothesis import given
from hypothesis import strategies as st

from bot.chat.setup.form import FORM_ID, KEPT, kept, submitted, typed_before
from bot.chat.setup.place import PLACE, Place
from bot.digests.settings import TIME, TIMEZONE, WEEKDAYS
from bot.render.setup import FORM

texts = st.dictionaries(st.sampled_from([one.name for one in FORM]), st.text(max_size=100))
anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20),
    lambda inside: (
        st.lists(inside, max_size=4)
        | st.dictionaries(
            st.sampled_from(["component", "components", "custom_id", "value", "type"]),
            inside,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@given(texts, st.integers(0, 100))
def test_typed_texts_are_kept_whole_or_left_out(typed: dict[str, str], room: int):
    text = kept(typed, max(room, 2))
    assert len(text) <= max(room, 2)
    assert re.fullmatch(KEPT, text)
    for name, one in typed_before(text).items():
        assert one == typed[name].replace("|", " ")


def test_what_was_typed_is_there_again():
    typed = {TIME.name: "8 o'clock", TIMEZONE.name: "Berlin | UTC"}
    assert typed_before(kept(typed, 60)) == {**typed, TIMEZONE.name: "Berlin   UTC"}


@given(anything)
def test_a_forged_form_sets_only_texts(rows: Any):
    found = submitted({"components": rows}, "0" * 24, "default")
    assert {*found} <= {*FORM}
    assert all(isinstance(text, str) for text in found.values())


def test_only_what_is_not_as_it_was_is_set():
    def row(name: str, text: str) -> dict[str, Any]:
        return {"type": 18, "component": {"type": 4, "custom_id": name, "value": text}}

    rows = [row("time", " 08:00 "), row("days", ""), row("timezone", "Berlin"), row("layout", "x")]
    was = "".join(f"{crc32(text.encode()):08x}" for text in ("08:00", "every day", "UTC"))
    found = submitted({"components": rows}, was, "default")
    assert found == {WEEKDAYS: "default", TIMEZONE: "Berlin"}


def test_a_place_is_read_as_it_was_written():
    for place in (Place(None), Place(5, 2), Place(10**20 - 1)):
        match = re.fullmatch(f"{PLACE}x", place.id_of("x"))
        assert match is not None
        assert Place.of(match) == place
    longest = Place(10**20 - 1).id_of(f"when:{10**20 - 1}:{'0' * 24}")
    assert FORM_ID.fullmatch(longest)
    assert len(longest) <= 100
