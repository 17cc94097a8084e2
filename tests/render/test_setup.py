"""The panel in words: within Discord's limits, and each choice means what it says."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Final

import pytest

from bot.config import DigestConfig
from bot.digests.setting_types import AnySetting, DigestSettings
from bot.digests.settings import MINIMUM, SETTINGS, settings_of
from bot.digests.status import DigestStatus
from bot.digests.target import Channel
from bot.render import limits
from bot.render.setup import (
    FORM,
    SELECTS,
    SHOWN,
    Panel,
    form_fields,
    form_title,
    panel_embed,
    panel_text,
    topic_choices,
    value_choices,
)
from bot.stories.model import Topic
from tests.digests.setting_examples import EXAMPLES

NOW: Final = datetime(2019, 12, 22, 16, 31, tzinfo=UTC)
INHERITED: Final = settings_of(DigestConfig())
LONG: Final = "*_~|[x](http://evil.example) " * 10
"""A topic's name that is longer than any place for it, and full of Markdown."""


def panel(
    settings: DigestSettings = INHERITED,
    *own: str,
    followed: Sequence[str] = (),
    offered: Sequence[Topic] = (),
    name: str = "news",
    obstacle: str | None = None,
) -> Panel:
    """A channel's panel; `own`: the settings that it has set itself."""
    set_by = {name: "channel" if name in own else "config" for name in SETTINGS}
    status = DigestStatus(1, Channel(1, 2), tuple(followed), settings, set_by, None, None, ())
    return Panel(
        settings,
        set_by,
        INHERITED,
        NOW,
        "0" * 8,
        status,
        offered=offered,
        name=name,
        obstacle=obstacle,
    )


def topics(count: int) -> list[Topic]:
    return [
        Topic(number, f"{number} {LONG}", f"{number}-topic", stories=number, newest=None)
        for number in range(count)
    ]


def stored(setting: AnySetting) -> Iterator[tuple[object, DigestSettings]]:
    """Values that a channel may have, and what is then in effect."""
    for value in EXAMPLES[setting.name].stored:
        yield value, settings_of(DigestConfig(), {}, {setting.name: value})


every_list = pytest.mark.parametrize(
    "setting", [one for page in SELECTS.values() for one in page], ids=lambda one: one.name
)


def test_every_setting_of_the_panel_is_shown_and_chosen_in_one_place():
    chosen = [one for page in SELECTS.values() for one in page]
    assert [one.name for one in SHOWN] == [*dict.fromkeys(one.name for one in SHOWN)]
    assert {*FORM, *chosen} | {SETTINGS["role"], SETTINGS["mute"]} == {*SHOWN}
    assert not {*FORM} & {*chosen}
    # With topics or the role there are four lists at most on a page, and a row of buttons.
    assert all(len(page) <= 3 for page in SELECTS.values())


@every_list
def test_a_list_begins_with_what_holds_and_each_of_its_values_can_be_set(setting: AnySetting):
    for value, settings in stored(setting):
        choices = value_choices(setting, panel(settings, setting.name), "default")
        (chosen,) = [one for one in choices if one.chosen]
        assert setting.parse(chosen.value) == value
        assert len({one.value for one in choices}) == len(choices) <= limits.OPTIONS
        for one in choices:
            assert 0 < len(one.label) <= limits.OPTION_TEXT
            assert one.label.startswith(f"{setting.heading}: "), (
                "it is all that a closed list shows"
            )
            assert one.description is None or 0 < len(one.description) <= limits.OPTION_TEXT
            if one.value != "default":
                setting.known(setting.parse(one.value))


@every_list
def test_a_list_says_what_is_inherited_if_nothing_is_set(setting: AnySetting):
    (chosen,) = [one for one in value_choices(setting, panel(), "default") if one.chosen]
    assert chosen.value == "default"
    assert setting.show(INHERITED) in chosen.label


def test_an_unusual_minimum_is_among_its_choices():
    settings = settings_of(DigestConfig(), {}, {"minimum": 777})
    choices = value_choices(MINIMUM, panel(settings, "minimum"), "default")
    assert [one.value for one in choices if one.chosen] == ["777"]


@pytest.mark.parametrize("setting", FORM, ids=lambda one: one.name)
def test_a_line_of_the_form_shows_what_can_be_sent_as_it_is(setting: AnySetting):
    for value, settings in stored(setting):
        fields = {one.name: one for one in form_fields(panel(settings, setting.name), {})}
        assert setting.parse(fields[setting.name].value) == value
        assert fields[setting.name].label == setting.heading
        assert 0 < len(fields[setting.name].hint) <= limits.OPTION_TEXT
    typed = {one.name: one for one in form_fields(panel(), {setting.name: "typed"})}
    assert typed[setting.name].value == "typed"


def test_the_most_and_longest_topics_fit():
    offered = topics(limits.OPTIONS + 5)
    names = [one.name for one in offered[: limits.OPTIONS]]
    full = panel(INHERITED, *SETTINGS, followed=names, offered=offered, name=LONG, obstacle=LONG)
    embed = panel_embed(full)
    assert len(embed["title"]) <= limits.TITLE
    assert len(embed["description"]) <= limits.DESCRIPTION
    assert len(panel_text(full, LONG * 20)) <= limits.CONTENT
    assert panel_text(full, "done").startswith(f"⚠️ {LONG}")
    assert len(form_title(full)) <= 45
    choices = topic_choices(full)
    assert len(choices) == limits.OPTIONS
    for one in choices:
        assert 0 < len(one.label) <= limits.OPTION_TEXT
        assert 0 < len(one.value) <= limits.OPTION_TEXT


def test_without_news_the_panel_says_what_to_do():
    expected = [Topic(0, "AI", "ai", stories=0, newest=None)]
    text = panel_embed(panel(offered=expected))["description"]
    assert "`/feeds add`" in text
    assert "`broadsheet ingest`" in text
    text = panel_embed(panel(offered=topics(3)))["description"]
    assert "ingest" not in text
