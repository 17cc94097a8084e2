"""Full text: what FTS5 is told about a story, and how a person's words find it."""

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from typing import Final, NamedTuple

from bot.store.database import Connection, every
from bot.stories.matching import Text, Wanted, aged, near_spellings, rarity, text_score
from bot.stories.model import Story
from bot.stories.text import indexed, is_hangul, is_unspaced, parts, stretches

NEWEST_MATCHES: Final = 150
"""Only so many newest matches are ranked, so that a common word costs what a rare one does."""
NEWEST_MENDED: Final = 50
"""Fewer where typos were mended: each has several words to be looked for, and is a guess anyway."""
COMPLETIONS: Final = 20
"""Words that a begun one may be."""
PAIRS: Final = 500
"""Pairs that a single character may begin, of a script without blanks."""
CORRECTIONS: Final = 5
"""Words that a mistyped one may be."""
_WORDS: Final = 20
"""Words of a query that are looked at."""
_PLACES_A_SECOND: Final = 1 << 20
"""Of story.text_id, for the stories of one second."""
_LOOKED_AT: Final = 700
"""Characters of a story's source headlines that decide its rank: about 10, and files begin with the
best. Where a word is found only further on, the story goes by its date."""


class StoryText(NamedTuple):
    """What a story is found by, as search's words with blanks between; its topics come later."""

    title: str
    provider: str
    sources: str
    excerpt: str


def text_of(story: Story) -> StoryText:
    """A story's searchable text: its headline, publishers, source headlines and excerpt."""
    articles = (story.article, *story.sources)
    return StoryText(
        _folded(story.article.title),
        _folded(*dict.fromkeys(article.provider.name for article in articles)),
        _folded(*(source.title for source in story.sources)),
        _folded(story.article.excerpt),
    )


def _folded(*texts: str) -> str:
    return " ".join(word for text in texts for word in indexed(text))


async def unindex_stories(db: Connection, story_ids: Sequence[int]) -> None:
    """Forget the text of stories: before they change, since its place goes by their dates."""
    await db.executemany(
        "DELETE FROM story_text WHERE rowid = (SELECT text_id FROM story WHERE story_id = ?)",
        [(story_id,) for story_id in story_ids],
    )


async def index_stories(
    db: Connection, texts: Mapping[int, StoryText], topics: Mapping[int, Sequence[str]]
) -> None:
    """Make stories, by id, findable by their text and their topics' names."""
    rows = [
        {**text._asdict(), "id": story_id, "topics": _folded(*topics[story_id])}
        for story_id, text in texts.items()
    ]
    await db.executemany(
        """
        INSERT INTO story_text (rowid, title, topics, provider, sources, excerpt)
        SELECT text_id, :title, :topics, :provider, :sources, :excerpt
        FROM story WHERE story_id = :id
        """,
        rows,
    )
    await _count_words(db, (" ".join(str(row[name]) for name in Text._fields) for row in rows))


async def _count_words(db: Connection, texts: Iterable[str]) -> None:
    """Let the vocabulary know texts. It forgets none: a word that no story holds any more finds
    nothing, and of how often words occur only the order matters, and that only roughly.
    """
    counted = Counter(word for text in texts for word in set(text.split()))
    await db.executemany(
        """
        INSERT INTO word (word, stories) VALUES (?, ?)
        ON CONFLICT (word) DO UPDATE SET stories = stories + excluded.stories
        """,
        sorted(counted.items()),
    )


async def forget_words(db: Connection) -> None:
    """Empty the vocabulary: before all stories are indexed anew, which counts their words."""
    await db.execute("DELETE FROM word")


async def retitle_topics(db: Connection, topics: Mapping[int, Sequence[str]]) -> None:
    """Let stories be found by the names of their topics now."""
    folded = {story_id: _folded(*names) for story_id, names in topics.items()}
    await db.executemany(
        """
        UPDATE story_text SET topics = ?
        WHERE rowid = (SELECT text_id FROM story WHERE story_id = ?)
        """,
        [(names, story_id) for story_id, names in folded.items()],
    )
    await _count_words(db, folded.values())


async def search_stories(db: Connection, text: str, limit: int) -> list[int]:
    """Ids of the stories that hold every word of `text`, best first.

    The last word may be begun, and so may any of Korean, which adds its particles to it; where
    nothing is found, each word may have one typo. A stretch of a script without blanks is one word,
    found by all its pairs; it has no typos.
    """
    wanted = await _weighed(db, _asked(text))
    if not wanted:
        return []
    found = await _newest(db, wanted)
    if len(found) < NEWEST_MATCHES:
        wanted = [await _begun(db, one) if one.begun else one for one in wanted]
        found |= await _newest(db, wanted)
    if not found:
        wanted = [one if is_unspaced(one.word) else await _mended(db, one) for one in wanted]
        found = await _newest(db, wanted, NEWEST_MENDED)
    ranked = await _ranked(db, [*found][:NEWEST_MATCHES], wanted)
    return [found[text_id] for text_id in ranked[:limit]]


