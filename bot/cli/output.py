"""Results on stdout, everything else on stderr."""

import json
import sys
from typing import Any


def result(text: str) -> None:
    """Print what the command was asked for."""
    print(text, flush=True)


def result_json(value: Any) -> None:  # noqa: ANN401 - any JSON
    """Print it as one line of JSON."""
    result(json.dumps(value, ensure_ascii=False))


def note(text: str) -> None:
    """Tell the person at the terminal something that is not the result."""
    print(text, file=sys.stderr, flush=True)
