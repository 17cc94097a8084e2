"""The time zone that a language suggests: the form of a new channel begins with it."""

from collections.abc import Mapping
from typing import Final

from discord import Locale

from bot.chat.replies import Interaction
from bot.digests.settings import TIMEZONE
from bot.render.setup import Panel
from bot.zones import zone_title

ZONES: Final[Mapping[Locale, str]] = {
    Locale.bulgarian: "Europe/Sofia",
    Locale.chinese: "Asia/Shanghai",
    Locale.taiwan_chinese: "Asia/Taipei",
    Locale.croatian: "Europe/Zagreb",
    Locale.czech: "Europe/Prague",
    Locale.danish: "Europe/Copenhagen",
    Locale.dutch: "Europe/Amsterdam",
    Locale.british_english: "Europe/London",
    Locale.finnish: "Europe/Helsinki",
    Locale.french: "Europe/Paris",
    Locale.german: "Europe/Berlin",
    Locale.greek: "Europe/Athens",
    Locale.hindi: "Asia/Kolkata",
    Locale.hungarian: "Europe/Budapest",
    Locale.indonesian: "Asia/Jakarta",
    Locale.italian: "Europe/Rome",
    Locale.japanese: "Asia/Tokyo",
    Locale.korean: "Asia/Seoul",
    Locale.lithuanian: "Europe/Vilnius",
    Locale.norwegian: "Europe/Oslo",
    Locale.polish: "Europe/Warsaw",
    Locale.brazil_portuguese: "America/Sao_Paulo",
    Locale.romanian: "Europe/Bucharest",
    Locale.russian: "Europe/Moscow",
    Locale.spain_spanish: "Europe/Madrid",
    Locale.swedish: "Europe/Stockholm",
    Locale.thai: "Asia/Bangkok",
    Locale.turkish: "Europe/Istanbul",
    Locale.ukrainian: "Europe/Kyiv",
    Locale.vietnamese: "Asia/Ho_Chi_Minh",
}
"""Where most who use Discord in a language live, if nearly all of them have one time."""


def suggested(interaction: Interaction, panel: Panel) -> dict[str, str]:
    """What the form of a new channel begins with: the zone of the server's language, else of the
    user's, unless somebody has set one. American English, which all begin with, suggests none.
    """
    if not panel.is_new or panel.set_by[TIMEZONE.name] != "config":
        return {}
    for locale in (interaction.guild_locale, interaction.locale):
        if locale and locale in ZONES:
            return {TIMEZONE.name: zone_title(ZONES[locale])}
    return {}
