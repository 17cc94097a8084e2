"""Results on stdout, everything else on stderr."""

import io
import json
import logging
import sys
from typing import Any

from bot.logs import is_journal, prioritised, writes_all


def write_anything() -> None:
    """From now on write characters that the terminal's encoding lacks as question marks."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # else it is None, or a test's
            stream.reconfigure(errors="replace")


def result(text: str) -> None:
    """Print the result of the command."""
    print(text, flush=True)


def result_json(value: Any) -> None:  # noqa: ANN401 - any JSON
    """Print the result as one line of JSON, which can spell every character in any encoding."""
    result(json.dumps(value, ensure_ascii=not writes_all(sys.stdout)))


def note(text: str) -> None:
    """Print something for the user that is not the result."""
    print(text, file=sys.stderr, flush=True)


def failure(text: str) -> None:
    """Print why the command failed; in systemd's journal as an error."""
    line = f"broadsheet: {text}"
    note(prioritised(line, logging.ERROR) if is_journal(sys.stderr) else line)
