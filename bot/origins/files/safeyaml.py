"""Reads untrusted YAML in one pass over libyaml's events, which refuses bombs as it builds values.

Aliases, anchors, tags, merge keys, depth and size are refused as soon as they appear, so that a
hostile file costs milliseconds. A plain (unquoted) scalar stays the text of the file, since only
the reader of the field knows whether `3.10` and `NO` are words; `resolved` turns it into the value
of `yaml.safe_load`. A test keeps the two equal.
"""

import re
from collections.abc import Callable, Sequence
from functools import lru_cache, partial
from typing import Any, Final, TypeVar

import yaml

MAX_DEPTH: Final = 20
"""How deep collections may be nested; real story files have 4 levels."""
MAX_NODES: Final = 100_000
"""How many scalars and collections a document may have; the largest story file has about 4,000."""
MAX_NUMBER: Final = 100
"""How many characters a number or date may have."""

_MERGE: Final = "<<"
_TEXTS: Final = (None, "tag:yaml.org,2002:value", "tag:yaml.org,2002:merge")
"""The tags of `=`, and of `<<` if it is not a key."""
_NO_KEY: Final = object()
_NOTHING: Final = frozenset(("", "~", "null", "Null", "NULL"))
_RESOLVERS = yaml.SafeLoader.yaml_implicit_resolvers
_CONSTRUCTOR = yaml.constructor.SafeConstructor()
_NO_CHARACTER = "found invalid Unicode character escape code"
_QUOTES: Final = 'put the value in quotes, and a quote inside it as \\"'
_IN_WORDS: Final = {
    "mapping values are not allowed in this context": f"a second colon; {_QUOTES}",
    "found character that cannot start any token": "a tab, or a value that begins with @, ` or %"
    f"; {_QUOTES}",
    "did not find expected key": "text after a value's closing quote, or a line with"
    f" the wrong indentation; {_QUOTES}",
    "found unexpected end of stream": "a quote is not closed; close it",
    "found a tab character that violates indentation": "a line begins with a tab; use spaces",
    _NO_CHARACTER: "an escape (\\u...) is half a character; write the character itself",
}
"""What a user reads instead of some of libyaml's messages."""
_PAIR = re.compile(
    r"(?<!\\)((?:\\\\)*)\\u([dD][89abAB][\da-fA-F]{2})\\u([dD][c-fC-F][\da-fA-F]{2})"
)
_HELD: Final = "\ufdd0"
"""Marks a surrogate pair until it is known whether it is in double quotes. It is not a character,
and is removed from untrusted text first."""
_HELD_PAIR = re.compile(rf"{_HELD}(.{{4}})(.{{4}})")
_EDGE_OF_DAY = re.compile(r"[Tt \t]24:00|:60")
_Read = TypeVar("_Read")


class UnsafeYaml(ValueError):
    """The text is not YAML, or is YAML that is refused. `line` counts from 0 in the given text.

    `path` leads to the refused value (keys and list positions), if that is known.
    """

    def __init__(self, reason: str, line: int | None, path: Sequence[str | int] = ()) -> None:
        super().__init__(reason)
        self.reason, self.line, self.path = reason, line, path


class Plain(str):
    """A scalar without quotes that YAML does not read as text, as written in the file."""

    __slots__ = ()


def load(text: str) -> Any:  # noqa: ANN401 - a YAML document is any value
    """The value of one YAML document: dict, list, str (quoted, or a block), Plain or None.

    Raises UnsafeYaml for anything refused (see the module) and for text that is not YAML.
    """
    try:
        return _with_pairs(_build, text)
    except yaml.YAMLError as error:
        raise _not_yaml(error, text) from error


def _build(text: str) -> Any:  # noqa: ANN401
    builder = _Builder()
    next_event = yaml.CSafeLoader(text).get_event
    while (event := next_event()) is not None:
        builder.take(event)
    return builder.result


