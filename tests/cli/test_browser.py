"""When `broadsheet sandbox` opens its page by itself."""

import pytest

from bot.cli.browser import can_show


@pytest.mark.parametrize(
    ("platform", "environment", "terminal", "opens"),
    [
        ("linux", {"DISPLAY": ":0"}, True, True),
        ("linux", {"WAYLAND_DISPLAY": "wayland-0"}, True, True),
        ("linux", {"DISPLAY": ""}, True, False),
        ("linux", {}, True, False),
        ("linux", {"DISPLAY": ":0"}, False, False),
        ("darwin", {}, True, True),
        ("win32", {}, True, True),
        ("darwin", {}, False, False),
    ],
)
def test_the_page_opens_only_where_somebody_can_see_it(
    platform: str, environment: dict[str, str], terminal: bool, opens: bool
) -> None:
    assert can_show(platform, environment, terminal=terminal) is opens
