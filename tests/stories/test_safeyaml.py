"""YAML from strangers: what is accepted is what PyYAML makes of it, and bombs are refused."""

from datetime import date, datetime, timedelta, timezone

import pytest
import yaml
from hypothesis import assume, given
from hypothesis import strategies as st

from bot.stories.safeyaml import MAX_DEPTH, MAX_NODES, MAX_NUMBER, UnsafeYaml, line_of, load

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
    "a: 1\na: 2\n",
    "? complex\n: value\n",
    "- - 1\n  - 2\n-\n  a: 1\n",
    "\ufeffa: 1\n",
    "a: 1\n...\n",
    "%YAML 1.1\n---\na: 1\n",
]


def tree(value: object) -> object:
    """The value with every type written out, and the order of keys."""
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
    assert tree(load(text)) == tree(yaml.safe_load(text))


@pytest.mark.parametrize("text", [*hand_written(), *BLOCKS])
def test_hand_written_values_are_what_pyyaml_makes_of_them(text: str) -> None:
    try:
        expected = yaml.safe_load(text)
    except ValueError:
        with pytest.raises(UnsafeYaml):
            load(text)
        return
    assert tree(load(text)) == tree(expected)
    if not text.startswith(("%", "---")):
        assert tree(load(f"- {text}" if "\n" not in text else text)) is not None


def test_a_value_that_was_read_before_is_the_same_again() -> None:
    assert load("[018, 1:30, 2019-12-22]") == load("[018, 1:30, 2019-12-22]")


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
        ("a: 1\nb: 2020-13-45\n", "not a value", 1),
        ("a: 2020-01-01T00:00:00+99:00\n", "not a value", 0),
        ("a: 1" + "0" * MAX_NUMBER, "numbers of more than", 0),
        ("a: 0x" + "F" * 5000, "numbers of more than", 0),
        ("a: 1" + ":00" * 300_000, "numbers of more than", 0),
        ("a: 1\nb: \x00\n", "control characters", 1),
        ("a: é\nb: \x07\n", "control characters", 1),
        ("a: 1\nb: [1\n", "not YAML", 2),
        ("a: 1\n\tb: 2\n", "not YAML", 1),
    ],
)
def test_what_is_no_plain_document_is_refused_with_its_line(
    text: str, reason: str, line: int
) -> None:
    with pytest.raises(UnsafeYaml, match=reason) as caught:
        load(text)
    assert caught.value.line == line


def test_a_bad_value_is_refused_with_its_place() -> None:
    with pytest.raises(UnsafeYaml) as caught:
        load("related:\n- title: a\n- title: b\n  when: 2020-13-45\n")
    assert caught.value.path == ("related", 1, "when")


def test_depth_and_size_up_to_the_limit_are_accepted() -> None:
    load("[" * MAX_DEPTH + "]" * MAX_DEPTH)
    assert len(load("- x\n" * (MAX_NODES - 1))) == MAX_NODES - 1
    assert load("a: " + "9" * MAX_NUMBER) == {"a": int("9" * MAX_NUMBER)}
    assert load("a: " + "long text " * 100) == {"a": ("long text " * 100).strip()}


@given(st.text())
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        load(text)
    except UnsafeYaml:
        return


def test_a_path_is_found_on_its_line() -> None:
    text = "a: 1\nb:\n- c: 1\n- c: 2\n  d:\n    e: 3\n"
    assert line_of(text, ("a",)) == 0
    assert line_of(text, ("b", 1, "c")) == 3
    assert line_of(text, ("b", 1, "d", "e")) == 5
    assert line_of(text, ("b", 1, "missing")) == 3
    assert line_of(text, ("b", 7)) == 2
    assert line_of("", ("a",)) is None
