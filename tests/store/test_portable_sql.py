"""The store's SQL, except store/sqlite's, has no word that only SQLite knows; and its lists."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

from bot.store.sqlite.database import SqliteDatabase
from tests.conftest import ROOT

FILES: Final = sorted((ROOT / "bot" / "store").glob("*.py"))
_FUNCTIONS: Final = (
    r"json\w*|ifnull|iif|instr|char|group_concat|total|typeof|printf|hex|quote|zeroblob|glob|random|"
    r"date|time|datetime|julianday|unixepoch|strftime|timediff|changes|last_insert_rowid"
)
_FLAGS: Final = r"(?:\w+\.)?(?:hidden|removed|withdrawn|left_out|publish|paused)\b"
_NESTED: Final = r"(?:[^()]|\((?:[^()]|\((?:[^()]|\([^()]*\))*\))*\))*"
ONLY_SQLITE: Final = {
    "ON CONFLICT is standard": r"\b(?:INSERT|UPDATE) OR\b|\bREPLACE INTO\b",
    "a function": rf"(?i)\b(?:{_FUNCTIONS})\(",
    "an operator": r"\b(?:MATCH|GLOB|REGEXP|ISNULL|NOTNULL)\b|->",
    "= ANY(:name) asks for a list": r"\bjson_each\b",
    "rows have keys of their own": r"\b_?rowid_?\b",
    "a statement": r"\b(?:PRAGMA|ATTACH|VACUUM|REINDEX|INDEXED BY|TEMP TABLE|sqlite_\w+)\b",
    "the order of joins by CROSS JOIN": r"\bCROSS JOIN\b",
    "IS with a value": r"\bIS (?:NOT )?(?!NULL\b|NOT\b|TRUE\b|FALSE\b|DISTINCT\b)[\w:]",
    "IN with a table": r"\bIN [a-z]",
    "a literal of bytes": r"\b[xX]'",
    "min and max of several": rf"\b(?:min|max)\({_NESTED},",
    "a number as a condition": rf"\b(?:WHERE|AND|OR|NOT|ON|WHEN) {_FLAGS}(?! (?:=|<>|IS|IN|[<>]))",
    "a sum of conditions": r"[+-] \(:?[\w.]+ (?:=|<>|[<>]) ",
}
_SQL: Final = re.compile(
    r"\b(?:SELECT|INSERT|UPDATE|DELETE|WITH|WHERE|CASE|EXISTS|AND|IN|IS|CREATE|PRAGMA)\b"
)


def texts(file: Path) -> Iterator[tuple[int, str]]:
    """Each SQL text or part of one, and its line; values in an f-string become `{}`."""
    tree = ast.parse(file.read_text(encoding="utf-8"))
    said = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}  # docstrings
    inner = {id(n) for f in ast.walk(tree) if isinstance(f, ast.JoinedStr) for n in f.values}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant | ast.JoinedStr) and id(node) not in said | inner:
            text = _text(node)
            if _SQL.search(text):
                yield node.lineno, text


def _text(node: ast.expr) -> str:
    if isinstance(node, ast.JoinedStr):
        return "".join(_text(part) for part in node.values)
    if isinstance(node, ast.Constant):
        return node.value if isinstance(node.value, str) else ""
    return "{}"


def found_in(text: str) -> list[str]:
    return [what for what, pattern in ONLY_SQLITE.items() if re.search(pattern, text)]


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_sql_has_nothing_that_only_sqlite_has(file: Path) -> None:
    found = {(line, text): found_in(text) for line, text in texts(file)}
    assert {where: what for where, what in found.items() if what} == {}


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_sql_names_its_columns_so_that_it_means_the_same_after_a_later_version_added_one(
    file: Path,
) -> None:
    everything = r"(?i)\b(?:SELECT|RETURNING|DISTINCT)\s+\*|\w\.\*"
    assert [line for line, text in texts(file) if re.search(everything, text)] == []


def test_all_sql_is_looked_at() -> None:
    assert sum(1 for file in FILES for _ in texts(file)) > 200


@pytest.mark.parametrize(
    "sql",
    [
        "INSERT OR IGNORE INTO link VALUES (1)",
        "UPDATE OR REPLACE file SET path = ''",
        "SELECT value FROM json_each(:ids)",
        "SELECT json_extract(value, '$[0]')",
        "SELECT ifnull(a, 0)",
        "SELECT group_concat(topic_id)",
        "SELECT strftime('%s', 'now')",
        "SELECT 1 FROM story_text WHERE story_text MATCH :query",
        "SELECT rowid FROM story",
        "PRAGMA user_version",
        "CREATE TEMP TABLE changed (story_id)",
        "SELECT 1 FROM a CROSS JOIN b ON a.x = b.x",
        "SELECT 1 WHERE fault IS NOT :fault",
        "SELECT 1 WHERE a IS b",
        "DELETE FROM link WHERE story_id IN changed",
        "UPDATE file SET content = x''",
        "SELECT max(coalesce((SELECT max(a) FROM b), 0), 1)",
        "SELECT min(a, 1)",
        "SELECT 1 WHERE NOT s.hidden",
        "SELECT 1 WHERE removed AND a = 1",
        "UPDATE edition SET attempts = attempts + (:to = 'waiting')",
    ],
)
def test_what_only_sqlite_has_is_found(sql: str) -> None:
    assert _SQL.search(sql)
    assert found_in(sql)


async def test_a_list_is_a_parameter(archive: SqliteDatabase) -> None:
    async with archive.writing() as db:
        await db.execute("DELETE FROM fact")
        names = [(name, "") for name in ("a", "b", 'c"]', "é")]
        await db.executemany("INSERT INTO fact (name, value) VALUES (?, ?)", names)

        async def named(condition: str, **lists: object) -> list[str]:
            sql = f"SELECT name FROM fact WHERE {condition} ORDER BY name"  # noqa: S608
            return [row["name"] for row in await db.execute_fetchall(sql, lists)]

        assert await named("name = ANY(:some)", some=["a", 'c"]', "z"]) == ["a", 'c"]']
        assert await named("name = ANY(:some)", some=set()) == []
        assert await named("NOT name = ANY(:some)", some=("a", "b", 'c"]')) == ["é"]
        both = "name = ANY(:some) AND NOT name = ANY(:others)"
        assert await named(both, some={"a": 1, "b": 2}, others={"b"}) == ["a"]

        sql = "UPDATE fact SET value = :to WHERE name = ANY(:some)"
        await db.executemany(sql, [{"to": "1", "some": ["a", "b"]}, {"to": "2", "some": ["é"]}])
        rows = await db.execute_fetchall("SELECT value FROM fact ORDER BY name")
        assert [row["value"] for row in rows] == ["1", "1", "", "2"]


async def test_a_list_of_numbers_is_one_of_numbers(archive: SqliteDatabase) -> None:
    async with archive.writing() as db:
        await db.executemany("INSERT INTO server (guild_id) VALUES (?)", [(1,), (1 << 62,)])
        sql = "SELECT guild_id FROM server WHERE guild_id = ANY(:ids)"
        rows = await db.execute_fetchall(sql, {"ids": [1 << 62, 3]})
        assert [row["guild_id"] for row in rows] == [1 << 62]
