"""Every line of an export that is not as it must be is refused, by its number and with a reason."""

import io
import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.errors import BadExport
from bot.store.export_format import (
    FORMAT,
    Header,
    Sums,
    end_record,
    line_of,
    row_line,
    table_record,
)
from bot.store.export_reading import LONGEST_LINE, Lines, RowReader
from bot.store.tables import OLDEST, SCHEMA, TABLES, Table

HEADER = Header("1.2.0", datetime(2026, 11, 29, 8, tzinfo=UTC), 2, {"feed": 7})
TOPIC, EDGE, ITEM = (
    next(table for table in TABLES if table.name == name) for name in ("topic", "edge", "item")
)
INTEGERS = st.integers(-(1 << 63), (1 << 63) - 1)
TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"))
VALUES = {int: INTEGERS, str: TEXTS, float: st.floats(allow_nan=False), bytes: st.binary()}


def lines(content: bytes) -> Lines:
    return Lines(io.BytesIO(content), "some.jsonl")


def header(**other: Any) -> bytes:
    return line_of({**json.loads(HEADER.line), **other})


def row_of(table: Table) -> st.SearchStrategy[list[Any]]:
    """Any row that a table may have."""
    return st.tuples(
        *(
            VALUES[column.kind] if column.required else st.none() | VALUES[column.kind]
            for column in table.columns
        )
    ).map(list)


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)
@given(data=st.data())
def test_every_row_is_read_as_it_was_written(table: Table, data: st.DataObject) -> None:
    row = data.draw(row_of(table))
    line = row_line(row)
    assert line.count(b"\n") == 1
    again = RowReader(table).read(line)
    assert again == row
    assert [*map(type, again)] == [*map(type, row)]
    assert row_line(again) == line


@pytest.mark.parametrize(
    ("text", "kept"), [("a\0b\0", "a\ufffdb\ufffd"), ("\\u0000", "\\u0000"), ("\\\0", "\\\ufffd")]
)
def test_nul_is_replaced_and_what_only_looks_like_it_is_kept(text: str, kept: str) -> None:
    assert RowReader(TOPIC).read(row_line([1, text, "AI"])) == [1, kept, "AI"]


@pytest.mark.parametrize("value", [0.1, -0.0, 5e-324, 1.7976931348623157e308, 1e16, float("inf")])
def test_a_number_with_a_point_keeps_every_bit(value: float) -> None:
    row = [1, 2, value]
    again = RowReader(EDGE).read(line_of(row))
    assert again[2].hex() == value.hex()


def test_the_header_is_read_as_it_was_written() -> None:
    assert lines(HEADER.line).header() == HEADER


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "the file ends here"),
        (b"\n", "it is not JSON"),
        (b"SQLite format 3\0\n", "this is no export of Broadsheet: it is not JSON"),
        (HEADER.line.decode().encode("utf-16"), "it is not UTF-8"),
        (b"\x1f\x8b\x08\x00\n", "it is not UTF-8"),
        (b"[1]\n", "it is no record"),
        (b'{"broadsheet": "export"}\n', "this is no export"),
        (b"[" * 100_000 + b"\n", "nested too deeply"),
        (header(broadsheet="backup"), "this is no export"),
        (header(version="1.0\x1b[31m"), "this is no export"),
        (header(format="1"), "this is no export"),
        (header(format=FORMAT + 1), "upgrade this one first"),
        (header(schema=SCHEMA + 1), "Broadsheet 1.2.0 wrote it with schema"),
        (header(schema=OLDEST - 1), "upgrade that one, and export again"),
        (header(format=FORMAT - 1), "upgrade that one, and export again"),
        (header(taken_at="yesterday"), "its taken_at: "),
        (header(taken_at="2026-11-29T08:00:00"), "its taken_at: "),
        (header(rows=-1), "its rows: "),
        (header(rows=None), "its rows: "),
        (header(last_ids={"feed": 1 << 63}), "its last_ids.feed: "),
        (header(last_ids={"feed; DROP TABLE feed": 1}), "its last_ids name another table"),
        (HEADER.line[:40], "the file ends within it"),
        (b'{"broadsheet": "' + b"x" * LONGEST_LINE, "it is longer than 16 MiB"),
    ],
    ids=range(23),
)
def test_a_first_line_that_is_not_ours_is_refused(content: bytes, reason: str) -> None:
    with pytest.raises(BadExport) as caught:
        lines(content).header()
    assert reason in caught.value.reason
    assert str(caught.value).startswith("some.jsonl, line 1: ")
    assert str(caught.value).endswith(". Nothing was imported.")


