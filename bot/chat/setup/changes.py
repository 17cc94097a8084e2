"""What the panel changes: each change is recorded, told by its effect, and can be undone."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from bot.chat import obstacles, permissions
from bot.chat.digest.set_value import change_for_channel, change_for_server
from bot.chat.digest.status import standing_now
from bot.chat.digest.undo import check_may_undo
from bot.chat.permissions import ChosenChannel
from bot.chat.replies import Interaction, sentence
from bot.chat.services import services
from bot.digests.changes import Change, Place
from bot.digests.setting_types import AnySetting
from bot.digests.target import Server
from bot.errors import BadValue, UsageError
from bot.render import setting_answers
from bot.render.changes import what
from bot.render.setup import topics_told
from bot.stories.text import slug


@dataclass(frozen=True, slots=True)
class Done:
    """What was done on a panel, in words; the ids of the changes, in their order; what could not be
    done; the typed texts, by setting, that were not understood; and the setting of the first that
    may stand for several values, with those.
    """

    told: Sequence[str] = ()
    changes: Sequence[int] = ()
    faults: Sequence[str] = ()
    typed: Mapping[str, str] = field(default_factory=dict)
    meant: tuple[AnySetting, Sequence[str]] | None = None

    @property
    def note(self) -> str:
        """All of it in words: of several changes only what they were, since the panel shows the
        rest.
        """
        told = self.told if len(self.told) == 1 else [one.splitlines()[0] for one in self.told]
        return "\n".join((*told, *(f"⚠️ {one}" for one in self.faults)))

    def and_then(self, later: "Done") -> "Done":
        """This, and what was done after it."""
        return replace(
            later,
            told=[*self.told, *later.told],
            changes=[*self.changes, *later.changes],
            faults=[*self.faults, *later.faults],
        )


NOTHING = Done()
_FIRST: Final = "No topics were added: please mend that first."


async def set_values(
    interaction: Interaction, chosen: ChosenChannel | None, values: Mapping[AnySetting, str]
) -> Done:
    """Set values for a channel or (None) the server; a wrong one stops no other."""
    told, ids, faults, typed = list[str](), list[int](), list[str](), dict[str, str]()
    meant = None
    for setting, text in values.items():
        try:
            words, change_id = await _set(interaction, chosen, setting, text)
        except UsageError as error:
            faults.append(sentence(error))
            typed[setting.name] = text
            if isinstance(error, BadValue) and error.choices:
                meant = meant or (setting, error.choices)
            continue
        if change_id is not None:
            told.append(words)
            ids.append(change_id)
    return Done(told, ids, faults, typed, meant)


async def _set(
    interaction: Interaction, chosen: ChosenChannel | None, setting: AnySetting, text: str
) -> tuple[str, int | None]:
    now = services(interaction).clock.now()
    if chosen is None:
        default = await change_for_server(interaction, setting, text)
        return setting_answers.server_set(default, setting, now), default.change_id
    change = await change_for_channel(interaction, setting, text, chosen)
    status = await standing_now(interaction.client, change.status)
    return setting_answers.channel_set(status, setting, now), change.change_id


async def follow(
    interaction: Interaction,
    chosen: ChosenChannel,
    offered: Mapping[str, bool],
    wanted: Collection[str],
) -> Done:
    """Let a channel follow what is chosen now of the offered topics, which go by their slugs and
    say whether they were chosen before. What others changed since stays as it is.
    """
    if not {*wanted} <= offered.keys():
        raise UsageError("Please choose from the list.")
    before = {key for key, chosen in offered.items() if chosen}
    known, target = services(interaction), chosen.target
    status = await known.statuses.of_channel(target)
    followed = {slug(name) for name in status.topics} if status else set()
    new = [key for key in wanted if key not in before | followed]
    added = [await known.queries.topic(key, expected=True) for key in new]
    gone = [await known.queries.topic(key) for key in followed & before - {*wanted}]
    obstacle = obstacles.obstacle(chosen.channel, status.target.tags if status else ())
    if added and obstacle:
        return Done(faults=[_FIRST])
    change = await known.subscriptions.change(target, added, gone, by=interaction.user.id)
    if change.change_id is None:
        return Done()
    return Done([topics_told(change.status, added, gone)], [change.change_id])


async def undo(interaction: Interaction, chosen: ChosenChannel | None, ids: Sequence[int]) -> Done:
    """Undo changes of a channel or (None) the server, the last first."""
    known, guild_id = services(interaction), permissions.server_of(interaction)
    place: Place = chosen.target if chosen else Server(guild_id)
    told, faults = list[str](), list[str]()
    for change_id in reversed(ids):
        try:
            change = await known.changes.one(guild_id, change_id)
            _refuse_elsewhere(change, place)
            await check_may_undo(interaction, change)
            await known.changes.undo(guild_id, change_id, by=interaction.user.id)
        except UsageError as error:
            faults.append(sentence(error))
        else:
            told.append(f"Undone, and as before: {what(change)}.")
    return Done(told, faults=faults)


def _refuse_elsewhere(change: Change, place: Place) -> None:
    """Raise UsageError for a change of another channel, or of the server instead of a channel."""
    if change.place != place:
        raise UsageError("That change was made elsewhere.")
