"""People's actions: run commands, type into options, press buttons, choose, submit forms.

Known differences from Discord: people write no messages, and use commands in servers only.
"""

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from bot.sandbox.rules.component_rules import BUTTON, LABEL, SELECTS, STRING_SELECT, inner
from bot.sandbox.world import interactions, permissions, selects
from bot.sandbox.world.command_options import Invocation
from bot.sandbox.world.entities import HOLDING_POSTS, Channel, User
from bot.sandbox.world.interactions import Interaction, Interactions, InteractionType, is_ephemeral
from bot.sandbox.world.world import World

Json = dict[str, Any]

PATIENCE = 10.0
"""Seconds to wait for the content of a deferred answer, unless a caller says otherwise."""


class NotOffered(Exception):
    """Discord would not offer the command to that person, or in that place."""


class Completion(NamedTuple):
    """A completion: the text that the person sees, and the value that is sent."""

    name: str
    value: str | int | float


class Answer:
    """The bot's answer as a person sees it; it follows later edits and follow-ups.

    `failed`: no answer came in time ("The application did not respond"), or a deferred one got
    no content while the person waited.
    """

    def __init__(self, interaction: Interaction, *, failed: bool) -> None:
        self.interaction = interaction
        self.failed = failed

    @property
    def messages(self) -> list[Json]:
        """The first answer and the follow-ups, as they are now; deleted ones are left out."""
        return self.interaction.messages()

    @property
    def message(self) -> Json:
        """The first of the messages; IndexError if there is none."""
        return self.messages[0]

    @property
    def ephemeral(self) -> bool:
        """Whether only this person sees the first message; False without one."""
        return bool(self.messages) and is_ephemeral(self.message)

    @property
    def deferred(self) -> bool:
        """Whether the bot deferred its answer first."""
        reply = self.interaction.reply
        return reply in (interactions.Reply.DEFER, interactions.Reply.DEFER_UPDATE)

    @property
    def modal(self) -> Json | None:
        """The form that the answer opens: custom_id, title, components."""
        return self.interaction.modal

    @property
    def text(self) -> str:
        """All readable text: contents, embeds' titles, descriptions and fields."""
        return "\n".join(text for message in self.messages for text in _texts(message))


def _texts(message: Json) -> Iterator[str]:
    parts = [message["content"]]
    for embed in message["embeds"]:
        parts += [embed.get("title"), embed.get("description")]
        parts += [field[key] for field in embed.get("fields", ()) for key in ("name", "value")]
    return (part for part in parts if part)


