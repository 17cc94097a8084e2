"""The colours of topics: always the same, and seen on light and dark."""

import pytest

from bot.render.colours import PALETTE, colour_of

GROUNDS = {"white": 0xFFFFFF, "Discord's dark": 0x313338, "its embeds": 0x2B2D31}


def luminance(colour: int) -> float:
    """The relative luminance of WCAG 2."""
    parts = [(colour >> shift & 255) / 255 for shift in (16, 8, 0)]
    red, green, blue = (c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4 for c in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@pytest.mark.parametrize("ground", GROUNDS.values(), ids=GROUNDS)
@pytest.mark.parametrize("colour", PALETTE)
def test_every_colour_is_seen_on_every_ground(colour: int, ground: int):
    darker, lighter = sorted((luminance(colour), luminance(ground)))
    assert (lighter + 0.05) / (darker + 0.05) >= 3


def test_a_topic_has_one_colour_in_every_spelling_and_version():
    assert (
        colour_of("Climate Change") == colour_of("climate  change") == colour_of("CLIMATE CHANGE")
    )
    assert colour_of("AI") == PALETTE[4]
    assert colour_of("…") in PALETTE


def test_topics_spread_over_the_colours():
    assert {colour_of(f"Topic {number}") for number in range(200)} == {*PALETTE}
