"""HTTP bodies in both directions: decoding those the bot sends, encoding those it gets."""

import json
from collections.abc import Iterable
from math import isfinite
from typing import Any

from aiohttp import web

from bot.sandbox.rules.errors import ApiError, Code

_BODY = web.RequestKey("body", object)
_RAW = web.RequestKey("raw body", bytes)

DEEPEST = 100
"""How deep lists and objects in a body may be nested; Discord's own have fewer than 20 levels."""


def refusal(error: ApiError) -> web.Response:
    """The answer to a refused request."""
    return json_answer(error.body(), error.status)


def json_answer(data: object, status: int = 200) -> web.Response:
    """An answer in JSON, with a bare content type: with a charset discord.py reads it as text."""
    encoded = json.dumps(data, ensure_ascii=False).encode()
    return web.Response(body=encoded, status=status, content_type="application/json")


def nothing() -> web.Response:
    """An empty answer, 204. Its type is not JSON, or discord.py would decode the body and fail."""
    return web.Response(status=204, content_type="text/html")


async def body_of(request: web.Request) -> Any:  # noqa: ANN401  any JSON, until a rule checks it
    """The body as JSON, None if there is none; 50109 if it is not JSON, 50035 if it is a form.

    It is decoded once per request and then shared.
    """
    if _BODY not in request:
        request[_BODY] = await _decoded(request)
    return request[_BODY]


async def _decoded(request: web.Request) -> object:
    if not request.body_exists:
        return None
    if request.content_type != "application/json":
        words = "Expected \"Content-Type\" header to be one of {'application/json'}."
        fault = {"code": "CONTENT_TYPE_INVALID", "message": words}
        raise ApiError(Code.INVALID_FORM, {"_errors": [fault]})
    request[_RAW] = await request.read()
    try:
        return decoded(request[_RAW])
    except ValueError as error:
        raise ApiError(Code.INVALID_JSON) from error


def decoded(sent: str | bytes) -> object:
    """The decoded JSON, if it can be passed on as JSON in UTF-8; ValueError says what is wrong.

    Python's own decoder accepts more: lone surrogates, unlimited numbers, NaN, and so many levels
    that they overflow the stack. Receivers could not read these.
    """
    try:
        text = sent if isinstance(sent, str) else sent.decode()
        value = json.loads(text, parse_float=_finite, parse_constant=_finite)
    except RecursionError:
        raise ValueError("the JSON has too many levels") from None
    except ValueError:
        raise ValueError("that is not JSON in UTF-8") from None
    if text.count("[") + text.count("{") > DEEPEST and _is_deep(value):
        raise ValueError("the JSON has too many levels")
    if "\\ud" in text.lower() and not _has_whole_characters(value):
        raise ValueError("the text has half a character, which Discord cannot pass on")
    return value


def _finite(text: str) -> float:
    number = float(text)
    if not isfinite(number):
        raise ValueError(text)
    return number


def _is_deep(value: object) -> bool:
    level = [value]
    for _ in range(DEEPEST):
        level = [below for one in level for below in _inside(one) if isinstance(below, list | dict)]
    return bool(level)


def _inside(value: object) -> Iterable[object]:
    if isinstance(value, dict):
        return value.values()
    return value if isinstance(value, list) else ()


def _has_whole_characters(value: object) -> bool:
    try:
        json.dumps(value, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        return False
    return True


def sent_with(request: web.Request) -> tuple[bytes, object]:
    """The body, as bytes and decoded, once `body_of` has read it; nothing if it was not JSON."""
    if _BODY not in request:
        return b"", None
    return request.get(_RAW, b""), request[_BODY]
