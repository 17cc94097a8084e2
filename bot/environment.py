"""Settings from the environment and a .env file: places, and the account on Discord."""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from typing import Annotated, Final, Literal, TypeVar
from urllib.parse import urlsplit

from dotenv.parser import parse_stream
from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    SecretStr,
    ValidationError,
)

from bot.config import DEFAULT_CONFIG, DEFAULT_SEEDS, first_fault
from bot.database_url import DatabaseAddress, database_address
from bot.errors import ConfigError

VARIABLES: Final = {
    "BROADSHEET_DATABASE": "database",
    "BROADSHEET_SEEDS": "seeds",
    "BROADSHEET_CONFIG": "config",
    "BROADSHEET_LOG_LEVEL": "log_level",
    "BROADSHEET_LOG_FORMAT": "log_format",
}
"""Variables that every command reads, and their fields in Places."""
DISCORD_VARIABLES: Final = {
    "DISCORD_TOKEN": "token",
    "DISCORD_TOKEN_FILE": "token_file",
    "BROADSHEET_DISCORD_API": "api",
    "BROADSHEET_DISCORD_GATEWAY": "gateway",
    "BROADSHEET_SHARDS": "shards",
}
"""Variables that only `run` and `check` read, never the sandbox."""
_ALL_VARIABLES: Final = frozenset((*VARIABLES, *DISCORD_VARIABLES))
ENV_FILE: Final = ".env"
"""The file in the working directory that is read too."""
UNIT_TOKEN: Final = Path("/etc/broadsheet/discord-token")
"""The file from which deploy/broadsheet.service takes the token, as root."""
_CREDENTIALS: Final = re.compile(r"/run/(user/\d+/)?credentials/")
"""Folders that systemd shows only to their own unit, while it runs."""

_M = TypeVar("_M", bound=BaseModel)


class Places(BaseModel):
    """The database, paths (absolute) and logging."""

    model_config = ConfigDict(frozen=True, arbitrary_types_allowed=True)

    database: Annotated[DatabaseAddress, BeforeValidator(database_address)] = Field(
        Path("data/broadsheet.db"), validate_default=True
    )
    seeds: Annotated[Path, AfterValidator(Path.absolute)] = Field(
        DEFAULT_SEEDS, validate_default=True
    )
    config: Annotated[Path, AfterValidator(Path.absolute)] = Field(
        DEFAULT_CONFIG, validate_default=True
    )
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"
    log_format: Literal["text", "json"] = "text"


@dataclass(frozen=True, slots=True)
class ShardRange:
    """The shards that a process runs: the first and the last, out of `count`."""

    first: int
    last: int
    count: int

    @property
    def shards(self) -> frozenset[int]:
        """Their numbers."""
        return frozenset(range(self.first, self.last + 1))


def _shard_range(given: object) -> object:
    """What 0-7/16 means, or 3/16 for a single one."""
    found = re.fullmatch(r"(\d{1,5})(?:-(\d{1,5}))?/(\d{1,5})", str(given))
    if not found:
        raise ValueError("write the first and the last shard, and how many there are: 0-7/16")
    first, last, count = int(found[1]), int(found[2] or found[1]), int(found[3])
    if not first <= last < count:
        raise ValueError(f"the shards of {count} are 0 to {count - 1}, the first before the last")
    return ShardRange(first, last, count)


def _http(url: str) -> str:
    return _address(url, ("http", "https"))


def _websocket(url: str) -> str:
    return _address(url, ("ws", "wss"))


def _address(url: str, schemes: tuple[str, ...]) -> str:
    parts = urlsplit(url)
    if parts.scheme not in schemes or not parts.hostname:
        raise ValueError(f"must be an address that begins with {schemes[0]}://")
    return url.rstrip("/")


class DiscordAccount(BaseModel):
    """The bot's token, another Discord to talk to (None = the real one), and the shards that this
    process runs (None = its share of all).
    """

    model_config = ConfigDict(frozen=True, hide_input_in_errors=True)

    token: SecretStr
    api: Annotated[str, AfterValidator(_http)] | None = None
    gateway: Annotated[str, AfterValidator(_websocket)] | None = None
    shards: Annotated[ShardRange, BeforeValidator(_shard_range)] | None = None


