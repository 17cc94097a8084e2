"""What loading story files would give; nothing is written."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import NamedTuple

from bot.origins.files.folders import find_story_files, read, stamp
from bot.origins.files.reading import attempt
from bot.origins.files.storyfile import parse
from bot.origins.outcomes import Reader, Rejection
from bot.stories.ranking import is_cold


@dataclass
class Examination:
    """The result of a trial load: how many files are `read`, which are rejected, and how many of
    the others have no topic, or are `cold`, i.e. below the minimum heat.
    """

    read: int = 0
    rejections: list[Rejection] = field(default_factory=list)
    without_topics: int = 0
    cold: int = 0


def examine(paths: Sequence[Path], reader: Reader, minimum_heat: int) -> Examination:
    """The result of a trial load of the story files at or below `paths`."""
    found = list(find_story_files(paths))
    result = Examination(len(found), [item for item in found if isinstance(item, Rejection)])
    for path in (item for item in found if isinstance(item, Path)):
        worth = attempt(path, partial(_examine, path, reader, minimum_heat))
        if isinstance(worth, Rejection):
            result.rejections.append(worth)
        else:
            result.without_topics += not worth.topics
            result.cold += worth.topics and worth.cold
    return result


class _Worth(NamedTuple):
    topics: bool
    cold: bool


def _examine(path: Path, reader: Reader, minimum_heat: int) -> _Worth:
    stamp(path)
    story = parse(read(path), reader.now, reader.trackers)
    return _Worth(bool(story.topics), is_cold(story, reader.rules, minimum_heat))
