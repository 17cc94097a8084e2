"""What the page does to try the bot: faults in its requests."""

from typing import Any

from aiohttp import web

from bot.sandbox.acts import fields
from bot.sandbox.faults import Fault, Faults
from bot.sandbox.replies import json_answer

Json = dict[str, Any]

_DONE: Json = {"state": "answered"}


class Troubles:
    """The handlers; `routes` lists them."""

    def __init__(self, faults: Faults) -> None:
        self._faults = faults

    def routes(self) -> list[web.RouteDef]:
        """Every route."""
        return [
            web.post("/page/faults/add", self._add),
            web.post("/page/faults/remove", self._remove),
        ]

    async def _add(self, request: web.Request) -> web.Response:
        """Add a fault; `times` and `seconds` null are as a `Fault` says."""
        body = await fields(request, kind=str, method=str, path=str, status=int)
        fault = Fault(
            kind=body["kind"],
            method=body["method"],
            path=body["path"],
            status=body["status"],
            times=_number(body, "times", int),
            seconds=_number(body, "seconds", int, float),
        )
        return json_answer({**_DONE, "id": self._faults.add(fault)})

    async def _remove(self, request: web.Request) -> web.Response:
        self._faults.remove((await fields(request, id=int))["id"])
        return json_answer(_DONE)


def _number(body: Json, name: str, *kinds: type) -> Any:  # noqa: ANN401  of one of the kinds
    """A number that may be left out. Raises ValueError for anything else."""
    value = body.get(name)
    if value is not None and type(value) not in kinds:
        raise ValueError(f"{name} must be a number")
    return value
