"""A digest's settings: its own override its server's, which override config/'s."""

from collections.abc import Mapping
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.config import DigestConfig, QuietDay
from bot.digests.setting_types import AnySetting, Timetable
from bot.digests.settings import (
    CATCH_UP,
    MINIMUM,
    MUTE,
    PAUSED,
    ROLE,
    SETTINGS,
    settings_as_known,
    settings_of,
)
from bot.zones import zone_of
from tests.digests.setting_examples import EXAMPLES

CONFIG = DigestConfig()
LAYER = st.fixed_dictionaries(
    {name: st.sampled_from((None, *example.stored)) for name, example in EXAMPLES.items()}
)


def test_every_setting_has_its_examples():
    assert list(EXAMPLES) == list(SETTINGS)


@given(server=LAYER, own=LAYER)
def test_a_channel_goes_before_its_server_and_that_before_config(
    server: Mapping[str, object], own: Mapping[str, object]
):
    found = settings_of(CONFIG, server, own)
    for name, setting in SETTINGS.items():
        given_ = [layer[name] for layer in (own, server) if layer[name] is not None]
        expected = setting.known(given_[0]) if given_ else setting.default(CONFIG)
        assert found[setting] == expected, name


@pytest.mark.parametrize(
    ("heat", "words"),
    [
        (0, "any size"),
        (1, "also small ones (heat 1 or more)"),
        (50, "usual size (heat 50 or more)"),
        (150, "larger than most (heat 150 or more)"),
        (5000, "the biggest (heat 5000 or more)"),
    ],
)
def test_a_minimum_is_told_as_a_size(heat: int, words: str):
    assert MINIMUM.words(heat) == words


def test_the_timetable_and_the_rules_are_made_of_the_values_in_effect():
    found = settings_of(
        CONFIG, {"time": "06:00", "days": "mon", "quiet_day": "note"}, {"days": "sun"}
    )
    assert found.timetable == Timetable("06:00", "UTC", "sun")
    assert found.timetable.words == "06:00 UTC, Sun"
    assert found.timetable.zone is zone_of("UTC")
    assert found.rules.quiet_day is QuietDay.NOTE
    found = settings_of(CONFIG, {"stories": 3, "minimum": 80}, {"stories": 9})
    assert (found.rules.stories, found.rules.minimum_heat) == (9, 80)


def test_nobody_muted_is_a_value_of_its_own_and_names_need_not_be_known():
    server = {"mute": "Forbes\nVanished Gazette"}
    assert settings_of(CONFIG, server)[MUTE] == ("Forbes", "Vanished Gazette")
    assert settings_of(CONFIG, server).rules.muted == {"forbes", "vanished gazette"}
    assert settings_of(CONFIG, server, {"mute": ""})[MUTE] == ()


def test_no_role_is_a_value_of_its_own_whatever_the_server_has():
    assert settings_of(CONFIG, {"role": 77}, {"role": 0})[ROLE] is None
    assert settings_of(CONFIG, {"role": 77})[ROLE] == 77


@pytest.mark.parametrize("setting", SETTINGS.values(), ids=SETTINGS)
def test_a_value_is_shown_by_its_own_setting_and_no_other(setting: AnySetting):
    stored = setting.parse(EXAMPLES[setting.name].other)
    before, after = settings_of(CONFIG), settings_of(CONFIG, {setting.name: stored})
    changed = {one.name for one in SETTINGS.values() if one.show(before) != one.show(after)}
    assert changed == {setting.name}


@pytest.mark.parametrize("setting", SETTINGS.values(), ids=SETTINGS)
def test_whatever_a_command_offers_can_be_set(setting: AnySetting):
    option = setting.command.option
    for text in (*option.offered, *option.choices) if option else ():
        assert setting.show(settings_of(CONFIG, {setting.name: setting.parse(text)}))


