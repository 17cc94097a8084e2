"""Lists of stories as Discord embeds: a topic's page, and what an answer found of an event."""

from collections.abc import Sequence
from typing import Final

from bot.render import limits
from bot.render.all_sources import LONGEST_ADDRESS, linked_headline
from bot.render.colours import colour_of
from bot.render.embeds import COLOUR, Embed, labels, publishers
from bot.render.sanitizer import escaped, link
from bot.stories.model import Listed, Topic

NOTHING: Final = "No stories yet."
_HEADLINE: Final = 200
"""How many characters of a headline a list shows."""


def topic_embed(
    topic: Topic, stories: Sequence[Listed], sources: int, before: int | None = 0
) -> Embed:
    """A page of a topic: its stories, newest first, each with its best sources.

    Sources, then links, give way to stories: a story that the page skipped would never be shown.
    `before`: how many stories the pages before have; if it is None, numbers begin at 1 and are not
    positions.
    """
    first = (before or 0) + 1
    place = _place(topic, first, len(stories), numbered=before is not None)
    numbered = [*enumerate(stories, start=first)]
    for shown, longest in (*((n, LONGEST_ADDRESS) for n in range(sources, -1, -1)), (0, 0)):
        lines = [listed_story(story, number, shown, longest) for number, story in numbered]
        text = "\n\n".join((place, *lines)) if topic.stories else NOTHING
        if len(text) <= limits.DESCRIPTION:
            break
    return {
        "title": escaped(topic.name, limits.TITLE),
        "description": text,
        "color": colour_of(topic.name),
    }


def _place(topic: Topic, first: int, shown: int, *, numbered: bool) -> str:
    """`6-10 of 12 stories, newest first`, or only how many there are if the page shows all."""
    count = f"{topic.stories} {'story' if topic.stories == 1 else 'stories'}"
    last = first + shown - 1
    if numbered and shown < topic.stories and first <= last <= topic.stories:
        count = f"{first if first == last else f'{first}-{last}'} of {count}"
    return f"{count}, newest first"


def listed_story(story: Listed, number: int, sources: int, longest: int = LONGEST_ADDRESS) -> str:
    """A story as two lines of a list: its headline, as a link unless its address is longer than
    that, and who tells it.
    """
    article = story.article
    named = [link(one.provider, one.url) for one in story.mentions(sources)]
    more = story.publishers - 1 - len(named)
    also = ", ".join((*named, *([f"+{more} more"] if named and more > 0 else [])))
    about = (
        *labels(story.junk),
        escaped(article.provider.name, 60),
        f"<t:{int(article.published_at.timestamp())}:d>",
        *([f"also {also}"] if also else []),
        *publishers(story),
    )
    headline = linked_headline(article.title, article.url, _HEADLINE, longest)
    return f"**{number}.** {headline}\n{' · '.join(about)}"


def told_embed(one: Listed) -> Embed:
    """Above the story that leads an event: the one that was asked for."""
    headline = linked_headline(one.article.title, one.article.url, _HEADLINE)
    publisher = escaped(one.article.provider.name, 60)
    return {
        "description": f"{headline} ({publisher}) is one of the reports on this event:",
        "color": COLOUR,
    }
