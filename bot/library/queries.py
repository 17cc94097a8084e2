"""Look-ups: topics, a topic's stories, stories by text, a story's sources."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

from bot.errors import UnknownTopic
from bot.store import addresses, feeds, search, stories, topics
from bot.store.database import Connection, Database
from bot.store.topics import PageKey
from bot.stories.matching import subject_of
from bot.stories.model import ArchivedStory, ListedStory, Topic
from bot.stories.text import slug, tidy
from bot.stories.topic_lists import names_in
from bot.typos import meant_by

MAX_QUERY: Final = 200
"""How many characters of a user's query are used."""
MAX_LIST: Final = 1000
"""How many characters of a list of topics are used: 25 names have about 400."""
SUGGESTIONS: Final = 25
"""The most choices that Discord shows."""
_LARGEST_ID: Final = 2**63 - 1
"""Ids come from buttons, which anybody can forge; SQLite accepts no larger number."""


@dataclass(frozen=True, slots=True)
class Listed:
    """The topics that a text lists, and an error for each name that no topic has."""

    topics: Sequence[Topic]
    unknown: Sequence[UnknownTopic] = ()


@dataclass(frozen=True, slots=True)
class TopicPage:
    """Some leaders of a topic, newest first, and the position from which older ones continue."""

    topic: Topic
    stories: Sequence[ListedStory]
    older: PageKey | None


class EventFound(NamedTuple):
    """The story that stands for an event, and the stories of it that were asked for."""

    story: ArchivedStory
    told: list[ArchivedStory]


