"""Why a story has its places, as JSON: numbers as they were recorded."""

from datetime import timedelta
from typing import Any

from bot.digests.reasons import RecordedChoice, Weighing, Why
from bot.render.feed_reasons import quality_record, topic_records
from bot.render.heat_words import found_by
from bot.render.pins import pin_records
from bot.render.why_numbers import advantage
from bot.stories.model import ArchivedStory, RankedSource
from bot.stories.ranking import HEAT_PER_PUBLISHER
from bot.stories.sources import ON_EVENT, OWN_DOMAIN, REACH


def why_record(why: Why) -> dict[str, Any]:
    """The reasons as JSON: numbers as they were recorded. Sources are in the story's order."""
    story = why.story
    return {
        "heat": {
            "value": why.minimum_heat if story.heat is None else story.heat,
            "minimum": why.minimum_heat,
            "found_by": found_by(story),
            "best_quality": story.best,
            "publishers": story.publishers,
            "per_publisher": HEAT_PER_PUBLISHER,
        },
        "quality_parts": quality_record(story.article.parts),
        "topics": topic_records(why.topics),
        "leader": None if why.leader is None else _group_record(why.leader, why.leader, story),
        "followers": [_group_record(led, story, led) for led in why.followers],
        "pins": pin_records(why.pins),
        "off_topic_below": ON_EVENT,
        "own_domain_below": OWN_DOMAIN,
        "days_apart": REACH / timedelta(days=1),
        "sources": [_source_record(source) for source in story.sources],
        "editions": [_weighing_record(one) for one in why.places],
        "last_editions": [_weighing_record(one) for one in why.last],
    }


def _group_record(
    shown: ArchivedStory, better: ArchivedStory, worse: ArchivedStory
) -> dict[str, Any]:
    by = advantage(better, worse)
    return {"id": shown.story_id, "headline": shown.article.title, "by": by}


def _source_record(source: RankedSource) -> dict[str, Any]:
    url = source.article.url
    return {"url": url, "similarity": source.similarity, "share": source.share}


def _weighing_record(one: Weighing) -> dict[str, Any]:
    return {
        "channel": str(one.channel_id),
        "date": one.local_date.isoformat(),
        "slot": one.slot,
        "state": one.state,
        "choices": [_choice_record(choice) for choice in one.choices],
    }


def _choice_record(choice: RecordedChoice) -> dict[str, Any]:
    return {
        "id": choice.story_id,
        "headline": choice.headline,
        "position": choice.position,
        "taken": choice.taken,
        "verdict": choice.verdict,
        "heat": choice.heat,
        "age_seconds": int(choice.age.total_seconds()),
        "age_term": choice.age_term,
        "score": choice.score,
        "linked_with": choice.other,
    }
