"""Front matter in YAML, TOML and JSON: the same values, the same limits, a line for each fault."""

import json
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.errors import StoryFileError
from bot.origins.files.frontmatter import FrontMatter
from bot.origins.files.safeyaml import MAX_DEPTH, MAX_NODES, MAX_NUMBER
from bot.origins.files.storyfile import parse
from bot.origins.files.tomljson import MAX_TOML
from tests.origins.files.test_safeyaml import whole

YAML = 'title: "The ferry: it runs"\ncount: 3\nyes: true\ntags:\n  - a\n  - b\nat:\n  deep: 1\n'
TOML = 'title = "The ferry: it runs"\ncount = 3\nyes = true\ntags = ["a", "b"]\n[at]\ndeep = 1\n'
VALUES = {
    "title": "The ferry: it runs",
    "count": 3,
    "yes": True,
    "tags": ["a", "b"],
    "at": {"deep": 1},
}
JSON = json.dumps(VALUES, indent=2)


def refused(text: str) -> StoryFileError:
    with pytest.raises(StoryFileError) as caught:
        FrontMatter(text)
    return caught.value


@pytest.mark.parametrize(
    "text",
    [
        f"---\n{YAML}---\nBody\n",
        f"--- yaml\n{YAML}---",
        f"\n\n-----\n{YAML}-----\n",
        f"+++\n{TOML}+++\nBody\n",
        f"+++  \n{TOML}+++",
        f"---toml\n{TOML}---\nBody\n",
        f"{JSON}\nBody with a {{brace}}\n",
        f"\n{JSON}",
        f"---json\n{JSON}\n---\nBody\n",
        f"--- json\n{json.dumps(VALUES)}\n---\n",
    ],
)
@pytest.mark.parametrize("ends", ["\n", "\r\n"])
def test_the_same_values_come_from_every_format(text: str, ends: str) -> None:
    values = whole(FrontMatter(text.replace("\n", ends)).values)
    assert {str(key).replace("True", "yes"): value for key, value in values.items()} == VALUES


def test_dates_and_surrogate_pairs_are_read_and_fractions_as_they_are_written() -> None:
    toml = FrontMatter("+++\na = 2026-11-20T09:30:00+01:00\nb = 3.10\nc = nan\n+++\n").values
    assert toml["a"].astimezone(UTC) == datetime(2026, 11, 20, 8, 30, tzinfo=UTC)
    assert (toml["b"], toml["c"]) == ("3.10", "nan")
    assert FrontMatter('{"a": "\\ud83d\\ude00", "b": 3.10}').values == {"a": "😀", "b": "3.10"}


