"""What an editor pinned, as terminal text and as JSON."""

from collections.abc import Sequence
from typing import Any

from bot.stories.pins import NamedPin


def pin_text(pin: NamedPin) -> str:
    """A pin in one line."""
    one, other = f"{pin.story_id} “{pin.headline}”", f"{pin.other_id} “{pin.other_headline}”"
    how = "together" if pin.together else "apart"
    return f"pinned {how} on {pin.made_at:%Y-%m-%d}: {one} and {other}"


def pin_records(pins: Sequence[NamedPin]) -> list[dict[str, Any]]:
    """Pins as JSON."""
    return [
        {
            "stories": [pin.story_id, pin.other_id],
            "headlines": [pin.headline, pin.other_headline],
            "together": pin.together,
            "made_at": pin.made_at.isoformat(),
        }
        for pin in pins
    ]
