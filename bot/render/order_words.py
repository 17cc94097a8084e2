"""Why a story stands before and after the others of its edition, in words."""

from collections.abc import Callable, Sequence
from typing import Final

from bot.digests.reasons import RecordedChoice
from bot.render.moments import span

Say = Callable[[str, int], str]
"""Cleans third-party text and cuts it to a number of characters."""
_HEADLINE: Final = 70


def beside_others(choice: RecordedChoice, edition: Sequence[RecordedChoice], say: Say) -> str:
    """The rest of a sentence about a story: what decided against the others; "" if it is alone.

    By score a story stands below what is bigger or newer. Before it goes every story that is the
    best of a topic, whatever its score.
    """
    below = [one for one in edition if one.position > choice.position]
    above = next((one for one in edition if one.position == choice.position - 1), None)
    if stronger := [one for one in below if one.score > choice.score]:
        name = _named(stronger[0], say)
        return f"; as the best story of its topic it goes before {name}, which is bigger or newer"
    if bigger := [one for one in below if _size(one) > _size(choice)]:
        other = max(bigger, key=_size)
        return f"; {_named(other, say)} is bigger, but {_older(other, choice)}"
    if above:
        return f"; {_named(above, say)} goes before it{_reason(above, choice)}"
    return "; no story in this edition is bigger" if below else ""


def _reason(above: RecordedChoice, choice: RecordedChoice) -> str:
    """Why another story goes before one."""
    if above.score < choice.score:
        return " as the best story of a topic"
    newer = span(choice.age - above.age)
    words = [
        *(["bigger"] if _size(above) > _size(choice) else []),
        *([f"{newer} newer"] if newer else []),
    ]
    return f", because it is {' and '.join(words)}" if words else ""


def _older(other: RecordedChoice, choice: RecordedChoice) -> str:
    time = span(other.age - choice.age)
    return f"{time} older" if time else "older"


def _named(one: RecordedChoice, say: Say) -> str:
    return f"“{say(one.headline, _HEADLINE)}”"


def _size(one: RecordedChoice) -> int:
    return -1 if one.heat is None else one.heat
