"""YAML from strangers: one pass over libyaml's events that refuses bombs while it builds values.

Aliases, anchors, tags, merge keys, depth and size are refused as they pass, so that a hostile file
costs milliseconds; so are endless numbers, of which some take Python minutes. What is accepted
becomes what `yaml.safe_load` would make of it; a test holds the two equal.
"""

from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Any, Final

import yaml

MAX_DEPTH: Final = 20
"""Nested collections; real story files have 4."""
MAX_NODES: Final = 100_000
"""Scalars and collections in one document; the largest real story file has about 4,000."""
MAX_NUMBER: Final = 100
"""Characters of a number or date."""

_MERGE, _VALUE = "tag:yaml.org,2002:merge", "tag:yaml.org,2002:value"
_NO_KEY: Final = object()
_RESOLVERS = yaml.SafeLoader.yaml_implicit_resolvers
_CONSTRUCTOR = yaml.constructor.SafeConstructor()


class UnsafeYaml(ValueError):
    """The text is no YAML, or YAML that is refused. `line` counts from 0 in the text given.

    `path` is where the refused value stands (keys and list positions), where that is known.
    """

    def __init__(self, reason: str, line: int | None, path: Sequence[str | int] = ()) -> None:
        super().__init__(reason)
        self.reason, self.line, self.path = reason, line, path


def load(text: str) -> Any:  # noqa: ANN401 - a YAML document is any value
    """The value of one YAML document: dict, list, str, int, float, bool, date(time) or None.

    Raises UnsafeYaml for anything refused (see the module) and for what is not YAML.
    """
    builder = _Builder()
    try:
        next_event = yaml.CSafeLoader(text).get_event
        while (event := next_event()) is not None:
            builder.take(event)
    except yaml.YAMLError as error:
        raise _not_yaml(error, text) from error
    return builder.result


def line_of(text: str, path: Sequence[str | int]) -> int | None:
    """The line, counted from 0, on which the value at `path` (or its nearest holder) begins.

    Only for a text that `load` accepted: this composes the whole document.
    """
    node = yaml.compose(text, Loader=yaml.CSafeLoader)
    for step in path:
        below = _child(node, step)
        if below is None:
            break
        node = below
    mark = node.start_mark if node else None
    return mark.line if mark else None


class _Builder:
    """Builds the value from events. A container stands on the stack until its end event."""

    def __init__(self) -> None:
        self.result: Any = None
        self._stack: list[Any] = []
        self._keys: list[Any] = []  # beside each container: the mapping key that waits for a value
        self._nodes = 0

    def take(self, event: yaml.Event) -> None:
        if isinstance(event, yaml.ScalarEvent):
            self._count(event)
            self._add(self._scalar(event) if event.implicit[0] else event.value)
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
        if self._stack and isinstance(self._stack[-1], dict) and self._keys[-1] is _NO_KEY:
            raise _refused("a list or mapping cannot be a key", event)
        self._add(container)
        self._stack.append(container)
        self._keys.append(_NO_KEY)

    def _add(self, value: Any) -> None:  # noqa: ANN401
        if not self._stack:
            self.result = value
            return
        container, key = self._stack[-1], self._keys[-1]
        if container.__class__ is list:
            container.append(value)
        elif key is _NO_KEY:
            self._keys[-1] = value
        else:
            container[key] = value
            self._keys[-1] = _NO_KEY

    def _scalar(self, event: yaml.ScalarEvent) -> Any:  # noqa: ANN401
        """The value of a plain scalar, by YAML 1.1's implicit types."""
        value: str = event.value
        try:
            return _plain(value) if len(value) <= MAX_NUMBER else _long_plain(value)
        except ValueError as error:
            raise UnsafeYaml(str(error), _line(event), tuple(self._path())) from error

    def _path(self) -> Iterator[str | int]:
        """Where the next value stands."""
        for container in self._stack[:-1]:  # whose newest member is the container above
            yield len(container) - 1 if isinstance(container, list) else str([*container][-1])
        for container, key in zip(self._stack[-1:], self._keys[-1:], strict=True):
            if isinstance(container, list):
                yield len(container)
            elif key is not _NO_KEY:
                yield str(key)


@lru_cache(maxsize=4096)
def _plain(value: str) -> Any:  # noqa: ANN401
    """A short plain scalar; cached, because no such value can change."""
    tag = _implicit_tag(value)
    if tag in (None, _VALUE):
        return value
    if tag == _MERGE:
        raise ValueError("merge keys (<<) are not accepted")
    try:
        return _CONSTRUCTOR.yaml_constructors[tag](_CONSTRUCTOR, yaml.ScalarNode(tag, value))
    except (ValueError, OverflowError) as error:  # 2020-13-45
        raise ValueError(f"{value[:40]!r} is not a value: {error}") from error


def _long_plain(value: str) -> str:
    if _implicit_tag(value) is not None:
        raise ValueError(f"numbers of more than {MAX_NUMBER} characters are not accepted")
    return value


def _implicit_tag(value: str) -> str | None:
    found = (tag for tag, pattern in _RESOLVERS.get(value[:1], ()) if pattern.match(value))
    return next(found, None)


def _child(node: yaml.Node | None, step: str | int) -> yaml.Node | None:
    if isinstance(node, yaml.SequenceNode) and isinstance(step, int) and step < len(node.value):
        return node.value[step]  # type: ignore[no-any-return]
    if isinstance(node, yaml.MappingNode):
        # The last one wins, as in the value.
        return next((v for k, v in reversed(node.value) if k.value == step), None)
    return None


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
    return UnsafeYaml(f"not YAML: {problem}", line)
