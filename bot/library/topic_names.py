"""The names of topics, each once."""

from collections.abc import Mapping, Sequence

from bot.stories.text import slug


def distinct(names: Mapping[int, Sequence[str]]) -> dict[int, list[str]]:
    """Each topic once, by its slug, in its first spelling; for each story, by id."""
    found: dict[int, list[str]] = {}
    for story_id, spelled in names.items():
        unique: dict[str, str] = {}
        for name in spelled:
            unique.setdefault(slug(name), name)
        found[story_id] = [*unique.values()]
    return found
