"""The tables: an append-only list of steps. A step that has been released is never edited.

Times are whole seconds since 1970 in UTC; local dates are `YYYY-MM-DD`; ids of Discord are 64 bits.
"""

from typing import Final

APPLICATION_ID: Final = 0x42524F41
"""Marks the file as ours ("BROA"), so that no other program's database is written to."""

_STORIES: Final = """
CREATE TABLE topic (
    topic_id INTEGER PRIMARY KEY,
    slug     TEXT NOT NULL UNIQUE,
    name     TEXT NOT NULL
) STRICT;

CREATE TABLE story (
    story_id      INTEGER PRIMARY KEY,   -- in order of arrival
    url           TEXT NOT NULL UNIQUE,  -- canonical; the story's identity
    title         TEXT NOT NULL,
    excerpt       TEXT NOT NULL,
    published_at  INTEGER NOT NULL,
    provider      TEXT NOT NULL,
    domain        TEXT NOT NULL,
    quality       INTEGER,
    image         TEXT,
    heat_imported INTEGER,               -- of the file; NULL = unknown, -1 = led upstream
    published     INTEGER,
    removed       INTEGER NOT NULL,
    heat          INTEGER NOT NULL,      -- effective
    publishers    INTEGER NOT NULL,      -- independent ones
    leader_id     INTEGER,               -- the story that leads this one
    arrived_at    INTEGER NOT NULL
) STRICT;
CREATE INDEX story_by_leader ON story (leader_id) WHERE leader_id IS NOT NULL;
CREATE INDEX story_by_date ON story (published_at);

-- The related articles of a story, in rank order.
CREATE TABLE source (
    story_id     INTEGER NOT NULL REFERENCES story,
    position     INTEGER NOT NULL,
    url          TEXT NOT NULL,
    title        TEXT NOT NULL,
    excerpt      TEXT NOT NULL,
    published_at INTEGER NOT NULL,
    provider     TEXT NOT NULL,
    domain       TEXT NOT NULL,
    quality      INTEGER,
    image        TEXT,
    relation     TEXT NOT NULL,
    repeats      TEXT,                   -- the URL it repeats
    PRIMARY KEY (story_id, position)
) STRICT, WITHOUT ROWID;
CREATE INDEX source_by_url ON source (url, story_id);

-- The topics that the files give a story.
CREATE TABLE story_topic (
    story_id INTEGER NOT NULL REFERENCES story,
    position INTEGER NOT NULL,
    topic_id INTEGER NOT NULL REFERENCES topic,
    PRIMARY KEY (story_id, position)
) STRICT, WITHOUT ROWID;

-- Stories of which one lists the other's URL, both ways round. Derived.
CREATE TABLE link (
    story_id INTEGER NOT NULL REFERENCES story,
    other_id INTEGER NOT NULL REFERENCES story,
    PRIMARY KEY (story_id, other_id)
) STRICT, WITHOUT ROWID;

-- What a topic shows: leaders that are not removed, with the topics they carry. Derived.
CREATE TABLE topic_page (
    topic_id     INTEGER NOT NULL REFERENCES topic,
    published_at INTEGER NOT NULL,
    story_id     INTEGER NOT NULL REFERENCES story,
    PRIMARY KEY (topic_id, published_at, story_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX topic_page_by_story ON topic_page (story_id);

-- The files read so far. `stamp` is size and times, `content` a hash of the story in it.
CREATE TABLE file (
    path     TEXT PRIMARY KEY,
    stamp    TEXT NOT NULL,
    content  BLOB NOT NULL,
    story_id INTEGER NOT NULL REFERENCES story,
    topics   TEXT NOT NULL               -- JSON list of names
) STRICT, WITHOUT ROWID;
CREATE INDEX file_by_story ON file (story_id);

CREATE VIRTUAL TABLE story_text USING fts5 (
    title, topics, provider, sources, excerpt,
    tokenize = 'unicode61 remove_diacritics 2', prefix = '2 3'
);

CREATE TABLE fact (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;
"""

