"""Full-text search: what is indexed of a story, and how a user's words find it."""

import asyncio
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from itertools import chain
from typing import Final, NamedTuple

from bot.store.database import LAST_CHARACTER, Connection, every
from bot.store.full_text import Match
from bot.stories.matching import Text, Wanted, aged, near_spellings, rarity, text_score
from bot.stories.model import NOT_ON_EVENT, Story
from bot.stories.ranking import Ranking
from bot.stories.stems import forms
from bot.stories.text import STOP_WORDS, indexed, is_hangul, is_unspaced, parts, stretches, words
from bot.stories.urls import registrable_domain

NEWEST_MATCHES: Final = 150
"""How many newest matches are ranked, so that a common word costs no more than a rare one."""
NEWEST_MENDED: Final = 50
"""Fewer if typos were corrected: each has several words to look up, and is a guess anyway."""
NEWEST_TITLES: Final = 50
"""How many older stories are ranked beside the newest because their titles hold every word."""
RARE: Final = rarity(10_000)
"""If every word is more common, older titles are not looked for: that would read every match."""
FEW: Final = 3
"""If fewer stories hold every word, those that hold only some are looked for too."""
NEWEST_OF_A_WORD: Final = 1000
"""How many stories with a word are looked at for those that hold only some of the words."""
COMPLETIONS: Final = 20
"""How many words an unfinished one may complete to."""
PAIRS: Final = 500
"""How many pairs a single character may begin, in a script without spaces."""
CORRECTIONS: Final = 5
"""How many words a mistyped one may be."""
_HOST = re.compile(r"(?:[\w-]+\.)+[^\W\d_]{2,}")
_HOSTS_WITHIN: Final = 200
"""In how many characters of a query domains are looked for."""
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


def text_of(story: Story, ranking: Ranking) -> StoryText:
    """A story's searchable text: its headline and excerpt, and of it and its on-event sources the
    publishers, with their domains, and headlines. Other sources would match everything.
    """
    sources = [one.article for one in ranking.sources if one.relation not in NOT_ON_EVENT]
    publishers = dict.fromkeys(article.provider for article in (story.article, *sources))
    named = dict.fromkeys(
        name for one in publishers for name in (one.name, domain_word(one.domain))
    )
    return StoryText(
        _folded(story.article.title),
        _folded(*named),
        _folded(*(source.title for source in sources)),
        _folded(story.article.excerpt),
    )


def _folded(*texts: str) -> str:
    return " ".join(chain.from_iterable(map(indexed, texts)))


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
    await db.executemany(
        """
        INSERT INTO word (word, stories) VALUES (?, ?)
        ON CONFLICT (word) DO UPDATE SET stories = word.stories + excluded.stories
        """,
        await asyncio.to_thread(_word_counts, texts),
    )


def _word_counts(texts: Iterable[str]) -> list[tuple[str, int]]:
    words_of = (set(text.split()) for text in texts)
    return sorted(Counter(chain.from_iterable(words_of)).items())


async def forget_words(db: Connection) -> None:
    """Empty the vocabulary before all stories are indexed again, which counts their words."""
    await db.execute("DELETE FROM word")


async def retitle_topics(db: Connection, topics: Mapping[int, Sequence[str]]) -> None:
    """Let stories be found by the current names of their topics."""
    folded = {story_id: _folded(*names) for story_id, names in topics.items()}
    await db.full_text.set_topics(folded)
    await _count_words(db, folded.values())


async def search_stories(db: Connection, text: str, limit: int) -> list[int]:
    """Ids of the stories that hold every word of `text` in any of its forms, best first; if there
    are only a few, then also of those that hold words with half of the weight of the known ones.

    Stop words count only if there are no others. The last word may be unfinished, and so may any
    Korean word, since Korean appends particles; if nothing is found, each word may have one typo. A
    run of a script without spaces is one word, found by all its pairs; it may not have typos.
    """
    wanted = await _weighed(db, _asked(await _with_domains(db, text)))
    if not wanted:
        return []
    found = await _newest(db, wanted)
    if len(found) == NEWEST_MATCHES:
        if any(one.rarity >= RARE for one in wanted):
            found |= await _newest(db, wanted, NEWEST_TITLES, in_title=True)
    else:
        wanted = [await _begun(db, one) if one.begun else one for one in wanted]
        found |= await _newest(db, wanted)
    if not found:
        wanted = [one if is_unspaced(one.word) else await _mended(db, one) for one in wanted]
        found = await _newest(db, wanted, NEWEST_MENDED)
    if len(found) < FEW and len(wanted) > 1:
        found |= await _with_half(db, wanted)
    return (await _ranked(db, [*found.values()], wanted))[:limit]


