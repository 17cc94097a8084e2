"""Where the database is: a file of SQLite, or a database on a PostgreSQL server."""

import re
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

SCHEMES: Final = ("postgresql", "postgres")
_LIKE_A_URL: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+:/")
_HOST: Final = re.compile(r"(\[[^]]*\]|[^:@]*)(:\d{1,5})?")
_AS: Final = "write postgresql://USER:PASSWORD@HOST/NAME"


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
    becomes absolute. Raises ValueError for what looks like another URL, for one that cannot be
    read, and where the extra that speaks with PostgreSQL is not installed; it quotes none of them:
    there may be a password in it.
    """
    if not isinstance(text, str):
        return text if isinstance(text, DatabaseUrl) else text.absolute()
    if text.partition("://")[0] in SCHEMES:
        _refuse_unreadable(text)
        if find_spec("psycopg_pool") is None:
            raise ValueError("PostgreSQL needs an extra: pip install 'broadsheet[postgres]'")
        return DatabaseUrl(text)
    if _LIKE_A_URL.match(text):
        raise ValueError(f"is neither a file nor a database on PostgreSQL: {_AS}")
    return Path(text).absolute()


def _refuse_unreadable(url: str) -> None:
    user, _, hosts = urlsplit(url).netloc.rpartition("@")
    if "@" in user:
        raise ValueError(f"{_AS}, with %40 for an @ in the password")
    if not all(_HOST.fullmatch(host) for host in hosts.split(",")):
        raise ValueError(f"{_AS}; after a colon there is a port, a number")
