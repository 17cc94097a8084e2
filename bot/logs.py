"""Logging to stderr, as text or as JSON lines, and never with a secret in it.

If stderr is systemd's journal, each line begins with its priority (sd-daemon(3)) and has no time,
which the journal adds itself.
"""

import json
import logging
import os
import re
import sys
from collections.abc import Mapping, Sequence
from typing import Final, TextIO

_TEXT: Final = "%(asctime)s %(levelname)-7s %(name)s: %(message)s"
_TEXT_IN_JOURNAL: Final = "%(name)s: %(message)s"
_PRIORITIES: Final = {
    logging.DEBUG: 7,
    logging.INFO: 6,
    logging.WARNING: 4,
    logging.ERROR: 3,
    logging.CRITICAL: 2,
}
"""The levels' numbers in syslog(3)."""


def set_up_logging(level: str, style: str, secrets: Sequence[str] = ()) -> None:
    """Send every log record of `level` and above to stderr; `style` is "text" or "json"."""
    handler = logging.StreamHandler(sys.stderr)
    journal = is_journal(sys.stderr)
    text = logging.Formatter(_TEXT_IN_JOURNAL if journal else _TEXT)
    formatter = _JsonFormatter(timed=not journal) if style == "json" else text
    handler.setFormatter(_ForStderr(formatter, secrets, prioritised=journal))
    logging.basicConfig(level=level, handlers=[handler], force=True)
    for chatty in ("discord", "apscheduler", "aiohttp"):
        logging.getLogger(chatty).setLevel("DEBUG" if level == "DEBUG" else "WARNING")
    # Always: it logs two lines a statement with all values, the last from a thread after closing.
    logging.getLogger("aiosqlite").setLevel("WARNING")
    # It tells each of its tries to connect; whoever waits for one tells why it got none.
    logging.getLogger("psycopg.pool").setLevel("ERROR")


def is_journal(stream: TextIO, environment: Mapping[str, str] = os.environ) -> bool:
    """Whether systemd's journal reads the stream, whose file JOURNAL_STREAM names."""
    try:
        file = os.fstat(stream.fileno())
    except (OSError, ValueError):  # it has no file number, or is closed
        return False
    return environment.get("JOURNAL_STREAM") == f"{file.st_dev}:{file.st_ino}"


def prioritised(text: str, level: int) -> str:
    """Lines for the journal, which takes each line as a message of its own."""
    mark = f"<{_PRIORITIES.get(level, 6)}>"
    return "\n".join(mark + line for line in text.split("\n"))


def writes_all(stream: TextIO) -> bool:
    """Whether the stream's encoding has every character."""
    return (stream.encoding or "").lower().replace("_", "-") in {"utf-8", "utf8"}


class _JsonFormatter(logging.Formatter):
    """One JSON object a line: at, level, logger, message, and the traceback if there is one."""

    def __init__(self, *, timed: bool) -> None:
        super().__init__()
        self._timed = timed

    def format(self, record: logging.LogRecord) -> str:
        line = {
            **({"at": self.formatTime(record)} if self._timed else {}),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
        }
        if record.exc_info:
            line["traceback"] = self.formatException(record.exc_info)
        return json.dumps(line, ensure_ascii=not writes_all(sys.stderr))


_TOKENS = re.compile(
    r"""(?P<before>
        /(?:interactions|webhooks)/\d+/                               # in an address
      | \\?["']token\\?["']\s*:\s*\\?["']                            # in an event, also within JSON
    )[^\s"'\\/?]+""",
    re.VERBOSE,
)
"""Tokens that discord.py logs at DEBUG: with an interaction's token one can answer as the bot."""


class _ForStderr(logging.Formatter):
    """Wraps a formatter and removes every secret from its output, also in tracebacks, and Discord's
    temporary tokens. Adds priorities if the journal reads it.
    """

    def __init__(
        self, formatter: logging.Formatter, secrets: Sequence[str], *, prioritised: bool
    ) -> None:
        super().__init__()
        self._formatter, self._prioritised = formatter, prioritised
        spelled = ((secret, json.dumps(secret)[1:-1]) for secret in secrets if secret)
        self._secrets = [spelling for both in spelled for spelling in both]

    def format(self, record: logging.LogRecord) -> str:
        text = self._formatter.format(_fitting(record))
        for secret in self._secrets:
            text = text.replace(secret, "[secret]")
        text = _TOKENS.sub(r"\g<before>[secret]", text)
        return prioritised(text, record.levelno) if self._prioritised else text


def _fitting(record: logging.LogRecord) -> logging.LogRecord:
    """The record, with arguments that fit its message. If they did not fit, logging would write
    them to stderr past every formatter: discord.py formats any wait as a number.
    """
    try:
        record.getMessage()
    except (TypeError, ValueError, LookupError):
        record.msg, record.args = f"{record.msg} {record.args}", ()
    return record
