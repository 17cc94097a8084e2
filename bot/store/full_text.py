"""What search asks of a database's full text, whichever it is."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple, Protocol

from bot.stories.matching import Text


class Match(NamedTuple):
    """A story that holds what was asked for; when it was published, in seconds since 1970; and
    where its text stands, for `FullText.texts`.
    """

    story_id: int
    published_at: int
    place: int


class FullText(Protocol):
    """The stories' texts, of search's words with blanks between, each whole one word to it."""

    async def add(self, texts: Mapping[int, Text]) -> None:
        """Make stories, by id, findable that are not yet."""
        ...

    async def set_topics(self, topics: Mapping[int, str]) -> None:
        """Write another text of their topics to stories, by id."""
        ...

    async def remove(self, story_ids: Sequence[int]) -> None:
        """Forget stories."""
        ...

    async def newest(self, wanted: Sequence[Sequence[str]], limit: int) -> list[Match]:
        """The newest stories, not hidden, that hold one of each group of choices; the newest first.

        A choice of several words is held where all of them are.
        """
        ...

    async def texts(self, places: Sequence[int], looked_at: int) -> dict[int, Text]:
        """The texts that still stand at these places; of publishers and sources that many
        characters.
        """
        ...
