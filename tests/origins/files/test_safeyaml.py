"""Untrusted YAML: accepted text gives PyYAML's values, and bombs are refused.

A plain scalar is the file's text; resolved, it is PyYAML's value.
"""

import json
from contextlib import suppress
from datetime import date, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import assume, given
from hypothesis import strategies as st

from bot.origins.files.safeyaml import (
    MAX_DEPTH,
    MAX_NODES,
    MAX_NUMBER,
    Plain,
    UnsafeYaml,
    is_nothing,
    lines_of,
    load,
    resolved,
)
from tests.conftest import ROOT

zones = st.integers(-720, 720).map(lambda minutes: timezone(timedelta(minutes=minutes)))
scalars = (
    st.none()
    | st.booleans()
    | st.integers(-(10**30), 10**30)
    | st.floats(allow_nan=False)
    | st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
    | st.sampled_from(["018", "1:30", "yes", "~", "", "<<", "=", " x", "- a", "null", "0x1F"])
    | st.dates(date(1000, 1, 1))
    | st.datetimes(datetime(1000, 1, 1))  # noqa: DTZ001 - YAML has such
    | st.datetimes(datetime(1000, 1, 1), timezones=zones)  # noqa: DTZ001
)
keys = st.text(st.characters(exclude_categories=["Cs"]), max_size=8) | st.integers() | st.booleans()
documents = st.recursive(
    scalars,
    lambda below: st.lists(below, max_size=4) | st.dictionaries(keys, below, max_size=4),
    max_leaves=12,
)

HAND_WRITTEN = """
018 | 0o17 | 017 | 0x1F | 0b101 | 1_000 | +12 | -0 | 1:30 | 190:20:30 | 1:30.5 | 08 | 0_
1e3 | 1.e+3 | 1.5e+3 | .5 | 1. | .inf | -.INF | 685.230_15e+03 | 1,000 | +.5
yes | No | ON | off | true | TRUE | y | n | Y | ~ | null | NULL | nul
2019-12-22 | 2019-12-22T15:31:00Z | 2019-12-22T15:31:00 | 2019-12-22 15:31:00 | 2019-1-2
2019-12-22 15:31:00.25 +2 | 2019-12-22T15:31:00-05:30 | 2019-12-22T25:00
2001-12-14t21:59:43.10-05:00
'it''s' | "tab\\t \\u263a \\x41" | "2019-12-22" | '12' | "yes" | "" | '' | a # comment
[] | {} | [1, [two, {three: 3}]] | {a: b, ? c : d} | {a: , b: 1} | plain: text | ! 12 | ! text
"""
BLOCKS = [
    "",
    "# nothing but a comment",
    "---",
    "text: |\n  two\n  lines\n\n",
    "text: |-\n  kept\n   as is\n",
    "text: >\n  folded\n  lines\n\n  here\n",
    "text: >+\n  kept\n\n\nnext: 1\n",
    "text: plain\n  over two\n\n  lines\n",
    'text: "quoted\n  over two\\\n  lines"\n',
    "a: 1\r\nb: 'x\r\n  y'\r\nc:\r\n- 1\r\n- \r\n",
    "? complex\n: value\n",
    "- - 1\n  - 2\n-\n  a: 1\n",
    "\ufeffa: 1\n",
    "a: 1\n...\n",
    "%YAML 1.1\n---\na: 1\n",
]


def whole(value: Any) -> Any:
    """The value with every plain scalar resolved, also in keys."""
    if isinstance(value, dict):
        return {whole(key): whole(below) for key, below in value.items()}
    if isinstance(value, list):
        return [whole(below) for below in value]
    return resolved(value)


def tree(value: object) -> object:
    """The value with every type spelled out, and the order of keys."""
    if isinstance(value, dict):
        return [(tree(key), tree(below)) for key, below in value.items()]
    if isinstance(value, list):
        return [tree(below) for below in value]
    return type(value), repr(value)


def hand_written() -> list[str]:
    return [text for line in HAND_WRITTEN.strip().splitlines() for text in line.split(" | ")]


@given(documents, st.sampled_from([None, True, False]))
def test_what_pyyaml_writes_is_read_as_pyyaml_reads_it(document: object, flow: bool | None) -> None:
    text = yaml.safe_dump(document, default_flow_style=flow, allow_unicode=True)
    assume("!!" not in text and "&id" not in text)  # PyYAML's own tags, and equal dates as aliases
    assert tree(whole(load(text))) == tree(yaml.safe_load(text))


