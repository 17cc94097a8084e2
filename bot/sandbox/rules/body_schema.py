"""Building blocks for the rules that a request's body must follow.

A rule takes a decoded JSON value and yields its violations; rules nest as the body nests. Keys that
a rule does not name are refused: stricter than Discord, which ignores them, so that a misspelt key
is found here and not in production. The codes of single violations are Discord's if they are known;
it documents only the 50035 around them.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from bot.sandbox.rules.errors import ApiError, Code


class Violation(NamedTuple):
    """One fault: its path (keys and indices from the value down), Discord's code and message."""

    path: tuple[str, ...]
    code: str
    message: str


_LANGUAGES = (
    "ar bg cs da de el en-GB en-US es-419 es-ES fi fr he hi hr hu id it ja ko lt nl no pl pt-BR ro "
    "ru sv-SE th tr uk vi zh-CN zh-TW"
)
LOCALES = _LANGUAGES.split()
"""The languages of Discord's clients."""
_SPACE = re.compile(r"\s")
_MOMENT = re.compile(r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d", re.ASCII)

Rule = Callable[[Any], Iterator[Violation]]

LARGEST = (1 << 53) - 1
"""The largest number that JavaScript holds exactly."""

REQUIRED = Violation((), "BASE_TYPE_REQUIRED", "This field is required")


def check(rule: Rule, value: object) -> None:
    """Pass a value that follows the rule; else raise the 50035 with every violation by field."""
    violations = list(rule(value))
    if violations:
        raise ApiError(Code.INVALID_FORM, nested(violations))


def nested(violations: Iterable[Violation]) -> dict[str, Any]:
    """Faults as the `errors` of a 50035: objects nested by the keys of their paths."""
    errors: dict[str, Any] = {}
    for violation in violations:
        node = errors
        for key in violation.path:
            node = node.setdefault(key, {})
        node.setdefault("_errors", []).append(
            {"code": violation.code, "message": violation.message}
        )
    return errors


def below(key: str | int, violations: Iterator[Violation]) -> Iterator[Violation]:
    """The same violations, one level further down."""
    for violation in violations:
        yield violation._replace(path=(str(key), *violation.path))


def text(low: int, high: int) -> Rule:
    """A string of low..high characters."""

    def rule(value: object) -> Iterator[Violation]:
        if not isinstance(value, str):
            yield Violation((), "STRING_TYPE_CONVERT", "Could not interpret the value as string.")
        elif low and not value:
            yield REQUIRED
        elif low and not low <= len(value) <= high:
            yield Violation(
                (), "BASE_TYPE_BAD_LENGTH", f"Must be between {low} and {high} in length."
            )
        elif len(value) > high:
            yield Violation((), "BASE_TYPE_MAX_LENGTH", f"Must be {high} or fewer in length.")

    return rule


def number(low: int, high: int) -> Rule:
    """A whole number in low..high; not true or false."""

    def rule(value: object) -> Iterator[Violation]:
        if isinstance(value, bool) or not isinstance(value, int):
            yield Violation((), "NUMBER_TYPE_COERCE", "Value is not int.")
        elif value < low:
            yield Violation(
                (), "NUMBER_TYPE_MIN", f"int value should be greater than or equal to {low}."
            )
        elif value > high:
            yield Violation(
                (), "NUMBER_TYPE_MAX", f"int value should be less than or equal to {high}."
            )

    return rule


def real(value: object) -> Iterator[Violation]:
    """A number, whole or not; not true or false."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        yield Violation((), "NUMBER_TYPE_COERCE", "Value is not float.")


def boolean(value: object) -> Iterator[Violation]:
    """True or false."""
    if not isinstance(value, bool):
        yield Violation((), "BOOLEAN_TYPE_CONVERT", "Must be either true or false.")


def snowflake(value: object) -> Iterator[Violation]:
    """An id: digits, as a string or (as discord.py sends some) a number."""
    number = decimal(value)
    if number is None or number >= 1 << 64:
        yield Violation((), "NUMBER_TYPE_COERCE", "Value is not snowflake.")


def decimal(value: object) -> int | None:
    """The value of ASCII digits or of a JSON number, None if it is neither."""
    digits = "" if isinstance(value, bool) else str(value)
    return int(digits) if digits.isascii() and digits.isdecimal() else None


def choice(*allowed: object) -> Rule:
    """One of the listed values."""

    def rule(value: object) -> Iterator[Violation]:
        if isinstance(value, bool) or value not in allowed:
            yield Violation((), "BASE_TYPE_CHOICES", f"Value must be one of {list(allowed)}.")

    return rule


def flags(mask: int) -> Rule:
    """A bit set within the mask (stricter than Discord, which drops some bits silently)."""

    def rule(value: object) -> Iterator[Violation]:
        violations = list(number(0, (1 << 53) - 1)(value))
        yield from violations
        if not violations and isinstance(value, int) and value & ~mask:
            yield Violation(
                (), "MESSAGE_FLAGS_INVALID", f"Flags {value & ~mask} are not allowed here."
            )

    return rule


def url(high: int, *schemes: str) -> Rule:
    """A URL of at most `high` characters with a host and one of the schemes."""
    short = text(0, high)

    def rule(value: object) -> Iterator[Violation]:
        violations = list(short(value))
        yield from violations
        if violations or not isinstance(value, str) or _well_formed(value, schemes):
            return
        yield Violation((), "URL_TYPE_INVALID_URL", f"Not a well formed URL of scheme {schemes}.")

    return rule


def _well_formed(value: str, schemes: tuple[str, ...]) -> bool:
    try:
        parts = urlsplit(value)
        named = bool(parts.hostname)
    except ValueError:
        return False
    return named and parts.scheme in schemes and not _SPACE.search(value)


def timestamp(value: object) -> Iterator[Violation]:
    """An ISO 8601 date and time."""
    if not (isinstance(value, str) and _MOMENT.match(value) and _is_moment(value)):
        yield Violation((), "DATE_TIME_TYPE_PARSE", f"Could not parse {value}. Should be ISO8601.")


def _is_moment(value: str) -> bool:
    try:
        datetime.fromisoformat(value)
    except ValueError:
        return False
    return True


def each(rule: Rule, low: int, high: int) -> Rule:
    """A list of low..high values that follow the rule."""

    def listing(value: object) -> Iterator[Violation]:
        if not isinstance(value, list):
            yield Violation((), "LIST_TYPE_CONVERT", "Only iterables may be used in a ListType")
            return
        if not low <= len(value) <= high:
            yield _bad_count(low, high)
        for index, item in enumerate(value):
            for violation in rule(item):
                yield violation._replace(path=(str(index), *violation.path))

    return listing


def unique(rule: Rule) -> Rule:
    """A list that follows the rule and has no duplicates; 5 and "5" are the same id."""

    def different(value: object) -> Iterator[Violation]:
        violations = list(rule(value))
        yield from violations
        if not violations and isinstance(value, list) and len({*map(str, value)}) < len(value):
            words = "The set already contains this value"
            yield Violation((), "SET_TYPE_ALREADY_CONTAINS_VALUE", words)

    return different


def _bad_count(low: int, high: int) -> Violation:
    if low:
        return Violation((), "BASE_TYPE_BAD_LENGTH", f"Must be between {low} and {high} in length.")
    return Violation((), "BASE_TYPE_MAX_LENGTH", f"Must be {high} or fewer in length.")


def table(required: Mapping[str, Rule], optional: Mapping[str, Rule]) -> Rule:
    """An object with the required keys and any of the optional ones, which may also be null."""
    every = {**optional, **required}

    def rule(value: object) -> Iterator[Violation]:
        if not isinstance(value, dict):
            yield Violation((), "DICT_TYPE_CONVERT", "Only dictionaries may be used in a DictType")
            return
        for key in required:
            if value.get(key) is None:
                yield REQUIRED._replace(path=(key,))
        for key, item in value.items():
            if item is not None or key not in every:
                for violation in every.get(key, _unknown)(
                    item
                ):  # not below(): this runs for each key
                    yield violation._replace(path=(key, *violation.path))

    return rule


def _unknown(_: object) -> Iterator[Violation]:
    yield Violation((), "UNKNOWN_KEY", "The sandbox does not know this key.")


def localized(rule: Rule) -> Rule:
    """An object of translations: values that follow the rule, by locale."""
    known = choice(*LOCALES)

    def translations(value: object) -> Iterator[Violation]:
        if not isinstance(value, dict):
            yield Violation((), "DICT_TYPE_CONVERT", "Only dictionaries may be used in a DictType")
            return
        for locale, item in value.items():
            yield from below(locale, known(locale))
            yield from below(locale, rule(item))

    return translations


def by_type(rules: Mapping[int, Rule]) -> Rule:
    """An object whose `type` says which rule it must follow."""

    def rule(value: object) -> Iterator[Violation]:
        kind = value.get("type") if isinstance(value, dict) else None
        known = rules.get(kind) if isinstance(kind, int) else None
        if known is None:
            yield Violation(
                ("type",), "UNION_TYPE_CHOICES", f"Value must be one of {tuple(map(int, rules))}."
            )
        else:
            yield from known(value)

    return rule


def chain(*rules: Rule) -> Rule:
    """Each rule in turn, up to the first that finds a fault: later rules may rely on it."""

    def rule(value: object) -> Iterator[Violation]:
        for one in rules:
            violations = list(one(value))
            if violations:
                yield from violations
                return

    return rule
