"""Full-text search: what is indexed of a story, and how a user's words find it."""

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
"""How many newest matches are ranked, so that a common word costs no more than a rare one."""
NEWEST_MENDED: Final = 50
"""Fewer if typos were corrected: each has several words to look up, and is a guess anyway."""
COMPLETIONS: Final = 20
"""How many words an unfinished one may complete to."""
PAIRS: Final = 500
"""How many pairs a single character may begin, in a script without spaces."""
CORRECTIONS: Final = 5
"""How many words a mistyped one may be."""
_WORDS: Final = 20
"""How many words of a query are used."""
_LOOKED_AT: Final = 700
"""How many characters of a story's source headlines decide its rank: about 10 headlines, and files
list the best first. If a word is found only further on, the story is ranked by its date."""


class StoryText(NamedTuple):
    """The text a story is found by: words separated by spaces. Its topics are added later."""

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
    """Remove the text of stories from the index."""
    await db.full_text.remove(story_ids)


async def index_stories(
    db: Connection, texts: Mapping[int, StoryText], topics: Mapping[int, Sequence[str]]
) -> None:
    """Make stories, by id, findable by their text and topics' names. None may be indexed yet."""
    whole = {
        story_id: Text(topics=_folded(*topics[story_id]), **text._asdict())
        for story_id, text in texts.items()
    }
    await db.full_text.add(whole)
    await _count_words(db, (" ".join(text) for text in whole.values()))


async def _count_words(db: Connection, texts: Iterable[str]) -> None:
    """Add the words of texts to the vocabulary. Words are never removed: a word that no story holds
    any more finds nothing, and only the rough order of the counts matters.
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
    """Empty the vocabulary before all stories are indexed again, which counts their words."""
    await db.execute("DELETE FROM word")


async def retitle_topics(db: Connection, topics: Mapping[int, Sequence[str]]) -> None:
    """Let stories be found by the current names of their topics."""
    folded = {story_id: _folded(*names) for story_id, names in topics.items()}
    await db.full_text.set_topics(folded)
    await _count_words(db, folded.values())


async def search_stories(db: Connection, text: str, limit: int) -> list[int]:
    """Ids of the stories that hold every word of `text`, best first.

    The last word may be unfinished, and so may any Korean word, since Korean appends particles; if
    nothing is found, each word may have one typo. A run of a script without spaces is one word,
    found by all its pairs; it may not have typos.
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
    """The words that a user's text asks for, each once: the last word may be unfinished, and so may
    a Korean word, or a single character of a script without spaces, which is half of a pair.
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
    """The words with their rarity, which matters only for several; a run has its rarest pair's."""
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

    The vocabulary gives the rarity of words, so that only these few stories are read.
    """
    texts = await db.full_text.texts([one.place for one in found], _LOOKED_AT)
    newest = max((one.published_at for one in found), default=0)
    scores = {
        one: aged(
            text_score(texts[one.place], wanted), timedelta(seconds=newest - one.published_at)
        )
        for one in found
        if one.place in texts  # else it has been removed since
    }
    ranked = sorted(scores, key=lambda one: (-scores[one], -one.published_at, -one.story_id))
    return [one.story_id for one in ranked]