def _with_pairs(read: Callable[[str], _Read], text: str) -> _Read:
    """The result of `read` for a text in which JSON may have written a character beyond U+FFFF as a
    surrogate pair: libyaml refuses it, so a mark replaces it, and `_written` restores it.
    """
    text = text.replace(_HELD, "")
    try:
        return read(text)
    except yaml.YAMLError as error:
        if getattr(error, "problem", None) != _NO_CHARACTER:
            raise
    return read(_PAIR.sub(rf"\1{_HELD}\2\3", text))


def _written(scalar: yaml.ScalarEvent | yaml.ScalarNode) -> str:
    """The text of a scalar; only in double quotes is a surrogate pair a character."""
    joined = _joined if scalar.style == '"' else r"\\u\1\\u\2"
    return _HELD_PAIR.sub(joined, scalar.value)


def _joined(pair: re.Match[str]) -> str:
    high, low = int(pair[1], 16), int(pair[2], 16)
    return chr(0x10000 + ((high - 0xD800) << 10) + (low - 0xDC00))


def resolved(value: Any) -> Any:  # noqa: ANN401
    """The value of a plain scalar in YAML 1.1: str, int, float, bool, date(time) or None.

    Any other value is returned as it is, and so is the text of a time that Python does not know:
    24:00, or a leap second. Raises ValueError, with a sentence, for text that looks like a date and
    is not one (2020-13-45), and for endless numbers, as some take Python minutes.
    """
    if value.__class__ is not Plain:
        return value
    return _plain(str(value)) if len(value) <= MAX_NUMBER else _long_plain(str(value))


def is_nothing(value: object) -> bool:
    """Whether a value is null: `~`, `null`, or nothing at all."""
    return value is None or (value.__class__ is Plain and value in _NOTHING)


def lines_of(text: str, paths: Sequence[Sequence[str | int]]) -> list[int | None]:
    """The lines, counted from 0, on which the values at `paths` (or their nearest holders) begin.

    Only for a text that `load` accepted: this composes the whole document. None if it cannot.
    """
    try:
        node = _with_pairs(partial(yaml.compose, Loader=yaml.CSafeLoader), text)
    except yaml.YAMLError:
        return [None] * len(paths)
    return [_line_in(node, path) for path in paths]


def _line_in(node: yaml.Node | None, path: Sequence[str | int]) -> int | None:
    for step in path:
        below = _child(node, step)
        if below is None:
            break
        node = below
    mark = node.start_mark if node else None
    return mark.line if mark else None


class _Builder:
    """Builds the value from events. A container stays on the stack until its end event."""

    def __init__(self) -> None:
        self.result: Any = None
        self._stack: list[Any] = []
        self._keys: list[Any] = []  # for each container: the mapping key that waits for a value
        self._nodes = 0

    def take(self, event: yaml.Event) -> None:
        if isinstance(event, yaml.ScalarEvent):
            self._count(event)
            value = _written(event) if _HELD in event.value else event.value
            self._add(self._plain(value, event) if event.implicit[0] else value, event)
        elif isinstance(event, yaml.CollectionStartEvent):
            self._count(event)
            self._open({} if isinstance(event, yaml.MappingStartEvent) else [], event)
        elif isinstance(event, yaml.CollectionEndEvent):
            self._stack.pop()
            self._keys.pop()
        elif isinstance(event, yaml.AliasEvent):
            raise _refused("aliases (*name) are not accepted", event)
        elif isinstance(event, yaml.DocumentStartEvent) and self._nodes:
            raise _refused("only one YAML document is accepted", event)

    def _count(self, event: yaml.ScalarEvent | yaml.CollectionStartEvent) -> None:
        self._nodes += 1
        if self._nodes > MAX_NODES:
            raise _refused(f"more than {MAX_NODES:,} values", event)
        if event.anchor is not None:
            raise _refused("anchors (&name) are not accepted", event)
        if event.tag is not None and event.tag != "!":
            raise _refused("tags (!name) are not accepted", event)

    def _open(self, container: Any, event: yaml.Event) -> None:  # noqa: ANN401
        if len(self._stack) >= MAX_DEPTH:
            raise _refused(f"nested deeper than {MAX_DEPTH}", event)
        if self._at_key():
            raise _refused("a list or mapping cannot be a key", event)
        self._add(container, event)
        self._stack.append(container)
        self._keys.append(_NO_KEY)

    def _at_key(self) -> bool:
        """Whether the next node is a mapping's key."""
        return bool(self._stack) and self._stack[-1].__class__ is dict and self._keys[-1] is _NO_KEY

    def _add(self, value: Any, event: yaml.Event) -> None:  # noqa: ANN401
        if not self._stack:
            self.result = value
            return
        container, key = self._stack[-1], self._keys[-1]
        if container.__class__ is list:
            container.append(value)
        elif key is _NO_KEY:
            if value in container:
                raise _refused(f"{value[:40]} appears a second time; remove one", event)
            self._keys[-1] = value
        else:
            container[key] = value
            self._keys[-1] = _NO_KEY

    def _plain(self, value: str, event: yaml.ScalarEvent) -> str:
        if value == _MERGE and self._at_key():
            raise _refused("merge keys (<<) are not accepted", event)
        return _as_written(value) if len(value) <= MAX_NUMBER else _marked(value)


