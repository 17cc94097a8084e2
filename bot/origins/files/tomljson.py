"""Reads untrusted TOML and JSON, within the limits that safeyaml sets for YAML.

Both libraries read any text in linear time, except keys of thousands of parts (tomllib needs
minutes for them) and endless numbers: those are refused before they are built. A number with a
fraction is returned as its text: no field of a story is such a number. A whole number in JSON is
returned like YAML's plain scalars; in TOML its spelling (0x1F) is lost.
"""

import json
import re
import tomllib
from collections.abc import Iterator
from typing import Any, Final, NoReturn

from bot.origins.files.safeyaml import MAX_DEPTH, MAX_NODES, MAX_NUMBER, Plain, UnsafeYaml

MAX_TOML: Final = 256 * 1024
"""How many characters a TOML document may have; tomllib reads about a million a second."""

_PART = r"""(?:[A-Za-z0-9_-]++|"[^"\n]*+"|'[^'\n]*+')"""
_LONG_KEY: Final = re.compile(
    rf"(?<![A-Za-z0-9_-]){_PART}(?:[ \t]*+\.[ \t]*+{_PART}){{{MAX_DEPTH}}}"
)
_AT_LINE: Final = re.compile(r"\(at line (\d+), column \d+\)$")
_DEEP: Final = f"nested deeper than {MAX_DEPTH}"
_LARGEST: Final = 10**MAX_NUMBER
_LONG_NUMBER: Final = f"numbers of more than {MAX_NUMBER} characters are not accepted"


def load_toml(text: str) -> dict[str, Any]:
    """The values of a TOML document. Raises UnsafeYaml if it is refused or not TOML."""
    if len(text) > MAX_TOML:
        raise UnsafeYaml(f"TOML of more than {MAX_TOML // 1024} KiB; make it smaller", None)
    long_key = _LONG_KEY.search(text)
    if long_key:
        raise UnsafeYaml(_DEEP, text.count("\n", 0, long_key.start()))
    try:
        values = tomllib.loads(text, parse_float=str)
    except RecursionError:
        raise UnsafeYaml(_DEEP, None) from None
    except ValueError as error:  # a TOMLDecodeError, an impossible date or an endless number
        raise UnsafeYaml(*_toml_fault(str(error), text)) from error
    _check(values)
    return values


def _toml_fault(problem: str, text: str) -> tuple[str, int | None]:
    at = _AT_LINE.search(problem)
    line = int(at[1]) - 1 if at else text.count("\n") if "end of document" in problem else None
    return f"not TOML: {_AT_LINE.sub('', problem).strip()[:200]}", line


def load_json(text: str) -> Any:  # noqa: ANN401 - a JSON document is any value
    """The value of the JSON at the beginning of a text. Raises UnsafeYaml, as above."""
    try:
        value, _ = _JSON.raw_decode(text)
    except RecursionError:
        raise UnsafeYaml(_DEEP, None) from None
    except json.JSONDecodeError as error:
        raise UnsafeYaml(f"not JSON: {error.msg}", error.lineno - 1) from error
    _check(value)
    return value


def _integer(digits: str) -> Plain:
    if len(digits) > MAX_NUMBER:
        raise UnsafeYaml(_LONG_NUMBER, None)
    return Plain(digits)


def _no_number(name: str) -> NoReturn:
    raise UnsafeYaml(f"not JSON: {name} is not a JSON value", None)


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    values = dict(pairs)
    if len(values) < len(pairs):
        left = iter(values)
        twice = next(key for key, _ in pairs if key != next(left, None))
        raise UnsafeYaml(f"{twice[:40]} appears a second time; remove one", None)
    return values


_JSON: Final = json.JSONDecoder(
    parse_float=str, parse_int=_integer, parse_constant=_no_number, object_pairs_hook=_once
)


def _check(whole: object) -> None:
    """Raise UnsafeYaml for a value that is nested too deep, too large, or cannot be stored."""
    waiting: list[tuple[object, tuple[str | int, ...]]] = [(whole, ())]
    nodes = 0
    while waiting:
        value, path = waiting.pop()
        nodes += 1
        if nodes > MAX_NODES:
            raise UnsafeYaml(f"more than {MAX_NODES:,} values", None)
        if len(path) > MAX_DEPTH:
            raise UnsafeYaml(_DEEP, None)
        if isinstance(value, int) and abs(value) >= _LARGEST:
            raise UnsafeYaml(_LONG_NUMBER, None, path)
        if isinstance(value, str) and not _is_text(value):
            raise UnsafeYaml("half of a surrogate pair is not a character", None, path)
        waiting += [(below, (*path, key)) for key, below in _members(value)]


def _members(value: object) -> Iterator[tuple[str | int, object]]:
    if isinstance(value, dict):
        yield from value.items()
    elif isinstance(value, list):
        yield from enumerate(value)


def _is_text(value: str) -> bool:
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True
