"""What a test needs and not every machine has: without it a test is skipped, in CI it fails."""

import os

import pytest


def need(there: object, what: str) -> None:
    """Skip a test if what it needs is not there; fail it if no test may be skipped."""
    if there:
        return
    if os.environ.get("BROADSHEET_TESTS_NO_SKIP"):
        pytest.fail(what)
    pytest.skip(what)
