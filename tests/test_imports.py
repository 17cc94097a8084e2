"""The import contracts hold for every module, also for future ones."""

import os
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterable
from itertools import pairwise
from pathlib import Path

import pytest

from tests.conftest import ROOT

pytestmark = pytest.mark.slow  # each runs import-linter over a copy of all modules

CONTRACTS = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"][
    "importlinter"
]["contracts"]
LAYERS, PROTECTED = CONTRACTS[0]["layers"], CONTRACTS[1:]
TOP = sorted(path for path in (ROOT / "bot").iterdir() if path.name != "__pycache__")


def modules() -> list[str]:
    """Every module and package right below `bot`."""
    packages = [path.name for path in TOP if (path / "__init__.py").exists()]
    files = [path.stem for path in TOP if path.suffix == ".py" and path.stem != "__init__"]
    return sorted(files + packages)


def broken(folder: Path, planted: Iterable[tuple[str, str]]) -> set[tuple[str, str]]:
    """Add forbidden imports to a copy of the modules; returns those that import-linter reports."""
    shutil.copytree(ROOT / "bot", folder / "bot", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", folder)
    for importer, imported in planted:
        path = folder.joinpath(*importer.split("."))
        file = path / "__init__.py" if path.is_dir() else path.with_suffix(".py")
        with file.open("a", encoding="utf-8") as text:
            text.write(f"\nimport {imported}\n")
    command = [str(Path(sys.executable).with_name("lint-imports")), "--no-cache"]
    environment = {**os.environ, "PYTHONPATH": str(folder), "COLUMNS": "200"}
    done = subprocess.run(  # noqa: S603
        command, cwd=folder, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == (1 if planted else 0), done.stdout + done.stderr
    return set(re.findall(r"(bot[\w.]*) -> ([\w.]+)", done.stdout))


def test_nothing_is_broken_where_nothing_is_planted(tmp_path: Path):
    assert broken(tmp_path, []) == set()


@pytest.mark.parametrize("contract", PROTECTED, ids=lambda one: one["name"])
def test_what_is_protected_is_imported_nowhere_else(tmp_path: Path, contract: dict[str, list[str]]):
    inside = {*contract["allowed_importers"], *contract["protected_modules"]}
    outside = [f"bot.{name}" for name in modules() if f"bot.{name}" not in inside]
    outside += ["bot.render.to_come", "bot.digests.to_come"]
    planted = [(one, other) for one in outside for other in contract["protected_modules"]]
    assert len(planted) >= len(modules()) - 2
    assert set(planted) <= broken(tmp_path, planted)


def test_nothing_imports_what_stands_above_it(tmp_path: Path):
    layers = [[name.strip() for name in layer.split("|")] for layer in LAYERS]
    planted = [
        (f"bot.{lower}", f"bot.{upper}")
        for above, below in pairwise(layers)
        for upper in above
        for lower in below
    ]
    beside = [(f"bot.{one}", f"bot.{two}") for layer in layers for one in layer for two in layer]
    planted += [(one, two) for one, two in beside if one != two]
    planted.append(("bot.render.to_come", "bot.chat.gateway.client"))
    assert sorted(name for layer in layers for name in layer) == modules()
    assert set(planted) <= broken(tmp_path, planted)
