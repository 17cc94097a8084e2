"""Texts as a phone shows them: lines, and where they are cut. Heights: tests/sandbox/page."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.render import phone
from bot.stories.text import tidy
from tests.render.editions import LONG

words = st.text(alphabet="aiWm -é漢\u200d🚢", max_size=120).map(tidy)
widths = st.sampled_from([phone.WIDE, phone.BESIDE])
fonts = st.sampled_from([phone.TITLE, phone.TEXT, phone.FOOTER])


@given(words, st.integers(1, 5), fonts, widths)
def test_a_text_is_cut_to_so_many_lines_and_only_where_it_must(
    text: str, most: int, font: phone.Font, width: int
):
    cut = phone.cut_to(text, most, font, width)
    assert phone.lines(cut, font, width) <= most
    if phone.lines(text, font, width) <= most:
        assert cut == text
    else:
        assert cut.endswith("…")
        assert text.startswith(cut[:-1])


@given(words, words, fonts, widths)
def test_more_text_never_takes_fewer_lines(text: str, more: str, font: phone.Font, width: int):
    assert phone.lines(f"{text}{more}", font, width) >= phone.lines(text, font, width)


@pytest.mark.parametrize("headline", LONG)
def test_wider_letters_and_narrower_lines_take_more(headline: str):
    shown = [
        phone.lines(headline, font, width)
        for font, width in ((phone.FOOTER, 282), (phone.TEXT, 282), (phone.TITLE, 180))
    ]
    assert shown == sorted(shown)
    assert shown[0] == 2
    assert shown[2] in {4, 5}


def test_markdown_takes_no_room():
    markdown = "**1.** [The x.\u200bexample](https://x.example/a_%28b%29), Tom \\& Jerry\\*"
    assert phone.visible(markdown) == "1. The x.example, Tom & Jerry*"
