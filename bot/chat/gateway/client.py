"""The bot on Discord: its connection and its commands. It asks for no privileged intent."""

import asyncio
import hashlib
import json
import logging
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Collection, Mapping
from functools import partial
from typing import Any, cast

import discord
from discord import app_commands
from discord.ext import commands
from discord.gateway import DiscordWebSocket
from yarl import URL

from bot.chat.digest import history, mute, posting, set_value, undo
from bot.chat.digest.commands import DigestCommands
from bot.chat.feeds import listing
from bot.chat.feeds.commands import FeedCommands
from bot.chat.gateway.event_guard import UNREADABLE, read_or_note, take_what_comes
from bot.chat.gateway.guild_events import GuildEvents
from bot.chat.gateway.identify import DAY, GAP, IdentifyBudget, Sessions
from bot.chat.gateway.shards import ShardedState, close_shard, keep_shards_apart, shard_of
from bot.chat.help.buttons import HELP_ITEMS
from bot.chat.help.commands import Help
from bot.chat.lookups import buttons
from bot.chat.lookups.commands import Lookups
from bot.chat.operators import AskedOperators
from bot.chat.replies import Interaction, answer_error, complete_nothing, in_short, is_lost
from bot.chat.rest.requests import OnStatus, trace
from bot.chat.services import ChatServices, Memory
from bot.chat.setup.items import SETUP_ITEMS, answer_form
from bot.chat.subscriptions import topics
from bot.chat.subscriptions.commands import Following
from bot.errors import DatabaseError
from bot.inflight import InFlight
from bot.store.membership import Budget
from bot.supervision import Absences

logger = logging.getLogger(__name__)

discord.VoiceClient.warn_nacl = discord.VoiceClient.warn_dave = False  # it never speaks

take_what_comes()
keep_shards_apart()

LONGEST_WAIT = 30.0
"""Seconds discord.py may sleep for a rate limit (the minimum it accepts); we handle longer ones."""
ITEMS = (
    *buttons.ITEMS,
    *posting.ITEMS,
    *listing.ITEMS,
    *topics.ITEMS,
    *set_value.ITEMS,
    *undo.ITEMS,
    *mute.ITEMS,
    *history.ITEMS,
    *SETUP_ITEMS,
    *HELP_ITEMS,
)
"""Every kind of button, select and form."""
_SYNCED = "commands_synced"
_LONG_TURN = 60.0
"""From how many seconds on a wait for a new session is logged."""
_NOT_COMPLETED = "a completion failed: %s"
_NOT_OURS = app_commands.AppCommandError
"""What discord.py raises for a command that differs from the one registered at Discord."""


class _CompletionErrorInOneLine(logging.Filter):
    """discord.py logs a failed completion with its whole traceback, before we see it: if the cause
    is known, one line is enough.
    """

    def filter(self, record: logging.LogRecord) -> bool:
        error = record.exc_info[1] if record.exc_info else None
        if error is not None and (is_lost(error) or isinstance(error, _NOT_OURS)):
            text = "a completion did not reach Discord: %s" if is_lost(error) else _NOT_COMPLETED
            record.msg, record.args = text, (in_short(error),)
            record.levelno, record.levelname = logging.WARNING, "WARNING"
            record.exc_info = None
        return True


logging.getLogger("discord.app_commands.tree").addFilter(_CompletionErrorInOneLine())


class _Tree(app_commands.CommandTree["BroadsheetBot"]):
    """The commands; all their errors are answered in one place."""

    async def interaction_check(self, interaction: Interaction) -> bool:
        """Called by discord.py in each command's own task."""
        self.client.in_flight.add(asyncio.current_task())
        outside = interaction.guild_id is None
        if outside and interaction.type is discord.InteractionType.autocomplete:
            await complete_nothing(interaction)
            return False
        return True

    async def on_error(self, interaction: Interaction, error: app_commands.AppCommandError) -> None:
        if interaction.type is discord.InteractionType.autocomplete:
            logger.warning(_NOT_COMPLETED, in_short(error))
            await complete_nothing(interaction)
            return
        await answer_error(interaction, error)

    async def _call(self, interaction: discord.Interaction["BroadsheetBot"]) -> None:
        # Called by discord.py in each command's own task; it reads the command's options.
        await read_or_note(interaction, partial(super()._call, interaction))


