"""What the documents list is what the code has."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import discord
import pytest
import typer.main
import yaml

from bot.chat.gateway.client import BroadsheetBot
from bot.cli.main import cli
from bot.config import Config
from bot.environment import DISCORD_VARIABLES, VARIABLES
from tests.chat.conftest import opened

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")


def in_the_readme(command: dict[str, Any], before: str = "") -> Iterator[str]:
    """A registered command, or each below it, with its options: those in brackets may be left out.

    A type of 1 or 2 is a subcommand or a group of them.
    """
    name, options = f"{before}{command['name']}", command.get("options", [])
    if any(one["type"] in (1, 2) for one in options):
        for one in options:
            yield from in_the_readme(one, f"{name} ")
        return
    shown = (one["name"] if one.get("required") else f"[{one['name']}]" for one in options)
    yield " ".join((name, *shown))


async def test_every_slash_command_stands_in_the_readme_with_its_options(tmp_path: Path) -> None:
    table = set(re.findall(r"^\| `/(.+?)` \|", README, re.MULTILINE))
    async with opened(tmp_path) as demo:
        registered = demo.sandbox.world.commands[None]
    assert len(table) > len(registered)
    assert table == {line for command in registered for line in in_the_readme(command)}


def test_every_command_of_the_command_line_stands_in_the_readme() -> None:
    table = set(re.findall(r"^\| `broadsheet (\w+)", README, re.MULTILINE))
    commands = typer.main.get_command(cli).commands  # type: ignore[attr-defined]
    assert table == set(commands)


def test_every_option_of_the_command_line_stands_in_the_readme() -> None:
    commands = typer.main.get_command(cli).commands  # type: ignore[attr-defined]
    shared = {"--database", "--config", "--seeds", "--help"}
    for name, command in commands.items():
        row = re.search(rf"^\| `broadsheet {name}\b(.*?)` \|", README, re.MULTILINE)
        assert row, name
        options = {o for p in command.params for o in p.opts if o.startswith("--")} - shared
        assert options == set(re.findall(r"--[a-z]+", row[1])), name


def test_every_variable_stands_in_the_readme_and_the_example() -> None:
    known = {*VARIABLES, *DISCORD_VARIABLES}
    example = (ROOT / ".env.example").read_text(encoding="utf-8")
    assert set(re.findall(r"^\| `([A-Z_]+)` \|", README, re.MULTILINE)) == known
    assert set(re.findall(r"^#? ?([A-Z_]+)=", example, re.MULTILINE)) == known


@pytest.mark.parametrize("section", Config.model_fields)
def test_every_key_of_the_configuration_stands_in_its_file_and_the_readme(section: str) -> None:
    model = Config.model_fields[section].annotation
    keys = set(model.model_fields)  # type: ignore[union-attr]
    written = yaml.safe_load((ROOT / "config" / f"{section}.yaml").read_text(encoding="utf-8"))
    row = re.search(rf"^\| `config/{section}.yaml` \| (.*) \|$", README, re.MULTILINE)
    assert row
    assert keys == set(written)
    assert keys <= set(re.findall(r"`(\w+)`", row[1]))


def test_the_invitation_asks_for_exactly_the_permissions_that_are_named() -> None:
    asked = re.search(r"permissions=(\d+)", README)
    assert asked
    needed = discord.Permissions(
        view_channel=True,
        send_messages=True,
        embed_links=True,
        send_messages_in_threads=True,
        read_message_history=True,
    )
    assert int(asked[1]) == needed.value


def test_the_ci_runs_the_readmes_own_test_line() -> None:
    lines = re.findall(r"^python3 -m venv .*pytest$", README, re.MULTILINE)
    assert lines == [
        "python3 -m venv .venv && .venv/bin/pip install -e '.[test]' && .venv/bin/pytest"
    ]


def test_every_dependency_says_what_it_is_for() -> None:
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    listed = re.search(r"^dependencies = \[\n(.*?)^\]", text, re.MULTILINE | re.DOTALL)
    assert listed
    assert all(" # " in line for line in listed[1].splitlines())


def test_the_bot_asks_for_no_privileged_intent() -> None:
    bot = BroadsheetBot()
    assert bot.intents.value == discord.Intents(guilds=True).value
