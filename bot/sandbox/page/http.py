"""The page's HTTP side: its files, its guard, and reading data that is too large to push.

Only the page itself may control the sandbox: the Host is checked for every request (middleware.py),
the Origin for every POST and for the websocket, and a POST must be JSON, which no form on another
web page can send. The Content-Security-Policy lets nothing be loaded from elsewhere, except
pictures once the person has agreed to see them.
"""

import json
from importlib.resources import files
from urllib.parse import quote

from aiohttp import web
from aiohttp.typedefs import Handler

from bot.sandbox.api.bodies import json_answer
from bot.sandbox.page.export import body_of_message
from bot.sandbox.page.requests import fields
from bot.sandbox.page.snapshot import Picture
from bot.sandbox.world.world import World

TYPES = {"html": "text/html", "css": "text/css", "js": "text/javascript", "svg": "image/svg+xml"}

_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'; img-src 'self' data:"
)
_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cache-Control": "no-store",
}


class Page:
    """The handlers; `routes` lists them. `live` is the websocket's path."""

    def __init__(self, world: World, picture: Picture, live: str) -> None:
        self._world = world
        self._picture = picture
        self._live = live
        self._files = {
            one.name: one.read_bytes() for one in (files(__package__) / "static").iterdir()
        }

    def routes(self) -> list[web.RouteDef]:
        """Every route."""
        return [
            web.get("/", self._index),
            web.get(r"/static/{name:[\w.-]+}", self._static),
            web.get("/page/messages", self._older),
            web.get("/page/body", self._body),
            web.post("/page/pictures", self._allow_pictures),
        ]

    @web.middleware
    async def guard(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Admit only the page itself, and say in every answer what a browser may do with it."""
        if request.path.startswith(("/api", "/gateway")):
            return await handler(request)
        try:
            response = self._barred(request) or await _handled(request, handler)
        except web.HTTPException as error:
            response = _failure(f"{error.reason}.", error.status)
        if not response.prepared:
            response.headers.update(_HEADERS)
            response.headers["Content-Security-Policy"] = self._policy()
        return response

    def _barred(self, request: web.Request) -> web.Response | None:
        drives = request.method not in ("GET", "HEAD") or request.path == self._live
        if drives and request.headers.get("Origin") != f"http://{request.host}":
            return _failure("Only the sandbox's own page may do that.", 403)
        if request.method == "POST" and request.content_type != "application/json":
            return _failure("The body must be application/json.", 415)
        return None

    def _policy(self) -> str:
        return f"{_POLICY} https: http:" if self._picture.pictures else _POLICY

    async def _index(self, _: web.Request) -> web.Response:
        return self._file("index.html")

    async def _static(self, request: web.Request) -> web.Response:
        return self._file(request.match_info["name"])

    def _file(self, name: str) -> web.Response:
        kind = TYPES.get(name.rpartition(".")[2])
        if kind is None or name not in self._files:
            raise web.HTTPNotFound
        return web.Response(body=self._files[name], content_type=kind, charset="utf-8")

    async def _allow_pictures(self, request: web.Request) -> web.Response:
        """Allow pictures from the stories' hosts; the new policy applies after a reload."""
        self._picture.pictures = (await fields(request, allowed=bool))["allowed"]
        return json_answer({"allowed": self._picture.pictures})

    async def _older(self, request: web.Request) -> web.Response:
        channel = self._world.channel(request.query.get("channel", ""))
        before = request.query.get("before", "")
        if not before.isdigit():
            raise ValueError("before must be a message's id")
        return json_answer(self._picture.older(channel, int(before)))

    async def _body(self, request: web.Request) -> web.Response:
        """The JSON that posts a message, as a file."""
        channel = self._world.channel(request.query.get("channel", ""))
        message = channel.find(request.query.get("message", ""))
        if message is None:
            raise ValueError("the message is gone")
        text = json.dumps(body_of_message(message), ensure_ascii=False, indent=2)
        name = f"{channel.name}-{message['id']}.json"
        named = {"Content-Disposition": f"attachment; filename*=UTF-8''{quote(name)}"}
        return web.Response(text=text, content_type="application/json", headers=named)


async def _handled(request: web.Request, handler: Handler) -> web.StreamResponse:
    """The handler's answer; input that it cannot read is the sender's fault."""
    try:
        return await handler(request)
    except KeyError as unknown:
        return _failure(f"There is no {unknown}.", 404)
    except ValueError as error:
        return _failure(f"{error}.", 400)


def _failure(reason: str, status: int) -> web.Response:
    sentence = reason[:1].upper() + reason[1:]
    return json_answer({"state": "refused", "reason": sentence}, status)
