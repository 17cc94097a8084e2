"""The outcome of every edition: the channels compared with the ledger."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Final

from bot.digests.edition import read_edition_line
from bot.digests.ledger import CLOSED, EditionState, PartState
from bot.sandbox import Channel
from tests.soak.scenario import Scenario

Key = tuple[int, date, int]
"""Channel, local date, part."""

_PARTS: Final = """
SELECT channel_id, local_date, part, p.state, message_id
FROM edition_part p JOIN edition USING (edition_id) JOIN digest USING (digest_id)
"""
_EDITIONS: Final = """
SELECT channel_id, local_date, state FROM edition JOIN digest USING (digest_id)
"""
_STILL_OPEN: Final = set(EditionState) - CLOSED


@dataclass
class Audit:
    """The findings. `told`: editions that were not, or not fully, delivered, with a notice."""

    messages: int = 0
    editions: int = 0
    states: Counter[str] = field(default_factory=Counter)
    told: int = 0
    duplicates: list[str] = field(default_factory=list)
    lost: list[str] = field(default_factory=list)
    contradictions: list[str] = field(default_factory=list)

    def assert_exactly_once(self) -> None:
        """No message twice, none lost silently, and a true ledger."""
        assert self.duplicates == [], self.duplicates
        assert self.lost == [], self.lost
        assert self.contradictions == [], self.contradictions
        assert self.editions > 0

    def __str__(self) -> str:
        """The figures, in words."""
        states = ", ".join(f"{count:,} {state}" for state, count in sorted(self.states.items()))
        return (
            f"{len(self.duplicates)} duplicates, {len(self.lost)} silent losses"
            f" ({self.messages:,} messages; editions: {states}; {self.told:,} told)"
        )


def audit(scenario: Scenario, *, at_the_end: bool = True) -> Audit:
    """Compare every channel with the ledger; `at_the_end`: nothing may be open any more."""
    found = Audit()
    shown = _shown(scenario, found)
    _hold_parts_against(scenario, found, shown)
    _hold_editions_against(scenario, found, at_the_end=at_the_end)
    return found


def _shown(scenario: Scenario, found: Audit) -> dict[Key, str]:
    """The id of the message of each part that a channel shows; duplicates are noted."""
    shown: dict[Key, str] = {}
    for channel in scenario.channels:
        messages = scenario.messages(channel)
        for message in messages:
            found.messages += 1
            key = _key(channel, message)
            if key in shown:
                found.duplicates.append(f"{channel.id} has {key[1]}, part {key[2]}, twice")
            shown[key] = message["id"]
        urls = Counter(embed["url"] for message in messages for embed in message["embeds"])
        found.duplicates += [f"{channel.id} has {url} twice" for url, n in urls.items() if n > 1]
    return shown


def _key(channel: Channel, message: Any) -> Key:
    lines = (line.removeprefix("-# ") for line in message["content"].splitlines())
    found = next(filter(None, map(read_edition_line, lines)), None)
    assert found is not None, message["content"]
    local_date, slot, part = found
    assert slot == 1
    return channel.id, local_date, part


def _hold_parts_against(scenario: Scenario, found: Audit, shown: dict[Key, str]) -> None:
    known = set()
    for row in scenario.rows(_PARTS):
        key = (row["channel_id"], date.fromisoformat(row["local_date"]), row["part"])
        known.add(key)
        if row["state"] == PartState.SENT and key not in shown:
            found.lost.append(f"{key} is sent in the ledger, and not in the channel")
        if row["state"] == PartState.SENT and shown.get(key) != str(row["message_id"]):
            found.contradictions.append(f"{key} is another message than the ledger has")
        if row["state"] in (PartState.PENDING, PartState.REJECTED) and key in shown:
            found.contradictions.append(f"{key} is {row['state']} in the ledger, and shown")
    found.contradictions += [
        f"{key} is shown, and not in the ledger" for key in shown.keys() - known
    ]


def _hold_editions_against(scenario: Scenario, found: Audit, *, at_the_end: bool) -> None:
    notices = "\n".join(row["line"] for row in scenario.rows("SELECT line FROM notice"))
    states = {
        (row["channel_id"], row["local_date"]): row["state"] for row in scenario.rows(_EDITIONS)
    }
    for channel in scenario.channels:
        for day in scenario.due_days:
            # Editions missed before the last one are reported in one line, and have no row.
            state = states.get((channel.id, day.isoformat()), "missed")
            found.editions += 1
            found.states[state] += 1
            if state == EditionState.DELIVERED:
                continue
            if f"<#{channel.id}>" in notices:
                found.told += 1
            elif at_the_end:
                found.lost.append(f"{channel.id}, {day}: {state}, and nobody is told")
            if at_the_end and state in _STILL_OPEN:
                found.contradictions.append(f"{channel.id}, {day} is {state} at the end")
