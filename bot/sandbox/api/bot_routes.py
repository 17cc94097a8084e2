"""REST routes about the bot, servers and commands."""

import asyncio
from typing import Any

from aiohttp import web

from bot.sandbox.api.bodies import body_of, json_answer
from bot.sandbox.api.middleware import BASE
from bot.sandbox.gateway.gateway import Gateway, gateway_url
from bot.sandbox.rules import command_rules
from bot.sandbox.rules.errors import ApiError, Code
from bot.sandbox.world import serialize
from bot.sandbox.world.world import World

Json = dict[str, Any]


class BotRoutes:
    """The handlers; `routes` lists them. `synced` is set once the bot registered commands."""

    def __init__(self, world: World, gateway: Gateway) -> None:
        self._world = world
        self._gateway = gateway
        self.synced = asyncio.Event()

    def routes(self) -> list[web.RouteDef]:
        """The general routes."""
        commands = BASE + r"/applications/{application:\d+}/commands"
        of_guild = BASE + r"/applications/{application:\d+}/guilds/{guild:\d+}/commands"
        application = ("/applications/@me", "/oauth2/applications/@me")
        return [
            *(web.get(BASE + path, self._application) for path in application),
            web.get(BASE + "/users/@me", self._me),
            web.get(BASE + "/gateway", self._where),
            web.get(BASE + "/gateway/bot", self._where_for_bot),
            web.get(BASE + r"/guilds/{guild:\d+}", self._guild),
            web.get(BASE + r"/guilds/{guild:\d+}/channels", self._channels),
            *(web.get(path, self._commands) for path in (commands, of_guild)),
            *(web.put(path, self._sync) for path in (commands, of_guild)),
        ]

    async def _me(self, _: web.Request) -> web.Response:
        return json_answer(serialize.me(self._world.bot))

    async def _application(self, _: web.Request) -> web.Response:
        world = self._world
        return json_answer(
            serialize.application(world.bot, world.owner, world.joined, world.team, world.users)
        )

    async def _where(self, request: web.Request) -> web.Response:
        return json_answer({"url": gateway_url(request)})

    async def _where_for_bot(self, request: web.Request) -> web.Response:
        url, shards = gateway_url(request), self._gateway.shards
        limit = self._gateway.starts.shape()
        return json_answer({"url": url, "shards": shards, "session_start_limit": limit})

    async def _guild(self, request: web.Request) -> web.Response:
        guild = self._world.seen_guild(int(request.match_info["guild"]))
        count = len(guild.members)
        counts = {"approximate_member_count": count, "approximate_presence_count": count}
        return json_answer({**serialize.guild(guild), **counts})

    async def _channels(self, request: web.Request) -> web.Response:
        guild = self._world.seen_guild(int(request.match_info["guild"]))
        return json_answer([serialize.channel(one) for one in guild.channels if one.thread is None])

    async def _commands(self, request: web.Request) -> web.Response:
        return json_answer(self._world.commands.get(self._scope(request), []))

    async def _sync(self, request: web.Request) -> web.Response:
        """Replace all commands; a command that keeps its name keeps its id, as on Discord."""
        scope, sent = self._scope(request), await body_of(request)
        command_rules.check_all(sent)
        old = {one["name"]: one["id"] for one in self._world.commands.get(scope, [])}
        made = [self._command(scope, one, old.get(one["name"])) for one in sent]
        self._world.commands[scope] = made
        self.synced.set()
        return json_answer(made)

    def _scope(self, request: web.Request) -> int | None:
        """The server whose commands a path is about, None for those of every server."""
        if int(request.match_info["application"]) != self._world.bot.id:
            raise ApiError(Code.WRONG_APPLICATION)
        guild = request.match_info.get("guild")
        if guild is None:
            return None
        if int(guild) not in (one.id for one in self._world.joined):
            raise ApiError(Code.MISSING_ACCESS)
        return int(guild)

    def _command(self, scope: int | None, sent: Json, old_id: str | None) -> Json:
        needed = sent.get("default_member_permissions")
        shape: Json = {
            "type": 1,
            "name_localizations": None,
            "description_localizations": None,
            "dm_permission": True,
            "nsfw": False,
            "contexts": None,
            "integration_types": [0],
            **sent,
            "id": old_id or str(self._world.new_id()),
            "application_id": str(self._world.bot.id),
            "version": str(self._world.new_id()),
            "default_member_permissions": None if needed is None else str(needed),
        }
        return shape if scope is None else {**shape, "guild_id": str(scope)}
