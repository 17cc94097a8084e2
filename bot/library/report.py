"""The result of an ingest."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from bot.origins.outcomes import Loaded, Outcome, Rejection, Unchanged
from bot.render.terminal import counted
from bot.store.items import Shared

MOST_TWINS: Final = 20
"""A copy of a whole folder needs no line for each file."""
_OTHERS: Final = ("other story", "other stories")


@dataclass
class IngestReport:
    """What happened to the items, and how many stories were withdrawn.

    `without_topics` counts the new and changed items that give their story no topic. `disagreeing`:
    by story id, the keys of items that tell one story with different headlines, at least one of
    them just read; the first, which was written last, is shown. `twins`: those with one headline.
    """

    new: int = 0
    changed: int = 0
    unchanged: int = 0
    rejections: list[Rejection] = field(default_factory=list)
    disagreeing: dict[int, list[str]] = field(default_factory=dict)
    twins: dict[int, list[str]] = field(default_factory=dict)
    withdrawn: int = 0
    without_topics: int = 0
    seconds: float = 0.0

    @property
    def read(self) -> int:
        """How many items were looked at."""
        return self.new + self.changed + self.unchanged + len(self.rejections)

    def count(self, outcomes: Sequence[Outcome]) -> None:
        """Count the outcomes of items that were read."""
        loaded = [item for item in outcomes if isinstance(item, Loaded)]
        self.new += sum(item.known is None for item in loaded)
        self.changed += sum(item.known is not None for item in loaded)
        self.without_topics += sum(not item.topics for item in loaded)
        self.unchanged += sum(isinstance(item, Unchanged) for item in outcomes)
        self.rejections += [item for item in outcomes if isinstance(item, Rejection)]

    def count_shared(self, shared: Mapping[int, Sequence[Shared]]) -> None:
        """Note stories that several files tell, by story id, with all of these files."""
        for story_id, files in shared.items():
            differ = len({one.headline for one in files}) > 1
            self.twins.pop(story_id, None)
            (self.disagreeing if differ else self.twins)[story_id] = [one.key for one in files]

    def disagreements(self) -> list[str]:
        """One line for each story that several files tell; at most MOST_TWINS if they agree."""
        shown = [*self.twins.values()][:MOST_TWINS]
        left = len(self.twins) - len(shown)
        return [
            *(_same(files, "but different headlines") for files in self.disagreeing.values()),
            *(_same(files, "and are one story") for files in shown),
            *([f"so have the files of {counted(left, _OTHERS)}"] if left else []),
        ]


def _same(files: Sequence[str], how: str) -> str:
    first, *others = files
    return (
        f"{first} and {', '.join(others)} have the same address {how}: the file that was written"
        " last is shown"
    )
