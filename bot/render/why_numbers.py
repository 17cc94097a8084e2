"""The numbers behind a story's places, for Discord and for a terminal.

There is one set of lines; the two differ only in how third-party text is cleaned.
"""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Final

from bot.digests.edition import edition_line
from bot.digests.ledger import EditionState
from bot.digests.reasons import RecordedChoice, Weighing, Why
from bot.digests.selection import Verdict
from bot.render import limits
from bot.render.all_sources import ordered
from bot.render.embeds import COLOUR, Embed, heat, quality
from bot.render.feed_reasons import quality_lines, topic_lines
from bot.render.heat_words import heat_found
from bot.render.order_words import Say
from bot.render.sanitizer import escaped, plain
from bot.render.why_sentence import sentence
from bot.stories.copies import COPY_CONTAINMENT, COPY_RUN
from bot.stories.junk import NEVER_POSTED, Junk
from bot.stories.model import ArchivedStory, RankedSource, Relation
from bot.stories.pins import NamedPin
from bot.stories.ranking import HEAT_PER_PUBLISHER
from bot.stories.sources import ON_EVENT

_NAME: Final = 80
_GROUP, _PLACES, _LEFT_OUT = 1000, 900, 1100
"""How many characters these parts of an embed may have; the sources get the rest."""

_VERDICTS: Final = {
    Verdict.BEST: "best of a followed topic",
    Verdict.FILLED: "filled up by score",
    Verdict.ARCHIVE: "from the archive: the hottest not posted before",
    Verdict.ALSO: "a line under the edition: like an event that the channel had",
    Verdict.WAITS: "waits to be such a line",
    Verdict.NO_ROOM: "scored too low for a place",
    Verdict.LINKED: "linked with a story posted before",
    Verdict.POSTED: "posted before",
    Verdict.REPUBLISHED: "published again, word for word",
    Verdict.MUTED: "only muted publishers report it",
    Verdict.COLD: "below the minimum heat",
    Verdict.OLD: "too old",
    Verdict.EARLY: "published after the edition",
}
_JUNK: Final = {
    Junk.MARKET_RESEARCH: "Market research: no edition takes it, and it leads only its like",
    Junk.DEAL: "A deal: no edition takes it, and it leads only its like",
    Junk.PRESS_RELEASE: "Press release: it leads no other kind of story",
}
_QUALITY: Final = "Its quality is computed, since a feed gives none"
_NO_PLACE: Final = (
    "No edition has weighed it. Editions weigh stories of followed topics that are big and recent"
    " enough, and only the latest one keeps what it left out."
)


def numbers_embed(why: Why) -> Embed:
    """The numbers behind a story's places in one channel, within Discord's limits."""
    blocks = [
        _fitting(_story_lines(why, escaped), _GROUP),
        _block("In this channel", _place_lines(why.places, escaped), _PLACES),
        *(_block(_left_out(one), _left_lines(one, escaped), _LEFT_OUT) for one in why.last[:1]),
        _block(_QUALITY, quality_lines(why.story.article), _GROUP),
    ]
    room = limits.DESCRIPTION - sum(len(block) + 2 for block in blocks)
    blocks.insert(1, _block(_sources_heading(), _source_lines(why.story, escaped), room))
    return {
        "title": escaped(why.story.article.title, limits.TITLE),
        "url": why.story.article.url,
        "description": "\n\n".join(block for block in blocks if block),
        "color": COLOUR,
    }


def _block(heading: str, lines: Sequence[str], room: int) -> str:
    bold = f"**{heading}**\n"
    return bold + _fitting(lines, room - len(bold)) if lines else ""


def _fitting(lines: Sequence[str], room: int) -> str:
    """The lines that fit, from the first on, and how many are left out."""
    for shown in range(len(lines), -1, -1):
        more = [f"and {len(lines) - shown} more"] if shown < len(lines) else []
        text = "\n".join((*lines[:shown], *more))
        if len(text) <= room:
            return text
    return ""


def why_text(why: Why) -> str:
    """The reasons for a story's places, for a terminal; its editions are those of every channel."""
    parts = {
        "Why": [sentence(why, plain), *_story_lines(why, plain)],
        _sources_heading(): _source_lines(why.story, plain),
        "Editions": _place_lines(why.places, plain, channels=True),
        _QUALITY: quality_lines(why.story.article),
    }
    return "\n".join(_indented(heading, lines) for heading, lines in parts.items() if lines)


def left_out_text(last: Sequence[Weighing]) -> str:
    """What the last edition of each channel left out, for a terminal."""
    return "\n\n".join(
        _indented(f"Channel {one.channel_id}: {_left_out(one)}", _left_lines(one, plain))
        for one in last
    )


def _indented(heading: str, lines: Sequence[str]) -> str:
    return "\n".join((f"  {heading}", *(f"    {line}" for line in lines)))


def _story_lines(why: Why, say: Say) -> list[str]:
    story = why.story
    score = quality(story.article.quality).capitalize()
    lines = [f"{score} · {heat(story.heat)}: {heat_found(story)}"]
    lines += topic_lines(why.topics, say)
    if story.junk:
        lines.append(f"{_JUNK[Junk(story.junk)]} (config/editorial.yaml: {story.junk})")
    if why.leader:
        lines.append(f"Led by “{_headline(why.leader, say)}”: {advantage(why.leader, story)}")
    lines += _leads(why, say)
    alone = not why.leader and not why.followers
    return [
        *lines,
        *(["No other story of the archive covers this event"] if alone else []),
        *(_pinned(pin, say) for pin in why.pins),
        *_limit(why),
    ]


