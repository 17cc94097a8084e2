"""The documents list exactly what the code has."""

import ast
import io
import re
import sqlite3
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import discord
import pytest
import typer.main
import yaml

from bot.chat.gateway.client import BroadsheetBot
from bot.cli.main import cli
from bot.config import Config, FeedConfig, FeedsConfig, load_config
from bot.environment import DISCORD_VARIABLES, VARIABLES
from bot.origins.feeds.decoding import READ
from bot.origins.feeds.items import EXCERPT, MAX_CATEGORIES, MAX_ITEMS
from bot.origins.files.field_names import NAMES
from bot.store.export_reading import Lines
from bot.store.sqlite.schema import STEPS
from bot.store.tables import TABLES
from tests.chat.conftest import opened

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
DOCUMENTS = {
    path.relative_to(ROOT).as_posix(): path.read_text(encoding="utf-8")
    for path in (
        *(ROOT / name for name in ("README.md", "CONTRIBUTING.md", "tests/real-discord.md")),
        *sorted((ROOT / "docs").rglob("*.md")),
    )
}
ARCHITECTURE, GLOSSARY = DOCUMENTS["docs/architecture.md"], DOCUMENTS["docs/glossary.md"]
COMMANDS: dict[str, Any] = typer.main.get_command(cli).commands  # type: ignore[attr-defined]
NOT_IN_THE_TREE = {"backups/"}
"""Folders that documents name, but that only a machine with a bot has."""


