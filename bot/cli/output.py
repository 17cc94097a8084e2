"""Results on stdout, everything else on stderr."""

import io
import json
import logging
import sys
from typing import Any

from bot.logs import is_journal, prioritised, writes_all


def write_anything() -> None:
    """From now on what a terminal's encoding lacks is written as a question mark."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # else it is none, or a test's
            stream.reconfigure(errors="replace")


def result(text: str) -> None:
    """Print what the command was asked for."""
    print(text, flush=True)


def result_json(value: Any) -> None:  # noqa: ANN401 - any JSON
    """Print it as one line of JSON, which can spell every sign in any encoding."""
    result(json.dumps(value, ensure_ascii=not writes_all(sys.stdout)))


def note(text: str) -> None:
    """Tell the person at the terminal something that is not the result."""
    print(text, file=sys.stderr, flush=True)


def failure(text: str) -> None:
    """Tell why the command failed; to systemd's journal as an error."""
    line = f"broadsheet: {text}"
    note(prioritised(line, logging.ERROR) if is_journal(sys.stderr) else line)
