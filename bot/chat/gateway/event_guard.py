"""Receives the gateway's events in such a way that no event can end the bot.

discord.py 2.7.1 reads an event in the loop that keeps the connection: unexpected data raises there
and ends the process. Here such an event is reported and skipped. Data that the bot cannot do
without (its servers, and that a session has begun) is read again from its readable parts.
discord.py reads the rest of an interaction in a task of its own, whose errors nobody would see: it
is guarded in the same way.
"""

import asyncio
import json
import re
from collections.abc import Awaitable, Callable, Collection, Iterator, Mapping
from typing import Any, Final

import aiohttp
import discord
from discord.app_commands import AppCommandError
from discord.errors import ConnectionClosed
from discord.gateway import DiscordWebSocket, ReconnectWebSocket, WebSocketClosure
from discord.state import ConnectionState
from discord.ui import DynamicItem, Item
from discord.ui.view import ViewStore
from yarl import URL

from bot.chat.replies import Interaction, answer_unknown, answer_unreadable
from bot.chat.rest.requests import LARGEST_ID

Json = Mapping[str, Any]
UNREADABLE: Final = "unreadable"

_CONNECTIONS_OWN: Final = (
    ReconnectWebSocket, WebSocketClosure, ConnectionClosed, aiohttp.ClientError, OSError
)  # fmt: skip
"""The errors by which discord.py ends a connection; it then makes another."""
_READINGS: Final = 3
"""How often a frame is read: as it came, without lone surrogates, and reduced to the minimum."""
_LONE_SURROGATE: Final = re.compile(r"[\ud800-\udfff]")
_NAME: Final = re.compile(r'"t"\s*:\s*"([A-Z_]{1,40})"')
_OF_SERVERS: Final = ("GUILD_", "CHANNEL_", "THREAD_")
_ID: Final = re.compile(r"[0-9]{1,19}")
_LONG_ID: Final = re.compile(r'(?<!session_)(?<!custom_)id"\s*:\s*"?([0-9]{19,})')
"""An id in the text of a frame; inside a string the quote would be preceded by a backslash. A
session's id may consist of digits by chance, a button's custom id by choice: neither is a number.
"""


class GuardedWebSocket(DiscordWebSocket):
    """discord.py's connection. An event that it cannot read is reported to the client's handler
    UNREADABLE, with its name and the error.
    """

    async def received_message(self, msg: Any, /) -> None:  # noqa: ANN401 - as discord.py has it
        """Called by discord.py with each frame. Raises only errors that end a connection."""
        text, state = self._unpacked(msg), self._connection
        user, servers = state.user, state._guilds  # noqa: SLF001 - a READY empties both
        for _ in range(_READINGS):
            if text is None:
                return
            try:
                _refuse_huge(text)
                await super().received_message(text)
            except _CONNECTIONS_OWN:
                raise
            except Exception as error:  # noqa: BLE001 - whatever discord.py stumbles over
                state.user = state.user or user
                text = self._plainer(text, error, servers)
            else:
                return

    def _unpacked(self, frame: bytes | str) -> str | None:
        """The text of a frame; None if more is to come. After a broken frame no other can be
        unpacked, so it ends the connection.
        """
        if isinstance(frame, str):
            return frame
        try:
            return self._decompressor.decompress(frame)
        except Exception as error:
            raise ConnectionError("the gateway's stream cannot be unpacked") from error

    def _plainer(self, text: str, error: Exception, servers: Collection[int]) -> str | None:
        """A reduced frame to read instead; None = the frame is skipped."""
        frame = _read(text)
        if frame is not None and frame.get("op") != self.DISPATCH:
            raise ConnectionError("the gateway begins as nobody understands") from error
        self._connection.call_handlers(UNREADABLE, _name(frame, text), error)
        if frame is None:
            return None
        if isinstance(frame.get("s"), int):
            self.sequence = frame["s"]
        whole = json.dumps(frame, ensure_ascii=False)
        mended = _LONE_SURROGATE.sub("\N{REPLACEMENT CHARACTER}", whole)
        if mended != whole:
            return mended
        data = self._least(str(frame.get("t")), frame.get("d"), servers)
        return None if data is None else json.dumps({**frame, "d": data})

    def _least(self, event: str, data: object, servers: Collection[int]) -> Json | None:
        """The part of an event's data that is required and readable; None = there is none."""
        known: Json = data if isinstance(data, dict) else {}
        if event == "RESUMED":
            return {}
        if event == "READY":
            return self._ready(known, servers)
        if event.startswith(_OF_SERVERS):
            return _of_server(event, known, self._connection)
        return None

    def _ready(self, data: Json, servers: Collection[int]) -> Json | None:
        """A minimal READY: a session has begun, with its servers and those known before."""
        user, shard = self._connection.user, (self.shard_id or 0, self.shard_count or 1)
        if user is None or not isinstance(data.get("session_id"), str):
            return None
        listed = data.get("guilds")
        named = {_id(one, "id") for one in (listed if isinstance(listed, list) else ())} - {None}
        mine = {one for one in servers if (one >> 22) % shard[1] == shard[0]}
        return {
            "user": user._to_minimal_user_json(),  # noqa: SLF001 - the only way to have it as JSON
            "guilds": [{"id": str(one), "unavailable": True} for one in {*named, *mine}],
            "session_id": data["session_id"],
            "resume_gateway_url": _address(data.get("resume_gateway_url")) or str(self.gateway),
            "shard": shard,
        }


