"""Logging: to stderr, as text or as JSON lines, and never with a secret in it."""

import json
import logging
import re
import sys
from collections.abc import Sequence


def set_up_logging(level: str, style: str, secrets: Sequence[str] = ()) -> None:
    """Send every log record of `level` and above to stderr; `style` is "text" or "json"."""
    handler = logging.StreamHandler(sys.stderr)
    formatter = _JsonFormatter() if style == "json" else logging.Formatter(_TEXT)
    handler.setFormatter(_Redacting(formatter, secrets))
    logging.basicConfig(level=level, handlers=[handler], force=True)
    for chatty in ("discord", "apscheduler", "aiohttp"):
        logging.getLogger(chatty).setLevel("DEBUG" if level == "DEBUG" else "WARNING")


_TEXT = "%(asctime)s %(levelname)-7s %(name)s: %(message)s"


class _JsonFormatter(logging.Formatter):
    """One JSON object a line: at, level, logger, message, and the traceback if there is one."""

    def format(self, record: logging.LogRecord) -> str:
        line = {
            "at": self.formatTime(record),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
        }
        if record.exc_info:
            line["traceback"] = self.formatException(record.exc_info)
        return json.dumps(line, ensure_ascii=False)


_TOKENS = re.compile(
    r"""(?P<before>
        /(?:interactions|webhooks)/\d+/                               # in an address
      | \\?["']token\\?["']\s*:\s*\\?["']                            # in an event, also within JSON
    )[^\s"'\\/?]+""",
    re.VERBOSE,
)
"""What discord.py writes at DEBUG: whoever has an interaction's token can answer in our name."""


class _Redacting(logging.Formatter):
    """Another formatter, with every secret struck out of what it makes, tracebacks included; so are
    the tokens that Discord gives for a while.
    """

    def __init__(self, formatter: logging.Formatter, secrets: Sequence[str]) -> None:
        super().__init__()
        self._formatter = formatter
        spelled = ((secret, json.dumps(secret)[1:-1]) for secret in secrets if secret)
        self._secrets = [spelling for both in spelled for spelling in both]

    def format(self, record: logging.LogRecord) -> str:
        text = self._formatter.format(record)
        for secret in self._secrets:
            text = text.replace(secret, "[secret]")
        return _TOKENS.sub(r"\g<before>[secret]", text)