def _leads(why: Why, say: Say) -> list[str]:
    """Which stories it leads, each headline once, and why."""
    led: dict[str, list[str]] = {}
    for one in why.followers:
        names = led.setdefault(advantage(why.story, one), [])
        names += [name for name in (f"“{_headline(one, say)}”",) if name not in names]
    return [f"Leads {', '.join(names)}: {reason}" for reason, names in led.items()]


def _pinned(pin: NamedPin, say: Say) -> str:
    both = f"“{say(pin.headline, _NAME)}” and “{say(pin.other_headline, _NAME)}”"
    how = "together" if pin.together else "apart"
    return f"Pinned {how} by hand on {pin.made_at:%Y-%m-%d}: {both}"


def _limit(why: Why) -> list[str]:
    """Whether its heat reaches the minimum of editions, if that decides: what is led, or junk that
    no edition takes, is not weighed by it.
    """
    if why.leader or why.story.junk in NEVER_POSTED:
        return []
    limit = f"the minimum heat of {why.minimum_heat}"
    if why.story.heat is None:
        return [
            f"Passes {limit}, because its heat is unknown, and comes after every story with a known"
            " heat"
        ]
    if why.story.heat < why.minimum_heat:
        return [f"Below {limit}: editions take it only on a quiet day, from the archive"]
    return [f"Passes {limit}"]


def _headline(story: ArchivedStory, say: Say) -> str:
    return say(story.article.title, _NAME)


def advantage(better: ArchivedStory, worse: ArchivedStory) -> str:
    """Why one story of an event leads another."""
    if worse.junk and worse.junk != better.junk:
        return f"the other is a {worse.junk.replace('_', ' ')}"
    own, each = quality(better.article.quality), HEAT_PER_PUBLISHER
    return f"the best claim: {own}, and {each} for each publisher with a story like it"


def _sources_heading() -> str:
    return f"Sources by quality; off topic below similarity {ON_EVENT}"


def _source_lines(story: ArchivedStory, say: Say) -> list[str]:
    numbered = [*enumerate(ordered(story), start=1)]
    numbers = {source.article.url: n for n, source in numbered}
    return [f"{n}. {' · '.join(_source(source, numbers, say))}" for n, source in numbered]


def _source(source: RankedSource, numbers: Mapping[str, int], say: Say) -> list[str]:
    known = source.similarity is not None
    similarity = f"similarity {source.similarity:.3f}" if known else "similarity not recorded"
    article = source.article
    parts = [say(article.provider.name, _NAME), quality(article.quality), similarity]
    return parts if source.relation is Relation.ELIGIBLE else [*parts, _repeats(source, numbers)]


def _repeats(source: RankedSource, numbers: Mapping[str, int]) -> str:
    """The source that a hidden one repeats, by its number in the list, and how much of it."""
    number = numbers.get(source.of or "", "its own article")
    share = "" if source.share is None else f"{source.share:.0%}".replace("%", " %")
    match source.relation:
        case Relation.COPY:
            run = source.share is not None and source.share < COPY_CONTAINMENT
            words = f", {COPY_RUN} words in a row" if run else ""
            return f"copy of {number}: {share or 'most'} of the shorter excerpt{words}"
        case Relation.SIBLING:
            return f"same headline as {number}: {share or 'most'} of the words"
        case Relation.SAME_OWNER:
            return f"same owner as {number}"
        case Relation.BACKGROUND:
            return "background"
        case _:
            return "off topic"


def _place_lines(places: Sequence[Weighing], say: Say, *, channels: bool = False) -> list[str]:
    return [_place_line(one, say, channels=channels) for one in places] or [_NO_PLACE]


def _place_line(one: Weighing, say: Say, *, channels: bool) -> str:
    where = f"channel {one.channel_id}, " if channels else ""
    state = "" if one.state is EditionState.DELIVERED else f" ({one.state})"
    (choice,) = one.choices
    place = f"place {choice.position}, " if choice.taken else "left out: "
    return f"{where}{_edition(one)}{state}: {place}{_reason(choice, say)}"


def _left_out(one: Weighing) -> str:
    taken = sum(choice.taken for choice in one.choices)
    return f"{_edition(one)} took {taken} and left out"


def _left_lines(one: Weighing, say: Say) -> list[str]:
    left = [choice for choice in one.choices if not choice.taken]
    lines = [f"- {say(choice.headline, _NAME)}: {_reason(choice, say)}" for choice in left]
    return lines or ["nothing that it weighed"]


def _edition(one: Weighing) -> str:
    return edition_line(one.local_date, one.slot, 1)


def _reason(choice: RecordedChoice, say: Say) -> str:
    words = _VERDICTS[choice.verdict]
    if choice.other is not None:
        words += f" (“{say(choice.other, _NAME)}”)"
    hours = choice.age / timedelta(hours=1)
    worth, lost = round(choice.score + choice.age_term, 2), round(choice.age_term, 2)
    sum_ = f"{worth:.2f} for {heat(choice.heat)} - {lost:.2f} for an age of {hours:.1f} h"
    return f"{words} · score {worth - lost:.2f} = {sum_}"
