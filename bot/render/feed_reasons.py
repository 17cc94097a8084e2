"""Why what a feed brought has its quality and its topics, in words."""

from collections.abc import Callable, Sequence
from dataclasses import asdict
from typing import Any, Final

from bot.stories.feed_quality import COMPLETE, ORIGINAL, SCALE, SOURCE, TRACK, raw
from bot.stories.model import Article, QualityParts, Standing, TopicReason

_NAME: Final = 60


def quality_lines(article: Article) -> list[str]:
    """The parts of a computed quality, which add up; nothing for another one."""
    parts = article.parts
    if parts is None:
        return []
    shares = (
        ("Publisher", parts.source, SOURCE, _standing(parts)),
        ("Original", parts.original, ORIGINAL, _originality(parts)),
        ("Complete", parts.complete, COMPLETE, "a date, a text and a headline of usual length"),
        ("Shared", parts.track, TRACK, "how often others tell what its publisher tells"),
    )
    points = [round(SCALE * weight * share, 1) for _, share, weight, _ in shares]
    return [
        *(
            f"{label}: {point:.1f} of {SCALE * weight:.1f}, for {what}"
            for point, (label, _, weight, what) in zip(points, shares, strict=True)
        ),
        f"Together {sum(points):.1f}: {article.quality} on the scale of story files' qualities",
    ]


def _standing(parts: QualityParts) -> str:
    match parts.standing:
        case Standing.PRESS_RELEASE:
            return "a press release, wherever it is printed"
        case Standing.FEED:
            return f"tier {parts.told}, as its feed says"
        case Standing.IMPORTED:
            return f"the median of {parts.told} qualities from story files"
        case Standing.TIER:
            return f"tier {parts.told} of config/tiers.yaml"
        case Standing.UNKNOWN:
            return "one that is not rated"


def _originality(parts: QualityParts) -> str:
    if parts.original == 1:
        return "being no copy"
    return "a copy, or a page of a site that republishes others"


def topic_lines(reasons: Sequence[TopicReason], say: Callable[[str, int], str]) -> list[str]:
    """Why it has its topics, if feeds gave it some."""
    told = [f"{say(one.topic, _NAME)} {_by(one, say)}" for one in reasons]
    return [f"Topics from feeds: {', '.join(dict.fromkeys(told))}"] if told else []


def _by(reason: TopicReason, say: Callable[[str, int], str]) -> str:
    if reason.by == "feed":
        return "(its feed's own)"
    found = f"“{say(reason.found, _NAME)}”"
    return f"(its feed's category {found})" if reason.by == "category" else f"(the words {found})"


def quality_record(parts: QualityParts | None) -> dict[str, Any] | None:
    """The parts as JSON; None for a quality that is not computed."""
    return None if parts is None else {**asdict(parts), "sum": round(raw(parts), 1)}


def topic_records(reasons: Sequence[TopicReason]) -> list[dict[str, str]]:
    """The reasons for topics as JSON."""
    return [one._asdict() for one in reasons]
