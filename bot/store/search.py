"""What the full text is told about a story, and how a person's words find it."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from typing import Final, NamedTuple

from bot.store.database import LAST_CHARACTER, Connection, every
from bot.store.full_text import Match
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
    """Forget the text of stories."""
    await db.full_text.remove(story_ids)


async def index_stories(
    db: Connection, texts: Mapping[int, StoryText], topics: Mapping[int, Sequence[str]]
) -> None:
    """Make stories, by id, findable by their text and their topics' names. None of them is yet."""
    whole = {
        story_id: Text(topics=_folded(*topics[story_id]), **text._asdict())
        for story_id, text in texts.items()
    }
    await db.full_text.add(whole)
    await _count_words(db, (" ".join(text) for text in whole.values()))


async def _count_words(db: Connection, texts: Iterable[str]) -> None:
    """Let the vocabulary know texts. It forgets none: a word that no story holds any more finds
    nothing, and of how often words occur only the order matters, and that only roughly.
    """
    counted = Counter(word for text in texts for word in set(text.split()))
    await db.executemany(
        """
        INSERT INTO word (word, stories) VALUES (?, ?)
        ON CONFLICT (word) DO UPDATE SET stories = word.stories + excluded.stories
        """,
        sorted(counted.items()),
    )


async def forget_words(db: Connection) -> None:
    """Empty the vocabulary: before all stories are indexed anew, which counts their words."""
    await db.execute("DELETE FROM word")


async def retitle_topics(db: Connection, topics: Mapping[int, Sequence[str]]) -> None:
    """Let stories be found by the names of their topics now."""
    folded = {story_id: _folded(*names) for story_id, names in topics.items()}
    await db.full_text.set_topics(folded)
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
    return (await _ranked(db, [*found.values()][:NEWEST_MATCHES], wanted))[:limit]


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
    sql = "SELECT word, stories FROM word WHERE word = ANY(:words)"
    words = [part for one in asked for part in one.word.split()]
    rows = await every(db, sql, {"words": words})
    stories = {row["word"]: row["stories"] for row in rows}
    return [
        one._replace(rarity=rarity(min(stories.get(part, 0) for part in one.word.split())))
        for one in asked
    ]


async def _begun(db: Connection, wanted: Wanted) -> Wanted:
    """The word, or one of the most frequent that begin with it."""
    sql = """
        SELECT word FROM word WHERE word > :begun AND word < :after
        ORDER BY stories DESC, word LIMIT :limit
    """
    limit = PAIRS if _is_single(wanted.word) else COMPLETIONS
    asked = {"begun": wanted.word, "after": wanted.word + LAST_CHARACTER, "limit": limit}
    rows = await every(db, sql, asked)
    return wanted._replace(completions=tuple(row["word"] for row in rows))


async def _mended(db: Connection, wanted: Wanted) -> Wanted:
    """The word, or one of the most frequent that are a typo away."""
    sql = """
        SELECT word FROM word WHERE word = ANY(:near)
        ORDER BY stories DESC, word LIMIT :limit
    """
    near = near_spellings(wanted.word)
    rows = await every(db, sql, {"near": near, "limit": CORRECTIONS})
    return wanted._replace(corrections=tuple(row["word"] for row in rows))


async def _newest(
    db: Connection, wanted: Sequence[Wanted], limit: int = NEWEST_MATCHES
) -> dict[int, Match]:
    """The newest stories that hold all the words, by id, the newest first."""
    choices = [(one.word, *one.completions, *one.corrections) for one in wanted]
    return {match.story_id: match for match in await db.full_text.newest(choices, limit)}


async def _ranked(db: Connection, found: Sequence[Match], wanted: Sequence[Wanted]) -> list[int]:
    """Ids of stories, best first, by `text_score` and `aged`; of equals the newest first.

    How rare a word is the vocabulary knows, so that only these few are read.
    """
    texts = await db.full_text.texts([one.place for one in found], _LOOKED_AT)
    newest = max((one.published_at for one in found), default=0)
    scores = {
        one: aged(
            text_score(texts[one.place], wanted), timedelta(seconds=newest - one.published_at)
        )
        for one in found
        if one.place in texts  # else it has left since
    }
    ranked = sorted(scores, key=lambda one: (-scores[one], -one.published_at, -one.story_id))
    return [one.story_id for one in ranked]
