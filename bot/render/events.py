"""Events and pins for an editor: as terminal text and as JSON."""

from typing import Any

from bot.render.pins import pin_records, pin_text
from bot.render.terminal import STORIES, counted
from bot.stories.model import ListedStory
from bot.stories.pins import EventView


def event_text(event: EventView) -> str:
    """An event: its stories, the leader first, and the pins of its stories."""
    sent = f"posted in {counted(event.channels, ('channel', 'channels'))}"
    lines = [f"Event {event.event_id}: {counted(len(event.stories), STORIES)}, {sent}"]
    for story in event.stories:
        at = f"{story.article.published_at:%Y-%m-%d %H:%M}"
        lines.append(f"  {story.story_id} · {at} · {story.article.provider.name}")
        lines.append(f"     {story.article.title}")
        lines.append(f"     {story.article.url}")
    return "\n".join((*lines, *(f"  {pin_text(pin)}" for pin in event.pins)))


def event_record(event: EventView) -> dict[str, Any]:
    """An event as JSON."""
    return {
        "id": event.event_id,
        "channels": event.channels,
        "stories": [_story_record(story) for story in event.stories],
        "pins": pin_records(event.pins),
    }


def _story_record(story: ListedStory) -> dict[str, Any]:
    article = story.article
    return {
        "id": story.story_id,
        "headline": article.title,
        "url": article.url,
        "provider": article.provider.name,
        "published_at": article.published_at.isoformat(),
    }
