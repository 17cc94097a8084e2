"""A wheel: its content, and that the program runs from it in an empty folder."""

import os
import shutil
import signal
import subprocess
import sys
import sysconfig
import venv
import zipfile
from pathlib import Path

import pytest

from bot.shipped import EXAMPLE, shipped
from tests.cli.conftest import Child
from tests.conftest import ROOT

TAR = shutil.which("tar") or "tar"
_BUILD = (
    "import sys; from setuptools import build_meta; print(build_meta.build_{kind}(sys.argv[1]))"
)


def copy_of_the_source(folder: Path) -> Path:
    """A source tree to build in, without files that git ignores."""
    kept = ("bot", "config", "deploy", "seeds", "pyproject.toml", "README.md", "LICENSE")
    for name in (*kept, ".env.example"):
        source = ROOT / name
        if source.is_dir():
            unwanted = shutil.ignore_patterns("__pycache__")
            shutil.copytree(source, folder / name, ignore=unwanted)
        else:
            shutil.copyfile(source, folder / name)
    return folder


def build(source: Path, target: Path, kind: str = "wheel") -> Path:
    """Build as pip does, but without isolation: nothing is downloaded."""
    target.mkdir(exist_ok=True)
    command = [sys.executable, "-W", "ignore", "-c", _BUILD.format(kind=kind), str(target)]
    done = subprocess.run(command, cwd=source, capture_output=True, text=True, check=False)  # noqa: S603
    assert done.returncode == 0, done.stderr
    return target / done.stdout.splitlines()[-1]


def names(wheel: Path) -> set[str]:
    """The package's files in a wheel."""
    with zipfile.ZipFile(wheel) as packed:
        return {name for name in packed.namelist() if name.startswith("bot/")}


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return copy_of_the_source(tmp_path_factory.mktemp("source"))


@pytest.fixture(scope="module")
def wheel(source: Path) -> Path:
    return build(source, source.parent / "wheels")


