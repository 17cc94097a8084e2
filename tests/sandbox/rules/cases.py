"""A rule's test case: a body that follows the rule and a body that breaks it."""

from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

import pytest

from bot.sandbox.rules.body_schema import Rule, check
from bot.sandbox.rules.errors import ApiError, Code

Json = dict[str, Any]

BAD_LENGTH, TOO_LONG = "BASE_TYPE_BAD_LENGTH", "BASE_TYPE_MAX_LENGTH"
MISSING, NO_CHOICE, UNKNOWN = "BASE_TYPE_REQUIRED", "BASE_TYPE_CHOICES", "UNKNOWN_KEY"
NO_NUMBER, TOO_LOW, TOO_HIGH = "NUMBER_TYPE_COERCE", "NUMBER_TYPE_MIN", "NUMBER_TYPE_MAX"
NO_TYPE, NO_TEXT = "UNION_TYPE_CHOICES", "STRING_TYPE_CONVERT"
NO_LIST, NO_LINK = "LIST_TYPE_CONVERT", "URL_TYPE_INVALID_URL"
TWICE = "SET_TYPE_ALREADY_CONTAINS_VALUE"


class Case(NamedTuple):
    """A body that follows the rule, a body that breaks it, and the place and code of the fault."""

    rule: Rule
    good: object
    bad: object
    path: str
    code: str

    def verify(self) -> None:
        """The first body passes and the second is refused as it should be."""
        check(self.rule, self.good)
        with pytest.raises(ApiError) as caught:
            check(self.rule, self.bad)
        assert caught.value.code is Code.INVALID_FORM
        node = caught.value.body()["errors"]
        for key in filter(None, self.path.split(".")):
            node = node[key]
        assert self.code in [one["code"] for one in node["_errors"]]


def table(cases: Iterable[Case]) -> Callable[..., Any]:
    """Run a test once for each case, named after the refused body."""
    every = list(cases)
    names = [f"{case.path}-{case.code}" for case in every]
    return pytest.mark.parametrize("case", every, ids=names)