class Views(ViewStore):
    """discord.py's buttons and selects. It leaves those unanswered that it does not know."""

    def dispatch_view(self, component_type: int, custom_id: str, interaction: Interaction) -> None:
        """Called by discord.py with each used button and select."""
        view_knows_it = any((component_type, custom_id) in view for view in self._views.values())
        if view_knows_it or any(pattern.fullmatch(custom_id) for pattern in self._dynamic_items):
            super().dispatch_view(component_type, custom_id, interaction)
        else:
            self.add_task(asyncio.create_task(answer_unknown(interaction)))

    async def schedule_dynamic_item_call(
        self,
        component_type: int,
        factory: type[DynamicItem[Item[Any]]],
        interaction: Interaction,
        custom_id: str,
        match: re.Match[str],
    ) -> None:
        """Called by discord.py in each item's own task; reads the item's message."""
        read = super().schedule_dynamic_item_call

        async def read_or_answer() -> None:
            await read(component_type, factory, interaction, custom_id, match)
            if not _has(interaction, component_type, custom_id):
                await answer_unknown(interaction)

        await read_or_note(interaction, read_or_answer)


def _has(interaction: Interaction, component_type: int, custom_id: str) -> bool:
    """Whether the message of an interaction has the component that was used."""
    rows = interaction.message.components if interaction.message else ()
    inside = (one for row in rows if isinstance(row, discord.ActionRow) for one in row.children)
    return any(one.type.value == component_type and one.custom_id == custom_id for one in inside)


async def read_or_note(interaction: Interaction, read: Callable[[], Awaitable[None]]) -> None:
    """Have discord.py read the rest of an interaction and dispatch it. If it cannot, or if it would
    dispatch data that Discord never sends, this is reported to UNREADABLE and to the user.
    """
    try:
        _refuse_odd(interaction)
        await read()
    except AppCommandError:
        raise  # discord.py's own signal to the command tree
    except Exception as error:  # noqa: BLE001 - whatever discord.py stumbles over
        interaction._state.call_handlers(UNREADABLE, "INTERACTION_CREATE", error)  # noqa: SLF001 - as in GuardedWebSocket
        await answer_unreadable(interaction)


def _refuse_odd(interaction: Interaction) -> None:
    """Raise if a user's input is not of the type that Discord documents."""
    data: Json = interaction.data or {}
    for text in (interaction.token, data.get("name", ""), *data.get("values", ())):
        _refuse_other(text, str)
    for one in _options(data.get("options", ())):
        kind = _KINDS[one["type"]]
        _refuse_other(one["value"], str if one.get("focused") else kind)


def _refuse_other(value: object, kind: type | tuple[type, ...]) -> None:
    if not isinstance(value, kind):
        raise TypeError(f"{type(value).__name__} instead of {kind}")