_DIGESTS: Final = """
-- What a server's channels inherit; NULL = from config/.
CREATE TABLE server (
    guild_id  INTEGER PRIMARY KEY,
    time      TEXT,
    timezone  TEXT,
    days      TEXT,
    quiet_day TEXT,
    paused    INTEGER
) STRICT;

-- A channel's standing order; NULL = from its server.
CREATE TABLE digest (
    digest_id   INTEGER PRIMARY KEY,
    guild_id    INTEGER NOT NULL REFERENCES server,
    channel_id  INTEGER NOT NULL UNIQUE,
    time        TEXT,
    timezone    TEXT,
    days        TEXT,
    quiet_day   TEXT,
    paused      INTEGER,
    fault       TEXT,     -- why Discord does not take its messages; NULL = it does
    next_due_at INTEGER,  -- NULL = paused, faulty or without topics
    next_date   TEXT,
    next_slot   INTEGER,
    created_at  INTEGER NOT NULL
) STRICT;
CREATE INDEX digest_by_due ON digest (next_due_at) WHERE next_due_at IS NOT NULL;
CREATE INDEX digest_by_guild ON digest (guild_id);

CREATE TABLE subscription (
    digest_id INTEGER NOT NULL REFERENCES digest,
    topic_id  INTEGER NOT NULL REFERENCES topic,
    PRIMARY KEY (digest_id, topic_id)
) STRICT, WITHOUT ROWID;

-- One occurrence of a digest. Slots 1.. are those of its times; 0, -1, ... are posted on demand.
CREATE TABLE edition (
    edition_id INTEGER PRIMARY KEY,
    digest_id  INTEGER NOT NULL REFERENCES digest,
    local_date TEXT NOT NULL,
    slot       INTEGER NOT NULL,
    due_at     INTEGER NOT NULL,
    planned_at INTEGER NOT NULL,
    state      TEXT NOT NULL,
    reason     TEXT,
    attempts   INTEGER NOT NULL DEFAULT 0,
    retry_at   INTEGER,
    closed_at  INTEGER,
    UNIQUE (digest_id, local_date, slot)
) STRICT;
CREATE INDEX edition_open ON edition (retry_at) WHERE closed_at IS NULL;

-- One message of an edition, frozen before it is sent.
CREATE TABLE edition_part (
    edition_id     INTEGER NOT NULL REFERENCES edition,
    part           INTEGER NOT NULL,
    body           TEXT NOT NULL,     -- the message as JSON, without nonce
    sha256         BLOB NOT NULL,     -- of body
    marker         TEXT NOT NULL,     -- a line of the message that no other in its channel has
    nonce          TEXT NOT NULL UNIQUE,
    state          TEXT NOT NULL,
    attempts       INTEGER NOT NULL DEFAULT 0,
    first_tried_at INTEGER,
    message_id     INTEGER,
    resolved_by    TEXT,              -- what proved it posted: answer, nonce, history
    PRIMARY KEY (edition_id, part)
) STRICT, WITHOUT ROWID;

-- The stories a channel has had: the key itself keeps a story from coming twice.
CREATE TABLE posted (
    digest_id  INTEGER NOT NULL REFERENCES digest,
    story_id   INTEGER NOT NULL REFERENCES story,
    edition_id INTEGER NOT NULL REFERENCES edition,
    part       INTEGER NOT NULL,
    PRIMARY KEY (digest_id, story_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX posted_by_edition ON posted (edition_id);
"""

