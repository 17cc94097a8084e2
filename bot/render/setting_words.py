"""Values of settings in a message: what holds text of others is made safe."""

from typing import Final

from bot.digests.setting_types import AnySetting, DigestSettings
from bot.render.sanitizer import escaped

_LONGEST: Final = 800


def shown(setting: AnySetting, settings: DigestSettings) -> str:
    """The effective value in words."""
    return safe(setting, setting.show(settings))


def safe(setting: AnySetting, words: str, longest: int = _LONGEST) -> str:
    """What a setting says of itself, for places with Markdown."""
    return escaped(words, longest) if setting.third_party else words
