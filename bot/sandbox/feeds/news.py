"""What the invented feeds tell of: an event of each topic a day, each as three publishers tell it.

One week in ten has stories of its own (week.txt), also that in which the sandbox begins. The other
weeks have stories that come again every four days, each time of other things, places and people
(later.txt).
"""

import re
from collections.abc import Iterable
from datetime import date
from functools import cache
from importlib.resources import files
from typing import Final, NamedTuple

WEEK: Final = 7
_CYCLE: Final = 10
_FIRST_WEEK: Final = date(2019, 12, 22).toordinal() // WEEK
_PLACES: Final = (
    "Alderwick", "Brannick", "Corley", "Dunvale", "Eskmere", "Farrow", "Glenholt", "Hask",
    "Ivingdale", "Jarrowby", "Kettlesea", "Larch Hill", "Merrow", "Nethercombe", "Oxhaven",
    "Pennard", "Quayle", "Rushmere", "Saltholm", "Thornby", "Ullingsted", "Vennport", "Wexcombe",
    "Yarlside", "Zeeholt", "Amberley Cross", "Birkstead", "Cresswater", "Drovemouth", "Elmstow",
    "Foxgate", "Gullhaven", "Hollowell", "Inchmoor", "Kilnsey", "Lowmarsh", "Marram",
)  # fmt: skip
_PEOPLE: Final = (
    "Abelin", "Brekke", "Castellan", "Dovik", "Eklund", "Farkas", "Grindal", "Hauge", "Ibarra",
    "Jessen", "Kovar", "Lindqvist", "Marchetti", "Nakata", "Obradovic", "Pereira", "Quist",
    "Rasmus", "Sandoval", "Tervo", "Ueland", "Varga", "Wessel", "Ximenes", "Yilmaz", "Zoller",
    "Adeyemi", "Bianchi", "Cerny", "Duarte", "Engel",
)  # fmt: skip
_LEAST, _MOST = 51, 79
"""The numbers in later.txt: more than half of a hundred, since votes are won."""


class Telling(NamedTuple):
    """An event as one publisher tells it."""

    title: str
    text: str


def tellings(topic: str, day: date) -> list[Telling]:
    """The event of a topic on a day."""
    number = day.toordinal()
    week, weekday = divmod(number, WEEK)
    if (week - _FIRST_WEEK) % _CYCLE == 0:
        return _told(_events("week.txt")[topic][weekday].splitlines())
    turn, which = divmod(number, len(_events("later.txt")[topic]))
    things, *lines = _events("later.txt")[topic][which].splitlines()
    return _told(_filled(line, things, turn, number + TOPICS.index(topic) * 5) for line in lines)


def _filled(line: str, things: str, turn: int, number: int) -> str:
    listed = things.removeprefix(": ").split(" | ")
    return line.format(
        thing=listed[turn % len(listed)],
        place=_PLACES[number % len(_PLACES)],
        person=_PEOPLE[number % len(_PEOPLE)],
        n=_LEAST + number % (_MOST - _LEAST),
    )


def _told(lines: Iterable[str]) -> list[Telling]:
    told = [*lines]
    return [Telling(*pair) for pair in zip(told[::2], told[1::2], strict=True)]


@cache
def _events(name: str) -> dict[str, list[str]]:
    """The events of each topic in a file."""
    text = (files(__package__) / name).read_text(encoding="utf-8")
    _, *parts = re.split(r"^# (.+)\n", text, flags=re.MULTILINE)
    return {
        topic: events.strip().split("\n\n")
        for topic, events in zip(parts[::2], parts[1::2], strict=True)
    }


TOPICS: Final = tuple(_events("week.txt"))
"""The topics of which there is news."""
