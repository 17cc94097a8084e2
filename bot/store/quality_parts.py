"""How the parts of a computed quality are stored: JSON, so that a part may be added."""

import json
from dataclasses import asdict

from bot.store import values
from bot.stories.model import QualityParts, Standing


def parts_text(parts: QualityParts | None) -> str | None:
    """The parts as text."""
    return None if parts is None else json.dumps(asdict(parts))


def parts_in(text: str | None) -> QualityParts | None:
    """The parts in a text that `parts_text` made."""
    if text is None:
        return None
    said = json.loads(text)
    standing = values.word("story.quality_parts", Standing, said["standing"])
    return QualityParts(**{**said, "standing": standing})
