"""Which publishers an admin means, and which can be chosen."""

from collections.abc import Sequence
from typing import Final

from bot.chat import permissions
from bot.chat.permissions import ChosenChannel
from bot.chat.replies import Interaction
from bot.chat.services import services
from bot.digests.setting_values import NOBODY
from bot.digests.settings import MUTE
from bot.errors import BadValue, UsageError
from bot.render import limits, setting_answers
from bot.stories.publishers import name_key

_NAME_ONE: Final = (
    "Please name publishers as digests show them, like `Forbes, ZDNet`; `none` mutes nobody."
)


async def chosen_publishers(
    interaction: Interaction, text: str, chosen: ChosenChannel | None
) -> str:
    """The names, one a line, of the publishers that a user entered for a channel or (None) the
    server. Raises UsageError.
    """
    if text.strip().lower() == NOBODY:
        return NOBODY
    present = await muted_in(interaction, chosen)
    names, unknown, near = await services(interaction).publishers.named_in(text, present)
    if unknown:
        choices = [", ".join((*names, one)) for one in near] if len(unknown) == 1 else []
        raise BadValue(unknown[0], setting_answers.unknown_publisher(near), choices)
    if not names:
        raise UsageError(_NAME_ONE)
    return "\n".join(names)


async def muted_in(interaction: Interaction, chosen: ChosenChannel | None) -> Sequence[str]:
    """The publishers that are muted in a channel or (None) by default in the server."""
    statuses = services(interaction).statuses
    if chosen is None:
        return (await statuses.inherited(permissions.server_of(interaction)))[MUTE]
    return (await statuses.of_channel_or_new(chosen.target)).settings[MUTE]


async def offered_publishers(
    interaction: Interaction, chosen: ChosenChannel | None, muted: Sequence[str]
) -> list[str]:
    """The publishers to choose from: the muted ones, then those of the last digests there."""
    guild_id = permissions.server_of(interaction)
    channel_id = chosen.target.channel_id if chosen else None
    last = await services(interaction).publishers.of_last_editions(
        guild_id, channel_id, limits.OPTIONS
    )
    known = {name_key(name): name for name in (*last, *muted)}
    return [known[key] for key in dict.fromkeys(map(name_key, (*muted, *last)))][: limits.OPTIONS]