@pytest.mark.parametrize("text", [*hand_written(), *BLOCKS])
def test_hand_written_values_are_what_pyyaml_makes_of_them(text: str) -> None:
    try:
        expected = yaml.safe_load(text)
    except ValueError:
        with pytest.raises(ValueError, match="not a date that exists"):
            whole(load(text))
        return
    assert tree(whole(load(text))) == tree(expected)


FILES = sorted((*(ROOT / "seeds").glob("*.md"), *(ROOT / "bot/sandbox/stories").glob("*.md")))


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name[:40])
def test_every_story_file_of_the_project_is_what_pyyaml_makes_of_it(path: Path) -> None:
    text = path.read_text(encoding="utf-8").split("---\n")[1]
    assert tree(whole(load(text))) == tree(yaml.safe_load(text))


def plain(text: str) -> bool:
    return text[0] not in "'\"[{!" and ": " not in text and "#" not in text


@pytest.mark.parametrize("text", [text for text in hand_written() if plain(text)])
def test_a_plain_scalar_stays_as_it_stands_in_the_file(text: str) -> None:
    (value,) = load(f"- {text}\n")
    assert value == text
    assert type(value) is (str if resolved(value) == text else Plain)
    assert is_nothing(value) == (text in ("~", "null", "NULL"))


def test_a_value_that_was_read_before_is_the_same_again() -> None:
    text = "[018, 1:30, 2019-12-22]"
    assert load(text) == load(text)
    assert whole(load(text)) == whole(load(text))


@pytest.mark.parametrize(
    ("written", "text"),
    [
        (r'"\ud83d\ude00"', "\U0001f600"),
        (r'"a\uD83D\uDE00\uD83C\uDFAEb"', "a\U0001f600\U0001f3aeb"),
        (r'"\\\ud83d\ude00"', "\\\U0001f600"),
        (r'"\u00e9 \\ud83d"', "\u00e9 \\ud83d"),
        (r"'\ud83d\ude00'", r"\ud83d\ude00"),
        (r"\ud83d\ude00", r"\ud83d\ude00"),
    ],
)
def test_the_two_halves_of_a_character_that_json_writes_are_one(written: str, text: str) -> None:
    assert load(f"a: {written}") == {"a": text}


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=12), st.sampled_from("'|"))
def test_two_halves_are_a_character_in_double_quotes_alone(text: str, style: str) -> None:
    halves = r"\ud83d\ude00\uD83C\uDFAE \U0001F3AE"
    escaped = json.dumps(text + "\U0001f600")
    other = f"'{halves}'" if style == "'" else f"|-\n  {halves}"
    found = load(f"a: {escaped}\nb: {other}\nc: {halves}\n{escaped}: 1\n")
    assert found == {"a": text + "\U0001f600", "b": halves, "c": halves, text + "\U0001f600": "1"}


def test_the_mark_for_two_halves_is_no_text_of_a_stranger() -> None:
    text = 'a: "\ufdd0d83dde00"\nb: \ufdd0d83dde00\n'
    assert load(text) == {"a": "d83dde00", "b": "d83dde00"}
    assert load(text + r'c: "\ud83d\ude00"') == {**load(text), "c": "\U0001f600"}


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=30))
def test_what_json_writes_is_read_as_json_reads_it(text: str) -> None:
    assert load(json.dumps({"a": text})) == {"a": text}


@pytest.mark.parametrize("half", [r"\ud83d", r"\ude00", r"\ude00\ud83d", r"\ud83d\ud83d\ude00"])
def test_half_a_character_is_refused_with_its_line(half: str) -> None:
    with pytest.raises(UnsafeYaml, match="half a character; write the character") as caught:
        load(f'a: 1\nb: "x{half}y"\n')
    assert caught.value.line == 1


ALIAS_BOMB = "a: &a [x, x]\nb: &b [*a, *a]\nc: &c [*b, *b]\n"
MERGE_BOMB = "a: &a {k: v}\nb: &b {<<: [*a, *a]}\n"