@pytest.mark.parametrize(
    ("table", "line", "reason"),
    [
        (TOPIC, b'[1,"ai","AI"', "it is not JSON"),
        (TOPIC, b'[1,"ai","AI"]]', "it is not JSON: Extra data at character 14"),
        (TOPIC, b'[1,"ai","\xff"]', "it is not UTF-8"),
        (TOPIC, b'[1,"ai","\\ud800"]', "surrogates not allowed"),
        (TOPIC, b'[1,"a\\u0000i","AI"]', "it has a NUL character"),
        (TOPIC, b'[1,"ai"]', "it has 2 values, not 3"),
        (TOPIC, b'[1,"ai","AI",null]', "it has 4 values, not 3"),
        (TOPIC, b'["1","ai","AI"]', "its topic_id is not a whole number"),
        (TOPIC, b'[1.0,"ai","AI"]', "its topic_id is not a whole number"),
        (TOPIC, b'[true,"ai","AI"]', "its topic_id is not a whole number"),
        (TOPIC, b'[null,"ai","AI"]', "its topic_id is not a whole number"),
        (TOPIC, b'[9223372036854775808,"ai","AI"]', "its topic_id has more than 64 bits"),
        (TOPIC, b'[-9223372036854775809,"ai","AI"]', "its topic_id has more than 64 bits"),
        (TOPIC, b"[" + b"9" * 5000 + b',"ai","AI"]', "limit"),
        (TOPIC, b'[1,5,"AI"]', "its slug is not a text"),
        (TOPIC, b'[1,["ai"],"AI"]', "its slug is not a text"),
        (EDGE, b"[1,2,1]", "its p is not a number with a point"),
        (EDGE, b"[1,2,NaN]", "NaN is no number"),
        (EDGE, b"[1,2,null]", "its p is not a number with a point"),
        (ITEM, b'[1,2,3,"a","b","[]","","[]","?"]', "base64"),
        (ITEM, b'[1,2,3,"a","b","[]","","[]",null]', "its content is not a text"),
    ],
)
def test_a_row_that_its_table_cannot_have_is_refused(
    table: Table, line: bytes, reason: str
) -> None:
    content = line_of(table_record(table)) + line + b"\n"
    with pytest.raises(BadExport) as caught:
        [*lines(content).table(table)]
    assert reason in caught.value.reason
    assert caught.value.line == 2


@pytest.mark.parametrize("second", [(2, 5), (2, 4), (1, 9)])
def test_rows_that_repeat_or_are_out_of_order_are_refused(second: tuple[int, int]) -> None:
    rows = line_of([2, 5, 0.5]) + line_of([*second, 0.5])
    content = line_of(table_record(EDGE)) + rows
    with pytest.raises(BadExport, match="line 3: its key does not come after"):
        [*lines(content).table(EDGE)]


def whole(*rows: list[Any]) -> bytes:
    """An export of one table alone."""
    sums, written = Sums(), [line_of(row) for row in rows]
    sums.add(written)
    end = line_of(end_record({"edge": sums.sum}))
    return b"".join((HEADER.line, line_of(table_record(EDGE)), *written, end))


def read_whole(content: bytes) -> list[list[Any]]:
    reading, sums, rows = lines(content), Sums(), []
    reading.header()
    for batch in reading.table(EDGE):
        sums.add(batch.lines)
        rows += batch.rows
    reading.end({"edge": sums.sum})
    return rows


ROWS = [[1, 2, 0.5], [1, 3, 0.25], [4, 2, 1.0]]


@pytest.mark.parametrize(
    "edited",
    [
        lambda content: content,
        lambda content: content.replace(b"\n", b"\r\n"),
        lambda content: b"\xef\xbb\xbf" + content,
        lambda content: content.rstrip(b"\n"),
        lambda content: content + b"\n \r\n",
    ],
    ids=["as it was", "lines of Windows", "byte order mark", "no last line feed", "empty lines"],
)
def test_what_an_editor_does_to_the_ends_of_lines_is_no_damage(
    edited: Callable[[bytes], bytes],
) -> None:
    assert read_whole(edited(whole(*ROWS))) == ROWS


@pytest.mark.parametrize("end", range(len(whole(*ROWS)) - 1))
def test_a_file_that_was_cut_off_anywhere_is_refused(end: int) -> None:
    with pytest.raises(BadExport, match="not complete"):
        read_whole(whole(*ROWS)[:end])


@pytest.mark.parametrize(
    ("old", "new", "line", "reason"),
    [
        (b"[1,3,0.25]\n", b"", 5, "rows of the table edge are not those that were exported"),
        (b"0.25", b"0.26", 6, "rows of the table edge are not those that were exported"),
        (b"[1,3,0.25]", b"[1, 3, 0.25]", 6, "rows of the table edge are not those"),
        (b'"rows":3', b'"rows":4', 6, "rows of the table edge are not those"),
        (b'{"edge"', b'{"story"', 6, "here the sums of all tables must stand"),
        (b'{"end":{', b'{"end":null,"x":{', 6, "here the sums of all tables must stand"),
        (b'"table":"edge"', b'"table":"pin"', 2, "here the table edge must begin"),
        (b'"other_id","p"', b'"other_id","q"', 2, "here the table edge must begin"),
        (b"[1,3,0.25]", b"[1,3,0.25]\n{}", 5, "here the sums of all tables must stand"),
        (b"[1,3,0.25]", b"", 4, "it is not JSON"),
        (b"}}}\n", b"}}}\n[5,2,0.5]\n", 7, "it comes after the end"),
    ],
)
def test_a_file_that_was_changed_anywhere_is_refused(
    old: bytes, new: bytes, line: int, reason: str
) -> None:
    assert whole(*ROWS).count(old) == 1
    with pytest.raises(BadExport) as caught:
        read_whole(whole(*ROWS).replace(old, new))
    assert reason in caught.value.reason
    assert caught.value.line == line


@given(st.binary(max_size=200))
def test_whatever_the_bytes_are_they_are_read_or_refused(noise: bytes) -> None:
    for content in (noise, HEADER.line + noise, whole(*ROWS)[:300] + noise):
        with pytest.raises(BadExport):
            read_whole(content)
