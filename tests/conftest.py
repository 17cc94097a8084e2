"""Shared by the tests of all packages: the seed, story files, an archive, a clock, the owners."""

import gc
import os
import shutil
import sqlite3
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any, Final

import pytest
import yaml
from hypothesis import HealthCheck, settings

from bot.app.services import rules_of
from bot.config import load_config
from bot.environment import Places
from bot.garbage import look_seldom
from bot.origins.files.origin import GivenFiles, given_files
from bot.store.database import Database
from bot.store.opening import open_database
from bot.store.sqlite import database as sqlite
from bot.stories.frequencies import shipped
from bot.stories.junk import JunkRules
from bot.stories.owners import Owners
from bot.stories.ranking import Rules
from bot.stories.urls import Trackers
from tests import postgres
from tests.archives import Store, database_at, empty_archive

# The same examples in every run, so that a failed run can be repeated: few by default, all of them
# in CI with `--hypothesis-profile=thorough`; `--hypothesis-profile=explore` looks for new ones.
# None has a deadline, and drawing them may take long: a busy machine is not the code's fault.
_PATIENT: Final[dict[str, Any]] = {
    "deadline": None,
    "suppress_health_check": [HealthCheck.too_slow],
}
settings.register_profile("quick", derandomize=True, max_examples=20, **_PATIENT)
settings.register_profile("thorough", derandomize=True, **_PATIENT)
settings.register_profile("explore", max_examples=1000, **_PATIENT)
settings.load_profile("quick")

ROOT = Path(__file__).parent.parent
START = datetime(2019, 12, 22, 16, 31, tzinfo=UTC)
"""An hour after the seed's story was published."""

StoryFile = Callable[..., bytes]


look_seldom()  # a third less for collecting


def pytest_collection_finish() -> None:
    """What was imported and collected stays: no garbage collection looks through it again."""
    gc.collect()
    look_seldom()


def places_at(folder: Path, seeds: Path = ROOT / "seeds") -> Places:
    """A database of its own in a folder, and the project's config/."""
    return Places(
        database=database_at(folder / "broadsheet.db"), seeds=seeds, config=ROOT / "config"
    )


def files_at(*paths: Path, seeds: Path = ROOT / "no seeds") -> list[GivenFiles]:
    """Story files as a person gives them to `ingest`."""
    return given_files(paths, seeds)


def plain_rules(owners: Owners | None = None) -> Rules:
    """Rules of ranking with these owners, without junk."""
    return Rules(owners or Owners(), shipped(), JunkRules({}, 5))


class SetClock:
    """A clock that stands still where it is set."""

    def __init__(self, start: datetime = START) -> None:
        self._now = start

    def now(self) -> datetime:
        return self._now

    def put(self, moment: datetime) -> None:
        self._now = moment.astimezone(UTC)

    def move(self, by: timedelta) -> None:
        self._now += by


@pytest.fixture
def clock() -> SetClock:
    return SetClock()


def pytest_addoption(parser: pytest.Parser) -> None:
    text = "the kind of database that the tests run on"
    parser.addoption("--store", choices=("sqlite", "postgres"), default="sqlite", help=text)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """On PostgreSQL only tests that can keep a database run, which is in a folder of their own."""
    if config.getoption("--store") == "sqlite":
        return
    config.hook.pytest_deselected(items=[one for one in items if not _keeps_a_database(one)])
    items[:] = filter(_keeps_a_database, items)


def _keeps_a_database(item: pytest.Item) -> bool:
    has_folder = "tmp_path" in getattr(item, "fixturenames", ())
    return has_folder and item.get_closest_marker("sqlite") is None


def pytest_runtest_setup(item: pytest.Item) -> None:
    Store.kind = item.config.getoption("--store")
    Store.files = Store.kind == "sqlite" or item.get_closest_marker("files") is not None


def pytest_runtest_teardown(item: pytest.Item) -> None:
    folder = getattr(item, "funcargs", {}).get("tmp_path")
    if folder and Store.kind == "postgres":
        postgres.server().take_back(folder)


