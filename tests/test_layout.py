"""Tests are laid out like the code that they test."""

from tests.conftest import ROOT

OF_THE_WHOLE = {"benchmarks", "evaluation", "soak"}
"""Folders of tests that run the whole program."""


def test_every_folder_of_tests_is_named_as_the_package_that_it_tests():
    packages = {path.parent for path in (ROOT / "bot").rglob("__init__.py")}
    folders = {path.parent.relative_to(ROOT / "tests") for path in ROOT.glob("tests/**/test_*.py")}
    strangers = {str(one) for one in folders if ROOT / "bot" / one not in packages}
    assert strangers == OF_THE_WHOLE
