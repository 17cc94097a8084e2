"""The page's actions to test the bot: faults in its requests, its connection and its servers."""

from collections.abc import Callable
from functools import partial
from typing import Any

from aiohttp import web

from bot.sandbox.api.bodies import json_answer
from bot.sandbox.faults.faults import Fault, FaultKind, Faults
from bot.sandbox.page.requests import DONE, fields
from bot.sandbox.world.controls import Controls

Json = dict[str, Any]


class FaultActions:
    """The handlers; `routes` lists them."""

    def __init__(self, faults: Faults, controls: Controls) -> None:
        self._faults = faults
        self._controls = controls

    def routes(self) -> list[web.RouteDef]:
        """Every route."""
        return [
            web.post("/page/faults/add", self._add),
            web.post("/page/faults/remove", self._remove),
            web.post("/page/gateway", self._gateway),
            web.post("/page/server", self._server),
            web.post("/page/channel", self._channel),
        ]

    async def _add(self, request: web.Request) -> web.Response:
        """Add a fault; values left out or null get the defaults of `Fault`."""
        body = await fields(request, kind=str, method=str, path=str, status=int)
        if body["kind"] not in list(FaultKind):
            raise ValueError("there is no such kind of fault")
        fault = Fault(
            kind=body["kind"],
            method=body["method"],
            path=body["path"],
            status=body["status"],
            times=_number(body, "times", int),
            seconds=_number(body, "seconds", int, float),
            code=_number(body, "code", int) or 0,
            everywhere=body.get("everywhere") is True,
            contains=str(body.get("contains") or ""),
        )
        return json_answer({**DONE, "id": self._faults.add(fault)})

    async def _remove(self, request: web.Request) -> web.Response:
        self._faults.remove((await fields(request, id=int))["id"])
        return json_answer(DONE)

    async def _gateway(self, request: web.Request) -> web.Response:
        """Break the connection to the gateway in one of several ways."""
        ways: dict[str, Callable[[], None]] = {
            "drop": self._controls.drop_gateway,
            "reconnect": self._controls.ask_reconnect,
            "resume": partial(self._controls.invalidate_sessions, resumable=True),
            "identify": partial(self._controls.invalidate_sessions, resumable=False),
        }
        ways[(await fields(request, do=str))["do"]]()
        return json_answer(DONE)

    async def _server(self, request: web.Request) -> web.Response:
        """Begin or end an outage, remove the bot or invite it again."""
        body = await fields(request, do=str, guild=str)
        ways = {
            "outage": self._controls.outage,
            "restore": self._controls.restore,
            "remove": self._controls.remove_bot,
            "invite": self._controls.add_bot,
        }
        ways[body["do"]](body["guild"])
        return json_answer(DONE)

    async def _channel(self, request: web.Request) -> web.Response:
        """Delete a channel, create one of a kind in a server, or a thread below a `parent`."""
        body = await fields(request, do=str)
        if body["do"] == "delete":
            self._controls.delete_channel((await fields(request, channel=str))["channel"])
        else:
            self._create(await fields(request, name=str, kind=str))
        return json_answer(DONE)

    def _create(self, wanted: Json) -> None:
        name = wanted["name"]
        if wanted["kind"] == "thread":
            self._controls.create_thread(_title(name), str(wanted.get("parent")))
        else:
            home = str(wanted.get("guild"))
            self._controls.create_channel(
                _title("-".join(name.lower().split())), wanted["kind"], home
            )


def _title(text: str) -> str:
    """A name, cut to the length that Discord allows."""
    name = text.strip()[:100]
    if not name:
        raise ValueError("a channel needs a name")
    return name


def _number(body: Json, name: str, *kinds: type) -> Any:  # noqa: ANN401  of one of the kinds
    """An optional number. Raises ValueError for anything else."""
    value = body.get(name)
    if value is not None and type(value) not in kinds:
        raise ValueError(f"{name} must be a number")
    return value