def in_the_readme(command: dict[str, Any], before: str = "") -> Iterator[str]:
    """A registered command, or each of its subcommands, with options; [in brackets] = optional.

    A type of 1 or 2 is a subcommand or a group of subcommands.
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
    assert table == set(COMMANDS)


SHARED = {"--database", "--config", "--seeds", "--help"}
"""Options of every command."""


def test_every_option_of_the_command_line_stands_in_the_readme() -> None:
    for name, command in COMMANDS.items():
        row = re.search(rf"^\| `broadsheet {name}\b(.*?)` \|", README, re.MULTILINE)
        assert row, name
        options = {o for p in command.params for o in p.opts if o.startswith("--")} - SHARED
        assert options == set(re.findall(r"--[a-z]+", row[1])), name


@pytest.mark.parametrize(("group", "guide"), [("feeds", "feeds.md"), ("event", "events.md")])
def test_every_command_of_a_group_stands_in_the_readme_and_with_its_options_in_the_guide(
    group: str, guide: str
) -> None:
    commands = COMMANDS[group].commands
    row = re.search(rf"^\| `broadsheet {group} (.*?)` \|", README, re.MULTILINE)
    assert row
    assert row[1].split("\\|") == [*commands]
    text = DOCUMENTS[f"docs/{guide}"]
    found = re.findall(rf"^\| `broadsheet {group} (\w+)(.*?)` \|", text, re.MULTILINE)
    assert [name for name, _ in found] == [*commands]
    for name, rest in found:
        options = {o for p in commands[name].params for o in p.opts if o.startswith("--")} - SHARED
        assert options == set(re.findall(r"--[a-z]+", rest)), name


def test_the_example_in_the_guide_to_feeds_can_be_used_and_has_every_key(tmp_path: Path) -> None:
    block = r"^```yaml\n(.*?)^```"
    (example,) = re.findall(block, DOCUMENTS["docs/feeds.md"], re.MULTILINE | re.DOTALL)
    (tmp_path / "feeds.yaml").write_text(example)
    feeds = load_config(tmp_path).feeds
    assert feeds.model_fields_set == set(FeedsConfig.model_fields)
    assert feeds.feeds[0].model_fields_set == set(FeedConfig.model_fields)


def test_the_guide_to_feeds_names_how_much_of_one_is_read() -> None:
    text = " ".join(DOCUMENTS["docs/feeds.md"].split())
    assert f"the first {MAX_ITEMS:,} items and {READ // 2**20} MiB are read" in text
    assert f"at most {EXCERPT} characters of its text and {MAX_CATEGORIES} categories" in text


def test_every_variable_stands_in_the_guide_to_operations_and_the_example() -> None:
    known = {*VARIABLES, *DISCORD_VARIABLES}
    example = (ROOT / ".env.example").read_text(encoding="utf-8")
    guide = DOCUMENTS["docs/operations.md"]
    assert set(re.findall(r"^\| `([A-Z_]+)` \|", guide, re.MULTILINE)) == known
    assert set(re.findall(r"^#? ?([A-Z_]+)=", example, re.MULTILINE)) == known


@pytest.mark.parametrize("section", Config.model_fields)
def test_every_key_of_the_configuration_stands_in_its_file_and_in_the_guide_to_operations(
    section: str,
) -> None:
    model = Config.model_fields[section].annotation
    keys = set(model.model_fields)  # type: ignore[union-attr]
    written = yaml.safe_load((ROOT / "config" / f"{section}.yaml").read_text(encoding="utf-8"))
    guide = DOCUMENTS["docs/operations.md"]
    row = re.search(rf"^\| `config/{section}.yaml` \| (.*) \|$", guide, re.MULTILINE)
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


def without_blocks(text: str) -> str:
    """A document without its code blocks."""
    return re.sub(r"^```.*?^```$", "", text, flags=re.MULTILINE | re.DOTALL)


def without_code(text: str) -> str:
    """A document without any code."""
    return re.sub(r"`[^`\n]*`", "", without_blocks(text))


def anchors(text: str) -> set[str]:
    """The anchors of a document's headings on GitHub."""
    headings = re.findall(r"^#+ (.+)$", without_blocks(text), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", one).strip().lower().replace(" ", "-") for one in headings}


def _names(node: ast.stmt) -> set[str]:
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        return {node.name}
    assigned = [node.target] if isinstance(node, ast.AnnAssign) else getattr(node, "targets", ())
    return {one.id for one in assigned if isinstance(one, ast.Name)}


def defined(path: Path) -> set[str]:
    """The names that a module defines, those of a class also as `Class.name`."""
    found: set[str] = set()
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        names = _names(node)
        found |= names
        if isinstance(node, ast.ClassDef):
            found |= {f"{node.name}.{name}" for one in node.body for name in _names(one)}
    return found


@pytest.mark.parametrize("name", DOCUMENTS)
def test_every_link_between_documents_leads_somewhere(name: str) -> None:
    links = re.findall(r'(?:\]\(|src="|srcset=")([^)"\s]+)[)"]', without_code(DOCUMENTS[name]))
    for link in links:
        if link.startswith("https://"):
            continue
        path, _, anchor = link.partition("#")
        target = (ROOT / name).parent / path if path else ROOT / name
        assert target.exists(), link
        if anchor:
            assert anchor in anchors(target.read_text(encoding="utf-8")), link


def test_the_readme_shows_every_picture_and_no_other() -> None:
    shown = re.findall(r"(?:src|srcset)=\"(.+?)\"", README)
    made = [path.relative_to(ROOT).as_posix() for path in ROOT.glob("docs/pictures/*.png")]
    assert sorted(shown) == sorted(made)


@pytest.mark.parametrize("name", DOCUMENTS)
def test_every_file_and_folder_that_a_document_names_is_there(name: str) -> None:
    text = without_blocks(DOCUMENTS[name])
    suffixes = "py|md|yaml|json|toml|service|sample"
    named = re.findall(rf"`((?:[\w.-]+/)+|[\w.-]*\w/[\w./-]+\.(?:{suffixes})|\w+\.py)`", text)
    roots = (ROOT, ROOT / "bot", (ROOT / name).parent)
    for path in set(named) - NOT_IN_THE_TREE:
        assert any((root / path).exists() for root in roots), path


@pytest.mark.parametrize("name", DOCUMENTS)
def test_every_function_that_a_document_names_is_in_that_file(name: str) -> None:
    for function, path in re.findall(r"`([\w.]+)` in\s+`(bot/[\w/]+\.py)`", DOCUMENTS[name]):
        assert function in defined(ROOT / path), (function, path)


def test_the_map_shows_every_package_in_the_order_of_imports() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    contracts = project["tool"]["importlinter"]["contracts"]
    (layers,) = (one["layers"] for one in contracts if one["type"] == "layers")
    rows = re.findall(r"^\| (`bot/.+?) \|", ARCHITECTURE, re.MULTILINE)
    shown = [re.findall(r"`bot/(\w+)(?:/|\.py)`", row) for row in rows]
    assert shown == [layer.split(" | ") for layer in layers]


def test_the_map_leads_to_every_decision() -> None:
    pages = {path.name for path in (ROOT / "docs" / "decisions").iterdir()}
    assert set(re.findall(r"\]\(decisions/([\w.-]+)\)", ARCHITECTURE)) == pages
    for name in pages:
        headings = re.findall(
            r"^\*\*(\w+)\.\*\*", DOCUMENTS[f"docs/decisions/{name}"], re.MULTILINE
        )
        assert headings == ["Context", "Decision", "Cost"], name


def test_every_table_that_the_glossary_names_is_in_the_schema() -> None:
    with sqlite3.connect(":memory:") as db:
        for step in STEPS:
            db.executescript(step)
        tables = {row[0] for row in db.execute("SELECT name FROM sqlite_master")}
    named = re.findall(r"table `(\w+)`", GLOSSARY)
    assert named
    assert set(named) <= tables


def test_every_name_of_a_field_stands_in_the_guide_to_story_files_in_its_order() -> None:
    rows = re.findall(r"^\| (\w+) \| (`.+`) \|$", DOCUMENTS["docs/story-files.md"], re.MULTILINE)
    assert {field: tuple(re.findall(r"`(\w+)`", names)) for field, names in rows} == dict(NAMES)


def test_every_table_of_an_export_stands_in_its_guide_in_its_order() -> None:
    text = DOCUMENTS["docs/export.md"]
    assert re.findall(r"^\| `(\w+)` \|", text, re.MULTILINE) == [table.name for table in TABLES]


def test_the_example_in_the_guide_to_exports_begins_as_an_export_does() -> None:
    block = re.search(r"^```json\n(.*?)^```", DOCUMENTS["docs/export.md"], re.MULTILINE | re.DOTALL)
    assert block
    header, table, *_ = block[1].splitlines(keepends=True)
    lines = Lines(io.BytesIO(f"{header}{table}".encode()), "docs/export.md")
    assert lines.header().line.decode() == header
    assert [*lines.table(TABLES[0])] == []


def test_the_readme_can_be_read_at_once() -> None:
    assert len(README.splitlines()) <= 150