_SCALE: Final = """
ALTER TABLE story ADD COLUMN withdrawn INTEGER NOT NULL DEFAULT 0;  -- no file carries it any more
ALTER TABLE story ADD COLUMN hidden INTEGER AS (removed OR withdrawn) VIRTUAL;
ALTER TABLE story ADD COLUMN best INTEGER;  -- the quality that its heat was found from
ALTER TABLE story ADD COLUMN sources INTEGER NOT NULL DEFAULT 0;  -- how many
ALTER TABLE story ADD COLUMN top TEXT NOT NULL DEFAULT '[]';  -- the best of them as JSON, for pages
-- Where its text stands in story_text: in order of publication, since the newest are read first.
ALTER TABLE story ADD COLUMN text_id INTEGER
    AS (published_at * 1048576 + story_id % 1048576) VIRTUAL;
CREATE UNIQUE INDEX story_by_text ON story (text_id);

-- What decided a source's relation: see RankedSource.
ALTER TABLE source ADD COLUMN similarity REAL;
ALTER TABLE source ADD COLUMN share REAL;

ALTER TABLE topic ADD COLUMN stories INTEGER NOT NULL DEFAULT 0;  -- in its page
UPDATE topic SET stories =
    (SELECT count(*) FROM topic_page p WHERE p.topic_id = topic.topic_id);
CREATE TRIGGER topic_page_grows AFTER INSERT ON topic_page BEGIN
    UPDATE topic SET stories = stories + 1 WHERE topic_id = new.topic_id;
END;
CREATE TRIGGER topic_page_shrinks AFTER DELETE ON topic_page BEGIN
    UPDATE topic SET stories = stories - 1 WHERE topic_id = old.topic_id;
END;

-- The path is relative for a file in the seeds folder, absolute for any other.
CREATE TABLE file_new (
    path     TEXT PRIMARY KEY,
    stamp    TEXT NOT NULL,
    modified INTEGER NOT NULL,           -- nanoseconds since 1970
    content  BLOB NOT NULL,
    story_id INTEGER REFERENCES story,   -- NULL = its story is too old to be kept
    topics   TEXT NOT NULL               -- JSON list of names
) STRICT, WITHOUT ROWID;
INSERT INTO file_new SELECT path, stamp, 0, content, story_id, topics FROM file;
DROP TABLE file;
ALTER TABLE file_new RENAME TO file;
CREATE INDEX file_by_story ON file (story_id);

-- Full text of folded words; it and the words are filled anew by the next ingest. To this tokenizer
-- such a word is always one: without positions a word that it parted could not be asked for.
DROP TABLE story_text;
CREATE VIRTUAL TABLE story_text USING fts5 (
    title, topics, provider, sources, excerpt,
    tokenize = 'ascii', detail = column
);
CREATE TABLE word (
    word    TEXT PRIMARY KEY,
    stories INTEGER NOT NULL             -- about how many hold it
) STRICT, WITHOUT ROWID;
DELETE FROM fact WHERE name = 'ranked_by';

-- What an edition took and what it left out, best score first, with the numbers of that moment.
CREATE TABLE edition_choice (
    edition_id  INTEGER NOT NULL REFERENCES edition,
    position    INTEGER NOT NULL,
    story_id    INTEGER NOT NULL REFERENCES story,
    verdict     TEXT NOT NULL,
    heat        INTEGER NOT NULL,
    age_seconds INTEGER NOT NULL,
    score       REAL NOT NULL,
    other_id    INTEGER,                 -- the story posted before that it is linked with
    PRIMARY KEY (edition_id, position)
) STRICT, WITHOUT ROWID;
CREATE INDEX edition_choice_by_story ON edition_choice (story_id);

-- A story that is pruned is looked for in all of these.
CREATE INDEX posted_by_story ON posted (story_id);
CREATE INDEX link_by_other ON link (other_id);
"""

