"""The result of an ingest."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from bot.origins.outcomes import Loaded, Outcome, Rejection, Unchanged


@dataclass
class IngestReport:
    """What happened to the items, and how many stories were withdrawn.

    `without_topics` counts the new and changed items that give their story no topic. `disagreeing`:
    by story id, the keys of items that tell one story with different headlines, at least one of
    them just read; the first, which was written last, is shown.
    """

    new: int = 0
    changed: int = 0
    unchanged: int = 0
    rejections: list[Rejection] = field(default_factory=list)
    disagreeing: dict[int, list[str]] = field(default_factory=dict)
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

    def disagreements(self) -> list[str]:
        """One line for each story that files tell with different headlines."""
        return [
            f"{shown} and {', '.join(others)} have the same address but different headlines:"
            " the file that was written last is shown"
            for shown, *others in self.disagreeing.values()
        ]
