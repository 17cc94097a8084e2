"""The command line: in this process for commands that end, as a child for those that stay up."""

import contextlib
import json
import logging
import os
import pty
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from bot.chat.gateway.connection import use_endpoints
from bot.cli.main import main
from tests.archives import database_at, loaded_archive, named
from tests.chat.conftest import not_waiting_for_servers
from tests.conftest import ROOT

OURS = ("DISCORD_", "BROADSHEET_")


@dataclass(frozen=True)
class Outcome:
    """A command's exit code and output."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """The one line of JSON on stdout."""
        (line,) = self.out.splitlines()
        return json.loads(line)

    @property
    def sentence(self) -> str:
        """The failure on stderr: one line for people, never a traceback."""
        assert "Traceback" not in self.err
        assert self.out == ""
        return self.err.splitlines()[-1]


Broadsheet = Callable[..., Outcome]


def option(path: Path) -> tuple[str, str]:
    """The option that names the database that a test keeps at a path."""
    return "--database", named(database_at(path))


@pytest.fixture
def broadsheet(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Iterator[Broadsheet]:
    """Runs a command with its own database, the project's seeds and configuration."""
    for name in [name for name in os.environ if name.startswith(OURS)]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("BROADSHEET_DATABASE", named(database_at(tmp_path / "broadsheet.db")))
    monkeypatch.setenv("BROADSHEET_SEEDS", str(ROOT / "seeds"))
    monkeypatch.setenv("BROADSHEET_CONFIG", str(ROOT / "config"))
    monkeypatch.chdir(tmp_path)
    handlers, level = logging.root.handlers[:], logging.root.level

    def run(*arguments: object) -> Outcome:
        monkeypatch.setattr(sys, "argv", ["broadsheet", *map(str, arguments)])
        capsys.readouterr()
        code: object = 0
        try:
            main()
        except SystemExit as ended:
            code = ended.code or 0
        assert isinstance(code, int)
        return Outcome(code, *capsys.readouterr())

    with not_waiting_for_servers():
        yield run
    use_endpoints(None, None)
    logging.root.handlers[:] = handlers
    logging.root.setLevel(level)


@pytest.fixture
def loaded(tmp_path: Path, request: pytest.FixtureRequest) -> Broadsheet:
    """The same, with the seed and the sandbox's stories in the archive."""
    loaded_archive(tmp_path / "broadsheet.db")  # first: what is named is there, though empty
    run: Broadsheet = request.getfixturevalue("broadsheet")
    return run


def on_a_terminal(*arguments: object, **environment: str) -> tuple[int, bytes]:
    """The exit code of `python -m bot ...`, and its output if stderr is a terminal."""
    controller, terminal = pty.openpty()
    with subprocess.Popen(  # noqa: S603
        [sys.executable, "-m", "bot", *map(str, arguments)],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=terminal,
    ) as process:
        os.close(terminal)
        shown = b""
        with contextlib.suppress(OSError):  # its other end is closed
            while more := os.read(controller, 4096):
                shown += more
        code = process.wait(60)
    os.close(controller)
    return code, shown


class Child:
    """`python -m bot ...` as its own process; its output is read as it comes."""

    def __init__(
        self,
        *arguments: object,
        folder: Path = ROOT,
        program: Sequence[Path | str] = (sys.executable, "-m", "bot"),
        **environment: str,
    ) -> None:
        kept = {k: v for k, v in os.environ.items() if not k.startswith(OURS)}
        self.process = subprocess.Popen(  # noqa: S603
            [*program, *map(str, arguments)],
            cwd=folder,
            start_new_session=True,  # without a terminal, as a service is
            env={**kept, "PYTHONPATH": str(ROOT), **environment},  # this checkout, in any folder
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            encoding="utf-8",
        )
        self.out: list[str] = []
        self.err: list[str] = []
        self._news = threading.Condition()
        self._readers = [
            threading.Thread(target=self._read, args=(stream, kept_in), daemon=True)
            for stream, kept_in in (
                (self.process.stdout, self.out),
                (self.process.stderr, self.err),
            )
        ]
        for reader in self._readers:
            reader.start()

    def _read(self, stream: Any, kept_in: list[str]) -> None:
        with stream:
            for line in stream:
                with self._news:
                    kept_in.append(line)
                    self._news.notify_all()
        with self._news:
            self._news.notify_all()

    def waits_for(self, words: str, seconds: float = 30) -> None:
        """Wait until a text is written, on stdout or stderr."""
        with self._news:
            found = self._news.wait_for(lambda: words in self.text or self._ended(), seconds)
        assert found, self.text
        assert words in self.text, self.text

    def _ended(self) -> bool:
        return not any(reader.is_alive() for reader in self._readers)

    @property
    def text(self) -> str:
        """Everything that was written."""
        return "".join((*self.out, *self.err))

    def ends(self, with_signal: signal.Signals | None = None, seconds: float = 30) -> int:
        """Send a signal, if any, and wait for the end; returns the exit code."""
        if with_signal is not None:
            self.process.send_signal(with_signal)
        code = self.process.wait(seconds)
        for reader in self._readers:
            reader.join(seconds)
        return code

    def outcome(self, seconds: float = 30) -> Outcome:
        """Wait until it ends by itself."""
        code = self.ends(seconds=seconds)
        return Outcome(code, "".join(self.out), "".join(self.err))


Start = Callable[..., Child]


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Tests that start processes take seconds each."""
    for item in items:
        if "start" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.slow)


@pytest.fixture
def start() -> Iterator[Start]:
    """Starts children; those left are killed at the end."""
    children: list[Child] = []

    def one(*arguments: object, **more: Any) -> Child:
        children.append(Child(*arguments, **more))
        return children[-1]

    yield one
    for child in children:
        with contextlib.suppress(ProcessLookupError):
            child.process.kill()
        child.ends()


def is_gone(pid: int, seconds: float = 5) -> bool:
    """Whether a process has ended."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return True
    return False
