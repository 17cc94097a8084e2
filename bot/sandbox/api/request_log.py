"""The newest requests of the bot, in memory, each with the faults that the sandbox found.

Among them are the events of the bot's connection to the gateway.
"""

import json
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bot.sandbox.rules.errors import ApiError

KEPT = 1000
"""How many requests are kept; older ones are dropped."""

LONGEST_ANSWER = 4000
"""How many bytes of an answer are kept."""

_HIDDEN = b"[token]"

NO_ANSWER = 0
"""The status of a request whose connection was broken instead of an answer."""

GATEWAY = "GATEWAY"
"""The method of an entry that is an event of the connection, which its `path` describes."""


@dataclass(frozen=True)
class Entry:
    """One request of the bot, or with method `GATEWAY` an event of its connection.

    `number` counts from 1, `at` is the sandbox's time. `path` includes the query, `body` is decoded
    JSON or None. `status` 0: no answer was given. `answer` is the answer's text, truncated.
    `verdict` lists the faults, in sentences; empty = none.
    """

    number: int
    at: datetime
    method: str
    path: str
    body: object
    status: int
    answer: str
    verdict: tuple[str, ...]


class Log:
    """A bounded list of requests, oldest first; `listeners` are called as each is answered."""

    def __init__(self, now: Callable[[], datetime], secret: str) -> None:
        self._now = now
        self._secret = secret.encode()
        self._number = 0
        self.entries: deque[Entry] = deque(maxlen=KEPT)
        self.listeners: list[Callable[[Entry], None]] = []

    def add(
        self,
        method: str,
        path: str,
        sent: tuple[bytes, object],
        status: int,
        answer: bytes,
        verdict: tuple[str, ...],
    ) -> None:
        """Keep a request, without the secret; `sent` is its body as bytes and decoded."""
        self._number += 1
        raw, body = sent
        if self._secret in raw:
            body = json.loads(raw.replace(self._secret, _HIDDEN))
        text = answer.replace(self._secret, _HIDDEN)[:LONGEST_ANSWER].decode(errors="replace")
        self._keep(Entry(self._number, self._now(), method, path, body, status, text, verdict))

    def note(self, words: str) -> None:
        """Keep an event of a connection to the gateway."""
        self._number += 1
        self._keep(Entry(self._number, self._now(), GATEWAY, words, None, NO_ANSWER, "", ()))

    def _keep(self, entry: Entry) -> None:
        self.entries.append(entry)
        for listener in self.listeners:
            listener(entry)


def verdict_of(error: ApiError) -> tuple[str, ...]:
    """The sentences of a refusal: Discord's message, then each fault of a body with its place."""
    number, status, words = error.code.value
    return f"{status} ({number}): {words}", *_faults("", error.errors or {})


def _faults(path: str, errors: dict[str, Any]) -> list[str]:
    """Every fault below, like "embeds.0.title: Must be 256 or fewer in length."."""
    found = [f"{path or 'body'}: {one['message']}" for one in errors.get("_errors", ())]
    for key, below in errors.items():
        if key != "_errors":
            found += _faults(f"{path}.{key}" if path else key, below)
    return found
