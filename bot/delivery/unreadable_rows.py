"""Which stored rows this version or machine cannot read, for `check` and operators."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any, Final

from bot.config import DigestConfig
from bot.delivery.planning import unknown_of
from bot.digests.ledger import PartState
from bot.errors import Unreadable
from bot.render import aside_texts
from bot.store import asides, digests, follow_ups, ledger, notices, recovery, values
from bot.store.asides import Ref, Stored
from bot.store.database import Connection

_LAST: Final = datetime(9000, 1, 1, tzinfo=UTC)
"""At this time nothing waits any more: whatever is open is checked."""
_ALL: Final = (1 << 63) - 1
_PAGE: Final = 500
_OPEN: Final = (PartState.PENDING, PartState.SENDING)


async def unknown_rows(db: Connection, config: DigestConfig) -> list[str]:
    """One line for each digest, edition and notice that is set aside, or would be."""
    lines: dict[tuple[str, int], str] = {}
    async for ref, error in _unreadable(db, config):
        lines[ref.work, ref.row_id] = f"{ref.where}: {aside_texts.why(error)}"
    for one in await asides.held(db):
        lines.setdefault((one.work, one.row_id), f"{one.where}: {one.reason}")
    return list(lines.values())


async def _unreadable(
    db: Connection, config: DigestConfig
) -> AsyncIterator[tuple[Ref, Unreadable]]:
    ids = await digests.all_digest_ids(db)
    for first in range(0, len(ids), _PAGE):
        for digest in await digests.digests_by_id(db, ids[first : first + _PAGE]):
            if digest.topics and (found := unknown_of(config, digest)):
                yield digest.ref, Unreadable(*found)
    rows: list[Stored[Any]] = [*await ledger.open_editions(db, _LAST, None, _ALL)]
    for edition in rows:
        if error := await _unreadable_part(db, edition):
            yield edition.ref, error
    for stored in (*rows, *await _waiting(db)):
        if error := _error_of(stored):
            yield stored.ref, error


async def _waiting(db: Connection) -> list[Stored[Any]]:
    """What else is still to be done."""
    found: list[Stored[Any]] = [*await recovery.to_read_back(db, _LAST)]
    for kind in follow_ups.KINDS:
        found += await follow_ups.due(db, kind, _LAST)
    return [*found, *await notices.open_notices(db, _LAST)]


async def _unreadable_part(db: Connection, edition: Stored[Any]) -> Unreadable | None:
    try:
        for part in await ledger.parts_of(db, edition.ref.row_id):
            if part.state in _OPEN:
                values.mapping("message", part.body)
    except Unreadable as error:
        return error
    return None


def _error_of(stored: Stored[Any]) -> Unreadable | None:
    try:
        stored.read()
    except Unreadable as error:
        return error
    return None
