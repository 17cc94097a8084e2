"""The page's POST requests, read from their bodies, and the answer to actions without a result."""

from typing import Any

from aiohttp import web

from bot.sandbox.api.bodies import decoded

Json = dict[str, Any]

DONE: Json = {"state": "answered"}


async def fields(request: web.Request, **kinds: type) -> Json:
    """The fields of a POST, each of its type. Raises ValueError for anything else."""
    body = decoded(await request.read())
    if not isinstance(body, dict):
        raise ValueError("the body must be an object")  # noqa: TRY004  one error for every fault
    for name, kind in kinds.items():
        if not isinstance(body.get(name), kind):
            raise ValueError(f"{name} must be of type {kind.__name__}")  # noqa: TRY004  the same
    return body