_EDITIONS: Final = """
ALTER TABLE server ADD COLUMN catch_up REAL;           -- hours
ALTER TABLE server ADD COLUMN publish INTEGER;
ALTER TABLE server ADD COLUMN role INTEGER;            -- pinged with each edition; 0 = none
ALTER TABLE server ADD COLUMN log_channel_id INTEGER;  -- where the bot tells admins of trouble
ALTER TABLE server ADD COLUMN left_at INTEGER;         -- NULL = the bot is in it
ALTER TABLE digest ADD COLUMN catch_up REAL;
ALTER TABLE digest ADD COLUMN publish INTEGER;
ALTER TABLE digest ADD COLUMN role INTEGER;
ALTER TABLE digest ADD COLUMN tags TEXT NOT NULL DEFAULT '[]';  -- ids for posts in a forum, JSON
ALTER TABLE digest ADD COLUMN gone_at INTEGER;         -- when its channel was found deleted
ALTER TABLE digest ADD COLUMN read_back_since INTEGER; -- of an older copy: read the channel first
CREATE INDEX digest_to_read_back ON digest (digest_id) WHERE read_back_since IS NOT NULL;

ALTER TABLE edition ADD COLUMN expires_at INTEGER NOT NULL DEFAULT 0;  -- not posted after it
UPDATE edition SET expires_at = due_at + 10800;
ALTER TABLE edition ADD COLUMN epoch INTEGER NOT NULL DEFAULT 0;       -- whose claim holds
ALTER TABLE edition ADD COLUMN title TEXT NOT NULL DEFAULT '';         -- of its post in a forum
ALTER TABLE edition ADD COLUMN post_id INTEGER;        -- the post in a forum that holds it
ALTER TABLE edition ADD COLUMN publish INTEGER NOT NULL DEFAULT 0;
ALTER TABLE edition_part ADD COLUMN version INTEGER NOT NULL DEFAULT 0;
ALTER TABLE edition_part ADD COLUMN publish_at INTEGER;    -- when to publish; NULL = not, or done
ALTER TABLE edition_part ADD COLUMN published_at INTEGER;
CREATE INDEX edition_part_to_publish ON edition_part (publish_at) WHERE publish_at IS NOT NULL;
DROP INDEX edition_open;
CREATE INDEX edition_open ON edition (due_at, edition_id) WHERE closed_at IS NULL;

-- What a server's admins are still to be told, or were.
CREATE TABLE notice (
    notice_id  INTEGER PRIMARY KEY,
    guild_id   INTEGER NOT NULL REFERENCES server,
    line       TEXT NOT NULL,
    edition_id INTEGER REFERENCES edition,  -- what a button posts again
    made_at    INTEGER NOT NULL,
    nonce      TEXT,                        -- of the message being sent with it
    tried_at   INTEGER,
    closed_at  INTEGER,
    told_in    INTEGER                      -- the channel; NULL = nowhere
) STRICT;
CREATE INDEX notice_open ON notice (guild_id, notice_id) WHERE closed_at IS NULL;
CREATE INDEX notice_by_edition ON notice (edition_id) WHERE edition_id IS NOT NULL;
"""

_ASIDES: Final = """
-- Rows that some work failed on: it leaves them alone until then, and the others go on.
CREATE TABLE aside (
    work      TEXT NOT NULL,     -- planning, recovery, delivery, publishing, telling, purge
    row_id    INTEGER NOT NULL,  -- of a digest, an edition or a notice, as the work has it
    guild_id  INTEGER NOT NULL,
    digest_id INTEGER,
    reason    TEXT NOT NULL,     -- in words for admins
    again_at  INTEGER NOT NULL,  -- 0 = at once
    PRIMARY KEY (work, row_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX aside_by_guild ON aside (guild_id);

ALTER TABLE digest ADD COLUMN read_back_tries INTEGER NOT NULL DEFAULT 0;
ALTER TABLE digest ADD COLUMN read_back_first INTEGER;  -- when it was first tried
ALTER TABLE digest ADD COLUMN read_back_at INTEGER;     -- not before that again
ALTER TABLE posted ADD COLUMN left_out INTEGER NOT NULL DEFAULT 0;  -- Discord did not take it
"""

_ADDRESSES: Final = """
-- Every address by which a story is known, its own and others, by strict key: its identity.
CREATE TABLE address (
    key      TEXT PRIMARY KEY,
    loose    TEXT NOT NULL,             -- the loose key
    url      TEXT NOT NULL,             -- the link
    story_id INTEGER NOT NULL REFERENCES story
) STRICT, WITHOUT ROWID;
CREATE INDEX address_by_loose ON address (loose);
CREATE INDEX address_by_story ON address (story_id);

-- Strict keys; they are made when the database is opened (newsroom/readdressing.py).
ALTER TABLE story ADD COLUMN key TEXT NOT NULL DEFAULT '';
ALTER TABLE source ADD COLUMN key TEXT NOT NULL DEFAULT '';
DROP INDEX source_by_url;
CREATE INDEX source_by_key ON source (key, story_id);

ALTER TABLE file ADD COLUMN headline TEXT NOT NULL DEFAULT '';  -- folded; '' = not read since
UPDATE file SET stamp = '', content = x'';  -- links were kept otherwise than their source wrote
"""

