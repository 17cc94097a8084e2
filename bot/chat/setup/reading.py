"""Reads what a panel shows: a channel's digest, or a server's defaults, as they are now."""

from collections.abc import Sequence
from zlib import crc32

from bot.chat import obstacles, permissions
from bot.chat.digest.status import standing
from bot.chat.permissions import ChosenChannel
from bot.chat.replies import Interaction
from bot.chat.services import ChatServices, services
from bot.digests.target import Server
from bot.render.limits import OPTIONS
from bot.render.setup import Panel
from bot.stories.model import Topic
from bot.stories.text import slug


async def panel_of(interaction: Interaction, chosen: ChosenChannel | None) -> Panel:
    """The panel of a channel, or (None) of the server."""
    if chosen is None:
        return await _of_server(interaction)
    known, target = services(interaction), chosen.target
    status = await known.statuses.of_channel_or_new(target)
    ((status, state),) = await standing(interaction.client, [status])
    channel = state.channel or chosen.channel
    offered, more = await _offered(known, status.topics)
    return Panel(
        settings=status.settings,
        set_by=status.set_by,
        inherited=await known.statuses.inherited(target.guild_id),
        now=known.clock.now(),
        revision=_revision(interaction),
        status=status,
        unread=status.unread,
        offered=offered,
        more_topics=more,
        name=channel.name if channel else "",
        manages_server=permissions.manages_server(interaction),
        undo=await known.changes.to_undo(target, by=interaction.user.id),
        obstacle=obstacles.obstacle(channel, status.target.tags),
    )


async def _of_server(interaction: Interaction) -> Panel:
    known, guild_id = services(interaction), permissions.server_of(interaction)
    statuses = known.statuses
    found = await standing(interaction.client, await statuses.of_server(guild_id))
    return Panel(
        settings=await statuses.inherited(guild_id),
        set_by=await statuses.set_by_server(guild_id),
        inherited=statuses.known({}),
        now=known.clock.now(),
        revision=_revision(interaction),
        unread=await statuses.unread_of_server(guild_id),
        digests=[status for status, _ in found],
        undo=await known.changes.to_undo(Server(guild_id), by=interaction.user.id),
    )


def _revision(interaction: Interaction) -> str:
    return f"{crc32(str(interaction.id).encode()):08x}"


async def _offered(known: ChatServices, followed: Sequence[str]) -> tuple[list[Topic], bool]:
    """The topics to choose from: the followed ones, those with the most stories, expected ones; and
    whether there are others.
    """
    queries = known.queries
    largest, count = await queries.largest_topics(OPTIONS)
    mine = [await queries.topic(name, expected=True) for name in followed]
    names = {slug(name): name for name in await queries.suggest_expected("")}
    coming = [Topic(0, name, key, stories=0, newest=None) for key, name in names.items()]
    offered = {one.slug: one for one in (*coming, *largest, *mine)}
    order = dict.fromkeys(one.slug for one in (*mine, *largest, *coming))
    return [offered[key] for key in order][:OPTIONS], max(len(order), count) > OPTIONS