class BroadsheetBot(commands.AutoShardedBot):
    """The client. `memory` remembers which commands are registered; None = always register them.

    `on_status` is called with the status of every answer. `services` is set before it logs in: they
    post through this client. `now` (seconds, monotonic) and `sleep` pace its logins. `absences` are
    those of its shards, `in_flight` are the commands at work, `unreadable` counts the gateway's
    unreadable events, by name. `operators` are those of its application, `command_ids` Discord's
    ids of its commands by name, which make them clickable. `knows_its_servers` is set
    once every shard knows its servers.
    """

    services: ChatServices

    def __init__(
        self,
        memory: Memory | None = None,
        on_status: OnStatus = lambda status: None,
        now: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        leads: Callable[[], bool] = lambda: True,
        budget: Budget | None = None,
    ) -> None:
        super().__init__(
            command_prefix=commands.when_mentioned,
            help_command=None,
            tree_cls=_Tree,
            intents=discord.Intents(guilds=True),
            allowed_mentions=discord.AllowedMentions.none(),
            member_cache_flags=discord.MemberCacheFlags.none(),
            chunk_guilds_at_startup=False,
            max_messages=None,
            max_ratelimit_timeout=LONGEST_WAIT,
            http_trace=trace(on_status),
        )
        self._memory, self._leads, self._budget = memory, leads, budget
        self.registered = False
        self.operators = AskedOperators(self, now)
        self.knows_its_servers = asyncio.Event()
        self.command_ids: Mapping[str, int] = {}
        self._now, self.sleep = now, sleep
        self._turns: dict[int, float] = {}
        self._ready_shards: set[int] = set()
        self._own_shards: frozenset[int] = frozenset()
        self._launches: dict[int, asyncio.Task[None]] = {}
        self._connects = False
        self.absences = Absences()
        self.expect(Sessions())
        self.in_flight = InFlight()
        self.unreadable: Counter[str] = Counter()
        self._connection.handlers[UNREADABLE] = self._note_unreadable

    async def setup_hook(self) -> None:
        """Add commands and buttons, and register the commands if they changed."""
        services = self.services
        await self.add_cog(Lookups(services))
        await self.add_cog(Following(services))
        await self.add_cog(_limited(DigestCommands(services)))
        await self.add_cog(FeedCommands(services, self.operators, self.in_flight))
        await self.add_cog(Help())
        await self.add_cog(GuildEvents(self, services.presence, self._knows_all_its_servers))
        self.add_dynamic_items(*ITEMS)
        await self.register()

    async def register(self) -> None:
        """Register the commands, if that is to be done here."""
        self.command_ids = {c.name: c.id for c in await self._sync()}

    def expect(self, sessions: Sessions) -> None:
        """Before connecting: set how many shards it has, and how they may begin their sessions."""
        self.shard_count = self._connection.shard_count = sessions.shards
        self._own(range(sessions.shards))
        self._identifies = IdentifyBudget(sessions, self._now())

    def knows(self, guild_id: int) -> bool:
        """Whether the bot knows for certain if it is in a server: not before every shard has
        received its servers, nor while the server's own shard is away.
        """
        shard_id = shard_of(guild_id, self.shard_count or 1)
        told = shard_id in self._ready_shards and self._knows_all_its_servers()
        return told and not self.absences.is_away(shard_id)

    def missing_shards(self) -> list[int]:
        """The shards that have not received their servers yet."""
        return sorted(self._own_shards - self._ready_shards)

    async def use_shards(self, shards: Collection[int]) -> None:
        """Connect these shards, at once or when it connects, and no others any more."""
        dropped = self._own_shards - {*shards}
        self._own(shards)
        if self._connects:
            await asyncio.gather(*map(self._drop, dropped))
            await self.launch_shards()

    def _own(self, shards: Collection[int]) -> None:
        self._own_shards = frozenset(shards)
        self.shard_ids = self._connection.shard_ids = sorted(shards)

    async def launch_shards(self) -> None:
        """Called by discord.py at startup, which would launch them one after another."""
        self._connects = True
        gateway = DiscordWebSocket.DEFAULT_GATEWAY
        for one in sorted(self._own_shards - self._launches.keys()):
            self._launches[one] = asyncio.create_task(self.launch_shard(gateway, one))
        if not self._own_shards:
            self.absences.none()
        self._note_if_all_are_ready()

    async def _drop(self, shard_id: int) -> None:
        """End a shard's connection, and forget its servers."""
        if launch := self._launches.pop(shard_id, None):
            launch.cancel()
        await close_shard(self, shard_id)
        cast("ShardedState", self._connection).forget_servers(shard_id)
        self._ready_shards.discard(shard_id)
        self._turns.pop(shard_id, None)
        self.absences.forget(shard_id)

    async def launch_shard(self, gateway: URL, shard_id: int, *, initial: bool = False) -> None:
        """Called again by discord.py if it failed."""
        await self.turn(shard_id)
        self.absences.expect(shard_id)
        await super().launch_shard(gateway, shard_id, initial=initial)

    async def close(self) -> None:
        """Close every connection, and cancel the tasks that would open one."""
        for launch in self._launches.values():
            launch.cancel()
        await super().close()

    async def turn(self, shard_id: int) -> None:
        """Wait until a shard may begin a session. Its slot is kept until it has begun."""
        now = self._now()
        if shard_id not in self._turns:
            wait = self._identifies.reserve(shard_id, now)
            self._turns[shard_id] = now + wait
            if wait > _LONG_TURN and self.knows_its_servers.is_set():
                text = (
                    "the gateway has ended too many sessions: shard %d begins one in %.0f seconds"
                )
                logger.warning(text, shard_id, wait)
        while (wait := self._turns[shard_id] - self._now()) > 0:
            await self.sleep(wait)

    async def before_identify_hook(self, shard_id: int | None, *, initial: bool = False) -> None:
        """Called by discord.py just before it begins a session."""
        number = shard_id or 0
        while wait := self._identifies.begin(number, self._now()):
            await self.sleep(wait)
        if self._budget:
            await self.sleep(await self._wait_for_others(self._budget, number))
        self._turns.pop(number, None)

    async def _wait_for_others(self, budget: Budget, shard_id: int) -> float:
        """In how many seconds a shard may begin a session, by what all processes begin."""
        lane = f"sessions {self._identifies.lane_of(shard_id)}"
        try:
            after_last, _ = await budget.take(lane, 1, 1 / GAP)
            ahead, _ = await budget.take("sessions of a day", 1, self._identifies.together)
            return max(after_last, ahead - DAY)
        except DatabaseError as error:
            logger.warning("shard %d begins without asking other processes: %s", shard_id, error)
            return 0.0

    async def on_interaction(self, interaction: Interaction) -> None:
        """Called by discord.py with each interaction. It handles all but forms itself: of those it
        knows only which it opened since it was started.
        """
        if interaction.type is discord.InteractionType.modal_submit:
            self.in_flight.add(asyncio.current_task())
            await read_or_note(interaction, partial(answer_form, interaction))

    async def on_message(self, message: discord.Message) -> None:
        """Called by discord.py, which would look for a command in it; the bot needs no messages."""

    async def on_shard_connect(self, shard_id: int) -> None:
        """Called by discord.py when a session has begun; its servers follow."""
        self._ready_shards.discard(shard_id)
        self._found(shard_id)

    async def on_shard_resumed(self, shard_id: int) -> None:
        """Called by discord.py when a session is resumed."""
        self._found(shard_id)

    def _found(self, shard_id: int) -> None:
        if shard_id in self._own_shards:
            self.absences.found(shard_id)

    async def on_shard_disconnect(self, shard_id: int) -> None:
        """Called by discord.py when a connection ends, and when none can be made."""
        if shard_id in self._own_shards:
            self.absences.lost(shard_id)

    async def on_shard_ready(self, shard_id: int) -> None:
        """Called by discord.py when a new session's servers are known."""
        if shard_id in self._own_shards:
            self._ready_shards.add(shard_id)
        self._note_if_all_are_ready()

    def _note_if_all_are_ready(self) -> None:
        if not self.missing_shards():
            self.knows_its_servers.set()

    def _get_state(self, **options: Any) -> ShardedState:  # noqa: ANN401 - as discord.py has it
        return ShardedState(
            dispatch=self.dispatch,
            handlers=self._handlers,
            hooks=self._hooks,
            http=self.http,
            **options,
        )

    def _knows_all_its_servers(self) -> bool:
        return not self.unreadable["READY"]

    def _note_unreadable(self, event: str, error: Exception) -> None:
        self.unreadable[event] += 1
        text = "the gateway's %s cannot be read (%d so far): %s"
        logger.warning(text, event, self.unreadable[event], in_short(error))

    async def _sync(self) -> list[app_commands.AppCommand]:
        """Register the commands if they differ from those last registered, or were deleted. If
        another process leads, it registers them.
        """
        payload = [command.to_dict(self.tree) for command in self.tree.get_commands()]
        text = json.dumps([self.application_id, payload], sort_keys=True)
        wanted = hashlib.sha256(text.encode()).hexdigest()
        if not self._leads():
            self.registered = False
            return await self.tree.fetch_commands()
        self.registered = True
        if self._memory and await self._memory.read(_SYNCED) == wanted:
            known = await self.tree.fetch_commands()
            if {one.name for one in known} == {one["name"] for one in payload}:
                return known
        synced = await self.tree.sync()
        if self._memory:
            await self._memory.write(_SYNCED, wanted)
        logger.info("commands registered: %d", len(synced))
        return synced


def _limited(cog: DigestCommands) -> DigestCommands:
    """Offer the group to users with Manage Channels, in servers; subcommands cannot declare it."""
    group = cog.app_command
    assert isinstance(group, app_commands.Group)  # noqa: S101 - a GroupCog has one
    group.default_permissions = discord.Permissions(manage_channels=True)
    group.guild_only = True
    return cog
