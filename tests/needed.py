"""What tests need and not every machine has: without it they are skipped; in CI they fail."""

import os

import pytest


def need(there: object, what: str) -> None:
    """Skip a test if its requirement is missing; fail it if no test may be skipped."""
    if there:
        return
    if os.environ.get("BROADSHEET_TESTS_NO_SKIP"):
        pytest.fail(what)
    pytest.skip(what)