def _marked(value: str) -> str:
    return value if _implicit_tag(value) in _TEXTS else Plain(value)


_as_written = lru_cache(maxsize=4096)(_marked)
"""For a short scalar; cached, because they repeat and resolving them takes longer."""


@lru_cache(maxsize=4096)
def _plain(value: str) -> Any:  # noqa: ANN401
    """A short plain scalar; cached, because no such value can change."""
    tag = _implicit_tag(value)
    if tag in _TEXTS:
        return value
    try:
        return _CONSTRUCTOR.yaml_constructors[tag](_CONSTRUCTOR, yaml.ScalarNode(tag, value))
    except (ValueError, OverflowError) as error:  # 2020-13-45
        if _EDGE_OF_DAY.search(value):
            return value
        raise ValueError(f"“{value[:40]}” is not a date that exists; correct it") from error


def _long_plain(value: str) -> str:
    if _implicit_tag(value) not in _TEXTS:
        raise ValueError(f"numbers of more than {MAX_NUMBER} characters are not accepted")
    return value


def _implicit_tag(value: str) -> str | None:
    found = (tag for tag, pattern in _RESOLVERS.get(value[:1], ()) if pattern.match(value))
    return next(found, None)


def _child(node: yaml.Node | None, step: str | int) -> yaml.Node | None:
    if isinstance(node, yaml.SequenceNode) and isinstance(step, int) and step < len(node.value):
        return node.value[step]  # type: ignore[no-any-return]
    if isinstance(node, yaml.MappingNode):
        # The last key wins, as in the value.
        return next((v for k, v in reversed(node.value) if _is_key(k, step)), None)
    return None


def _is_key(node: yaml.Node, step: str | int) -> bool:
    return isinstance(node, yaml.ScalarNode) and _written(node) == step


def _refused(reason: str, event: yaml.Event) -> UnsafeYaml:
    return UnsafeYaml(reason, _line(event))


def _line(event: yaml.Event) -> int | None:
    return event.start_mark.line if event.start_mark else None


def _not_yaml(error: yaml.YAMLError, text: str) -> UnsafeYaml:
    mark: yaml.Mark | None = getattr(error, "problem_mark", None)
    line = mark.line if mark else None
    if isinstance(error, yaml.reader.ReaderError):  # a control character, at a byte's position
        line = text.encode().count(b"\n", 0, error.position)
    problem = getattr(error, "problem", None) or getattr(error, "reason", None) or str(error)
    return UnsafeYaml(f"not YAML: {_IN_WORDS.get(problem, problem)}", line)