_MERGED: Final = """
-- Stories that became another one: buttons on messages posted before still name them.
CREATE TABLE merged_story (
    story_id INTEGER PRIMARY KEY,
    into_id  INTEGER NOT NULL REFERENCES story
) STRICT;
CREATE INDEX merged_story_by_into ON merged_story (into_id);
"""

_ORIGINS: Final = """
-- Where stories come from.
CREATE TABLE origin (
    origin_id INTEGER PRIMARY KEY,
    kind      TEXT NOT NULL,             -- seeds: the seeds folder; paths: files given by hand
    key       TEXT NOT NULL,             -- which of its kind; '' = the only one
    read_by   INTEGER,                   -- the version of the reader that its items were read by
    UNIQUE (kind, key)
) STRICT;
INSERT INTO origin (origin_id, kind, key) VALUES (1, 'paths', ''), (2, 'seeds', '');
UPDATE origin SET read_by =
    (SELECT CAST(value AS INTEGER) FROM fact WHERE name = 'read_by');
DELETE FROM fact WHERE name = 'read_by';

-- What was read of each origin. Of kind paths the key is an absolute path; of seeds it is relative
-- to the folder, so that the folder can be moved.
CREATE TABLE item (
    origin_id INTEGER NOT NULL REFERENCES origin,
    key       TEXT NOT NULL,
    stamp     TEXT NOT NULL,             -- equal = not written since; '' = to be read again
    modified  INTEGER NOT NULL,          -- nanoseconds since 1970
    content   BLOB NOT NULL,             -- a hash of the story in it
    story_id  INTEGER REFERENCES story,  -- NULL = its story is too old to be kept
    topics    TEXT NOT NULL,             -- JSON list of names
    headline  TEXT NOT NULL,             -- folded; '' = not read since
    PRIMARY KEY (origin_id, key)
) STRICT, WITHOUT ROWID;
INSERT INTO item
SELECT 1, path, stamp, modified, content, story_id, topics, headline FROM file
WHERE path LIKE '/%' ORDER BY path;
INSERT INTO item
SELECT 2, path, stamp, modified, content, story_id, topics, headline FROM file
WHERE path NOT LIKE '/%' ORDER BY path;
DROP TABLE file;
CREATE INDEX item_by_story ON item (story_id);

-- Where a story's text stands in story_text: in order of publication, since the newest are read
-- first. Each has a place of its own, also beside others of its second.
CREATE TABLE text_place (
    story_id INTEGER PRIMARY KEY REFERENCES story,
    text_id  INTEGER NOT NULL
) STRICT;
INSERT INTO text_place SELECT story_id, text_id FROM story ORDER BY story_id;
CREATE UNIQUE INDEX text_place_by_text ON text_place (text_id);
DROP INDEX story_by_text;
ALTER TABLE story DROP COLUMN text_id;
"""

