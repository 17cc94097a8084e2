"""The record of the bot's requests: one JSON line per request, in the order of the answers."""

import json
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import IO


class Record:
    """Appends lines `{"at","method","path","body","status"}` to a file, each flushed at once.

    `at` is the sandbox's time (ISO 8601), `path` includes the query, `body` is decoded JSON or
    null, `status` is 0 if a fault broke the connection instead of answering. The secret never
    reaches the file, not even inside a body. Without a path nothing is written.
    """

    def __init__(self, path: Path | None, now: Callable[[], datetime], secret: str) -> None:
        self._now = now
        self._secret = secret
        self.path = path
        self._file: IO[str] | None = None

    def open(self) -> None:
        """Open the file, keeping its content."""
        if self.path is not None:
            self._file = self.path.open("a", encoding="utf-8")

    def write(self, method: str, path: str, body: object, status: int) -> None:
        """Append one request."""
        if self._file is None:
            return
        at = self._now().isoformat()
        line = {"at": at, "method": method, "path": path, "body": body, "status": status}
        text = json.dumps(line, ensure_ascii=False).replace(self._secret, "[token]")
        self._file.write(text + "\n")
        self._file.flush()

    def close(self) -> None:
        """Close the file."""
        if self._file is not None:
            self._file.close()
            self._file = None
