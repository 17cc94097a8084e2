"""How a story's heat was found, in words."""

from bot.stories.junk import Junk
from bot.stories.model import NOT_ON_EVENT, ArchivedStory
from bot.stories.ranking import (
    HEAT_PER_PUBLISHER,
    MANY_PUBLISHERS,
    STRONG_QUALITY,
    full_heat,
)


def heat_found(story: ArchivedStory) -> str:
    """How a heat was found, in words and numbers."""
    halved = ", halved, because only press releases tell it" if _is_halved(story) else ""
    return _whole_heat_found(story) + halved


def _whole_heat_found(story: ArchivedStory) -> str:
    if found_by(story) == "imported":
        return "given by its file"
    if story.heat is None:
        return "no quality is known, nor a heat in its file"
    if story.best is None:
        return "how it was found was not recorded"
    best = f"best quality {story.best}{' (for an unknown one)' if _assumed(story) else ''}"
    if found_by(story) == "quality":
        few = f"fewer than {MANY_PUBLISHERS} publishers"
        return f"{best}, and below {STRONG_QUALITY} {few} add nothing"
    publishers = f"publisher{'s' if story.publishers != 1 else ''}"
    return f"{best} + {HEAT_PER_PUBLISHER} x {story.publishers} {publishers}"


def _assumed(story: ArchivedStory) -> bool:
    """Whether the best quality is not an article's own, but assumed for an unknown one."""
    on_event = [s.article for s in story.sources if s.relation not in NOT_ON_EVENT]
    known = (a.quality for a in (story.article, *on_event) if a.quality is not None)
    return story.best is not None and story.best > max(known, default=-1)


def found_by(story: ArchivedStory) -> str | None:
    """How a heat was found: imported, coverage, quality or unknown; None = it was not recorded."""
    if story.heat_imported is not None and story.heat_imported >= 0 and not story.sources:
        return "imported"
    if story.heat is None:
        return "unknown"
    if story.best is None:
        return None
    covered = full_heat(story.best, story.publishers) > story.best
    return "coverage" if covered else "quality"


def _is_halved(story: ArchivedStory) -> bool:
    """Whether its heat was halved, because its event has only press releases."""
    if story.junk != Junk.PRESS_RELEASE or story.heat is None:
        return False
    if found_by(story) == "imported":
        return story.heat != story.heat_imported
    return story.best is not None and story.heat != full_heat(story.best, story.publishers)
