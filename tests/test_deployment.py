"""The unit and the Dockerfile fit the program, though neither systemd nor Docker runs here."""

import json
import re
import shutil
import subprocess
import tomllib
from pathlib import Path

import typer.main
import yaml

from bot.chat.gateway.identify import BURST, RESERVE
from bot.cli.main import cli
from bot.database_url import database_address
from bot.environment import DISCORD_VARIABLES, UNIT_TOKEN, VARIABLES, places
from bot.store.opening import file_of
from bot.supervision import DEAD_AFTER, STOPPED_WITHIN
from tests.conftest import ROOT
from tests.needed import need

UNIT = ROOT / "deploy" / "broadsheet.service"
OPERATIONS = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
STARTS_A_DAY = 1000
"""After how many logins Discord resets a token."""


def settings(name: str) -> list[str]:
    """The values of a key of the unit."""
    return re.findall(rf"^{name}=(.*)$", UNIT.read_text(encoding="utf-8"), re.MULTILINE)


def instructions(name: str) -> list[str]:
    """The arguments of an instruction of the Dockerfile, continued lines joined."""
    text = (ROOT / "Dockerfile").read_text(encoding="utf-8").replace("\\\n", "")
    return re.findall(rf"^{name} (.*)$", text, re.MULTILINE)


def commands() -> set[str]:
    return set(typer.main.get_command(cli).commands)  # type: ignore[attr-defined]


def test_the_unit_starts_a_command_that_there_is_with_variables_that_there_are():
    (start,) = settings("ExecStart")
    program, command = start.split()
    assert program.endswith("/bin/broadsheet")
    assert command in commands()
    names = {one.split("=")[0] for one in settings("Environment")}
    assert names <= {*VARIABLES, *DISCORD_VARIABLES}
    (credential,) = settings("LoadCredential")
    name, source = credential.split(":")
    assert f"DISCORD_TOKEN_FILE=%d/{name}" in settings("Environment")
    assert Path(source) == UNIT_TOKEN


def test_a_reload_of_the_unit_is_the_signal_at_which_the_bot_reads_config_again():
    assert settings("Type") == ["notify"], "notify-reload is younger than systemd 252"
    (reload,) = settings("ExecReload")
    program, *arguments = reload.split()
    assert Path(program).is_absolute()
    assert arguments == ["-HUP", "$MAINPID"]


def test_its_restarts_leave_sessions_for_whoever_mends_the_bot():
    assert settings("Restart") == ["always"]
    starts = 24 * 60 * 60 / int(settings("RestartSec")[0])
    assert starts + BURST < STARTS_A_DAY - RESERVE


def test_its_patience_fits_the_bots_own():
    assert int(settings("TimeoutStopSec")[0]) > STOPPED_WITHIN
    assert 10 <= int(settings("WatchdogSec")[0]) < DEAD_AFTER


def test_systemd_finds_no_fault_in_the_unit(tmp_path: Path):
    analyze, program = shutil.which("systemd-analyze"), shutil.which("true")
    need(analyze and program, "systemd-analyze is not installed")
    assert analyze
    assert program
    text = UNIT.read_text(encoding="utf-8").replace(settings("ExecStart")[0], program)
    (tmp_path / UNIT.name).write_text(text, encoding="utf-8")
    found = subprocess.run(  # noqa: S603
        [analyze, "verify", str(tmp_path / UNIT.name)], capture_output=True, text=True, check=False
    )
    assert (found.returncode, found.stderr) == (0, "")


def test_the_image_is_made_of_files_that_there_are_and_docker_sees_no_others():
    copied = {source for one in instructions("COPY") for source in one.split()[:-1]}
    ignore = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    assert "*" in ignore
    assert {one.removeprefix("!") for one in ignore if one.startswith("!")} == copied
    for source in copied:
        assert (ROOT / source).exists(), source
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert {project["readme"], *project["license-files"], "pyproject.toml"} <= copied


def test_the_image_runs_the_bot_as_nobody_special_and_keeps_its_data():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    (entry,), (command,) = instructions("ENTRYPOINT"), instructions("CMD")
    assert json.loads(entry)[0] in project["scripts"]
    assert json.loads(command)[0] in commands()
    (user,) = instructions("USER")
    uid, gid = user.split(":")
    assert min(int(uid), int(gid)) > 999
    (made,) = (one for one in instructions("RUN") if "useradd" in one)
    assert f"groupadd --system --gid {gid} " in made
    assert f"useradd --system --uid {uid} --gid {gid} " in made
    assert instructions("STOPSIGNAL") == ["SIGTERM"]
    (workplace,), (volume,) = instructions("WORKDIR"), instructions("VOLUME")
    default = file_of(places({}).database).relative_to(Path.cwd())
    assert json.loads(volume) == [f"{workplace}/{default.parent}"]


def test_the_container_may_write_to_its_data_and_tmp_alone_and_has_no_rights():
    (line,) = re.findall(r"^docker run -d .*$", OPERATIONS.replace("\\\n", ""), re.MULTILINE)
    words = " ".join(line.split())
    for option in (
        "--read-only --tmpfs /tmp",
        "--cap-drop ALL",
        "--security-opt no-new-privileges",
        "--log-opt max-size=",
    ):
        assert f" {option}" in words
    (volume,) = json.loads(instructions("VOLUME")[0])
    mounted = re.findall(r"-v \S+?:(/[^ :\"]+)(:ro)?", words)
    assert [path for path, read_only in mounted if not read_only] == [volume]


def test_the_guide_to_operations_uses_the_unit_the_image_and_commands_that_there_are():
    assert f"deploy/{UNIT.name}" in OPERATIONS
    assert "docker build" in OPERATIONS
    used = set(re.findall(r"(?:bin/broadsheet|docker run [^\n]*broadsheet) (\w+)", OPERATIONS))
    assert used <= commands()


def test_two_bots_of_the_compose_file_share_a_server_and_keep_no_file():
    text = (ROOT / "deploy" / "compose.yaml").read_text(encoding="utf-8")
    services = yaml.safe_load(text)["services"]
    assert {*services} == {"database", "bot-1", "bot-2"}
    assert services["bot-1"] == services["bot-2"]
    bot = services["bot-1"]
    assert {*bot["environment"]} <= {*VARIABLES}
    named = re.sub(r"\$\{[^}]*\}", "secret", bot["environment"]["BROADSHEET_DATABASE"])
    assert str(database_address(named)) == "postgresql://database/broadsheet"
    assert (bot["read_only"], bot["cap_drop"]) == (True, ["ALL"])
