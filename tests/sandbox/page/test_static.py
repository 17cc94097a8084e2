"""The page's modules: all loaded at once, readable, and safe from text that would be code."""

import re
from importlib.resources import files

STATIC = files("bot.sandbox.page") / "static"


def test_the_page_asks_for_every_module_at_once() -> None:
    index = (STATIC / "index.html").read_text(encoding="utf-8")
    modules = {one.name for one in STATIC.iterdir() if one.name.endswith(".js")}
    assert set(re.findall(r"/static/([\w.]+\.js)", index)) == modules


def test_no_line_of_a_module_is_too_long_to_read() -> None:
    for one in STATIC.iterdir():
        if one.name.endswith(".js"):
            lines = one.read_text(encoding="utf-8").splitlines()
            assert max(map(len, lines)) <= 100, one.name


def test_no_module_parses_html_or_runs_text() -> None:
    ways = (
        r"innerHTML|outerHTML\s*=|insertAdjacentHTML|document\.write|DOMParser|\beval\b|Function\("
    )
    for one in STATIC.iterdir():
        assert not re.search(ways, one.read_text(encoding="utf-8")), one.name
        assert len(one.read_text(encoding="utf-8").splitlines()) < 350, one.name
