"""The hello to a server that the bot is new in: three lines and two buttons."""

from collections.abc import Mapping
from typing import Any, Final

SETUP_ID: Final = "begin"
HELP_ID: Final = "help"
"""The custom_ids of its buttons; messages keep them for ever, so they never change."""
_LINES: Final = (
    "👋 Hello, I am Broadsheet: I keep news stories with their sources, and post a daily digest of"
    " the topics that a channel follows.",
    "If you manage channels, press **Set up** to choose topics and a time.",
    "Everybody can look things up with `/topic` and `/story`; **Help** lists what you may do.",
)


def hello() -> Mapping[str, Any]:
    """The message, without a nonce."""
    buttons = [_button("Set up", SETUP_ID, 1), _button("Help", HELP_ID, 2)]
    return {
        "content": "\n".join(_LINES),
        "allowed_mentions": {"parse": []},
        "components": [{"type": 1, "components": buttons}],
    }


def _button(label: str, custom_id: str, style: int) -> dict[str, Any]:
    return {"type": 2, "style": style, "label": label, "custom_id": custom_id}