_KINDS: Final[Mapping[int, type | tuple[type, ...]]] = {
    3: str, 4: int, 5: bool, 6: str, 7: str, 8: str, 9: str, 10: (int, float), 11: str
}  # fmt: skip
"""The type of an option's value, by the option's type; a value still being typed is always text."""
_GROUPS: Final = (1, 2)
"""The types of options that are subcommands, with options of their own."""


def _options(options: Any) -> Iterator[Json]:  # noqa: ANN401 - JSON
    """The options that have a value."""
    for one in options:
        if one["type"] in _GROUPS:
            yield from _options(one.get("options", ()))
        else:
            yield one


def take_what_comes() -> None:
    """Have discord.py use our classes for connections and for its store of views, in the whole
    process.
    """
    discord.client.DiscordWebSocket = GuardedWebSocket  # type: ignore[misc]
    discord.shard.DiscordWebSocket = GuardedWebSocket  # type: ignore[misc]
    discord.state.ViewStore = Views  # type: ignore[attr-defined]


def _read(text: str) -> dict[str, Any] | None:
    """A frame, read by a parser that accepts lone surrogates; None = it is not a JSON object."""
    try:
        frame = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return frame if isinstance(frame, dict) else None


def _name(frame: Json | None, text: str) -> str:
    found = _NAME.search(text) if frame is None else _NAME.fullmatch(f'"t":"{frame.get("t")}"')
    return found[1] if found else "frame without a name"


def _id(data: object, key: str) -> int | None:
    """The id under a key; None if there is none."""
    text = str(data.get(key)) if isinstance(data, dict) else ""
    return int(text) if _ID.fullmatch(text) and int(text) <= LARGEST_ID else None


def _refuse_huge(text: str) -> None:
    """Raise if a server's event has an id that is too large for the database. A forged id in an
    interaction gets an answer instead.
    """
    huge = any(int(found[1][:20]) > LARGEST_ID for found in _LONG_ID.finditer(text))
    if huge and _name(None, text) != "INTERACTION_CREATE":
        raise ValueError("an id of more than 63 bits")


def _address(url: object) -> str | None:
    try:
        return str(url) if isinstance(url, str) and URL(url).host else None
    except ValueError:
        return None


def _of_server(event: str, data: Json, state: ConnectionState[Any]) -> Json | None:
    """A server's own event, reduced to the entries that can be read, each tried alone.

    After an unreadable event of a server it is unknown what the bot may do there: discord.py's
    record of its own member is dropped, and posting will show.
    """
    guild_id = _id(data, "id" if event in _WHOLE else "guild_id")
    guild = state._get_guild(guild_id)  # noqa: SLF001 - by id, as discord.py's own parsers
    if guild is not None and state.self_id is not None:
        guild._members.pop(state.self_id, None)  # noqa: SLF001 - no method of it forgets
    if guild_id is None or event not in _WHOLE:
        return None
    least: dict[str, Any] = {"id": str(guild_id)}
    kept = {key: data[key] for key in _KEPT if key in data and _reads(least, state, key, data[key])}
    for key in _LISTS & data.keys():
        entries = data[key] if isinstance(data[key], list) else []
        kept[key] = [one for one in entries if _reads(least, state, key, [one])]
    if not any(_id(one, "id") == guild_id for one in kept.setdefault("roles", [])):
        kept["roles"].append({"id": str(guild_id), "name": "@everyone", "permissions": "0"})
    return {**least, **kept}


_WHOLE: Final = ("GUILD_CREATE", "GUILD_UPDATE")
"""Events that carry a whole server."""
_KEPT: Final = ("name", "unavailable", "owner_id", "system_channel_id")
_LISTS: Final = {"roles", "channels", "threads"}
"""The lists that the bot needs of a server."""


def _reads(least: Json, state: ConnectionState[Any], key: str, value: object) -> bool:
    """Whether discord.py can read a server with only this data."""
    try:
        _refuse_huge(json.dumps({key: value}))
        discord.Guild(data={**least, key: value}, state=state)  # type: ignore[typeddict-item]
    except Exception:  # noqa: BLE001 - whatever discord.py stumbles over
        return False
    return True
