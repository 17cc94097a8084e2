"""The desk answers: topics, a topic's stories, stories by text, a story's sources."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Final

from bot.errors import UnknownTopic
from bot.store import search, stories, topics
from bot.store.database import Connection, Database
from bot.store.topics import Place
from bot.stories.model import ArchivedStory, Topic
from bot.stories.text import slug, tidy

MAX_QUERY: Final = 200
"""Characters of a person's query that are looked at."""
SUGGESTIONS: Final = 25
"""Discord shows no more choices."""
_LARGEST_ID: Final = 2**63 - 1
"""Ids come from buttons, which anybody can write; SQLite takes no larger number."""


@dataclass(frozen=True, slots=True)
class TopicPage:
    """Some leaders of a topic, newest first, and the place from which older ones go on."""

    topic: Topic
    stories: Sequence[ArchivedStory]
    older: Place | None


class Desk:
    """Look-ups. `aliases` are other names of topics, by any spelling."""

    def __init__(self, database: Database, aliases: Mapping[str, Sequence[str]]) -> None:
        self._database = database
        self._aliases = {slug(a): slug(name) for name, others in aliases.items() for a in others}

    async def topics(self) -> list[Topic]:
        """Every topic that shows a story, by name."""
        async with self._database.reading() as db:
            return [topic for topic in await topics.all_topics(db) if topic.stories]

    async def topic(self, name: str) -> Topic:
        """The topic called `name`: display name, slug or alias. Raises UnknownTopic."""
        key = slug(name[:MAX_QUERY])
        async with self._database.reading() as db:
            found = await self._named(db, key)
            if found:
                return found
            names = {topic.slug: topic.name for topic in await topics.all_topics(db)}
        near = get_close_matches(key, names, n=3)
        raise UnknownTopic(tidy(name[:MAX_QUERY]), [names[slug_] for slug_ in near])

    async def _named(self, db: Connection, key: str) -> Topic | None:
        """The topic of a slug, or else of an alias: a real name goes before another's alias."""
        found = await topics.topic_by_slug(db, key)
        alias = self._aliases.get(key)
        return found if found or alias is None else await topics.topic_by_slug(db, alias)

    async def topic_page(self, topic: Topic, limit: int, before: Place | None = None) -> TopicPage:
        """A page of at most `limit` leaders, newest first, older than the place `before`."""
        async with self._database.reading() as db:
            places = await topics.topic_page(db, topic.topic_id, limit + 1, before)
            shown = places[:limit]
            found = await stories.stories_by_id(db, [place.story_id for place in shown])
        return TopicPage(topic, found, shown[-1] if len(places) > limit else None)

    async def topic_by_id(self, topic_id: int) -> Topic | None:
        """The topic with that id, or None."""
        if not 0 < topic_id <= _LARGEST_ID:
            return None
        async with self._database.reading() as db:
            return await topics.topic_by_id(db, topic_id)

    async def story(self, story_id: int) -> ArchivedStory | None:
        """The story with that id, unless it was removed."""
        if not 0 < story_id <= _LARGEST_ID:
            return None
        async with self._database.reading() as db:
            return await stories.story_by_id(db, story_id)

    async def search(self, query: str, limit: int) -> list[ArchivedStory]:
        """Stories that a text finds, best first; before them a topic's, if the text names one."""
        text = query[:MAX_QUERY]
        async with self._database.reading() as db:
            ids = await search.search_stories(db, text, limit)
            topic = await self._named(db, slug(text))
            if topic:
                led = await topics.topic_page(db, topic.topic_id, limit)
                ids = list(dict.fromkeys((*(place.story_id for place in led), *ids)))
            return await stories.stories_by_id(db, ids[:limit])

    async def suggest_topics(self, typed: str) -> list[Topic]:
        """Topics for an autocomplete: those that begin with what was typed, then that hold it."""
        begun = slug(typed[:MAX_QUERY])
        alias = self._aliases.get(begun)
        found = [t for t in await self.topics() if begun in t.slug or t.slug == alias]
        return sorted(found, key=lambda t: (not t.slug.startswith(begun), t.slug))[:SUGGESTIONS]

    async def suggest_stories(self, typed: str) -> list[ArchivedStory]:
        """Stories for an autocomplete: what the text finds; the newest where nothing is typed."""
        if typed.strip():
            return await self.search(typed, SUGGESTIONS)
        async with self._database.reading() as db:
            return await stories.stories_by_id(db, await stories.newest_stories(db, SUGGESTIONS))