class Person:
    """A person in the servers. ValueError: Discord's client would not let them do that."""

    def __init__(self, user: User, world: World, opened: Interactions) -> None:
        self.user = user
        self._world = world
        self._interactions = opened

    @property
    def direct_messages(self) -> list[Json]:
        """The bot's direct messages to this person, oldest first, in their current state."""
        where = self._world.directs.get(self.user.id)
        return [] if where is None else [*where.messages]

    async def command(
        self,
        line: str,
        channel: str = "general",
        *,
        overridden: bool = False,
        timeout: float = PATIENCE,  # noqa: ASYNC109  it is an answer that failed, not an exception
        **options: object,
    ) -> Answer:
        """Run a command, `line` being its name and subcommands: "digest time".

        `channel` is where it is run; an option of that name is given as `channel_`. Options are
        checked against what the bot registered. `overridden` allows it although the person lacks
        the command's permission, as a server's admin can.
        """
        where = self._world.channel(channel)
        invocation = self._invocation(where, line, overridden=overridden)
        return await self._act(InteractionType.COMMAND, where, invocation.filled(options), timeout)

    async def autocomplete(
        self,
        line: str,
        option: str,
        typed: str,
        channel: str = "general",
        *,
        overridden: bool = False,
        **others: object,
    ) -> list[Completion]:
        """The bot's completions while `typed` is in an option. TimeoutError without an answer."""
        where = self._world.channel(channel)
        invocation = self._invocation(where, line, overridden=overridden)
        data = invocation.typing(option, typed, others)
        opened = self._interactions.open(InteractionType.TYPING, self.user, where, data)
        await _first_answer(opened)
        return [Completion(one["name"], one["value"]) for one in opened.choices]

    async def press(
        self,
        message: Mapping[str, Any],
        custom_id: str,
        channel: str | None = None,
        *,
        timeout: float = PATIENCE,  # noqa: ASYNC109  see command
    ) -> Answer:
        """Press a button. `channel`, if given, must be the message's own."""
        button = _component(message, custom_id, (BUTTON,))
        data = {
            "component_type": BUTTON,
            "custom_id": custom_id,
            "id": button.get("id"),
        }
        return await self._use(message, channel, data, timeout)

    async def choose(
        self,
        message: Mapping[str, Any],
        custom_id: str,
        values: Sequence[str],
        channel: str | None = None,
        *,
        timeout: float = PATIENCE,  # noqa: ASYNC109  see command
    ) -> Answer:
        """Choose in a select: options by their values, roles and channels by name or id."""
        select = _component(message, custom_id, SELECTS)
        where = self._world.channel(message["channel_id"])
        made = selects.chosen(self._world, where, self.user, select, values)
        data = {"component_type": select["type"], "custom_id": custom_id, "id": select.get("id")}
        return await self._use(message, channel, {**data, **made}, timeout)

    async def submit(
        self,
        answer: Answer,
        values: Mapping[str, str | Sequence[str]],
        *,
        timeout: float = PATIENCE,  # noqa: ASYNC109  see command
    ) -> Answer:
        """Submit the form that an answer opened; inputs that are not named keep their content.

        A text input takes a text, a select the value of an option or a list of them.
        """
        form, cause = answer.modal, answer.interaction
        if form is None:
            raise ValueError("that answer opened no form")
        unknown = values.keys() - {one["custom_id"] for one in inner(form["components"])}
        if unknown:
            raise ValueError(f"the form has no {', '.join(sorted(unknown))}")
        rows = [_submitted(n, row, values) for n, row in enumerate(form["components"])]
        data = {"custom_id": form["custom_id"], "components": rows}
        where, source = cause.channel, cause.source
        return await self._act(
            InteractionType.FORM, where, data, timeout, source=source, cause=cause
        )

    def _invocation(self, where: Channel, line: str, *, overridden: bool) -> Invocation:
        if where.recipient is not None:
            raise NotOffered("commands are not used in direct messages here")
        barred = self._barred(where)
        if barred:
            raise NotOffered(barred)
        invocation = Invocation(self._world, self._world.guild_of(where), self.user, line)
        if not overridden and not self._offered(invocation.command, where):
            raise NotOffered(f"{self.user.name} is not offered /{line} in {where.name}")
        return invocation

    def _barred(self, where: Channel) -> str:
        """Why this person has no command line in a place; empty if there is one."""
        guild, name = self._world.guild_of(where), self.user.name
        mine = self._world.permissions(self.user.id, where)
        if not guild.joined:
            return f"the bot is not in {guild.name}"
        if not permissions.has(mine, "view_channel"):
            return f"{name} does not see {where.name}"
        if where.kind in HOLDING_POSTS:
            return f"{where.name} is a forum, where commands are used in its posts only"
        if where.thread and where.thread.locked and not permissions.has(mine, "manage_threads"):
            return f"{where.name} is locked, and {name} may not manage threads"
        if not permissions.has(mine, "use_application_commands"):
            return f"{name} may not use commands in {where.name}"
        return ""

    def _offered(self, command: Json, where: Channel) -> bool:
        """Whether Discord shows the command; permissions of "0" mean administrators only."""
        mine = self._world.permissions(self.user.id, where)
        needed = command["default_member_permissions"]
        if needed is None or permissions.has(mine, "administrator"):
            return True
        return int(needed) > 0 and mine & int(needed) == int(needed)

    async def _use(
        self, message: Mapping[str, Any], channel: str | None, data: Json, patience: float
    ) -> Answer:
        where = self._world.channel(message["channel_id"])
        if channel is not None and self._world.channel(channel) is not where:
            raise ValueError(f"the message is in {where.name}, not in {channel}")
        source = where.find(message["id"])
        if source is None:
            raise ValueError("the message is gone")
        return await self._act(InteractionType.COMPONENT, where, data, patience, source=source)

    async def _act(
        self,
        kind: InteractionType,
        where: Channel,
        data: Json,
        patience: float,
        *,
        source: Json | None = None,
        cause: Interaction | None = None,
    ) -> Answer:
        user = self.user
        opened = self._interactions.open(kind, user, where, data, source=source, cause=cause)
        try:
            await _first_answer(opened)
            async with asyncio.timeout(patience):
                await opened.shown.wait()
        except TimeoutError:
            return Answer(opened, failed=True)
        return Answer(opened, failed=False)


async def _first_answer(opened: Interaction) -> None:
    """Wait as long as Discord does; later the bot is too late."""
    try:
        async with asyncio.timeout(interactions.FIRST_ANSWER):
            await opened.answered.wait()
    except TimeoutError:
        opened.given_up = True
        raise


def _component(message: Mapping[str, Any], custom_id: str, kinds: Sequence[int]) -> Json:
    for one in inner(message["components"]):
        if one.get("custom_id") == custom_id and one["type"] in kinds:
            if one.get("disabled"):
                raise ValueError(f"{custom_id} is disabled")
            return one
    raise ValueError(f"the message has no {custom_id} of that kind")


def _submitted(number: int, row: Json, values: Mapping[str, str | Sequence[str]]) -> Json:
    """One row of a form as Discord sends it back, with ids in order."""
    shape: Json = {"type": row["type"], "id": number * 2 + 1}
    inside = [_input(number * 2 + 2, one, values) for one in inner([row])]
    if row["type"] == LABEL:
        return {**shape, "component": inside[0]}
    return {**shape, "components": inside} if inside else shape


def _input(number: int, one: Json, values: Mapping[str, str | Sequence[str]]) -> Json:
    shape = {"type": one["type"], "id": number, "custom_id": one["custom_id"]}
    given = values.get(one["custom_id"])
    if one["type"] == STRING_SELECT:
        return {**shape, "values": _selected(one, given)}
    value = one.get("value") or "" if given is None else given
    if not isinstance(value, str):
        raise ValueError(f"{one['custom_id']} takes a text")  # noqa: TRY004  one error for every fault
    low = one.get("min_length") or (1 if one.get("required", True) else 0)
    high = one.get("max_length") or 4000
    if (value or one.get("required", True)) and not low <= len(value) <= high:
        raise ValueError(f"{one['custom_id']} takes {low} to {high} characters")
    return {**shape, "value": value}


def _selected(select: Json, given: str | Sequence[str] | None) -> list[str]:
    """The chosen values in a form's select; none if that may be left out."""
    if given is None:
        given = [option["value"] for option in select["options"] if option.get("default")]
    chosen = [given] if isinstance(given, str) else list(given)
    if chosen or select.get("required", True):
        offered = {option["value"]: option["value"] for option in select["options"]}
        selects.check_chosen(select, chosen, offered)
    return chosen
