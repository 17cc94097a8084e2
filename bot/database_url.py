"""Where the database is: a file of SQLite, or a database on a PostgreSQL server."""

from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

SCHEMES: Final = ("postgresql", "postgres")


@dataclass(frozen=True, slots=True)
class DatabaseUrl:
    """A database on a PostgreSQL server. `secret` is the whole URL; str() is what may be shown:
    host, port and name, without user, password and options.
    """

    secret: str = field(repr=False)

    def __str__(self) -> str:
        parts = urlsplit(self.secret)
        _, _, place = parts.netloc.rpartition("@")
        return f"{parts.scheme}://{place}{parts.path}"


DatabaseAddress = Path | DatabaseUrl


def database_address(text: str | DatabaseAddress) -> DatabaseAddress:
    """The address that a text names: a URL that begins with postgresql://, or a path, which
    becomes absolute. Raises ValueError for a URL where the extra that speaks with PostgreSQL is
    not installed.
    """
    if isinstance(text, DatabaseUrl):
        return text
    if isinstance(text, str) and text.partition("://")[0] in SCHEMES:
        if find_spec("psycopg_pool") is None:
            raise ValueError("PostgreSQL needs an extra: pip install 'broadsheet[postgres]'")
        return DatabaseUrl(text)
    return Path(text).absolute()