@pytest.mark.parametrize(
    ("text", "reason", "line"),
    [
        (ALIAS_BOMB, "anchors", 0),
        ("a: 1\nb: *a\n", "aliases", 1),
        (MERGE_BOMB, "anchors", 0),
        ("a: 1\n<<: {a: 1}\n", "merge keys", 1),
        ("a: 1\nb: !!python/object:os.system {}\n", "tags", 1),
        ("a: !!str 1\n", "tags", 0),
        ("a: !own x\n", "tags", 0),
        ("[" * 100_000, f"deeper than {MAX_DEPTH}|maximum nesting depth", 0),  # libyaml 0.2.6's own
        ("\n" + "[" * (MAX_DEPTH + 1) + "]" * (MAX_DEPTH + 1), f"deeper than {MAX_DEPTH}", 1),
        ("- x\n" * MAX_NODES, "more than 100,000 values", MAX_NODES - 1),
        ("a: 1\n--- \nb: 2\n", "only one YAML document", 1),
        ("a: 1\n...\n--- {b: 2}\n", "only one YAML document", 2),
        ("{[1]: 2}", "cannot be a key", 0),
        ("a: 1\nb: \x00\n", "control characters", 1),
        ("a: é\nb: \x07\n", "control characters", 1),
        ("a: 1\nb: [1\n", "not YAML", 2),
        ("a: 1\n\tb: 2\n", "not YAML: a line begins with a tab", 1),
        ("a: Storm: ten dead\n", "a second colon; put the value in quotes", 0),
        ("a: @mention\n", "begins with @, ` or %; put the value in quotes", 0),
        ('a: "Unescaped "quote" inside"\n', "put the value in quotes, and a quote inside", 0),
        ('a: "x\n', "a quote is not closed", 1),
        ("a: 1\nb: 2\na: 3\n", "a appears a second time; remove one", 2),
        ("- a\n- {b: 1, 'b': 2}\n", "b appears a second time", 1),
    ],
)
def test_what_is_no_plain_document_is_refused_with_its_line(
    text: str, reason: str, line: int
) -> None:
    with pytest.raises(UnsafeYaml, match=reason) as caught:
        load(text)
    assert caught.value.line == line


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        ("2020-13-45", "not a date that exists"),
        ("2020-01-01T00:00:00+99:00", "not a date that exists"),
        ("1" + "0" * MAX_NUMBER, "numbers of more than"),
        ("0x" + "F" * 5000, "numbers of more than"),
        ("1" + ":00" * 300_000, "numbers of more than"),
    ],
)
def test_what_is_no_value_and_an_endless_number_are_refused_by_who_wants_them(
    value: str, reason: str
) -> None:
    assert load(f"a: {value}") == {"a": value}
    with pytest.raises(ValueError, match=reason):
        resolved(load(f"a: {value}")["a"])


def test_depth_and_size_up_to_the_limit_are_accepted() -> None:
    load("[" * MAX_DEPTH + "]" * MAX_DEPTH)
    assert len(load("- x\n" * (MAX_NODES - 1))) == MAX_NODES - 1
    assert whole(load("a: " + "9" * MAX_NUMBER)) == {"a": int("9" * MAX_NUMBER)}
    assert load("a: " + "long text " * 100) == {"a": ("long text " * 100).strip()}


@given(st.text())
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        whole(load(text))
    except ValueError:
        return


def line_of(text: str, path: tuple[str | int, ...]) -> int | None:
    (line,) = lines_of(text, [path])
    return line


def test_a_path_is_found_on_its_line() -> None:
    text = "a: 1\nb:\n- c: 1\n- c: 2\n  d:\n    e: 3\n"
    assert line_of(text, ("a",)) == 0
    assert line_of(text, ("b", 1, "c")) == 3
    assert line_of(text, ("b", 1, "d", "e")) == 5
    assert line_of(text, ("b", 1, "missing")) == 3
    assert line_of(text, ("b", 7)) == 2
    assert line_of("", ("a",)) is None
    halves = '"\\ud83d\\ude00": 1\nb: "\\ud83d\\ude00"\n'
    assert line_of(halves, ("b",)) == 1
    assert line_of(f"\n{halves}", ("\U0001f600",)) == 1


@given(st.text(alphabet="ab:-'\"[]{}\\ud83e0# \n", max_size=40) | st.text(), st.text(max_size=3))
def test_a_line_is_found_or_not_but_nothing_is_raised(text: str, key: str) -> None:
    with suppress(UnsafeYaml):
        load(text)
        line_of(text, (key, 0))
    assert line_of('a: "\\ud83d"', ("a",)) is None
