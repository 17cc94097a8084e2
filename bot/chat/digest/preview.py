"""Shows one person what a channel's next digest would contain now: for /digest preview, and for the
button on the panel.
"""

from datetime import datetime
from typing import Self

from discord.ui import Button, DynamicItem, View

from bot.chat import permissions
from bot.chat.digest.status import standing_now
from bot.chat.items import Answering
from bot.chat.lookups.buttons import message_view
from bot.chat.replies import Interaction, reply
from bot.chat.services import services
from bot.digests.selection import Verdict
from bot.digests.settings import MUTE
from bot.digests.status import DigestStatus
from bot.digests.target import Channel
from bot.errors import UsageError
from bot.render import coming, limits
from bot.render.digest import Body, edition_messages


class PreviewNow(Answering, DynamicItem[Button[View]], template=r"preview:(?P<channel>\d{1,20})"):
    """Shows a preview of a channel's next digest."""

    @classmethod
    def of(cls, channel_id: int, *, disabled: bool = False) -> Self:
        """The button for a channel."""
        custom_id = f"preview:{channel_id}"
        return cls(Button(label="Preview", custom_id=custom_id, disabled=disabled))

    async def act(self, interaction: Interaction) -> None:
        await interaction.response.defer(ephemeral=True, thinking=True)
        channel_id = int(self.match["channel"])
        chosen = await permissions.named_channel(interaction, channel_id, "preview")
        await show_preview(interaction, chosen.target)


async def show_preview(interaction: Interaction, target: Channel) -> None:
    """Answer a deferred interaction with what a digest would contain now. Raises UsageError."""
    known = services(interaction)
    now = known.clock.now()
    contents = await known.on_demand.preview(target, now)
    status = await known.statuses.of_channel(target)
    muted = await _muted(interaction, status, now)
    if contents is None:
        nothing = f"Nothing would be posted in {target.mention} now: there is no new story."
        raise UsageError(f"{nothing} {muted}".strip())
    status = status and await standing_now(interaction.client, status)
    heading = f"{coming.preview_heading(status, target, now)} {muted}".strip()
    for message in edition_messages(contents, known.sources):
        await _show(interaction, message.body, heading)
        heading = ""


async def _muted(interaction: Interaction, status: DigestStatus | None, now: datetime) -> str:
    """How many stories the next digest leaves out as muted; "" if there is none."""
    if status is None or not status.settings[MUTE]:
        return ""
    weighed = await services(interaction).on_demand.coming(status.target, now)
    return coming.left_out_as_muted(sum(one.verdict is Verdict.MUTED for one in weighed))


async def _show(interaction: Interaction, body: Body, heading: str) -> None:
    """Show a message's body to one user; a select in it works as it will in the channel."""
    text = f"{heading}\n{body['content']}" if heading else body["content"]
    if len(text) > limits.CONTENT:
        await reply(interaction, heading)
        text = body["content"]
    await reply(interaction, text, embeds=body["embeds"], view=message_view(body))
