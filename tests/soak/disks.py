"""Disks that are full: a small one, or a limit on the files of a process."""

import os
import resource
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest


class FullDisk:
    """A separate small disk, which a file fills."""

    def __init__(self, folder: Path) -> None:
        self._file = folder / "filler"

    def fill(self, _: int = 0) -> None:
        """Leave no free space."""
        with suppress(OSError), self._file.open("ab", buffering=0) as file:
            while True:
                file.write(bytes(4096))

    def free(self, _: int = 0) -> None:
        """Free the space again."""
        self._file.unlink(missing_ok=True)


class Quota:
    """Let no file of the bot grow, which needs no special rights."""

    def fill(self, pid: int) -> None:
        """Let it write nowhere in a file."""
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (1, resource.RLIM_INFINITY))

    def free(self, pid: int) -> None:
        """Let it write again."""
        unlimited = (resource.RLIM_INFINITY, resource.RLIM_INFINITY)
        resource.prlimit(pid, resource.RLIMIT_FSIZE, unlimited)


@contextmanager
def small_disk(folder: Path) -> Iterator[FullDisk]:
    """A disk of a few megabytes at a folder. Skips the test if this user may not mount one."""
    mount = shutil.which("mount")
    folder.mkdir()
    command = [str(mount), "-t", "tmpfs", "-o", "size=64m", "tmpfs", str(folder)]
    if os.geteuid() or mount is None or subprocess.run(command, check=False).returncode:  # noqa: S603
        pytest.skip("mounting needs root")
    try:
        yield FullDisk(folder)
    finally:
        subprocess.run(["umount", str(folder)], check=True)  # noqa: S603, S607