_EVENTS: Final = """
-- The event of each story; ids come from a counter among the facts and are never used again. Until
-- it is grouped, a story from before has an event of its own, and a new one has none: 0.
ALTER TABLE story ADD COLUMN event_id INTEGER NOT NULL DEFAULT 0;
ALTER TABLE story ADD COLUMN grouped INTEGER NOT NULL DEFAULT 0;
ALTER TABLE story ADD COLUMN junk TEXT;  -- market_research, deal, press_release; NULL = none
UPDATE story SET event_id = story_id;
CREATE INDEX story_by_event ON story (event_id);
CREATE INDEX story_ungrouped ON story (published_at) WHERE grouped = 0;
INSERT INTO fact (name, value)
SELECT 'next_event', max(story_id) + 1 FROM (
    SELECT 0 AS story_id
    UNION ALL SELECT max(story_id) FROM story
    UNION ALL SELECT max(story_id) FROM merged_story
) AS known;

CREATE TABLE event (
    event_id  INTEGER PRIMARY KEY,
    first_at  INTEGER NOT NULL,           -- when its first and its newest story were published
    newest_at INTEGER NOT NULL,
    leader_id INTEGER NOT NULL,
    former_id INTEGER REFERENCES event    -- the event that it continues
) STRICT;
CREATE INDEX event_by_time ON event (newest_at);
CREATE INDEX event_by_leader ON event (leader_id);
CREATE INDEX event_by_former ON event (former_id) WHERE former_id IS NOT NULL;

-- How likely two young stories tell one event; story_id is the one grouped later.
CREATE TABLE edge (
    story_id INTEGER NOT NULL REFERENCES story,
    other_id INTEGER NOT NULL REFERENCES story,
    p        REAL NOT NULL,
    PRIMARY KEY (story_id, other_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX edge_by_other ON edge (other_id);

-- Events that are one happening by now, but stay apart because both were posted; both ways round.
CREATE TABLE related_event (
    event_id   INTEGER NOT NULL REFERENCES event,
    other_id   INTEGER NOT NULL REFERENCES event,
    PRIMARY KEY (event_id, other_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX related_event_by_other ON related_event (other_id);

-- In how many articles of the archive a term was found when they were counted last.
CREATE TABLE document_frequency (
    term     TEXT PRIMARY KEY,
    found_in INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Excerpts that many pages of one site carry: they say nothing and are not shown.
CREATE TABLE boilerplate (
    domain  TEXT NOT NULL,
    excerpt TEXT NOT NULL,
    PRIMARY KEY (domain, excerpt)
) STRICT, WITHOUT ROWID;

-- 0 = the article of another story of the event that this story leads, or one that it lists.
ALTER TABLE source ADD COLUMN listed INTEGER NOT NULL DEFAULT 1;
ALTER TABLE source ADD COLUMN independent INTEGER NOT NULL DEFAULT 1;  -- 0 = the leader's owner

-- The events a channel has had: the key itself keeps an event from coming twice.
CREATE TABLE posted_new (
    digest_id  INTEGER NOT NULL REFERENCES digest,
    event_id   INTEGER NOT NULL,
    story_id   INTEGER NOT NULL REFERENCES story,  -- the one that stood for it
    edition_id INTEGER NOT NULL REFERENCES edition,
    part       INTEGER NOT NULL,
    left_out   INTEGER NOT NULL DEFAULT 0,         -- Discord did not take it
    also       INTEGER NOT NULL DEFAULT 0,         -- it was one line under the edition
    PRIMARY KEY (digest_id, event_id)
) STRICT, WITHOUT ROWID;
INSERT INTO posted_new (digest_id, event_id, story_id, edition_id, part, left_out)
SELECT digest_id, story_id, story_id, edition_id, part, left_out FROM posted
ORDER BY digest_id, story_id;
DROP TABLE posted;
ALTER TABLE posted_new RENAME TO posted;
CREATE INDEX posted_by_edition ON posted (edition_id);
CREATE INDEX posted_by_story ON posted (story_id);
CREATE INDEX posted_by_event ON posted (event_id);

-- Links of files bind nothing.
DROP TABLE link;
"""

