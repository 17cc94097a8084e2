"""broadsheet init: makes the files that an operator edits, never over existing ones."""

import re
import stat
from pathlib import Path

import pytest
from dotenv import dotenv_values

from bot.origins.files.storyfile import SUFFIXES
from bot.shipped import EXAMPLE
from tests.cli.conftest import Broadsheet
from tests.conftest import ROOT

pytestmark = pytest.mark.sqlite  # without any variable the database is a file


@pytest.fixture
def bare(broadsheet: Broadsheet, monkeypatch: pytest.MonkeyPatch) -> Broadsheet:
    """The command without any variable set, in an empty folder."""
    for name in ("DATABASE", "SEEDS", "CONFIG"):
        monkeypatch.delenv(f"BROADSHEET_{name}")
    return broadsheet


def files(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


def test_it_writes_the_configuration_an_env_file_and_an_example(bare: Broadsheet, tmp_path: Path):
    done = bare("init")
    assert (done.code, done.err) == (0, "")
    assert done.out.splitlines() == [f"wrote {tmp_path / n}" for n in ("config", ".env", "seeds")]
    expected = {f"config/{name}": content for name, content in files(ROOT / "config").items()}
    expected[".env"] = (ROOT / ".env.example").read_bytes()
    expected[f"seeds/{EXAMPLE}"] = (ROOT / "seeds" / EXAMPLE).read_bytes()
    assert files(tmp_path) == expected
    assert stat.S_IMODE((tmp_path / ".env").stat().st_mode) == 0o600


def test_the_example_is_a_story_that_is_loaded_only_under_another_name(
    bare: Broadsheet, tmp_path: Path
):
    assert not EXAMPLE.endswith(SUFFIXES)
    bare("init")
    assert bare("ingest").code == 3, "no story file is there"
    (tmp_path / "seeds" / EXAMPLE).rename(tmp_path / "seeds" / "mine.md")
    assert bare("ingest", "--json").json["new"] == 1


def test_the_example_needs_exactly_what_stands_above_its_dividing_line(
    bare: Broadsheet, tmp_path: Path
):
    example = (ROOT / "seeds" / EXAMPLE).read_text(encoding="utf-8")
    needed = example.partition("# Optional fields.")[0]
    fields = re.findall(r"^\w+:.*\n(?:[ ].*\n)*", needed, re.MULTILINE)
    codes = []
    for story in (needed, *(needed.replace(field, "") for field in fields)):
        (tmp_path / "mine.md").write_text(f"{story}---\n")
        codes.append(bare("ingest", "mine.md").code)
    assert codes == [0, *(3 for _ in fields)]


def test_the_written_env_file_does_not_say_that_it_must_be_copied(bare: Broadsheet, tmp_path: Path):
    bare("init")
    assert "copy" not in (tmp_path / ".env").read_text().lower()


@pytest.mark.parametrize("kept", ["config", ".env", "seeds"])
def test_what_is_there_stays_as_it_is_and_the_rest_is_made(
    bare: Broadsheet, tmp_path: Path, kept: str
):
    if kept == ".env":
        (tmp_path / kept).write_text("BROADSHEET_LOG_LEVEL=WARNING\n")
    else:
        (tmp_path / kept).mkdir()
        (tmp_path / kept / "mine").write_text("mine")
    before = files(tmp_path)
    done = bare("init")
    assert done.code == 0
    assert done.err == f"{tmp_path / kept} already exists and stays as it is\n"
    assert {name: content for name, content in files(tmp_path).items() if name in before} == before
    assert {path.name for path in tmp_path.iterdir()} == {"config", ".env", "seeds"}
    assert list((tmp_path / kept).iterdir() if kept != ".env" else []) == (
        [tmp_path / kept / "mine"] if kept != ".env" else []
    )
    whole = files(tmp_path)
    assert bare("init").out == ""
    assert files(tmp_path) == whole


def test_a_link_to_nowhere_is_something_that_is_there(bare: Broadsheet, tmp_path: Path):
    (tmp_path / "config").symlink_to("nowhere")
    assert f"{tmp_path / 'config'} already exists" in bare("init").err
    assert not (tmp_path / "nowhere").exists()


def test_what_options_name_is_made_there_and_noted(bare: Broadsheet, tmp_path: Path):
    done = bare("init", "--config", "own settings/config", "--seeds", "news #1")
    assert done.code == 0
    assert (tmp_path / "own settings" / "config" / "digest.yaml").exists()
    assert (tmp_path / "news #1" / EXAMPLE).exists()
    noted = dotenv_values(tmp_path / ".env")
    assert (noted["BROADSHEET_CONFIG"], noted["BROADSHEET_SEEDS"]) == (
        "own settings/config",
        "news #1",
    )
    assert noted["BROADSHEET_DATABASE"] == "data/broadsheet.db"
    assert stat.S_IMODE((tmp_path / ".env").stat().st_mode) == 0o600


def test_a_place_that_cannot_hold_them_is_told_and_nothing_is_half_made(
    bare: Broadsheet, tmp_path: Path
):
    (tmp_path / "file").write_text("x")
    done = bare("init", "--config", "file/config")
    assert done.code == 1
    assert str(tmp_path / "file") in done.sentence
    assert files(tmp_path) == {"file": b"x"}


def test_without_a_config_folder_the_defaults_serve_and_a_missing_one_that_is_named_does_not(
    bare: Broadsheet, tmp_path: Path
):
    assert bare("ingest", ROOT / "seeds").code == 0
    assert bare("topic", "artificial intelligence").code == 0, "an alias of config/topics.yaml"
    named = bare("topics", "--config", "missing")
    assert named.code == 2
    assert f"{tmp_path / 'missing'}: no such folder" in named.sentence
    used = f"{tmp_path / 'config'} does not exist; using the defaults in {ROOT / 'config'}"
    assert bare("check").out.startswith(f"ok    config: {used}\n")