class Queries:
    """Look-ups. `aliases` maps other names, in any spelling, to topics; `expected` are the names of
    topics that may get stories, beside those of feeds.
    """

    def __init__(
        self,
        database: Database,
        aliases: Mapping[str, Sequence[str]],
        expected: Sequence[str] = (),
    ) -> None:
        self._database = database
        self.configure(aliases, expected)

    def configure(self, aliases: Mapping[str, Sequence[str]], expected: Sequence[str] = ()) -> None:
        """Use these other names of topics, and these expected ones, from now on."""
        self._aliases = {slug(a): slug(name) for name, others in aliases.items() for a in others}
        self._expected = {slug(name): name for name in expected if slug(name)}

    async def topics(self) -> list[Topic]:
        """Every topic that shows a story, by name."""
        async with self._database.reading() as db:
            return [topic for topic in await topics.all_topics(db) if topic.stories]

    async def is_empty(self) -> bool:
        """Whether there is no story to show."""
        async with self._database.reading() as db:
            return await stories.newest_story_at(db) is None

    async def largest_topics(self, limit: int) -> tuple[list[Topic], int]:
        """The topics with the most stories, and how many topics there are in all."""
        async with self._database.reading() as db:
            return await topics.largest_topics(db, limit), await topics.count_topics(db)

    async def topic(self, name: str, *, expected: bool = False) -> Topic:
        """The topic called `name`: display name, slug or alias; also one that is only `expected`.
        Raises UnknownTopic.
        """
        async with self._database.reading() as db:
            names = await self._names(db, expected=expected)
            return await self._topic(db, name[:MAX_QUERY], names)

    async def topics_in(self, text: str, *, expected: bool = False) -> Listed:
        """The topics that a text lists, as `AI, Space`: by the names that `topic` takes."""
        async with self._database.reading() as db:
            names = await self._names(db, expected=expected)
            found, unknown = list[Topic](), list[UnknownTopic]()
            known = names.keys() | self._aliases.keys()
            for name in names_in(text[:MAX_LIST], lambda one: slug(one) in known):
                try:
                    found.append(await self._topic(db, name[:MAX_QUERY], names))
                except UnknownTopic as error:
                    unknown.append(error)
        return Listed(found, unknown)

    async def _names(self, db: Connection, *, expected: bool) -> Mapping[str, str]:
        """The names of topics by their slugs; also of those that are only expected."""
        names = await topics.topic_names(db)
        return await self._all_expected(db) | names if expected else names

    async def _topic(self, db: Connection, name: str, names: Mapping[str, str]) -> Topic:
        """The topic called `name`, one of `names`. Raises UnknownTopic."""
        key = slug(name)
        found = await self._named(db, key)
        meant = key if key in names else self._aliases.get(key)
        if found is None and meant is not None and meant in names:
            return Topic(0, names[meant], meant, stories=0, newest=None)
        if found is None:
            near = await asyncio.to_thread(meant_by, key, names)
            raise UnknownTopic(tidy(name), [names[slug_] for slug_ in near])
        return found

    async def spelled(self, names: Sequence[str]) -> list[str]:
        """Names of topics as they are known, or else as they are given."""
        return [await self._spelled(name) for name in names]

    async def _spelled(self, name: str) -> str:
        try:
            return (await self.topic(name, expected=True)).name
        except UnknownTopic:
            return name

    async def _all_expected(self, db: Connection) -> dict[str, str]:
        """The names, by slug, of topics that may get stories."""
        given = {slug(name): name for name in await feeds.topics_of_feeds(db)}
        return {key: name for key, name in given.items() if key} | self._expected

    async def _named(self, db: Connection, key: str) -> Topic | None:
        """The topic of a slug, or else of an alias: a real name takes precedence over an alias."""
        found = await topics.topic_by_slug(db, key)
        alias = self._aliases.get(key)
        return found if found or alias is None else await topics.topic_by_slug(db, alias)

    async def topic_page(
        self, topic: Topic, limit: int, before: PageKey | None = None
    ) -> TopicPage:
        """A page of at most `limit` leaders, newest first, older than the place `before`."""
        async with self._database.reading() as db:
            found = await stories.listed_in_topic(db, topic.topic_id, limit + 1, before)
        shown = found[:limit]
        return TopicPage(topic, shown, _page_key(shown[-1]) if len(found) > limit else None)

    async def newest(self, topic: Topic, limit: int) -> list[ArchivedStory]:
        """The newest `limit` leaders of a topic, as whole stories."""
        async with self._database.reading() as db:
            keys = await topics.topic_page(db, topic.topic_id, limit)
            return await stories.stories_by_id(db, [key.story_id for key in keys])

    async def topic_by_id(self, topic_id: int) -> Topic | None:
        """The topic with that id, or None."""
        if not 0 < topic_id <= _LARGEST_ID:
            return None
        async with self._database.reading() as db:
            return await topics.topic_by_id(db, topic_id)

    async def story(self, story_id: int) -> ArchivedStory | None:
        """The story with that id, or the story it was merged into, unless it was removed."""
        if not 0 < story_id <= _LARGEST_ID:
            return None
        async with self._database.reading() as db:
            return await stories.story_by_id(db, await addresses.story_named(db, story_id))

    async def events_of(self, found: Sequence[ArchivedStory]) -> list[EventFound]:
        """The stories that lead those found, each once, in the order of its first one: an event is
        told by its leader, which has the sources of all its stories.
        """
        ids = {story.leader_id for story in found if story.leader_id is not None}
        async with self._database.reading() as db:
            leaders = {one.story_id: one for one in await stories.stories_by_id(db, ids)}
        events: dict[int, EventFound] = {}
        for story in found:
            leader = leaders.get(story.leader_id or 0, story)
            event = events.setdefault(leader.story_id, EventFound(leader, []))
            if leader is not story:
                event.told.append(story)
        return [*events.values()]

    async def find(self, query: str, limit: int) -> list[ListedStory]:
        """Stories that a text finds, best first; if it names a topic, the topic's come first."""
        async with self._database.reading() as db:
            return await stories.listed_by_id(db, await self._found(db, query, limit))

    async def search(self, query: str, limit: int) -> list[ArchivedStory]:
        """The results of `find` as whole stories."""
        async with self._database.reading() as db:
            return await stories.stories_by_id(db, await self._found(db, query, limit))

    async def _found(self, db: Connection, query: str, limit: int) -> list[int]:
        text = query[:MAX_QUERY]
        ids = await self._newest_asked(db, text, limit)
        if len(ids) < limit:
            ids += await search.search_stories(db, text, limit)
        return list(dict.fromkeys(ids))[:limit]

    async def _newest_asked(self, db: Connection, text: str, limit: int) -> list[int]:
        """The newest stories if the text names a topic or asks for news: `AI`, `latest AI`,
        `news about AI`, `latest`.
        """
        topic = await self._named(db, slug(text))
        subject = subject_of(text)
        if topic is None and subject == "":
            return await stories.newest_stories(db, limit)
        if topic is None and subject:
            topic = await self._named(db, slug(subject))
        keys = await topics.topic_page(db, topic.topic_id, limit) if topic else []
        return [key.story_id for key in keys]

    async def suggest_topics(self, typed: str) -> list[Topic]:
        """Topics for an autocomplete: those that begin with the typed text, the topic it is another
        name of, then those that contain it.
        """
        begun = slug(typed[:MAX_QUERY])
        async with self._database.reading() as db:
            found = await topics.topics_beginning(db, begun, SUGGESTIONS)
            alias = self._aliases.get(begun)
            other = await topics.topic_by_slug(db, alias) if alias else None
            if other and other.stories and other not in found:
                found.append(other)
            if begun and len(found) < SUGGESTIONS:
                held = await topics.topics_holding(db, begun, SUGGESTIONS)
                found += [topic for topic in held if topic not in found]
        return found[:SUGGESTIONS]

    async def suggest_expected(self, typed: str) -> list[str]:
        """Names of topics for an autocomplete that may follow one before it has a story: those of
        `suggest_topics`, then expected ones that begin with the typed text or contain it.
        """
        begun = slug(typed[:MAX_QUERY])
        found = {topic.slug: topic.name for topic in await self.suggest_topics(typed)}
        async with self._database.reading() as db:
            coming = await self._all_expected(db)
        alias = self._aliases.get(begun)
        meant = [key for key in sorted(coming) if begun in key or key == alias]
        meant.sort(key=lambda key: not key.startswith(begun))
        found |= {key: coming[key] for key in meant if key not in found}
        return [*found.values()][:SUGGESTIONS]

    async def newest_of_feed(self, feed_id: int, limit: int) -> list[ArchivedStory]:
        """The newest stories that a feed told."""
        async with self._database.reading() as db:
            ids = await feeds.newest_stories(db, feed_id, limit)
            return await stories.stories_by_id(db, ids)

    async def suggest_stories(self, typed: str) -> list[ListedStory]:
        """Stories for an autocomplete: those the text finds, or the newest if nothing is typed."""
        if typed.strip():
            return await self.find(typed, SUGGESTIONS)
        async with self._database.reading() as db:
            return await stories.listed_by_id(db, await stories.newest_stories(db, SUGGESTIONS))


def distinct(found: Sequence[ListedStory]) -> list[ListedStory]:
    """The first story of each event, and of what was published again word for word."""
    events: set[int] = set()
    texts: set[tuple[str, str, str]] = set()
    kept: list[ListedStory] = []
    for story in found:
        one = story.article
        text = one.provider.domain, one.title, one.excerpt
        if story.event_id not in events and text not in texts:
            kept.append(story)
        events.add(story.event_id)
        texts.add(text)
    return kept


def _page_key(story: ListedStory) -> PageKey:
    return PageKey(int(story.article.published_at.timestamp()), story.story_id)
