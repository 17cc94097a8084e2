"""Editions are chosen and frozen, many in one go: most of a moment tell the same stories."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import NamedTuple

from bot.delivery.nonces import new_nonce
from bot.delivery.weighing import Weighed, Weighing, contents_of
from bot.digests.edition import LATE, Contents, edition_line
from bot.digests.ledger import EditionState
from bot.digests.schedule import Key
from bot.digests.selection import Choice, Had
from bot.digests.setting_types import DigestSettings
from bot.digests.settings import CATCH_UP, LAYOUT, PUBLISH, ROLE, THREAD
from bot.render.digest import Message, edition_messages, edition_title
from bot.store import editions
from bot.store.choices import record_choices
from bot.store.database import Connection
from bot.store.digests import DigestRow
from bot.store.editions import FrozenPart, NewEdition


class DueEdition(NamedTuple):
    """An edition before its stories are chosen. `ready_at`: not delivered before this."""

    digest: DigestRow
    settings: DigestSettings
    key: Key
    due_at: datetime
    ready_at: datetime | None = None


async def freeze_editions(
    db: Connection, weighing: Weighing, due: Sequence[DueEdition], now: datetime
) -> list[int | None]:
    """Choose and freeze one edition of each of these digests; returns their ids, None where the
    key is taken.

    A quiet day under `skip`, or with nothing left in the archive, is an edition too, closed at
    once: it keeps its key, and `/digest status` can say why nothing was posted.
    """
    had = await editions.posted_to_each(db, [one.digest.digest_id for one in due], now)
    weighed = [await _weighed(db, weighing, one, had, now) for one in due]
    ids: list[int | None] = []
    choices: dict[int, Sequence[Choice]] = {}
    parts: dict[int, Sequence[FrozenPart]] = {}
    for place, contents in enumerate(await contents_of(db, weighed)):
        one = due[place]
        dressed = _dressed(contents, one, now) if contents else None
        ids.append(id_ := await editions.add_edition(db, _new_edition(one, dressed, now), now))
        if id_ is not None:
            choices[id_], parts[id_] = weighed[place].choices, _parts(dressed, one)
    await record_choices(db, choices)
    await editions.freeze(db, parts)
    return ids


async def _weighed(
    db: Connection, weighing: Weighing, one: DueEdition, had: Mapping[int, Had], now: datetime
) -> Weighed:
    digest, rules = one.digest, one.settings.rules
    choices = await weighing.weigh(db, digest.topics, had[digest.digest_id], rules, now)
    return Weighed(choices, digest.topics, rules, one.key)


def _new_edition(one: DueEdition, contents: Contents | None, now: datetime) -> NewEdition:
    settings = one.settings
    return NewEdition(
        digest_id=one.digest.digest_id,
        key=one.key,
        due_at=one.due_at,
        expires_at=one.due_at + settings[CATCH_UP],
        state=EditionState.READY if contents else EditionState.SKIPPED,
        reason=None if contents else "no new story",
        ready_at=one.ready_at if one.ready_at and one.ready_at > now else None,
        title=edition_title(contents) if contents else "",
        publish=settings[PUBLISH],
        thread=edition_line(*one.key, part=1) if settings[THREAD] else "",
    )


def _dressed(contents: Contents, one: DueEdition, now: datetime) -> Contents:
    """An edition with the additions for its channel's settings and its lateness."""
    settings = one.settings
    local = one.due_at.astimezone(settings.timetable.zone)
    late = local if now - one.due_at >= LATE else None
    return replace(contents, role=settings[ROLE], due=late, layout=settings[LAYOUT])


def _parts(contents: Contents | None, one: DueEdition) -> list[FrozenPart]:
    messages = edition_messages(contents, one.settings.rules.sources) if contents else []
    return [_frozen(message) for message in messages]


def _frozen(message: Message) -> FrozenPart:
    body = json.dumps(message.body, ensure_ascii=False, separators=(",", ":"))
    digest = hashlib.sha256(body.encode()).digest()
    return FrozenPart(
        body, digest, message.marker, new_nonce(), message.story_ids, message.also_ids
    )
