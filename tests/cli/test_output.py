"""A terminal that lacks characters: they are replaced, and nothing ends in a traceback."""

import io
import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from bot.cli.main import main
from tests.cli.conftest import OURS, Broadsheet, Start, on_a_terminal, option
from tests.conftest import ROOT, StoryFile

TITLE = "Łódź, 東京: a “żółw” 🐢 reads café"
Written = Callable[..., tuple[int, str, str]]


@pytest.fixture
def archive_of_signs(broadsheet: Broadsheet, tmp_path: Path, story_file: StoryFile) -> Broadsheet:
    """An archive with a story, a publisher and a topic that no 8-bit encoding can write."""
    names = {"provider": {"name": "東京 Courier", "domain": "tokyo.example"}, "topics": ["Łódź ✓"]}
    (tmp_path / "signs.md").write_bytes(story_file(title=TITLE, **names))
    (tmp_path / "bad.md").write_bytes(b"no story")
    assert broadsheet("ingest", tmp_path / "signs.md").code == 0
    return broadsheet


@pytest.fixture
def written(monkeypatch: pytest.MonkeyPatch) -> Written:
    """Runs a command whose output goes to a terminal with an encoding, as Python opens it."""

    def run(encoding: str, *arguments: object) -> tuple[int, str, str]:
        out, err = (
            io.TextIOWrapper(io.BytesIO(), encoding=encoding, errors=errors)
            for errors in ("strict", "backslashreplace")
        )
        code: object = 0
        with monkeypatch.context() as patch:
            patch.setattr(sys, "argv", ["broadsheet", *map(str, arguments)])
            patch.setattr(sys, "stdout", out)
            patch.setattr(sys, "stderr", err)
            try:
                main()
            except SystemExit as ended:
                code = ended.code or 0
        assert isinstance(code, int)
        for stream in (out, err):
            stream.seek(0)
        return code, out.read(), err.read()

    return run


READING = [
    ("topics",),
    ("topic", "Łódź ✓"),
    ("story", "café"),
    ("story", "café", "--why"),
    ("preview", "Łódź ✓", "--at", "2019-12-22T16:31:00Z"),
    ("replay", "Łódź ✓", "--from", "2019-12-20", "--to", "2019-12-23"),
]


@pytest.mark.parametrize("encoding", ["ascii", "cp1252"])
def test_every_command_writes_what_it_can_and_replaces_the_rest(
    archive_of_signs: Broadsheet, written: Written, encoding: str, tmp_path: Path
):
    for arguments in READING:
        code, out, err = written(encoding, *arguments)
        assert (code, err) == (0, "")
        assert "?" in out
        assert "Traceback" not in out
    code, out, err = written(encoding, "ingest", tmp_path / "bad.md", tmp_path / "signs.md")
    assert (code, "rejected" in err) == (3, True)
    assert written(encoding, "story", "東京 nowhere")[0] == 0
    assert written(encoding, "topic", "東京 nowhere")[0] == 2
    assert written(encoding, "topics", "--config", "東京")[0] == 2
    assert written(encoding, "check", "--seeds", tmp_path)[0] == 1
    assert written(encoding, "--help")[0] == 0


@pytest.mark.parametrize("encoding", ["ascii", "utf-8"])
def test_json_is_whole_in_every_encoding(
    archive_of_signs: Broadsheet, written: Written, encoding: str
):
    for arguments in READING[:4]:
        code, out, _ = written(encoding, *arguments, "--json")
        assert code == 0
        assert "東京 Courier" in str(json.loads(out)) or arguments == ("topics",)
    assert json.loads(written(encoding, "topics", "--json")[1])["topics"][0]["name"] == "Łódź ✓"


def test_an_argument_that_is_no_text_is_no_traceback(
    archive_of_signs: Broadsheet, written: Written
):
    """As a terminal of another encoding sends it: Python keeps such bytes as lone surrogates."""
    for command in (("story",), ("topic",), ("ingest",), ("topics", "--config")):
        code, _, err = written("utf-8", *command, "nowhere\udce9")
        assert code in {0, 2}
        assert "Traceback" not in err


def environment(**more: str) -> dict[str, str]:
    kept = {k: v for k, v in os.environ.items() if not k.startswith(OURS)}
    return {**kept, "PYTHONPATH": str(ROOT), **more}


C_LOCALE = {"LC_ALL": "C", "PYTHONCOERCECLOCALE": "0", "PYTHONUTF8": "0"}


@pytest.mark.slow
@pytest.mark.parametrize("more", [C_LOCALE, {"PYTHONIOENCODING": "cp1252"}], ids=["C", "cp1252"])
def test_a_process_of_its_own_ends_well(
    archive_of_signs: Broadsheet, tmp_path: Path, more: dict[str, str]
):
    done = subprocess.run(  # noqa: S603
        [sys.executable, "-m", "bot", "topics", *option(tmp_path / "broadsheet.db")],
        env=environment(**more),
        cwd=tmp_path,
        capture_output=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, b"")
    assert b"?" in done.stdout


@pytest.mark.slow
def test_the_bar_of_a_long_ingest_is_drawn_on_a_terminal_that_lacks_its_signs(tmp_path: Path):
    """rich draws it, only on a terminal."""
    stories = ROOT / "bot" / "sandbox" / "stories"
    command = ("ingest", stories, *option(tmp_path / "broadsheet.db"))
    code, shown = on_a_terminal(*command, **environment(TERM="xterm", **C_LOCALE))
    assert code == 0
    assert b"Traceback" not in shown
    assert b"story files" in shown


@pytest.mark.slow
def test_the_sandbox_prints_its_digests_on_a_terminal_without_box_drawing(start: Start):
    child = start("sandbox", "--headless", PYTHONIOENCODING="ascii")
    child.waits_for("? Washington Post (washingtonpost.com), Wall Street Journal (wsj.com)")
    assert child.ends(signal.SIGTERM) == 0
    assert "Traceback" not in child.text
