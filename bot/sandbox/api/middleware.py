"""Handles every REST request: who may ask, limits, faults, refusals, record and log.

Known differences from Discord: files cannot be uploaded; `/api` needs its version, v10; an unknown
path is answered 404, logged as an error and kept in `unknown`, since it means that the bot does
something not yet tried here.
"""

import logging
from collections.abc import Awaitable
from functools import partial

from aiohttp import web
from aiohttp.typedefs import Handler

from bot.sandbox.api.bodies import body_of, refusal, sent_with
from bot.sandbox.api.rate_limits import Limited, Limits
from bot.sandbox.api.record import Record
from bot.sandbox.api.request_log import NO_ANSWER, Log, verdict_of
from bot.sandbox.faults.faults import Ban, Faults, NoAnswer
from bot.sandbox.gateway.gateway import PATH as GATEWAY
from bot.sandbox.rules.errors import ApiError, Code

BASE = "/api/v10"
_LOOPBACK = {"127.0.0.1", "localhost"}
_VIA = "1.1 sandbox"
"""Without a Via header discord.py takes a 429 to be a ban."""
_OWN_FAILURE = ("The sandbox itself failed: see its log.",)
_LIMIT_HEADERS = web.RequestKey("limit headers", dict[str, str])
_NOTHING: tuple[str, ...] = ()
_log = logging.getLogger(__name__)


class Front:
    """The middlewares. `unknown` are requests, as "METHOD path", that match no route."""

    def __init__(
        self, token: str, faults: Faults, limits: Limits, record: Record, log: Log
    ) -> None:
        self._authorization = f"Bot {token}"
        self._faults = faults
        self._limits = limits
        self._record = record
        self._log = log
        self.unknown: list[str] = []

    @web.middleware
    async def loopback_only(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Refuse requests that a foreign web page could send to this port: with another Host, or
        with an Origin on the bot's routes, since the bot sends none.
        """
        bots_own = request.path.startswith(("/api", GATEWAY))
        foreign = request.host.rsplit(":", 1)[0] not in _LOOPBACK
        if foreign or (bots_own and "Origin" in request.headers):
            return refusal(ApiError(Code.FORBIDDEN))
        return await handler(request)

    @web.middleware
    async def api(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Authorize, answer refusals in Discord's form, and note the outcome."""
        if not request.path.startswith("/api"):
            return await handler(request)
        response: web.StreamResponse | None = None
        verdict: tuple[str, ...] = _OWN_FAILURE
        try:
            await body_of(request)
            response, verdict = await self._with_faults(request, handler)
        except ApiError as error:
            response, verdict = refusal(error), verdict_of(error)
        finally:
            self._note(request, response, verdict)
        if not isinstance(response, Ban):
            response.headers["Via"] = _VIA
            response.headers.update(request.get(_LIMIT_HEADERS, {}))
        return response

    async def _with_faults(
        self, request: web.Request, handler: Handler
    ) -> tuple[web.StreamResponse, tuple[str, ...]]:
        path = request.path.removeprefix(BASE)
        found = self._faults.take(request.method, path, sent_with(request)[1])
        if found is None:
            return await self._serve(request, handler), _NOTHING
        number, fault = found
        serve = partial(self._serve, request, handler)
        response = await self._faults.apply(number, fault, request, serve)
        return response, (f"Fault {number}: {fault.kind}",)

    def _note(
        self,
        request: web.Request,
        response: web.StreamResponse | None,
        verdict: tuple[str, ...],
    ) -> None:
        method, path = request.method, request.path_qs
        status = 500 if response is None else response.status
        status = NO_ANSWER if isinstance(response, NoAnswer) else status
        answer = response.body if isinstance(response, web.Response) else None
        sent = sent_with(request)
        self._record.write(method, path, sent[1], status)
        shown = answer if isinstance(answer, bytes) else b""
        self._log.add(method, path, sent, status, shown, verdict)

    def _serve(self, request: web.Request, handler: Handler) -> Awaitable[web.StreamResponse]:
        if request.match_info.http_exception is not None:
            raise self._unknown(request)
        if "token" not in request.match_info:
            self._authorize(request)
        self._count(request)
        return handler(request)

    def _count(self, request: web.Request) -> None:
        resource = request.match_info.route.resource
        if not self._limits.enabled or resource is None:
            return
        try:
            headers = self._limits.take(request, resource.canonical.removeprefix(BASE))
        except Limited as limited:
            request[_LIMIT_HEADERS] = limited.headers
            raise
        request[_LIMIT_HEADERS] = headers

    def _unknown(self, request: web.Request) -> ApiError:
        route = f"{request.method} {request.path_qs}"
        _log.error("The sandbox knows no route %s", route)
        self.unknown.append(route)
        return ApiError(Code.NOT_FOUND)

    def _authorize(self, request: web.Request) -> None:
        if request.headers.get("Authorization") != self._authorization:
            raise ApiError(Code.UNAUTHORIZED)
