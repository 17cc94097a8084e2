"""Colours of text and background meet WCAG AA, in light and in dark."""

import re
from importlib.resources import files

import pytest

SHEET = (files("bot.sandbox.page") / "static" / "base.css").read_text(encoding="utf-8")
GROUNDS = ("page", "side", "raised", "hover", "whisper")
TEXT, SIGN = 4.5, 3.0
"""The ratios that WCAG 2.2 AA requires for text, and for the edges of controls."""

PAIRS = [
    *((one, ground, TEXT) for one in ("text", "soft", "link", "bad", "good") for ground in GROUNDS),
    *((f"on-{one}", one, TEXT) for one in ("primary", "danger", "success")),
    ("mention", "mention-ground", TEXT),
    *((one, ground, SIGN) for one in ("edge", "focus") for ground in GROUNDS),
]


def colours() -> dict[str, tuple[str, str]]:
    """Each colour's name, with its light and its dark value."""
    found = re.findall(r"--([\w-]+): light-dark\((#\w{6}), (#\w{6})\);", SHEET)
    return {name: (light, dark) for name, light, dark in found}


def luminance(colour: str) -> float:
    """Relative luminance as WCAG defines it."""
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def ratio(one: str, other: str) -> float:
    """The contrast of two colours, 1 to 21."""
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("scheme", [0, 1], ids=["light", "dark"])
@pytest.mark.parametrize(("one", "ground", "wanted"), PAIRS)
def test_colours_keep_their_distance(one: str, ground: str, wanted: float, scheme: int) -> None:
    known = colours()
    assert ratio(known[one][scheme], known[ground][scheme]) >= wanted


def test_every_colour_comes_from_the_list() -> None:
    assert set(re.findall(r"--([\w-]+):", SHEET)) == set(colours())
    for name in ("base.css", "messages.css", "controls.css"):
        sheet = (files("bot.sandbox.page") / "static" / name).read_text(encoding="utf-8")
        rules = sheet.partition("* { box-sizing")[2] if name == "base.css" else sheet
        assert set(re.findall(r"var\(--([\w-]+)\)", sheet)) <= set(colours())
        assert not re.findall(r"(?<!shadow: 0 6px 24px )#[0-9a-f]{6}\b", rules)


def test_black_on_white_is_21_and_a_colour_on_itself_1() -> None:
    assert ratio("#000000", "#ffffff") == pytest.approx(21)
    assert ratio("#777777", "#777777") == 1