def _asked(text: str) -> list[Wanted]:
    """What a person's text asks for, each once: the last word may be begun, and so may one of
    Korean, and a single character of a script without blanks, which is half of a pair.
    """
    asked = [tuple(parts(one)[:_WORDS]) for one in dict.fromkeys(stretches(text)[:_WORDS])]
    return [
        Wanted(" ".join(one), begun=len(one) == 1 and (one is asked[-1] or _may_go_on(one[0])))
        for one in asked
    ]


def _may_go_on(word: str) -> bool:
    return _is_single(word) or is_hangul(word)


def _is_single(word: str) -> bool:
    return is_unspaced(word) and len(parts(word * 2)) == 1


async def _weighed(db: Connection, asked: Sequence[Wanted]) -> Sequence[Wanted]:
    """The words with their rarity, which matters only among several; that of its rarest pair."""
    if len(asked) <= 1:
        return asked
    sql = "SELECT word, stories FROM word WHERE word IN (SELECT value FROM json_each(:words))"
    words = [part for one in asked for part in one.word.split()]
    rows = await every(db, sql, {"words": json.dumps(words)})
    stories = {row["word"]: row["stories"] for row in rows}
    return [
        one._replace(rarity=rarity(min(stories.get(part, 0) for part in one.word.split())))
        for one in asked
    ]


async def _begun(db: Connection, wanted: Wanted) -> Wanted:
    """The word, or one of the most frequent that begin with it.

    FTS5's own `*` would merge the stories of all of them before the first is found.
    """
    sql = """
        SELECT word FROM word WHERE word > :begun AND word < :begun || char(0x10FFFF)
        ORDER BY stories DESC, word LIMIT :limit
    """
    limit = PAIRS if _is_single(wanted.word) else COMPLETIONS
    rows = await every(db, sql, {"begun": wanted.word, "limit": limit})
    return wanted._replace(completions=tuple(row["word"] for row in rows))


async def _mended(db: Connection, wanted: Wanted) -> Wanted:
    """The word, or one of the most frequent that are a typo away."""
    sql = """
        SELECT word FROM word WHERE word IN (SELECT value FROM json_each(:near))
        ORDER BY stories DESC, word LIMIT :limit
    """
    near = json.dumps([*near_spellings(wanted.word)])
    rows = await every(db, sql, {"near": near, "limit": CORRECTIONS})
    return wanted._replace(corrections=tuple(row["word"] for row in rows))


async def _newest(
    db: Connection, wanted: Sequence[Wanted], limit: int = NEWEST_MATCHES
) -> dict[int, int]:
    """The newest stories that hold all the words, the newest first: ids by place in story_text."""
    rows = await every(
        db,
        """
        SELECT text_id, story_id FROM story_text CROSS JOIN story ON text_id = story_text.rowid
        WHERE story_text MATCH :query AND NOT hidden
        ORDER BY story_text.rowid DESC LIMIT :limit
        """,
        {"query": _match(wanted), "limit": limit},
    )
    return {row["text_id"]: row["story_id"] for row in rows}


def _match(wanted: Sequence[Wanted]) -> str:
    """An FTS5 query: each word quoted, so that none is read as syntax; of pairs, all of them."""
    choices = [(one.word, *one.completions, *one.corrections) for one in wanted]
    quoted = [[f'"{word}"'.replace(" ", '" AND "') for word in words] for words in choices]
    return " AND ".join(f"({' OR '.join(words)})" for words in quoted)


async def _ranked(db: Connection, found: Sequence[int], wanted: Sequence[Wanted]) -> list[int]:
    """Places in story_text, best first, by `text_score` and `aged`; ties by place, newest first.

    FTS5's bm25 looks at every match to know how rare a word is, which takes too long for a common
    one; here the vocabulary knows, and only these few are read.
    """
    rows = await every(
        db,
        """
        SELECT t.rowid, title, topics, substr(provider, 1, :looked_at),
               substr(sources, 1, :looked_at), excerpt
        FROM json_each(:found) CROSS JOIN story_text t ON t.rowid = value
        """,
        {"found": json.dumps(found), "looked_at": _LOOKED_AT},
    )
    newest = _published_at(max(found, default=0))
    scores = {
        text_id: aged(text_score(Text(*text), wanted), newest - _published_at(text_id))
        for text_id, *text in rows
    }
    return sorted(scores, key=lambda text_id: (-scores[text_id], -text_id))


def _published_at(text_id: int) -> timedelta:
    """When the story at a place was published, as time since 1970: places go by that."""
    return timedelta(seconds=text_id // _PLACES_A_SECOND)
