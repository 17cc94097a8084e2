"""Settings from the environment, and that the token is never shown."""

import logging
import os
import re
import traceback
from pathlib import Path

import pytest

from bot import database_url
from bot.database_url import DatabaseUrl
from bot.environment import (
    DISCORD_VARIABLES,
    VARIABLES,
    DiscordAccount,
    Places,
    discord_account,
    places,
    read_environment,
)
from bot.errors import ConfigError
from tests.conftest import ROOT

TOKEN = "MTIzNDU2Nzg5.Invented.token-of_nobody"  # noqa: S105 - invented


@pytest.fixture(autouse=True)
def bare(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """None of our variables is set, and the current folder has no .env."""
    for name in [name for name in os.environ if name.startswith(("DISCORD_", "BROADSHEET_"))]:
        monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)


def refused(environment: dict[str, str]) -> ConfigError:
    with pytest.raises(ConfigError) as caught:
        discord_account(environment)
    return caught.value


def test_every_variable_stands_in_the_example_with_a_line_that_explains_it() -> None:
    lines = (ROOT / ".env.example").read_text(encoding="utf-8").splitlines()
    found = [re.fullmatch(r"([A-Z_]+)=.*", line) for line in lines]
    names = [match[1] for match in found if match]
    assert sorted(names) == sorted({**VARIABLES, **DISCORD_VARIABLES})
    above = [lines[number - 1] for number, match in enumerate(found) if match]
    assert all(line.startswith("# ") and "Default: " in line for line in above)


def test_the_example_is_a_valid_env_file_that_says_the_defaults(tmp_path: Path) -> None:
    example = (ROOT / ".env.example").read_text(encoding="utf-8")
    Path(".env").write_text(example, encoding="utf-8")
    assert places(read_environment()) == places({})
    assert (
        discord_account({**read_environment(DISCORD_VARIABLES), "DISCORD_TOKEN": TOKEN}).api is None
    )


def test_the_example_names_every_file_of_the_config_folder() -> None:
    example = (ROOT / ".env.example").read_text(encoding="utf-8")
    (line,) = re.findall(r"^# The folder of .*yaml.*$", example, re.MULTILINE)
    files = {path.stem for path in (ROOT / "config").glob("*.yaml")}
    assert files <= set(re.findall(r"[\w-]+", line))


def test_the_token_is_read_only_where_it_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DISCORD_TOKEN", TOKEN)
    assert "DISCORD_TOKEN" not in read_environment()
    assert read_environment(DISCORD_VARIABLES)["DISCORD_TOKEN"] == TOKEN


def test_every_variable_has_a_field() -> None:
    assert set(VARIABLES.values()) == set(Places.model_fields)
    assert set(DISCORD_VARIABLES.values()) == {*DiscordAccount.model_fields, "token_file"}


def test_paths_are_absolute_and_options_go_first(tmp_path: Path) -> None:
    assert places({}).database == tmp_path / "data/broadsheet.db"
    environment = {"BROADSHEET_SEEDS": "news", "BROADSHEET_CONFIG": "/etc/broadsheet"}
    found = places(environment, seeds=None, config=Path("own"))
    assert (found.seeds, found.config) == (tmp_path / "news", tmp_path / "own")


