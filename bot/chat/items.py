"""What every button, select and form has in common. Each carries all its data in its custom_id, so
that it works on messages of any age, after any restart, and costs no memory. The data that comes
back is untrusted and checked.
"""

import asyncio
import re
from typing import Any, Self, get_args, get_origin

from discord.ui import DynamicItem, Item

from bot.chat.replies import Interaction, answer_error, answer_unknown
from bot.chat.services import bot_of


class Answering:
    """Does what its custom_id says, and answers an error with a sentence, as the command tree does.

    `match`: the custom_id that was used, taken apart. `is_mine`: whether what was used is a button
    or select as this is for.
    """

    match: re.Match[str]
    is_mine: bool

    @classmethod
    async def from_custom_id(
        cls, interaction: Interaction, item: Item[Any], match: re.Match[str]
    ) -> Self:
        """Called by discord.py with what was used."""
        used = cls(item)  # type: ignore[call-arg]
        used.match, used.is_mine = match, isinstance(item, _kind(cls))
        return used

    async def act(self, interaction: Interaction) -> None:
        """Do what the item is for."""
        raise NotImplementedError

    async def callback(self, interaction: Interaction) -> None:
        """Called by discord.py, which would only log an error and not answer."""
        bot_of(interaction).in_flight.add(asyncio.current_task())
        try:
            if self.is_mine:
                await self.act(interaction)
            else:
                await answer_unknown(interaction)
        except Exception as error:  # noqa: BLE001 - the edge: whatever it is, a person gets a sentence
            await answer_error(interaction, error)


def _kind(cls: type[Answering]) -> type[Item[Any]]:
    """The discord.py class of the items that a class is for."""
    bases = cls.__orig_bases__  # type: ignore[attr-defined]
    (of_item,) = (one for one in bases if get_origin(one) is DynamicItem)
    kind: type[Item[Any]] = get_args(of_item)[0]
    return get_origin(kind) or kind
