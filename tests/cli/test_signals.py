"""What SIGHUP does: under `run` without a terminal it reloads config/, else it ends the bot."""

import asyncio
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from bot.sandbox import Sandbox
from tests.cli.conftest import Start
from tests.cli.test_running import Account
from tests.conftest import ROOT, SetClock

pytestmark = pytest.mark.skipif(not hasattr(signal, "SIGHUP"), reason="Windows has no SIGHUP")

CHILD = """
import asyncio, signal, sys
from bot.cli.options import until_stopped

terminal, reload, ignored = (word == "True" for word in sys.argv[1:])
if terminal:
    import fcntl, os, termios
    hidden, shown = os.openpty()
    fcntl.ioctl(shown, termios.TIOCSCTTY, 0)
# Whoever runs the tests may do so under nohup, which is inherited.
signal.signal(signal.SIGHUP, signal.SIG_IGN if ignored else signal.SIG_DFL)

async def work():
    print("begun", flush=True)
    try:
        await asyncio.sleep(60)
    finally:
        print("in order", flush=True)

hook = (lambda: print("read again", flush=True)) if reload else None
asyncio.run(until_stopped(work(), hook))
"""


@pytest.mark.parametrize(
    ("terminal", "reload", "ignored", "said"),
    [
        (False, True, False, ["read again", "in order"]),
        (False, True, True, ["read again", "in order"]),
        (False, False, False, ["in order"]),
        (True, True, False, ["in order"]),
        (True, False, False, ["in order"]),
        (True, True, True, ["in order"]),  # nohup: by the SIGTERM
    ],
)
def test_a_hang_up(terminal: bool, reload: bool, ignored: bool, said: list[str]):
    command = [sys.executable, "-c", CHILD, str(terminal), str(reload), str(ignored)]
    with subprocess.Popen(  # noqa: S603
        command,
        cwd=ROOT,
        start_new_session=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as child:
        assert child.stdout
        assert child.stderr
        assert child.stdout.readline() == "begun\n"
        child.send_signal(signal.SIGHUP)
        goes_on = said[0] == "read again" or (terminal and ignored)
        if said[0] == "read again":
            assert child.stdout.readline() == "read again\n"
        if goes_on:
            assert child.poll() is None
            child.send_signal(signal.SIGTERM)
        assert child.wait(20) == 0
        assert child.stdout.read() == "in order\n"
        assert child.stderr.read() == ""


async def test_run_reads_config_again_and_a_faulty_one_changes_nothing(
    tmp_path: Path, start: Start
):
    config = tmp_path / "config"
    shutil.copytree(ROOT / "config", config)
    sandbox = Sandbox(now=SetClock().now)
    await sandbox.start()
    account = Account(
        tmp_path,
        sandbox.api,
        DISCORD_TOKEN=sandbox.token,
        BROADSHEET_DISCORD_GATEWAY=sandbox.gateway,
        BROADSHEET_CONFIG=str(config),
    )
    try:
        child = start("run", folder=tmp_path, **account.environment)
        await asyncio.to_thread(child.waits_for, "online as")
        (config / "digest.yaml").write_text("time: never\n")
        child.process.send_signal(signal.SIGHUP)
        file = config / "digest.yaml"
        line = f"config/ was not reloaded: {file}: time: “never” is not a time of day"
        await asyncio.to_thread(child.waits_for, line)

        (config / "digest.yaml").write_text("time: '12:00'\n")
        (config / "providers.yaml").write_text("owners: {Someone: [saltmarsh.example]}\n")
        child.process.send_signal(signal.SIGHUP)
        await asyncio.to_thread(child.waits_for, "changed: digest, providers")
        await asyncio.to_thread(child.waits_for, "the rules changed; stories to rerank: 1")
        answer = await sandbox.person("moderator").command("subscribe", "news", topic="AI")
        assert "12:00" in answer.text
        assert await asyncio.to_thread(child.ends, signal.SIGTERM, 15) == 0
        assert "Traceback" not in child.text
    finally:
        await sandbox.stop()
