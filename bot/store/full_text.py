"""The interface that search needs from any database's full text."""

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple, Protocol

from bot.stories.matching import Text


class Match(NamedTuple):
    """A matching story, when it was published, in seconds since 1970, and the place of its text,
    for `FullText.texts`.
    """

    story_id: int
    published_at: int
    place: int


class FullText(Protocol):
    """The index of the stories' texts: search words separated by spaces, each is one word."""

    async def add(self, texts: Mapping[int, Text]) -> None:
        """Make stories findable, by id, that are not indexed yet. Raises RowsRefused if a story
        was published at no time that can be stored.
        """
        ...

    async def set_topics(self, topics: Mapping[int, str]) -> None:
        """Replace the text of stories' topics, by id."""
        ...

    async def remove(self, story_ids: Sequence[int]) -> None:
        """Remove stories from the index."""
        ...

    async def newest(
        self, wanted: Sequence[Sequence[str]], limit: int, *, in_title: bool = False
    ) -> list[Match]:
        """The newest visible stories that contain one of each group of choices, the newest first.

        A choice of several words counts if the story contains all of them. `in_title`: only titles
        count.
        """
        ...

    async def places(self, choices: Sequence[str], limit: int) -> list[int]:
        """The places of the newest stories, visible or not, that contain one of the choices."""
        ...

    async def at(self, places: Sequence[int]) -> list[Match]:
        """The visible stories at these places, the newest first."""
        ...

    async def texts(self, places: Sequence[int], looked_at: int) -> dict[int, Text]:
        """The texts still at these places; publishers and sources cut to `looked_at` characters."""
        ...

    async def read_stored(self, take: Callable[[Sequence[tuple[int, Text]]], object]) -> None:
        """Give away every story's whole text, by id, in their order, some hundreds at a time."""
        ...
