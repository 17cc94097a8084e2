"""Front matter: the values at the head of a file, in YAML, TOML or JSON, with their lines.

`---` begins and ends YAML (`...` ends it too), `+++` TOML; `---toml` and `---json` name another
language; a file that begins with `{` has JSON up to the closing brace. python-frontmatter splits a
file at these lines and loads the front matter through our handler, which refuses unsafe content; a
file for which the library would return an empty mapping is refused here.
"""

import re
from collections.abc import Sequence
from typing import Any, Final

import frontmatter
from frontmatter.default_handlers import BaseHandler

from bot.errors import StoryFileError
from bot.origins.files import safeyaml, tomljson

_HEAD: Final = re.compile(
    r"(?P<fence>-{3,}|\+{3})[ \t]*(?P<language>yaml|toml|json)?[ \t]*(?:\r?\n|\Z)|\{"
)
_FIRST_LINE: Final = r"\A[^\n]*(?:\n|\Z)"
_YAML: Final = re.compile(rf"^(?:{_FIRST_LINE}|(?:-{{3,}}|\.{{3}})[ \t]*$)", re.MULTILINE)
_FENCED: Final = {
    "-": re.compile(rf"^(?:{_FIRST_LINE}|-{{3,}}[ \t]*$)", re.MULTILINE),
    "+": re.compile(rf"^(?:{_FIRST_LINE}|\+{{3}}[ \t]*$)", re.MULTILINE),
}
_WHOLE: Final = re.compile(r"\A(.*)\Z", re.DOTALL)
"""For JSON without a fence: only the decoder finds its end."""


def begins_front_matter(text: str) -> bool:
    """Whether a text begins with front matter."""
    return _HEAD.match(text.lstrip()) is not None


class _Handler(BaseHandler):
    """The handler with which python-frontmatter splits and loads a file; `source` is its text."""

    def __init__(self, boundary: re.Pattern[str], language: str) -> None:
        super().__init__(boundary)
        self._language = language
        self.source: str | None = None

    def load(self, fm: str) -> dict[str, Any]:
        self.source = fm
        values = _LOADERS[self._language](fm)
        if not isinstance(values, dict):
            found = "empty" if safeyaml.is_nothing(values) else kind(values)
            raise StoryFileError(f"the front matter is {found}; it must be a mapping", line=1)
        return values


class FrontMatter:
    """The `values` of a text's front matter.

    Raises StoryFileError for a text without front matter, or with refused content in it.
    """

    def __init__(self, text: str) -> None:
        # The library strips white space before it splits; lines count from the file's start.
        lines_before = text.count("\n", 0, len(text) - len(text.lstrip()))
        text = text.strip()
        head = _HEAD.match(text)
        if head is None:
            raise StoryFileError("no front matter: the file must begin with a line of ---", line=1)
        mark = (head["fence"] or "")[:1]
        self._language = head["language"] or {"-": "yaml", "+": "toml", "": "json"}[mark]
        self._lines_before = lines_before + (1 if mark else 0)
        handler = _Handler(_boundary(mark, self._language), self._language)
        self.values: dict[str, Any]
        try:
            self.values, _body = frontmatter.parse(text, handler=handler)
        except safeyaml.UnsafeYaml as error:
            raise StoryFileError(error.reason, error.path, self._in_file(error.line)) from error
        if handler.source is None:  # the library found no boundary to split at
            reason = f"the front matter is not closed: end it with a line of {mark * 3}"
            raise StoryFileError(reason, line=1)
        self._source = handler.source

    def located(self, error: StoryFileError) -> StoryFileError:
        """`error` with the line of its path."""
        line = error.line or self.lines([error.path])[0]
        return StoryFileError(error.reason, error.path, line, several=error.several)

    def lines(self, paths: Sequence[Sequence[str | int]]) -> list[int | None]:
        """The lines in the file, from 1, of the values at paths; None if a line is unknown."""
        find = safeyaml.lines_of if self._language == "yaml" else _lines_of_keys
        return [self._in_file(line) for line in find(self._source, paths)]

    def _in_file(self, line: int | None) -> int | None:
        return None if line is None else line + self._lines_before + 1


def _boundary(mark: str, language: str) -> re.Pattern[str]:
    """The lines at which the library splits: the first, and the one that ends the front matter."""
    if not mark:
        return _WHOLE
    return _YAML if mark == "-" and language == "yaml" else _FENCED[mark]


_LOADERS: Final = {
    "yaml": safeyaml.load,
    "toml": tomljson.load_toml,
    "json": tomljson.load_json,
}


def _lines_of_keys(text: str, paths: Sequence[Sequence[str | int]]) -> list[int | None]:
    return [_line_of_key(text, path) for path in paths]


def _line_of_key(text: str, path: Sequence[str | int]) -> int | None:
    """The line, from 0, of the last key of a path in TOML or JSON; None if it is ambiguous."""
    keys = [step for step in path if isinstance(step, str)]
    key = re.escape(keys[-1]) if keys else ""
    found = [*re.finditer(rf'(?:^[ \t]*{key}[ \t]*=|"{key}"[ \t]*:)', text, re.MULTILINE)]
    return text.count("\n", 0, found[0].start()) if len(found) == 1 else None


_KINDS: Final = {
    dict: "a mapping",
    list: "a list",
    str: "text",
    bool: "true or false",
    int: "a number",
    float: "a number",
    type(None): "nothing",
}


def kind(value: object) -> str:
    """The kind of a value, in words."""
    try:
        return _KINDS.get(type(safeyaml.resolved(value)), "a date")
    except ValueError:  # it looks like a date and is not one
        return "text"