@pytest.mark.slow
def test_a_wheel_holds_the_whole_package_and_the_defaults_once(wheel: Path):
    code = {
        path.relative_to(ROOT).as_posix()
        for path in (ROOT / "bot").rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    defaults = {path.name for path in (ROOT / "config").iterdir()} | {".env.example", EXAMPLE}
    assert names(wheel) == code | {f"bot/defaults/{name}" for name in defaults}
    with zipfile.ZipFile(wheel) as packed:
        for path in (ROOT / "config").iterdir():
            assert packed.read(f"bot/defaults/{path.name}") == path.read_bytes()


@pytest.mark.slow
def test_what_was_deleted_from_the_source_is_in_no_wheel_built_afterwards(tmp_path: Path):
    source = copy_of_the_source(tmp_path)
    doomed = {"bot/chat/doomed.py", "bot/doomed/__init__.py", "bot/sandbox/page/static/doomed.js"}
    for name in doomed:
        (source / name).parent.mkdir(exist_ok=True)
        (source / name).write_text("")
    (source / "config" / "doomed.yaml").write_text("")
    doomed.add("bot/defaults/doomed.yaml")
    assert doomed <= names(build(source, tmp_path / "wheels"))
    for name in (*doomed, "config/doomed.yaml"):
        (source / name).unlink(missing_ok=True)
    assert not doomed & names(build(source, tmp_path / "wheels"))


@pytest.mark.slow
def test_a_source_distribution_makes_the_same_wheel(wheel: Path, source: Path, tmp_path: Path):
    subprocess.run(  # noqa: S603 - tarfile's own extraction differs between versions of Python
        [TAR, "xf", build(source, tmp_path, "sdist"), "-C", tmp_path], check=True
    )
    (unpacked,) = (one for one in tmp_path.iterdir() if one.is_dir())
    assert names(build(unpacked, tmp_path / "again")) == names(wheel)


@pytest.mark.slow
def test_the_defaults_are_found_in_a_source_tree_and_in_a_wheel(wheel: Path, tmp_path: Path):
    beside = shipped()
    assert beside.config == ROOT / "config"
    with zipfile.ZipFile(wheel) as packed:
        packed.extractall(tmp_path)
    inside = shipped(tmp_path / "bot")
    assert inside.config == tmp_path / "bot" / "defaults"
    for found in (beside, inside):
        assert found.environment.read_bytes() == (ROOT / ".env.example").read_bytes()
        assert found.story.read_bytes() == (ROOT / "seeds" / EXAMPLE).read_bytes()


@pytest.mark.slow
def test_an_editable_install_reads_the_configuration_beside_the_package(
    source: Path, tmp_path: Path
):
    """The installation only points to the source: no defaults are copied."""
    with zipfile.ZipFile(build(source, tmp_path, "editable")) as packed:
        copied = [name for name in packed.namelist() if "defaults" in name or ".yaml" in name]
    assert copied == []
    assert not (source / "bot" / "defaults").exists()


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """`broadsheet` from the wheel in its own venv, which borrows this one's dependencies."""
    home = tmp_path_factory.mktemp("installed")
    venv.create(home, symlinks=True)
    site = sysconfig.get_path("purelib", "venv", {"base": str(home), "platbase": str(home)})
    pip = [sys.executable, "-m", "pip", "--python", str(home / "bin" / "python")]
    command = [*pip, "install", "--quiet", "--no-deps", "--no-index", str(wheel)]
    subprocess.run(command, check=True)  # noqa: S603
    Path(site, "borrowed.pth").write_text(sysconfig.get_path("purelib") + "\n")
    return home / "bin" / "broadsheet"


def call(
    program: Path, folder: Path, *arguments: str, **more: str
) -> subprocess.CompletedProcess[str]:
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("DISCORD_", "BROADSHEET_"))}
    return subprocess.run(  # noqa: S603
        [program, *arguments],
        cwd=folder,
        env={**kept, "PYTHONPATH": "", **more},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


@pytest.mark.slow
def test_from_a_wheel_in_an_empty_folder_the_sandbox_works_at_once(installed: Path, tmp_path: Path):
    child = Child("sandbox", "--headless", folder=tmp_path, program=(installed,), PYTHONPATH="")
    child.waits_for("Ctrl-C ends it.")
    child.waits_for("#news")
    assert child.ends(signal.SIGTERM) == 0
    assert f"{installed.parent.parent}" in child.text
    assert f"{tmp_path / 'config'} does not exist: using the defaults in" in child.text
    assert "newsgather.example" not in child.text
    assert list(tmp_path.iterdir()) == []


@pytest.mark.slow
def test_run_without_a_config_folder_uses_the_defaults_and_says_so(installed: Path, tmp_path: Path):
    account = {"DISCORD_TOKEN": "a.b.c", "BROADSHEET_DISCORD_API": "http://127.0.0.1:1/api/v10"}
    done = call(installed, tmp_path, "run", **account)
    assert (done.returncode, done.stdout) == (1, "")  # nobody answers at that address
    assert f"{tmp_path / 'config'} does not exist: using the defaults in" in done.stderr
    assert f"{tmp_path / 'seeds'} does not exist, so no story files are read from it" in done.stderr
    assert "Discord cannot be reached" in done.stderr


@pytest.mark.slow
def test_init_writes_what_a_person_edits_and_the_program_runs_on_it(
    installed: Path, tmp_path: Path
):
    done = call(installed, tmp_path, "init")
    assert (done.returncode, done.stderr) == (0, "")
    settings = {path.name: path.read_bytes() for path in (tmp_path / "config").iterdir()}
    assert settings == {path.name: path.read_bytes() for path in (ROOT / "config").iterdir()}
    assert (tmp_path / ".env").read_bytes() == (ROOT / ".env.example").read_bytes()
    loaded = call(installed, tmp_path, "ingest", "--json")
    assert '"read": 0' in loaded.stdout
    shutil.copyfile(tmp_path / "seeds" / EXAMPLE, tmp_path / "seeds" / "mine.md")
    loaded = call(installed, tmp_path, "ingest", "--json")
    assert '"new": 1' in loaded.stdout, loaded.stderr
    assert (tmp_path / "data" / "broadsheet.db").exists()
