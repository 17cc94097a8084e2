"""How the parts of a computed quality are stored: JSON, so that a part may be added."""

import json
from dataclasses import fields
from typing import Final

from bot.store import values
from bot.stories.model import QualityParts, Standing

_NAMES: Final = [one.name for one in fields(QualityParts)]


def parts_text(parts: QualityParts | None) -> str | None:
    """The parts as text."""
    return None if parts is None else json.dumps({name: getattr(parts, name) for name in _NAMES})


def parts_in(text: str | None) -> QualityParts | None:
    """The parts in a text that `parts_text` made."""
    if text is None:
        return None
    said = json.loads(text)
    standing = values.word("story.quality_parts", Standing, said["standing"])
    return QualityParts(**{**said, "standing": standing})
