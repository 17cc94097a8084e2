"""The JSON of the command line: shapes that other programs rely on."""

from typing import Any

from bot.stories.model import ArchivedStory, RankedSource, Relation, Topic


def story_record(story: ArchivedStory, sources: int, minimum_heat: int) -> dict[str, Any]:
    """STORY of the contract; the first `sources` eligible sources are its `top`.

    An unknown heat is given as the configured minimum, so that it is always a number.
    """
    article = story.article
    top = {source.article.url for source in story.top(sources)}
    return {
        "id": story.story_id,
        "headline": article.title,
        "url": article.url,
        "excerpt": article.excerpt,
        "published_at": article.published_at.isoformat(),
        "provider": article.provider.name,
        "domain": article.provider.domain,
        "topics": list(story.topics),
        "quality": article.quality,
        "heat": minimum_heat if story.heat is None else story.heat,
        "heat_imported": story.heat_imported,
        "publishers": story.publishers,
        "leader": story.leader_id,
        "event": story.event_id,
        "sources": [_source_record(source, top) for source in story.sources],
    }


def _source_record(source: RankedSource, top: set[str]) -> dict[str, Any]:
    article = source.article
    eligible = "top" if article.url in top else "more"
    return {
        "title": article.title,
        "url": article.url,
        "provider": article.provider.name,
        "domain": article.provider.domain,
        "quality": article.quality,
        "published_at": article.published_at.isoformat(),
        "relation": eligible if source.relation is Relation.ELIGIBLE else source.relation.value,
        "of": source.of,
    }


def topic_record(topic: Topic) -> dict[str, Any]:
    """A topic with the date of its newest story."""
    newest = topic.newest.isoformat() if topic.newest else None
    return {"name": topic.name, "slug": topic.slug, "stories": topic.stories, "newest": newest}