@pytest.mark.parametrize("setting", SETTINGS.values(), ids=SETTINGS)
def test_what_is_written_is_stored_in_the_type_of_its_column(setting: AnySetting):
    example = EXAMPLES[setting.name]
    stored = [setting.parse(example.other), setting.parse(example.same), *example.stored]
    assert {type(value) for value in stored} == {setting.type}


@pytest.mark.parametrize("setting", SETTINGS.values(), ids=SETTINGS)
def test_what_is_unknown_here_is_named_and_what_would_be_inherited_is_shown(setting: AnySetting):
    for value in (*EXAMPLES[setting.name].unknown, b"8", object()):
        found, (unknown,) = settings_as_known(CONFIG, {}, {setting.name: value})
        assert found == settings_of(CONFIG)
        assert unknown == (setting.noun, value, setting.command.name, False)
        _, (of_server,) = settings_as_known(CONFIG, {setting.name: value}, {})
        assert of_server.of_server


def test_without_layers_all_is_as_in_config():
    config = DigestConfig(stories=3, sources=2, minimum_heat=7, age_days=2, half_life_hours=6)
    found = settings_of(config)
    assert (found.rules.stories, found.rules.sources, found.rules.minimum_heat) == (3, 2, 7)
    assert found.rules.age == timedelta(days=2)
    assert found.rules.half_life == timedelta(hours=6)
    assert found.rules.quiet_day is QuietDay.ARCHIVE
    assert found[CATCH_UP] == timedelta(hours=3)
    assert not found[PAUSED]


@pytest.mark.parametrize(
    ("name", "text", "kept"),
    [
        ("time", "8:00", "08:00"),
        ("time", "18:30, 8:05 18:30", "08:05, 18:30"),
        ("days", "Weekdays", "mon, tue, wed, thu, fri"),
        ("days", "sunday, mon", "mon, sun"),
        ("timezone", "europe/berlin", "Europe/Berlin"),
        ("timezone", "america/new york", "America/New_York"),
        ("stories", "7", 7),
        ("stories", " 10 Stories", 10),
        ("stories", "1 story", 1),
        ("layout", "compact", "compact"),
        ("minimum", " 0 ", 0),
        ("minimum", "1000000", 1_000_000),
        ("thread", "yes", 1),
        ("quiet_day", "skip", "skip"),
        ("mute", "ZDNet\nForbes\nzdnet", "Forbes\nzdnet"),
        ("mute", "Morningstar, Inc.", "Morningstar, Inc."),
        ("mute", " None ", ""),
        ("mute", "\n", ""),
        ("mute", "\n".join(map(str, range(25))), "\n".join(sorted(map(str, range(25))))),
        ("catch_up", "3", 3.0),
        ("catch_up", " 0.5 Hours", 0.5),
        ("catch_up", "168h", 168.0),
        ("paused", "yes", 1),
        ("publish", "no", 0),
        ("role", "9223372036854775807", 2**63 - 1),
    ],
)
def test_what_a_person_writes_is_kept_in_one_form(name: str, text: str, kept: object):
    assert SETTINGS[name].parse(text) == kept


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("time", "25:00"),
        ("time", "sunrise"),
        ("time", "1:00 2:00 3:00 4:00 5:00 6:00 7:00"),
        ("days", "someday"),
        ("timezone", "Mars/Olympus"),
        ("stories", "0"),
        ("stories", "11"),
        ("stories", "five"),
        ("stories", "٣"),
        ("layout", "mosaic"),
        ("minimum", "-1"),
        ("minimum", "1000001"),
        ("minimum", "hot"),
        ("thread", "perhaps"),
        ("quiet_day", "shout"),
        ("mute", "\n".join(map(str, range(26)))),
        ("catch_up", "0.2"),
        ("catch_up", "169"),
        ("catch_up", "-3"),
        ("catch_up", "soon"),
        ("catch_up", ""),
        ("publish", "perhaps"),
    ],
)
def test_what_cannot_be_used_is_a_value_error(name: str, text: str):
    with pytest.raises(ValueError, match=r"."):
        SETTINGS[name].parse(text)
