"""The choices of a select, as discord.py takes them."""

from collections.abc import Sequence

from discord import SelectOption

from bot.render.setup import Choice


def options_of(choices: Sequence[Choice]) -> list[SelectOption]:
    """An option for each choice."""
    return [
        SelectOption(
            label=one.label, value=one.value, description=one.description, default=one.chosen
        )
        for one in choices
    ]
