"""Where the database is: a file of SQLite, or a database on a PostgreSQL server."""

from dataclasses import dataclass, field
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
    becomes absolute.
    """
    if isinstance(text, DatabaseUrl):
        return text
    if isinstance(text, str) and text.partition("://")[0] in SCHEMES:
        return DatabaseUrl(text)
    return Path(text).absolute()
