"""Opens a page in the user's browser, if there is one to see it in."""

import asyncio
import os
import sys
import webbrowser
from collections.abc import Mapping

_DISPLAYS = ("DISPLAY", "WAYLAND_DISPLAY")


def can_show(platform: str, environment: Mapping[str, str], *, terminal: bool) -> bool:
    """Whether somebody can see it: there is a terminal and, on Linux, a display.

    Without a display Python's webbrowser would start a text browser in the terminal.
    """
    return terminal and (
        not platform.startswith("linux") or any(environment.get(one) for one in _DISPLAYS)
    )


async def show(address: str) -> None:
    """Open the URL, if anybody can see it. If it cannot be opened, that is not an error."""
    if can_show(sys.platform, os.environ, terminal=sys.stdout.isatty()):
        await asyncio.to_thread(webbrowser.open, address)
