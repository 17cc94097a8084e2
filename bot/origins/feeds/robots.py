"""What a host's robots.txt lets this bot ask (RFC 9309)."""

import re
from collections.abc import Iterator
from string import ascii_letters, digits, punctuation
from typing import Final
from urllib.parse import quote

NAME: Final = "broadsheet"
"""By this name robots.txt may address this bot."""
MOST_BYTES: Final = 500 * 1024
"""How much of a robots.txt is read; RFC 9309 demands at least as much."""
MOST_RULES: Final = 1000
LONGEST_RULE: Final = 256
"""How many rules are kept, and how many characters of a pattern count; the files of large sites
have some hundreds of short ones.
"""

_LINE: Final = re.compile(r"(?im)^[ \t]*(user-agent|(?:dis)?allow)[ \t]*:([^#\n]*)")
_AGENT: Final = re.compile(r"[a-z_-]+|\*")
_ESCAPE: Final = re.compile(r"%([0-9A-Fa-f]{2})")
_UNRESERVED: Final = frozenset(f"{ascii_letters}{digits}-._~")


def rules_for_us(text: str) -> str:
    """The rules of a robots.txt for this bot: those for its name, else those for everybody.

    One `allow: pattern` or `disallow: pattern` a line.
    """
    rules: dict[str, list[str]] = {}
    agents: set[str] = set()
    in_head = False
    for name, value in _fields(text):
        if name == "user-agent":
            agent = _AGENT.match(value.lower())
            agents = (agents if in_head else set()) | ({agent[0]} & {NAME, "*"} if agent else set())
        for one in agents:
            found = rules.setdefault(one, [])
            if name != "user-agent" and value and len(found) < MOST_RULES:
                found.append(f"{name}: {value[:LONGEST_RULE]}")
        in_head = name == "user-agent"
    return "\n".join(rules.get(NAME, rules.get("*", [])))


def _fields(text: str) -> Iterator[tuple[str, str]]:
    """The lines that count: their names in lower case, and their values without comments."""
    for line in _LINE.finditer(text.replace("\r", "\n")):
        yield line[1].lower(), line[2].strip()


def is_allowed(rules: str, path: str) -> bool:
    """Whether the rules let a path with its query be asked: the longest pattern decides, and of two
    equally long ones the one that allows.
    """
    path = _one_spelling(path)
    lines = (line.partition(": ") for line in rules.split("\n"))
    written = [(name, _one_spelling(pattern)) for name, _, pattern in lines if pattern]
    matching = [(len(one), name == "allow") for name, one in written if _matches(one, path)]
    return max(matching, default=(0, True))[1]


def _one_spelling(text: str) -> str:
    """A path or a pattern, in which only what has to be is escaped: `/%66eed` is `/feed`."""
    return _ESCAPE.sub(_normal_escape, quote(text, safe=punctuation))


def _normal_escape(match: re.Match[str]) -> str:
    sign = chr(int(match[1], 16))
    return sign if sign in _UNRESERVED else match[0].upper()


def _matches(pattern: str, path: str) -> bool:
    """Whether a path begins with a pattern, in which * is anything and a $ at the end is the end.

    No regular expression: patterns are a stranger's, and some would take forever.
    """
    first, *others = pattern.removesuffix("$").split("*")
    if not path.startswith(first):
        return False
    end = len(first)
    for part in others:
        found = path.find(part, end)
        if found < 0:
            return False
        end = found + len(part)
    if not pattern.endswith("$"):
        return True
    return path.endswith(others[-1]) if others else end == len(path)
