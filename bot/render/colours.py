"""The colour of a topic: always the same one, readable in light and dark."""

import hashlib
from typing import Final

from bot.stories.text import slug

PALETTE: Final = (
    0xE35555,
    0xDC5F29,
    0xB5791D,
    0x8A8A16,
    0x4D9618,
    0x199944,
    0x189681,
    0x1E90B6,
    0x4485E1,
    0x8076E9,
    0xAF62E5,
    0xE040C5,
    0xE24E8C,
)
"""One luminance, in steps of the hue: at least 3:1 on white and on Discord's dark ground, as WCAG
1.4.11 asks of graphics.
"""


def colour_of(topic: str) -> int:
    """The colour of a topic, by its name in any spelling."""
    digest = hashlib.blake2b((slug(topic) or topic).encode(), digest_size=8).digest()
    return PALETTE[int.from_bytes(digest) % len(PALETTE)]
