"""The tables whose rows are exported and imported, each after those that its rows refer to.

Not among them are columns that the database computes (how many stories a topic's page has, whether
a story is hidden) and where a text stands in the full text: each database finds places of its own.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final, NamedTuple

SCHEMA: Final = 12
"""The number of the schema that has these tables and columns."""
OLDEST: Final = 11
"""The oldest schema whose exports are imported: what has no column there is NULL here."""
NEVER_REUSED: Final = ("feed", "change")
"""The tables whose ids are never given again, even if their rows are deleted."""
TEXTS: Final = "story_text"
"""The full text: no table of rows, but what `FullText` stores of each story."""


class Column(NamedTuple):
    """A column: its name, the type of its values, whether it is NOT NULL, and the first schema that
    has it.
    """

    name: str
    kind: type[int] | type[str] | type[float] | type[bytes]
    required: bool
    since: int = OLDEST


@dataclass(frozen=True, slots=True)
class Table:
    """A table. Its rows are read in the order of their `key`, texts by their bytes in UTF-8.

    `only`: the condition that its rows fulfil. `own`: the column that refers to another row of the
    table, which may come later.
    """

    name: str
    key: Sequence[str]
    columns: Sequence[Column]
    only: str = "1 = 1"
    own: str | None = None

    @property
    def names(self) -> list[str]:
        """The names of its columns."""
        return [column.name for column in self.columns]

    def at(self, schema: int) -> "Table":
        """The table as an earlier schema has it."""
        return replace(self, columns=[one for one in self.columns if one.since <= schema])

    def places(self, *kinds: type) -> list[int]:
        """The positions of its columns of these types."""
        return [place for place, column in enumerate(self.columns) if column.kind in kinds]


def _table(
    name: str,
    key: str,
    *,
    integers: str = "",
    texts: str = "",
    reals: str = "",
    blobs: str = "",
    only: str = "1 = 1",
    own: str | None = None,
) -> Table:
    """A table with columns of these names; a `?` marks one that may be NULL, and a number behind it
    the schema that brought it, after the OLDEST.
    """
    listed = ((integers, int), (texts, str), (reals, float), (blobs, bytes))
    columns = [
        Column(name, kind, not optional, int(since or OLDEST))
        for names, kind in listed
        for name, optional, since in (column.partition("?") for column in names.split())
    ]
    return Table(name, key.split(), columns, only, own)


TABLES: Final = (
    _table("topic", "topic_id", integers="topic_id", texts="slug name"),
    _table(
        "story",
        "story_id",
        integers="story_id published_at quality? heat_imported? published? removed withdrawn heat"
        " publishers leader_id? arrived_at best? sources event_id grouped",
        texts="url key title excerpt provider domain image? top junk? quality_parts?",
    ),
    _table(
        "source",
        "story_id position",
        integers="story_id position published_at quality? listed independent",
        texts="url key title excerpt provider domain image? relation repeats?",
        reals="similarity? share?",
    ),
    _table("story_topic", "story_id position", integers="story_id position topic_id"),
    _table(
        "topic_page", "topic_id published_at story_id", integers="topic_id published_at story_id"
    ),
    _table(TEXTS, "story_id", integers="story_id", texts="title topics provider sources excerpt"),
    _table("word", "word", integers="stories", texts="word"),
    _table("address", "key", integers="story_id", texts="key loose url"),
    _table("merged_story", "story_id", integers="story_id into_id"),
    _table("origin", "origin_id", integers="origin_id read_by?", texts="kind key"),
    _table(
        "item",
        "origin_id key",
        integers="origin_id modified story_id?",
        texts="key stamp topics headline reasons",
        blobs="content",
    ),
    _table(
        "event",
        "event_id",
        integers="event_id first_at newest_at leader_id former_id?",
        own="former_id",
    ),
    _table("edge", "story_id other_id", integers="story_id other_id", reals="p"),
    _table("related_event", "event_id other_id", integers="event_id other_id"),
    _table("pin", "story_id other_id", integers="story_id other_id together made_at"),
    _table("document_frequency", "term", integers="found_in", texts="term"),
    _table("boilerplate", "domain excerpt", texts="domain excerpt"),
    _table(
        "provider_quality",
        "domain",
        integers="articles told shared",
        texts="domain",
        reals="median?",
    ),
    _table(
        "feed",
        "feed_id",
        integers="feed_id listed tier? listed_off off? added_at moved_since? moved_sweeps next_at?"
        " asked_at? succeeded_at? failing_since? failures paused newest_at? floor? skip_hours"
        " skip_days",
        texts="key url provider? topics language? added_by title format ask_url moved_to? etag?"
        " last_modified? fault? detail told?",
        reals="gap?",
        blobs="body_hash?",
    ),
    _table("feed_host", "host", integers="waits_until? robots_at?", texts="host robots"),
    _table(
        "feed_item",
        "feed_id item_key",
        integers="feed_id first_seen last_seen pending",
        texts="item_key url stamp article",
    ),
    _table(
        "server",
        "guild_id",
        integers="guild_id paused? publish? role? log_channel_id? left_at? stories? minimum?"
        " thread? managers? greeted_at? hello_tried_at?",
        texts="time? timezone? days? quiet_day? layout? hello_nonce? mute?12",
        reals="catch_up?",
    ),
    _table(
        "digest",
        "digest_id",
        integers="digest_id guild_id channel_id paused? next_due_at? next_slot? created_at publish?"
        " role? gone_at? read_back_since? read_back_tries read_back_first? read_back_at? stories?"
        " minimum? thread?",
        texts="time? timezone? days? quiet_day? fault? next_date? tags layout? thread_fault?"
        " mute?12",
        reals="catch_up?",
    ),
    _table("subscription", "digest_id topic_id", integers="digest_id topic_id"),
    _table(
        "edition",
        "edition_id",
        integers="edition_id digest_id slot due_at expires_at planned_at attempts epoch retry_at?"
        " closed_at? post_id? publish",
        texts="local_date state reason? title thread",
    ),
    _table(
        "edition_part",
        "edition_id part",
        integers="edition_id part version attempts first_tried_at? message_id? publish_at?"
        " published_at? thread_at? thread_tried threaded_at?",
        texts="body marker nonce state resolved_by?",
        blobs="sha256",
    ),
    _table(
        "edition_choice",
        "edition_id position",
        integers="edition_id position story_id heat age_seconds other_id?",
        texts="verdict",
        reals="score",
    ),
    _table(
        "posted",
        "digest_id event_id",
        integers="digest_id event_id story_id edition_id part left_out also",
    ),
    _table(
        "notice",
        "notice_id",
        integers="notice_id guild_id edition_id? made_at tried_at? closed_at? told_in?",
        texts="line nonce?",
    ),
    _table(
        "aside",
        "work row_id",
        integers="row_id guild_id digest_id? again_at",
        texts="work reason",
    ),
    _table(
        "change",
        "change_id",
        integers="change_id guild_id channel_id? made_at made_by undone_at? undone_by?",
        texts="name old? new?",
    ),
    _table("fact", "name", texts="name value", only="name NOT IN ('restored', 'taken_at')"),
)
"""The two facts left out say of which moment the database is; an export says it for the whole."""


def columns(table: str, alias: str) -> str:
    """All columns of a table for a SELECT. An asterisk would mean more of them once a later version
    adds one: PostgreSQL refuses a prepared statement that would answer otherwise than before.
    """
    (found,) = (one for one in TABLES if one.name == table)
    return ", ".join(f"{alias}.{name}" for name in found.names)