def test_the_environment_goes_before_the_file_and_empty_means_unset(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    Path(".env").write_text("BROADSHEET_SEEDS=file\nBROADSHEET_CONFIG=file\nDISCORD_TOKEN=\n")
    monkeypatch.setenv("BROADSHEET_SEEDS", "outside")
    found = read_environment()
    assert (found["BROADSHEET_SEEDS"], found["BROADSHEET_CONFIG"]) == ("outside", "file")
    assert "DISCORD_TOKEN" not in found


WRAPPINGS = ['"{}"', "'{}'", '"{}"\r', " {}\t", "' {} '", '\t"{}" \r', "{}\r"]


@pytest.mark.parametrize("wrapped", WRAPPINGS)
@pytest.mark.parametrize("in_file", [True, False])
def test_blanks_and_one_pair_of_quotes_around_a_value_are_no_part_of_it(
    wrapped: str, in_file: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    values = dict.fromkeys({**VARIABLES, **DISCORD_VARIABLES}, "a b")
    if in_file:
        lines = "".join(f"{name}={wrapped.format(value)}\n" for name, value in values.items())
        Path(".env").write_text(lines, newline="")
    else:
        for name, value in values.items():
            monkeypatch.setenv(name, wrapped.format(value))
    assert read_environment({**VARIABLES, **DISCORD_VARIABLES}) == values


@pytest.mark.parametrize("value", ['""', "''", " ", "\r", '" "'])
def test_a_value_of_blanks_or_quotes_alone_means_unset(
    value: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BROADSHEET_SEEDS", value)
    assert read_environment() == {}


def test_quotes_inside_a_value_stay(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BROADSHEET_SEEDS", """ "it's 'new'" """)
    assert read_environment() == {"BROADSHEET_SEEDS": "it's 'new'"}


def test_an_env_file_with_a_byte_order_mark_and_the_line_ends_of_windows_is_read() -> None:
    text = '\ufeffDISCORD_TOKEN="a.b"\r\nBROADSHEET_SEEDS=news\r\n'
    Path(".env").write_bytes(text.encode())
    found = read_environment({**VARIABLES, **DISCORD_VARIABLES})
    assert found == {"DISCORD_TOKEN": "a.b", "BROADSHEET_SEEDS": "news"}


@pytest.mark.parametrize("in_file", [True, False])
def test_an_unknown_variable_of_ours_is_refused(
    in_file: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    if in_file:
        Path(".env").write_text("BROADSHEET_SEED=seeds\n")
    else:
        monkeypatch.setenv("BROADSHEET_SEED", "seeds")
    with pytest.raises(ConfigError, match=r"BROADSHEET_SEED: unknown variable; see \.env"):
        read_environment()


def test_an_env_file_that_is_no_text_is_refused() -> None:
    Path(".env").write_bytes(b"DISCORD_TOKEN=\xff\xfe")
    with pytest.raises(ConfigError, match=r"\.env: cannot be read"):
        read_environment()


@pytest.mark.parametrize(
    ("name", "value"),
    [("BROADSHEET_LOG_LEVEL", "loud"), ("BROADSHEET_LOG_FORMAT", "xml")],
)
def test_an_impossible_value_is_refused_by_its_variable(name: str, value: str) -> None:
    with pytest.raises(ConfigError, match=f"environment: {name}: "):
        places({name: value})


def test_a_log_level_is_read_in_any_case() -> None:
    assert places({"BROADSHEET_LOG_LEVEL": "debug"}).log_level == "DEBUG"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("BROADSHEET_DISCORD_API", "ws://127.0.0.1/"),
        ("BROADSHEET_DISCORD_API", "127.0.0.1:9000"),
        ("BROADSHEET_DISCORD_API", "http://"),
        ("BROADSHEET_DISCORD_API", "http://[half"),
        ("BROADSHEET_DISCORD_GATEWAY", "http://127.0.0.1/"),
    ],
)
def test_an_address_of_another_kind_is_refused_by_its_variable(name: str, value: str) -> None:
    assert refused({"DISCORD_TOKEN": TOKEN, name: value}).key == name


def test_another_discord_is_taken_without_a_trailing_slash() -> None:
    account = discord_account(
        {
            "DISCORD_TOKEN": TOKEN,
            "BROADSHEET_DISCORD_API": "http://127.0.0.1:9000/api/v10/",
            "BROADSHEET_DISCORD_GATEWAY": "ws://127.0.0.1:9000/",
        }
    )
    assert (account.api, account.gateway) == (
        ("http://127.0.0.1:9000/api/v10", "ws://127.0.0.1:9000")
    )


def test_a_token_is_read_from_its_variable_or_its_file(tmp_path: Path) -> None:
    file = tmp_path / "token"
    file.write_text(f'"{TOKEN}"\r\n')
    from_file = discord_account({"DISCORD_TOKEN_FILE": str(file)})
    direct = discord_account({"DISCORD_TOKEN": f" {TOKEN} ", "DISCORD_TOKEN_FILE": "missing"})
    assert from_file.token.get_secret_value() == direct.token.get_secret_value() == TOKEN


def test_no_token_is_refused_with_the_way_to_the_sandbox() -> None:
    assert "broadsheet sandbox" in refused({}).reason
    assert "README" not in refused({}).reason, "an installed wheel has none"
    assert refused({"DISCORD_TOKEN": "  "}).key == "DISCORD_TOKEN"


def test_a_token_file_that_cannot_be_read_is_refused(tmp_path: Path) -> None:
    (tmp_path / "binary").write_bytes(TOKEN.encode() + b"\xff")
    for name, reason in (("missing", "No such file"), (".", "Is a directory"), ("binary", "plain")):
        error = refused({"DISCORD_TOKEN_FILE": name})
        assert (error.key, reason in error.reason) == ("DISCORD_TOKEN_FILE", True)


def failures(tmp_path: Path) -> list[dict[str, str]]:
    """Environments with a token that cannot be used."""
    (tmp_path / "spaced").write_text(f"Bot {TOKEN}")
    (tmp_path / "binary").write_bytes(TOKEN.encode() + b"\xff")
    return [
        {"DISCORD_TOKEN": f"Bot {TOKEN}"},
        {"DISCORD_TOKEN": f"{TOKEN}é"},
        {"DISCORD_TOKEN": f'"{TOKEN}'},
        {"DISCORD_TOKEN": f"{TOKEN}'"},
        {"DISCORD_TOKEN": f"{TOKEN}\x07"},
        {"DISCORD_TOKEN_FILE": "spaced"},
        {"DISCORD_TOKEN_FILE": "binary"},
        {"DISCORD_TOKEN": TOKEN, "BROADSHEET_DISCORD_API": f"nowhere/{TOKEN}"},
        {"DISCORD_TOKEN": TOKEN, "BROADSHEET_DISCORD_GATEWAY": "http://x"},
    ]


def test_no_failure_shows_the_token_in_its_text_or_traceback(tmp_path: Path) -> None:
    for environment in failures(tmp_path):
        error = refused(environment)
        shown = "".join(traceback.format_exception(error)) + repr(error) + str(error)
        assert TOKEN not in shown


def test_an_account_never_shows_its_token(caplog: pytest.LogCaptureFixture) -> None:
    account = discord_account({"DISCORD_TOKEN": TOKEN})
    with caplog.at_level(logging.DEBUG):
        logging.getLogger("test").info("%s %r %s", account, account, account.model_dump())
    assert TOKEN not in f"{account} {account!r} {account.model_dump_json()} {caplog.text}"


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ('BROADSHEET_DATABASE="x.db', "is not NAME=value; is a closing quote missing?"),
        ("DISCORD_TOKEN='a", "is not NAME=value; is a closing quote missing?"),
        ("BROADSHEET_DATABASE", "write BROADSHEET_DATABASE=value"),
        ("broadsheet_database=x.db", "write BROADSHEET_DATABASE in capitals"),
        ("Discord_Token=x", "write DISCORD_TOKEN in capitals"),
    ],
)
def test_a_line_of_the_env_file_that_would_be_passed_over_is_refused(line: str, said: str) -> None:
    Path(".env").write_text(f"# ours\nOTHER\n{line}\nBROADSHEET_SEEDS=news\n")
    with pytest.raises(ConfigError) as caught:
        read_environment()
    assert str(caught.value) == f".env: line 3: {said}"


def test_an_env_file_that_is_a_folder_is_refused() -> None:
    Path(".env").mkdir()
    with pytest.raises(ConfigError, match=r"\.env: cannot be read: Is a directory"):
        read_environment()


@pytest.mark.parametrize(
    ("given", "shards"), [("0-7/16", set(range(8))), ("3/16", {3}), ("15-15/16", {15})]
)
def test_a_range_of_shards_names_each_of_them(given: str, shards: set[int]):
    account = discord_account({"DISCORD_TOKEN": TOKEN, "BROADSHEET_SHARDS": given})
    assert account.shards
    assert account.shards.shards == shards
    assert account.shards.count == 16


@pytest.mark.parametrize("given", ["7", "0-7", "7-0/16", "0-16/16", "-1/4", "0-7/16/2", "auto"])
def test_what_is_no_range_of_shards_is_refused_with_an_example(given: str):
    with pytest.raises(ConfigError, match=r"BROADSHEET_SHARDS: (write|the shards)"):
        discord_account({"DISCORD_TOKEN": TOKEN, "BROADSHEET_SHARDS": given})


@pytest.mark.parametrize(
    "given",
    [
        "mysql://user:hunter2@host/news", "postgresqll://user:hunter2@host/news",
        "postgresql:/user:hunter2@host/news", "sqlite:///hunter2.db",
        "postgresql://user:p@hunter2@host/news", "postgresql://user:hunter2@host:5x/news",
        "postgresql://user:hunter2@host:5432:1/news",
    ],
)  # fmt: skip
def test_what_only_looks_like_a_database_is_refused_without_its_password(given: str):
    with pytest.raises(ConfigError, match="write postgresql://USER:PASSWORD@HOST/NAME") as caught:
        places({"BROADSHEET_DATABASE": given})
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize(
    "given",
    [
        "postgresql://host/news", "postgres://user:p%40ss@host:5433/news?sslmode=require",
        "postgresql://u@one:5432,two:5433/news", "postgresql://[::1]:5432/news",
        "postgresql:///news?host=/run/postgresql",
    ],
)  # fmt: skip
def test_every_form_of_a_url_of_postgresql_is_taken(given: str):
    found = places({"BROADSHEET_DATABASE": given}).database
    assert isinstance(found, DatabaseUrl)
    assert found.secret == given


def test_a_database_on_postgresql_without_its_extra_names_how_to_install_it(
    monkeypatch: pytest.MonkeyPatch,
):
    monkeypatch.setattr(database_url, "find_spec", lambda name: None)
    with pytest.raises(ConfigError, match=r"pip install 'broadsheet\[postgres\]'") as caught:
        places({"BROADSHEET_DATABASE": "postgresql://user:hunter2@host/news"})
    assert (caught.value.key, "hunter2" in str(caught.value)) == ("BROADSHEET_DATABASE", False)
