"""Discord's documented limits, in characters unless stated otherwise."""

from typing import Final

CONTENT: Final = 2000
EMBEDS: Final = 10
"""Embeds in one message."""
EMBEDS_TOTAL: Final = 6000
"""Titles, descriptions, field names and values, footers and authors of all embeds of a message."""
TITLE: Final = 256
DESCRIPTION: Final = 4096
FOOTER: Final = 2048
AUTHOR: Final = 256
OPTIONS: Final = 25
"""Options in a select, choices in an autocomplete."""
OPTION_TEXT: Final = 100
"""Label, value or description of an option; name or value of a choice."""
BUTTON: Final = 80
"""The label of a button."""
POST_NAME: Final = 100
"""The name of a post."""