def read_environment(wanted: Mapping[str, str] = VARIABLES) -> dict[str, str]:
    """The wanted variables that are set and not empty; the environment overrides `.env`.

    Spaces, and one pair of quotes, around a value are not part of it: `docker run --env-file`
    passes on the file's text as it is, and a file from Windows ends its lines with a carriage
    return. Raises ConfigError for an unknown BROADSHEET_ variable, and for a line of `.env` that
    sets nothing: a typo must not pass unnoticed.
    """
    bare = {name: _bare(value) for name, value in {**_env_file(), **os.environ}.items()}
    found = {name: value for name, value in bare.items() if value}
    for name in found:
        if name.startswith("BROADSHEET_") and name not in _ALL_VARIABLES:
            raise ConfigError("environment", name, "unknown variable; see .env.example")
    return {name: value for name, value in found.items() if name in wanted}


def _env_file() -> dict[str, str]:
    """The variables in `.env`. Raises ConfigError with the number of a line that cannot be read."""
    try:
        text = Path(ENV_FILE).read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise ConfigError(ENV_FILE, "", f"cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise ConfigError(ENV_FILE, "", "cannot be read: not UTF-8 text") from error
    found = {}
    for binding in parse_stream(StringIO(text)):
        name, line = binding.key or "", f"line {binding.original.line}"
        if binding.error:
            advice = "is not NAME=value; is a closing quote missing?"
            raise ConfigError(ENV_FILE, line, advice)
        if name and name not in _ALL_VARIABLES and name.upper() in _ALL_VARIABLES:
            raise ConfigError(ENV_FILE, line, f"write {name.upper()} in capitals")
        if name in _ALL_VARIABLES and binding.value is None:
            raise ConfigError(ENV_FILE, line, f"write {name}=value")
        found[name] = binding.value or ""
    return found


def _bare(value: str) -> str:
    """A value without the spaces and the one pair of quotes around it."""
    value = value.strip()
    quoted = len(value) > 1 and value[0] == value[-1] and value[0] in "\"'"
    return value[1:-1].strip() if quoted else value


def places(environment: Mapping[str, str], **options: Path | str | None) -> Places:
    """The paths in use; `options` (database, seeds, config) of the command line take precedence."""
    values: dict[str, object] = dict(_fields(environment, VARIABLES))
    values["log_level"] = str(values.get("log_level", "INFO")).upper()
    values.update((name, path) for name, path in options.items() if path is not None)
    return _validated(Places, values, VARIABLES)


def discord_account(environment: Mapping[str, str]) -> DiscordAccount:
    """The account to run as. Raises ConfigError if there is no usable token."""
    values = _fields(environment, DISCORD_VARIABLES)
    token_file = values.pop("token_file", None)
    if token_file and "token" not in values:
        values["token"] = _read_token(Path(token_file))
    token = _bare(values.get("token", ""))
    if not token:
        advice = (
            "no token; get one at https://discord.com/developers and set it in .env,"
            " or try: broadsheet sandbox"
        )
        raise ConfigError("environment", "DISCORD_TOKEN", advice)
    if not re.fullmatch(r"[!#-&(-~]+", token):
        advice = "must be the bare token, without spaces and quotes"
        raise ConfigError("environment", "DISCORD_TOKEN", advice)
    return _validated(DiscordAccount, {**values, "token": token}, DISCORD_VARIABLES)


def unit_credential(environment: Mapping[str, str]) -> Path | None:
    """The token's file if it is a credential that systemd gives only to the unit; None = the token
    is meant for this process.
    """
    if environment.get("DISCORD_TOKEN"):
        return None
    named = environment.get("DISCORD_TOKEN_FILE")
    path = Path(named) if named else UNIT_TOKEN
    systemds = path == UNIT_TOKEN or _CREDENTIALS.match(str(path))
    hidden = not os.access(path, os.R_OK) if named else os.access(path, os.F_OK)
    return path if systemds and hidden else None


def _read_token(path: Path) -> str:
    try:
        return path.read_text(encoding="ascii")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "not plain text"
        raise ConfigError("environment", "DISCORD_TOKEN_FILE", f"{path}: {reason}") from error


def _fields(environment: Mapping[str, str], names: Mapping[str, str]) -> dict[str, str]:
    return {field: environment[name] for name, field in names.items() if name in environment}


def _validated(model: type[_M], values: Mapping[str, object], names: Mapping[str, str]) -> _M:
    try:
        return model.model_validate(values)
    except ValidationError as error:
        key, reason = first_fault(error)
        variable = next(name for name, field in names.items() if field == key)
        raise ConfigError("environment", variable, reason) from None  # its cause shows the input