@pytest.fixture(scope="session", autouse=True)
def not_waiting_for_the_disk() -> Iterator[None]:
    """What the program opens does not wait for the disk: the tests are over if the machine stops.
    tests/store/sqlite opens files itself, and they do.
    """
    open_file = sqlite.open_database

    async def opened(path: Path) -> sqlite.SqliteDatabase:
        database = await open_file(path)
        await database._writer.execute("PRAGMA synchronous = OFF")
        return database

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sqlite, "open_database", opened)
        yield


@pytest.fixture(scope="session", autouse=True)
def no_files_on_postgres() -> Iterator[None]:
    """On PostgreSQL a test that opens a file fails, unless it has the marker `files`."""
    connect = sqlite3.connect

    def connected(name: Any, *others: Any, **named: Any) -> Any:
        assert Store.files or name == ":memory:", f"{name} is a file of SQLite"
        return connect(name, *others, **named)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sqlite3, "connect", connected)
        yield


@pytest.fixture
async def archive(tmp_path: Path) -> AsyncIterator[Database]:
    """An empty archive: a real database."""
    database = await open_database(empty_archive(tmp_path / "archive" / "broadsheet.db"))
    yield database
    await database.close()


@pytest.fixture
def public_folder() -> Iterator[Path]:
    """A folder that another user can reach, unlike pytest's; removed even if a test locks it."""
    made = Path(tempfile.mkdtemp(prefix="broadsheet-"))
    made.chmod(0o755)
    yield made
    for where, folders, _ in os.walk(made):
        for name in folders:
            Path(where, name).chmod(0o700)
    made.chmod(0o700)
    shutil.rmtree(made)


@pytest.fixture(scope="session")
def seed() -> bytes:
    """The one real story file."""
    (path,) = (ROOT / "seeds").glob("*.md")
    return path.read_bytes()


@pytest.fixture(scope="session")
def owners() -> Owners:
    """The owners and aggregators of the project's own config."""
    providers = load_config(ROOT / "config").providers
    return Owners(providers.owner_by_domain(), frozenset(providers.aggregators))


@pytest.fixture(scope="session")
def rules() -> Rules:
    """The rules of ranking by the project's own config."""
    return rules_of(load_config(ROOT / "config"))


@pytest.fixture(scope="session")
def trackers() -> Trackers:
    """The trackers of the project's own config."""
    listed = load_config(ROOT / "config").trackers
    return Trackers(listed.everywhere, listed.at)


@pytest.fixture(scope="session")
def story_file() -> StoryFile:
    """Makes a valid story file; a field given as None is left out, `body` comes at the end."""
    return make_story_file


class _Dumper(yaml.CSafeDumper):
    """Writes out equal values for which PyYAML would write an alias."""

    def ignore_aliases(self, data: object) -> bool:
        return True


def sentence(seed: object) -> str:
    """Ten made-up words, others for every seed: texts that share them tell of one event."""
    random = Random(repr(seed))  # noqa: S311 - no secret
    words = ("".join(random.choices("bdfgklmnprtvz", k=7)) for _ in range(10))
    return f"{' '.join(words)}."


def make_story_file(*, body: object = "", **fields: object) -> bytes:
    """A story file. Files with other addresses or titles tell of other events."""
    usual: dict[str, object] = {
        "title": "Ferry town lets a machine write the timetable",
        "excerpt": sentence((fields.get("webUrl"), fields.get("title"))),
        "publishedDateTime": datetime(2019, 12, 22, 9, 0, tzinfo=UTC),
        "webUrl": "https://www.saltmarsh.example/ferries",
        "type": "article",
        "quality": 60,
        "heat": 100,
        "published": True,
        "provider": {"name": "Saltmarsh Gazette", "domain": "saltmarsh.example"},
        "topics": ["AI"],
    }
    values = {key: value for key, value in {**usual, **fields}.items() if value is not None}
    front = yaml.dump(values, Dumper=_Dumper, sort_keys=False, allow_unicode=True)
    return f"---\n{front}---\n{body}".encode()
