"""The shape of real archives of story files, in numbers.

Fitted to 1,394 real files with 31,391 related entries (1,698 different articles of one month's
largest topic, and all of a smaller one's); a number that is known for 5,824 files is theirs. The
files are not part of this repository, and neither is any word of them.

A tuple of pairs is a distribution: (share of the cases, largest value of these), linear in between.
"""

from typing import Final

Quantiles = tuple[tuple[float, float], ...]

RELATED: Final[Quantiles] = (
    (0.0, 0),
    (0.1, 1),
    (0.25, 4),
    (0.5, 14),
    (0.75, 32),
    (0.9, 60),
    (0.99, 137),
    (1.0, 179),
)
"""How many entries a story's `related` has. Median and maximum are those of 5,824 files. The
month's upper quartile is 87: one event filled it, and its articles list each other."""
FILES_OF_AN_EVENT: Final = ((1, 0.45), (2, 0.25), (3, 0.14), (4, 0.07), (6, 0.05), (10, 0.04))
"""How many of an event's articles have a story file of their own, and how often: 2.2 on average.

The month has more: an article of its largest topic is listed 20 times on average, and a million
articles of that kind would be 18 million rows. Fewer speed up the baselines only.
"""
TITLE_WORDS: Final[Quantiles] = (
    (0, 3),
    (0.1, 7),
    (0.25, 8),
    (0.5, 10),
    (0.75, 12),
    (0.9, 13),
    (1, 26),
)
EXCERPT_WORDS: Final[Quantiles] = (
    (0, 8),
    (0.1, 19),
    (0.25, 23),
    (0.5, 29),
    (0.75, 36),
    (0.9, 44),
    (0.99, 56),
    (1, 61),
)
EMPTY_EXCERPTS: Final = 0.014
QUALITY: Final[Quantiles] = (
    (0, 0),
    (0.1, 17),
    (0.25, 34),
    (0.5, 57),
    (0.75, 77),
    (0.9, 87),
    (0.99, 122),
    (1, 189),
)
RELATED_QUALITY: Final[Quantiles] = (
    (0, 0),
    (0.1, 17),
    (0.25, 22),
    (0.5, 41),
    (0.75, 62),
    (0.9, 82),
    (0.99, 97),
    (1, 129),
)
HOURS_APART: Final[Quantiles] = (
    (0, -530),
    (0.05, -235),
    (0.25, -109),
    (0.5, 4),
    (0.75, 163),
    (1, 400),
)
"""From a story's article to an article it lists."""
TOPICS: Final = ((1, 0.896), (2, 0.098), (3, 0.004), (5, 0.001), (9, 0.001))
"""How many topics a story has, and how often."""
LARGEST_TOPIC: Final = 0.52
"""The share of the stories that have it as their first topic."""
LARGEST_PROVIDER: Final = 0.30
PROVIDER_SHIFT, PROVIDER_EXPONENT = 3.0, 1.5
"""The shares of the other providers: 1 / (rank + shift) ** exponent."""
WITH_IMAGE, WITH_ENTITY = 0.70, 0.03
COPIES, SIBLINGS, OFF_TOPIC = 0.026, 0.032, 0.037
"""The shares of the related entries."""
LISTED_TWICE, LISTS_ITSELF = 0.065, 0.003
"""The shares of the files with one URL twice in `related`, and with the story's own."""
REMOVED: Final = 0.001
STORIES_A_DAY: Final = 16.0
"""The median of one topic is 7, and the largest has half of the stories."""

GENERATIONS: Final = (("A", 0.03), ("B", 0.17), ("C", 0.05), ("D", 0.74), ("sample", 0.01))
"""The format's generations, and how often; D as in the measured files, which have few others."""

WORD_SHIFT, WORD_EXPONENT = 3.0, 1.05
BREAK_RANK, TAIL_EXPONENT = 2000, 2.1
"""Word frequencies: 1 / (rank + shift) ** exponent up to the break, then 1 / rank ** tail.

Fitted to frequencies by rank and to the growth of the vocabulary: 1,169 different words in the
first 4,024, 4,719 in 40,311, 7,335 in 96,678.
"""
STOP_WORDS_SHARE: Final = 0.31
