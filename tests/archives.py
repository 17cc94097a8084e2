"""Archives to begin with: the program makes each once in a process, and tests get copies."""

import asyncio
from collections.abc import Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from bot.app.housekeeping import rescan
from bot.app.services import open_services
from bot.environment import Places
from bot.origins.files.origin import given_files
from bot.store.sqlite.database import open_database

_ROOT = Path(__file__).parent.parent
_Make = Callable[[Path], Coroutine[None, None, None]]


def empty_archive(path: Path) -> Path:
    """Write an archive without stories, unless there is a file; returns the path."""
    return _written(path, _empty)


def seeded_archive(path: Path) -> Path:
    """Write an archive with the seeds, unless there is a file; returns the path."""
    return _written(path, _seeded)


def loaded_archive(path: Path) -> Path:
    """Write an archive with the seeds and the sandbox's stories, unless there is a file; returns
    the path.
    """
    return _written(path, _loaded)


async def _empty(path: Path) -> None:
    await (await open_database(path)).close()


async def _seeded(path: Path) -> None:
    async with open_services(_places(path)) as services:
        await rescan(services)


async def _loaded(path: Path) -> None:
    async with open_services(_places(path)) as services:
        folders = [_ROOT / "seeds", _ROOT / "bot" / "sandbox" / "stories"]
        await services.ingestion.ingest(given_files(folders, services.places.seeds))


def _places(path: Path) -> Places:
    return Places(database=path, seeds=_ROOT / "seeds", config=_ROOT / "config")


def _written(path: Path, make: _Make) -> Path:
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(_made(make))
    return path


@cache
def _made(make: _Make) -> bytes:
    """What a file of such an archive holds."""
    with TemporaryDirectory() as folder, ThreadPoolExecutor() as thread:
        path = Path(folder) / "broadsheet.db"
        thread.submit(asyncio.run, make(path)).result()  # in a thread: here a loop may be running
        return path.read_bytes()
