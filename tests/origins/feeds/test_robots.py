"""What robots.txt lets the bot ask."""

from time import perf_counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.origins.feeds.robots import LONGEST_RULE, MOST_BYTES, MOST_RULES, is_allowed, rules_for_us

FOR_ALL = "User-agent: *\nDisallow: /private\nAllow: /private/feed\n"


def may(text: str, path: str) -> bool:
    return is_allowed(rules_for_us(text), path)


@pytest.mark.parametrize("text", ["", "# nothing", "<html>", "Disallow: /", "Sitemap: /all.xml"])
def test_nothing_is_forbidden_where_nothing_is_said_to_us(text: str):
    assert may(text, "/feed")
    assert rules_for_us(text) == ""


def test_the_rules_for_everybody_hold_for_us():
    assert not may(FOR_ALL, "/private/notes")
    assert not may(FOR_ALL, "/private")
    assert may(FOR_ALL, "/private/feed.xml")
    assert may(FOR_ALL, "/news")


@pytest.mark.parametrize("name", ["Broadsheet", "broadsheet", "BROADSHEET/1.0", "broadsheet bot"])
def test_rules_for_our_name_replace_those_for_everybody(name: str):
    text = f"{FOR_ALL}\nUser-agent: {name}\nDisallow: /feed"
    assert not may(text, "/feed")
    assert may(text, "/private/notes")


def test_an_empty_rule_for_our_name_allows_everything():
    assert may("User-agent: *\nDisallow: /\n\nUser-agent: broadsheet\nDisallow:\n", "/feed")


def test_other_bots_rules_are_not_ours():
    assert may("User-agent: GPTBot\nUser-agent: Bytespider\nDisallow: /", "/feed")
    assert may("User-agent: broadsheeter\nDisallow: /", "/feed")


def test_a_group_may_name_several_bots_and_come_in_parts():
    text = "User-agent: other\nuser-agent : *\nDisallow: /a\n\nUser-agent: *\nDisallow: /b"
    assert not may(text, "/a")
    assert not may(text, "/b")


def test_comments_spaces_and_line_ends_do_not_matter():
    assert not may("\ufeff#\r\n  USER-AGENT :  *  # all\r\n disallow:/feed # ours\r\n", "/feed")
    assert not may("User-agent: *\rDisallow: /feed\r", "/feed")


@pytest.mark.parametrize(
    ("pattern", "matched", "other"),
    [
        ("/feed", "/feed.xml", "/a/feed"),
        ("/feed$", "/feed", "/feeds"),
        ("/*.xml$", "/a/b.xml", "/a/b.xml?c"),
        ("/a*b*c", "/a-b-c-d", "/a-c-b"),
        ("/*?token=", "/feed?token=1", "/feed"),
        ("/*$", "/anything", ""),
        ("*/rss", "/a/rss", "/a/atom"),
        ("/a*a$", "/aa", "/a"),
    ],
)
def test_patterns_match_as_written(pattern: str, matched: str, other: str):
    rules = f"disallow: {pattern}"
    assert not is_allowed(rules, matched)
    assert is_allowed(rules, other)


@pytest.mark.parametrize(
    ("pattern", "path"),
    [
        ("/%66eed", "/feed"),
        ("/feed", "/%66eed"),
        ("/%7euser", "/~user"),
        ("/a%2fb", "/a%2Fb"),
        ("/größe", "/gr%C3%B6%c3%9fe"),
        ("/a b", "/a%20b"),
    ],
)
def test_escapes_are_read_as_what_they_stand_for(pattern: str, path: str):
    assert not is_allowed(f"disallow: {pattern}", path)


@pytest.mark.parametrize(("pattern", "path"), [("/a%2Fb", "/a/b"), ("/%2A", "/a"), ("/a%24", "/a")])
def test_escapes_of_signs_with_a_meaning_stay(pattern: str, path: str):
    assert is_allowed(f"disallow: {pattern}", path)


def test_the_longest_pattern_decides_and_allowing_wins_a_tie():
    assert not may("User-agent: *\nAllow: /\nDisallow: /feed", "/feed")
    assert may("User-agent: *\nDisallow: /feed\nAllow: /feed", "/feed")


@given(st.text(alphabet="/ab*$", max_size=8), st.text(alphabet="/ab", max_size=8))
def test_a_pattern_matches_what_it_describes(pattern: str, path: str):
    def described(pattern: str, path: str) -> bool:
        if pattern in {"", "$"}:
            return pattern == "" or path == ""
        if pattern[0] == "*":
            return any(described(pattern[1:], path[i:]) for i in range(len(path) + 1))
        return path[:1] == pattern[0] and described(pattern[1:], path[1:])

    plain = pattern.replace("$", "") + ("$" if pattern.endswith("$") else "")
    if plain:
        assert is_allowed(f"disallow: {plain}", path) == (not described(plain, path))


@given(st.text())
def test_any_text_can_be_read(text: str):
    rules = rules_for_us(text)
    assert isinstance(is_allowed(rules, "/feed"), bool)


HOSTILE = {
    "agents and rules": "User-agent: *\nUser-agent: b\nDisallow: /b\n",
    "rules": "Disallow: /*a*a*a*a*b\n",
    "spaces": " " * 1000,
    "stars": "*" * 1000,
    "short lines": "a:b\n",
    "empty lines": "\r",
}


@pytest.mark.parametrize("kind", HOSTILE)
def test_the_largest_file_is_read_at_once(kind: str):
    unit = HOSTILE[kind]
    text = "User-agent: *\n" + unit * (MOST_BYTES // len(unit))
    begun = perf_counter()
    rules = rules_for_us(text)
    assert is_allowed(rules, "/" + "a" * 2000)
    assert perf_counter() - begun < 1
    assert rules.count("\n") < MOST_RULES
    assert max(map(len, rules.split("\n"))) <= LONGEST_RULE + len("disallow: ")
