"""REST routes of direct messages: opening a channel to a person; sending is as in any channel.

Known differences from Discord: only one person at a time; opening is not limited more than other
routes; whether a person accepts messages is found out when one is sent.
"""

from typing import Any

from aiohttp import web

from bot.sandbox.api.bodies import body_of, json_answer
from bot.sandbox.rules import message_rules
from bot.sandbox.rules.body_schema import check
from bot.sandbox.rules.errors import ApiError, Code
from bot.sandbox.world import serialize
from bot.sandbox.world.entities import User
from bot.sandbox.world.world import World

Json = dict[str, Any]


class Directs:
    """The handlers; `routes` lists them."""

    def __init__(self, world: World) -> None:
        self._world = world

    def routes(self, base: str) -> list[web.RouteDef]:
        """Every route below the base path."""
        return [
            web.get(base + r"/users/{user:\d+}", self._user),
            web.post(base + "/users/@me/channels", self._open),
        ]

    async def _user(self, request: web.Request) -> web.Response:
        found = self._world.users.get(int(request.match_info["user"]))
        if found is None:
            raise ApiError(Code.UNKNOWN_USER)
        return json_answer(serialize.user(found))

    async def _open(self, request: web.Request) -> web.Response:
        """The channel to a person, always the same; 50033 for nobody, for a bot and for itself."""
        body = await body_of(request)
        check(message_rules.DIRECT, body)
        found: User | None = self._world.users.get(int(body["recipient_id"]))
        if found is None or found.bot:
            raise ApiError(Code.INVALID_RECIPIENT)
        return json_answer(serialize.channel(self._world.direct(found)))
