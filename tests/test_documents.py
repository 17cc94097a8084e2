"""What the documents list is what the code has."""

import re
from datetime import UTC, datetime
from pathlib import Path

import discord
import pytest
import typer.main
import yaml

from bot.chat.client import BroadsheetBot
from bot.chat.commands.digest import DigestCommands
from bot.chat.commands.following import Following
from bot.chat.commands.help import Help
from bot.chat.commands.lookups import Lookups
from bot.chat.commands.reaching import Reaching
from bot.chat.commands.setting import Setting
from bot.chat.commands.timetable import TimetableCommands
from bot.cli.main import cli
from bot.config import Config
from bot.environment import DISCORD_VARIABLES, VARIABLES
from bot.stories.names import NAMES, SECTIONS
from bot.stories.storyfile import SUFFIXES, parse

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")


def slash_commands() -> dict[str, list[str]]:
    """Every slash command by its full name, with the names of its options."""
    cogs = (Lookups, Following, TimetableCommands, Reaching, DigestCommands, Help)
    found = {}
    for cog in cogs:
        group = "digest " if issubclass(cog, Setting) else ""
        for value in vars(cog).values():
            if isinstance(value, discord.app_commands.Command):
                found[group + value.name] = [parameter.name for parameter in value.parameters]
    return found


def test_the_names_of_a_story_files_fields_stand_in_the_readme_in_their_order() -> None:
    table = README.split("## Story files")[1].split("\n## ")[0]
    rows = dict(re.findall(r"^\| (\w+) \| (`.+`) \|$", table, re.MULTILINE))
    assert rows == {field: ", ".join(f"`{n}`" for n in names) for field, names in NAMES.items()}
    assert all(f"`{section}`" in table for section in SECTIONS)
    assert all(f"`{suffix}`" in table for suffix in SUFFIXES)


def test_the_story_file_of_the_readme_is_a_story() -> None:
    (example,) = re.findall(r"```yaml\n(---\n.+?---\n)```", README, re.DOTALL)
    story = parse(example.encode(), datetime(2026, 11, 28, tzinfo=UTC))
    assert story.topics
    assert story.article.provider.name == "The Quay"


def test_every_slash_command_stands_in_the_readme_with_its_options() -> None:
    table = set(re.findall(r"^\| `/(.+?)` \|", README, re.MULTILINE))
    required = {"query", "name", "topic", "time", "timezone", "days", "policy", "hours", "choice"}
    required |= {"role", "tags"}
    expected = {
        " ".join((name, *(o if o in required else f"[{o}]" for o in options)))
        for name, options in slash_commands().items()
    }
    assert table == expected


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