_FEEDS: Final = """
-- The feeds that are asked for news: those of config/feeds.yaml, and those that were added.
CREATE TABLE feed (
    feed_id   INTEGER PRIMARY KEY AUTOINCREMENT, -- never used again: items are known by it
    key       TEXT NOT NULL UNIQUE,       -- the strict key of its address
    url       TEXT NOT NULL,              -- as given
    listed    INTEGER NOT NULL,           -- 1 = config/feeds.yaml has it
    provider  TEXT,                       -- NULL = as the feed names itself
    topics    TEXT NOT NULL,              -- JSON list of names
    tier      INTEGER,                    -- 1 to 5; NULL = the provider's
    language  TEXT,
    listed_off INTEGER NOT NULL DEFAULT 0,
    off       INTEGER,                    -- set by command; NULL = as listed
    added_at  INTEGER NOT NULL,
    added_by  TEXT NOT NULL,              -- for people

    title     TEXT NOT NULL DEFAULT '',
    format    TEXT NOT NULL DEFAULT '',
    ask_url   TEXT NOT NULL,              -- where it is asked: it moved, or a page named it
    moved_to  TEXT,                       -- where permanent redirects lead lately
    moved_since  INTEGER,
    moved_sweeps INTEGER NOT NULL DEFAULT 0,
    etag      TEXT,
    last_modified TEXT,
    body_hash BLOB,
    next_at   INTEGER,                    -- when it is asked next; NULL = never, it is off
    asked_at  INTEGER,
    succeeded_at  INTEGER,
    failing_since INTEGER,
    failures  INTEGER NOT NULL DEFAULT 0,  -- in a row
    fault     TEXT,                       -- the kind of the last failure; NULL = it is well
    detail    TEXT NOT NULL DEFAULT '',   -- of the fault, for people
    paused    INTEGER NOT NULL DEFAULT 0,  -- after lasting failures; still asked now and then
    gap       REAL,                       -- mean seconds between its items
    newest_at INTEGER,                    -- when its newest item was published
    floor     INTEGER,                    -- the shortest pause in seconds that it asks for
    skip_hours INTEGER NOT NULL DEFAULT 0,  -- bit n: it asks not to be asked in hour n, UTC
    skip_days INTEGER NOT NULL DEFAULT 0,  -- bit n: nor on that day, 0 = Monday
    told      TEXT                        -- the fault that its owner was told of
) STRICT;
CREATE INDEX feed_by_next ON feed (next_at) WHERE next_at IS NOT NULL;

-- What hosts that serve feeds said to this bot.
CREATE TABLE feed_host (
    host        TEXT PRIMARY KEY,
    waits_until INTEGER,                  -- it asks to be left alone until then
    robots      TEXT NOT NULL,            -- the rules of its robots.txt, one a line
    robots_at   INTEGER                   -- as of then; NULL = not asked
) STRICT, WITHOUT ROWID;

-- What feeds gave: stored as soon as it is fetched, loaded from here like a story file.
CREATE TABLE feed_item (
    feed_id    INTEGER NOT NULL REFERENCES feed,
    item_key   TEXT NOT NULL,             -- the feed's id of it, as it was first seen
    url        TEXT NOT NULL,             -- its link as the feed writes it
    stamp      TEXT NOT NULL,             -- equal = the feed says the same
    first_seen INTEGER NOT NULL,
    last_seen  INTEGER NOT NULL,
    article    TEXT NOT NULL,             -- JSON
    pending    INTEGER NOT NULL,          -- 1 = not loaded since it was written
    PRIMARY KEY (feed_id, item_key)
) STRICT, WITHOUT ROWID;
CREATE INDEX feed_item_pending ON feed_item (feed_id, item_key) WHERE pending = 1;
CREATE INDEX feed_item_by_url ON feed_item (feed_id, url);
CREATE INDEX feed_item_by_last_seen ON feed_item (feed_id, last_seen);

-- Why an item of a feed has its topics: JSON list of [topic, feed, category or phrase, which one].
ALTER TABLE item ADD COLUMN reasons TEXT NOT NULL DEFAULT '[]';
CREATE INDEX item_unread ON item (origin_id, key) WHERE stamp = '';

-- From what the quality of a feed's article was computed; NULL = it was imported, or is unknown.
ALTER TABLE story ADD COLUMN quality_parts TEXT;

-- What imported qualities and events tell about publishers; counted once a week.
CREATE TABLE provider_quality (
    domain   TEXT PRIMARY KEY,
    articles INTEGER NOT NULL,            -- with an imported quality
    median   REAL,                        -- of these qualities
    told     INTEGER NOT NULL,            -- stories of its own
    shared   INTEGER NOT NULL             -- of these, how many are in events of several owners
) STRICT, WITHOUT ROWID;

-- An editor's word that two stories tell one event, or do not.
CREATE TABLE pin (
    story_id INTEGER NOT NULL REFERENCES story,
    other_id INTEGER NOT NULL REFERENCES story,
    together INTEGER NOT NULL,
    made_at  INTEGER NOT NULL,
    PRIMARY KEY (story_id, other_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX pin_by_other ON pin (other_id);
"""