async def _with_domains(db: Connection, text: str) -> str:
    """The text with the words for domains (`saltmarsh.example`) that the archive knows."""
    asked = {host: domain_word(host) for host in _HOST.findall(text.casefold()[:_HOSTS_WITHIN])}
    known = await _stories_with(db, asked.values()) if asked else {}
    return _HOST.sub(lambda match: _known_host(match[0], asked, known), text)


def _known_host(host: str, asked: Mapping[str, str], known: Mapping[str, int]) -> str:
    word = asked.get(host.casefold(), "")
    return word if word in known else host


def domain_word(host: str) -> str:
    """The one word by which the publisher of a host is found: its registrable domain."""
    return "".join(words(registrable_domain(host.removeprefix("www."))))


def _asked(text: str) -> list[Wanted]:
    """The words that a user's text asks for, each once: the last word may be unfinished, and so may
    a Korean word, or a single character of a script without spaces, which is half of a pair.
    """
    told = [*dict.fromkeys(stretches(text))]
    telling = [one for one in told if one not in STOP_WORDS] or told
    asked = [tuple(parts(one)[:_WORDS]) for one in telling[:_WORDS]]
    return [
        Wanted(
            " ".join(one),
            forms=tuple(sorted(forms(one[0]))) if len(one) == 1 else (),
            begun=len(one) == 1 and (one[0] == told[-1] or _may_go_on(one[0])),
        )
        for one in asked
    ]


def _may_go_on(word: str) -> bool:
    return _is_single(word) or is_hangul(word)


def _is_single(word: str) -> bool:
    return is_unspaced(word) and len(parts(word * 2)) == 1


async def _weighed(db: Connection, asked: Sequence[Wanted]) -> Sequence[Wanted]:
    """The words with the forms that occur and their rarity; a run has its rarest pair's."""
    stories = await _stories_with(
        db, [part for one in asked for word in one.choices for part in word.split()]
    )
    return [_counted(one, stories) for one in asked]


def _counted(wanted: Wanted, stories: Mapping[str, int]) -> Wanted:
    own = min(stories.get(part, 0) for part in wanted.word.split())
    others = tuple(form for form in wanted.forms if form in stories)
    many = own + sum(stories[form] for form in others)
    return wanted._replace(forms=others, rarity=rarity(many), known=many > 0)


async def _stories_with(db: Connection, listed: Iterable[str]) -> dict[str, int]:
    """About how many stories hold each of the words, without those that none holds."""
    sql = "SELECT word, stories FROM word WHERE word = ANY(:words)"
    rows = await every(db, sql, {"words": [*listed]})
    return {row["word"]: row["stories"] for row in rows}


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
    db: Connection,
    wanted: Sequence[Wanted],
    limit: int = NEWEST_MATCHES,
    *,
    in_title: bool = False,
) -> dict[int, Match]:
    """The newest stories that hold all the words, perhaps in the title, by id, the newest first."""
    choices = [one.choices for one in wanted]
    found = await db.full_text.newest(choices, limit, in_title=in_title)
    return {match.story_id: match for match in found}


async def _with_half(db: Connection, wanted: Sequence[Wanted]) -> dict[int, Match]:
    """The stories that hold the most of the known words by weight, at least half of it."""
    known = [one for one in wanted if one.known or one.completions or one.corrections]
    held: defaultdict[int, float] = defaultdict(float)
    for one in known:
        for place in await db.full_text.places(one.choices, NEWEST_OF_A_WORD):
            held[place] += one.rarity
    half = sum(one.rarity for one in known) / 2
    most = sorted((-weight, -place) for place, weight in held.items() if weight >= half)
    found = await db.full_text.at([-place for _, place in most[:NEWEST_MENDED]])
    return {match.story_id: match for match in found}


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
