"""The services that the chat layer works with."""

from collections.abc import Awaitable, Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Protocol, cast

from bot.chat.operators import AskedOperators
from bot.chat.replies import Interaction
from bot.clock import Clock
from bot.delivery.presence import Presence
from bot.inflight import InFlight
from bot.library.explanations import Reasons
from bot.library.feed_trial import Trial
from bot.library.feeds import Feeds
from bot.library.publishers import Publishers
from bot.library.queries import Queries
from bot.subscriptions.changes import Changes
from bot.subscriptions.follow import Subscriptions
from bot.subscriptions.on_demand import OnDemand
from bot.subscriptions.previews import Previews
from bot.subscriptions.settings import Settings
from bot.subscriptions.status import Statuses

AskFeeds = Callable[[Collection[int]], Awaitable[None]]
TryFeed = Callable[[str], Awaitable[Trial]]


class Memory(Protocol):
    """Remembers single values across restarts."""

    async def read(self, name: str) -> str | None:
        """The value kept under a name, or None."""
        ...

    async def write(self, name: str, value: str) -> None:
        """Keep a value under a name."""
        ...


@dataclass(slots=True)
class ChatServices:
    """The use cases behind the commands; `sources`: how many each story shows, from config/.

    `ask_feeds` asks feeds, by id, at once and loads what they give; `try_feed` asks an address and
    stores nothing.
    """

    queries: Queries
    publishers: Publishers
    subscriptions: Subscriptions
    settings: Settings
    changes: Changes
    statuses: Statuses
    on_demand: OnDemand
    previews: Previews
    reasons: Reasons
    feeds: Feeds
    ask_feeds: AskFeeds
    try_feed: TryFeed
    presence: Presence
    clock: Clock
    sources: int


class HasChatServices(Protocol):
    """The bot. discord.py creates items by itself, so they find their services here, the
    counter of work in flight, who operates the bot, and its commands' ids.
    """

    services: ChatServices
    in_flight: InFlight
    operators: AskedOperators
    command_ids: Mapping[str, int]


def bot_of(interaction: Interaction) -> HasChatServices:
    """The bot that an interaction came to."""
    return cast(HasChatServices, interaction.client)


def services(interaction: Interaction) -> ChatServices:
    """The services of the bot that an interaction came to."""
    return bot_of(interaction).services