_PANEL: Final = """
-- How editions look, how much is in them, and whether each gets a thread; NULL = inherited.
ALTER TABLE server ADD COLUMN layout TEXT;             -- cards, compact, headlines
ALTER TABLE server ADD COLUMN stories INTEGER;
ALTER TABLE server ADD COLUMN minimum INTEGER;         -- heat
ALTER TABLE server ADD COLUMN thread INTEGER;
ALTER TABLE server ADD COLUMN managers INTEGER;        -- role that may manage digests of channels
ALTER TABLE server ADD COLUMN greeted_at INTEGER;      -- when the bot said hello
ALTER TABLE digest ADD COLUMN layout TEXT;
ALTER TABLE digest ADD COLUMN stories INTEGER;
ALTER TABLE digest ADD COLUMN minimum INTEGER;
ALTER TABLE digest ADD COLUMN thread INTEGER;

-- What people changed of digests and servers, to be shown and undone; the newest of each server.
CREATE TABLE change (
    change_id  INTEGER PRIMARY KEY AUTOINCREMENT,  -- never used again: buttons name it
    guild_id   INTEGER NOT NULL REFERENCES server,
    channel_id INTEGER,                            -- NULL = the server's own
    name       TEXT NOT NULL,                      -- of the setting, or what else it was
    old        TEXT,                               -- JSON; NULL = inherited
    new        TEXT,
    made_at    INTEGER NOT NULL,
    made_by    INTEGER NOT NULL,                   -- user
    undone_at  INTEGER,
    undone_by  INTEGER
) STRICT;
CREATE INDEX change_by_guild ON change (guild_id, change_id);

-- An edition's thread for discussion: frozen name, '' = none; it begins with the first message.
ALTER TABLE edition ADD COLUMN thread TEXT NOT NULL DEFAULT '';
ALTER TABLE edition_part ADD COLUMN thread_at INTEGER;     -- when to open it; NULL = not, or done
ALTER TABLE edition_part ADD COLUMN thread_tried INTEGER NOT NULL DEFAULT 0;  -- it may be there
ALTER TABLE edition_part ADD COLUMN threaded_at INTEGER;
CREATE INDEX edition_part_to_thread ON edition_part (thread_at) WHERE thread_at IS NOT NULL;
ALTER TABLE digest ADD COLUMN thread_fault TEXT;           -- why the last was refused: told once

-- The hello to a new server: its nonce and first try, while it is being said. Servers that the bot
-- is in already get none.
ALTER TABLE server ADD COLUMN hello_nonce TEXT;
ALTER TABLE server ADD COLUMN hello_tried_at INTEGER;
UPDATE server SET greeted_at = 0;
INSERT INTO fact (name, value)
SELECT 'greets_since', strftime('%s', 'now')
WHERE EXISTS (SELECT 1 FROM server)
   OR EXISTS (SELECT 1 FROM fact WHERE name = 'commands_synced');
"""

_MUTED_AND_GREETED: Final = """
-- Publishers, a name a line: what only they report is left out. '' = nobody; NULL = inherited.
ALTER TABLE server ADD COLUMN mute TEXT;
ALTER TABLE digest ADD COLUMN mute TEXT;

-- Who is still to be greeted, looked for at each tick.
CREATE INDEX server_to_greet ON server (guild_id) WHERE greeted_at IS NULL AND left_at IS NULL;
"""

STEPS: Final = (
    _STORIES,
    _DIGESTS,
    _SCALE,
    _EDITIONS,
    _ASIDES,
    _ADDRESSES,
    _MERGED,
    _ORIGINS,
    _EVENTS,
    _FEEDS,
    _PANEL,
    _MUTED_AND_GREETED,
)
"""Step n brings a database of version n-1 to version n."""