NESTED = MAX_DEPTH + 1
HOSTILE: dict[str, tuple[str, str, int | None]] = {
    "TOML not closed": ("+++\na = 1\n", "not closed: end it with a line of +++", 1),
    "TOML closed as YAML": ("+++\na = 1\n---\n", "not closed", 1),
    "YAML closed as TOML": ("---\na: 1\n+++\n", "not closed", 1),
    "TOML that is YAML": ("+++\na: 1\n+++\n", "not TOML: Expected '='", 2),
    "a fault in TOML": ("\n+++\na = 1\nb = [\nc = ?\n+++\n", "not TOML", 5),
    "a key twice in TOML": ("+++\na = 1\na = 2\n+++\n", "not TOML: Cannot overwrite", 3),
    "an impossible date in TOML": ("+++\na = 2026-13-45\n+++\n", "not TOML", None),
    "an odd zone in TOML": ("+++\na = 2026-01-01T00:00:00+99:99\n+++\n", "not TOML", 2),
    "a deep key in TOML": (f"+++\nb = 1\n{'.'.join(['a'] * 100_000)} = 1\n+++\n", "deeper", None),
    "a deep table": (f"+++\nb = 1\n[{'.'.join(['a'] * 60_000)}]\n+++\n", "deeper", 3),
    "a deep quoted key": ("+++\n" + '"a".' * 60_000 + "a = 1\n+++\n", "deeper", 2),
    "deep lists in TOML": (f"+++\na = {'[' * NESTED}{']' * NESTED}\n+++\n", "deeper", None),
    "a flood of TOML brackets": (f"+++\na = {'[' * 100_000}\n+++\n", "deeper", None),
    "a flood of TOML braces": (f"+++\na = {'{a=' * 50_000}\n+++\n", "deeper", None),
    "a long number in TOML": (f"+++\na = {'9' * (MAX_NUMBER + 1)}\n+++\n", "100 characters", None),
    "an endless number in TOML": (f"+++\na = {'9' * 200_000}\n+++\n", "not TOML", None),
    "an endless hex in TOML": (f"+++\na = 0x{'f' * 200_000}\n+++\n", "100 characters", None),
    "too large TOML": (f"+++\na = '{'x' * MAX_TOML}'\n+++\n", "256 KiB", None),
    "too many values in TOML": (f"+++\na = [{'0,' * MAX_NODES}]\n+++\n", "100,000 values", None),
    "JSON not closed": ('{"a": 1,\n"b": [', "not JSON", 2),
    "a template": ("{% include x %}\n", "not JSON", 1),
    "JSON after a fence that is none": ("---json\n[1]\n---\n", "the front matter is a list", 1),
    "empty JSON after a fence": ("---json\n---\n", "not JSON", None),
    "a fault in JSON": ('\n{\n"a": 1,\n"b": ?\n}\n', "not JSON", 4),
    "a fault in fenced JSON": ('---json\n{\n"a": 1,\n"b": ?\n}\n---\n', "not JSON", 4),
    "no number in JSON": ('{"a": NaN}', "NaN", None),
    "no end in JSON": ('{"a": -Infinity}', "-Infinity", None),
    "a long number in JSON": (f'{{"a": {"9" * (MAX_NUMBER + 1)}}}', "100 characters", None),
    "deep lists in JSON": (f'{{"a": {"[" * NESTED}{"]" * NESTED}}}', "deeper", None),
    "a flood of JSON brackets": ('{"a": ' + "[" * 1_000_000, "deeper", None),
    "a flood of JSON braces": ('{"a":' * 300_000, "deeper", None),
    "too many values in JSON": (f'{{"a": [{"0," * MAX_NODES}0]}}', "100,000 values", None),
    "half a surrogate pair": ('{"a": ["x", "\\ud83d"]}', "surrogate", None),
    "another language": ("---ruby\na: 1\n---\n", "no front matter", 1),
}


@pytest.mark.parametrize(("text", "reason", "line"), HOSTILE.values(), ids=HOSTILE)
def test_what_is_hostile_or_broken_is_refused_with_its_line(
    text: str, reason: str, line: int | None
) -> None:
    error = refused(text)
    assert reason in error.reason
    assert line is None or error.line == line


def test_a_fault_in_a_field_has_its_line_in_toml_and_json_if_one_line_only_can_be_it() -> None:
    fields = 'title = "x"\nlink = "https://a.example/1"\ndate = 2026-01-01\nquality = "high"\n'
    now = datetime(2026, 2, 1, tzinfo=UTC)
    cases = [
        (f"+++\n{fields}+++\n", 5),
        (f'+++\n{fields}[extra]\nquality = "x"\n+++\n', None),
        ('{\n"title": "x",\n"link": "https://a.example/1",\n"date": "soon"\n}', 4),
    ]
    for text, line in cases:
        with pytest.raises(StoryFileError) as caught:
            parse(text.encode(), now)
        assert caught.value.line == line


PLAIN = st.recursive(
    st.booleans() | st.integers(-(10**20), 10**20) | st.text(st.characters(codec="utf-8")),
    lambda below: st.lists(below, max_size=4) | st.dictionaries(st.text("ab\"' .é"), below),
    max_leaves=20,
)


@settings(max_examples=50)
@given(st.dictionaries(st.text(st.characters(codec="utf-8")), PLAIN), st.booleans())
def test_json_is_what_was_written_whatever_it_is(values: dict[str, object], fenced: bool) -> None:
    text = json.dumps(values, ensure_ascii=fenced)
    assert whole(FrontMatter(f"---json\n{text}\n---\n" if fenced else text).values) == values
