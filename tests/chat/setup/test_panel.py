"""One panel for everything about a digest: what it shows, what it sets, and for whom."""

from datetime import timedelta
from pathlib import Path
from typing import Any

from bot.chat.setup.suggestion import ZONES
from bot.demo import Demo
from bot.digests.settings import SETTINGS, TIME, TIMEZONE, WEEKDAYS
from bot.digests.target import Channel
from bot.render.setup import FORM, SHOWN
from bot.sandbox import Answer
from bot.zones import parse_zone, zone_title
from tests.chat.conftest import (
    Json,
    ask,
    button,
    is_a_private_sentence,
    mention,
    opened,
    rows,
    said,
)

MODERATOR = "moderator"


async def panel(demo: Demo, person: str = MODERATOR, **options: Any) -> Json:
    """The message of a panel that somebody has just opened in #general."""
    answer = await demo.sandbox.person(person).command("digest setup", **options)
    assert answer.ephemeral
    assert not answer.failed
    return answer.message


def now(demo: Demo, message: Json) -> Json:
    """A panel's message in its current state."""
    found = demo.sandbox.world.channel(message["channel_id"]).find(message["id"])
    assert found is not None
    return found


def component(message: Json, name: str) -> Json:
    """The button with a label, or the select with a placeholder."""
    names = ("label", "placeholder")
    return next(one for one in components_of(message) if name in map(one.get, names))


def components_of(message: Json) -> list[Json]:
    return [one for row in message["components"] for one in row["components"]]


async def press(demo: Demo, message: Json, name: str, person: str = MODERATOR) -> Answer:
    one = component(message, name)
    return await demo.sandbox.person(person).press(message, one["custom_id"])


async def choose(
    demo: Demo, message: Json, name: str, *values: str, person: str = MODERATOR
) -> Json:
    """Choose on a panel; returns its message afterwards."""
    one = component(message, name)
    answer = await demo.sandbox.person(person).choose(message, one["custom_id"], values)
    assert not answer.failed
    assert answer.message["id"] == message["id"], answer.text
    return answer.message


async def opened_form(demo: Demo, message: Json) -> Answer:
    """The form of a panel, whatever its button is called."""
    inside = [one["custom_id"] for row in message["components"] for one in row["components"]]
    opener = next(one for one in inside if ":form:" in one)
    return await demo.sandbox.person(MODERATOR).press(message, opener)


async def fill_in(demo: Demo, message: Json, **texts: str | list[str]) -> Json:
    """Fill in the form of a panel; returns its message afterwards."""
    form = await opened_form(demo, message)
    answer = await demo.sandbox.person(MODERATOR).submit(form, texts)
    assert not answer.failed
    assert answer.message["id"] == message["id"], answer.text
    return answer.message


def shown(message: Json) -> list[str]:
    """The lines of a panel's embed."""
    (embed,) = message["embeds"]
    return list(embed["description"].splitlines())


def line_of(message: Json, heading: str) -> str:
    return next(line for line in shown(message) if line.startswith(f"**{heading}**"))


async def test_a_panel_shows_every_value_and_where_it_comes_from(demo: Demo):
    await demo.sandbox.person("admin").command("digest layout", layout="compact")
    await demo.sandbox.person("admin").command("digest stories", stories="3", channel_="general")
    message = await panel(demo)
    assert message["embeds"][0]["title"] == "Digest of #general"
    for setting in SHOWN:
        assert setting.only_in or line_of(message, setting.heading)
    assert line_of(message, "Layout").endswith(" · *server's default*")
    assert line_of(message, "Number of stories") == "**Number of stories**: 3 · *set here*"
    assert line_of(message, "Days").endswith(" · *bot's default*")
    assert (
        line_of(message, "Topics") == "**Topics**: none yet; choose some below, and digests begin"
    )
    assert component(message, "Preview")["disabled"]
    assert component(message, "Post now")["disabled"]


async def test_a_newcomer_sets_up_a_channel_in_three_steps(demo: Demo):
    message = await panel(demo)
    message = await choose(demo, message, "Choose topics", "ai", "space")
    assert "**AI**" in line_of(message, "Topics")
    assert "**Space**" in line_of(message, "Topics")
    message = await fill_in(demo, message, time="8am and 6pm", days="weekdays", timezone="berlin")
    assert line_of(message, "Time").startswith("**Time**: 08:00, 18:00 · *set here*")
    assert "Berlin" in line_of(message, "Time zone")
    message = await choose(demo, message, "Layout", "headlines")
    assert shown(message)[-1].startswith("Next digest: **")
    status = await demo.online.bot.services.statuses.of_channel(target(demo, "general"))
    assert status is not None
    assert set(status.topics) == {"AI", "Space"}
    assert status.settings.timetable.timezone == "Europe/Berlin"
    preview = await press(demo, message, "Preview")
    assert preview.ephemeral
    assert "Preview" in preview.text
    posted = await press(demo, message, "Post now")
    assert posted.text.startswith("Posted in")


def target(demo: Demo, channel: str) -> Channel:
    where = demo.sandbox.world.channel(channel)
    return Channel(where.guild_id, where.id)


async def test_topics_that_are_not_chosen_any_more_are_not_followed(demo: Demo):
    message = await choose(demo, await panel(demo), "Choose topics", "ai", "space")
    await demo.sandbox.person(MODERATOR).command("subscribe", topic="Robotics")
    message = await choose(demo, message, "Choose topics", "ai")
    assert line_of(message, "Topics") in (
        "**Topics**: **AI**, **Robotics**",
        "**Topics**: **Robotics**, **AI**",
    ), "what the panel did not know of stays"
    message = await choose(demo, message, "Choose topics")
    assert "none yet" in line_of(message, "Topics")


async def test_each_select_sets_its_value_and_emptied_inherits_it_again(demo: Demo):
    message = await panel(demo, channel_="announcements")
    for more in (False, True):
        message = (await press(demo, message, "More")).message if more else message
        selects = [row["components"][0] for row in message["components"]]
        for select in (one for one in selects if one["type"] == 3 and "set:" in one["custom_id"]):
            name = select["custom_id"].split(":")[5]
            heading, value = SETTINGS[name].heading, select["options"][-1]["value"]
            message = await choose(demo, message, heading, value)
            assert line_of(message, heading).endswith(" · *set here*")
            chosen = [one for one in component(message, heading)["options"] if one.get("default")]
            assert [one["value"] for one in chosen] == [value]
            message = await choose(demo, message, heading)
            assert line_of(message, heading).endswith(" · *bot's default*")


async def test_the_role_is_chosen_refused_with_the_reason_and_taken_away(demo: Demo):
    message = (await press(demo, await panel(demo), "More")).message
    role = next(one for one in demo.sandbox.world.guild.roles if one.name == "News readers")
    message = await choose(demo, message, "Role to ping", "News readers")
    assert line_of(message, "Role to ping") == f"**Role to ping**: <@&{role.id}> · *set here*"
    begun = component(message, "Role to ping")["default_values"]
    assert begun == [{"id": str(role.id), "type": "role"}]
    message = await choose(demo, message, "Role to ping", "Moderators")
    assert message["content"].startswith("⚠️ ")
    assert "would not be notified" in message["content"]
    assert f"<@&{role.id}>" in line_of(message, "Role to ping")
    message = await choose(demo, message, "Role to ping")
    assert line_of(message, "Role to ping").startswith("**Role to ping**: none")


async def test_what_the_form_cannot_read_is_answered_as_the_command_does_and_kept(demo: Demo):
    admin, message = demo.sandbox.person("admin"), await panel(demo)
    for setting, bad, good in (
        (TIME, "25:00", {"days": "mon"}),
        (WEEKDAYS, "blursday", {"time": "07:00"}),
        (TIMEZONE, "Nowhere", {"time": "06:00"}),
    ):
        name, option = setting.name, setting.command.option
        assert option is not None
        line, given = setting.command.name.removeprefix("/"), {option.name: bad}
        refusal = await admin.command(line, channel_="general", **given)  # type: ignore[arg-type]
        message = await fill_in(demo, message, **{name: bad, **good})
        assert f"⚠️ {refusal.text}" in message["content"]
        (other,) = good
        assert line_of(message, SETTINGS[other].heading).endswith(" · *set here*")
        form = await press(demo, message, "Try again")
        assert form.modal is not None
        inputs = {
            one["component"]["custom_id"]: one["component"] for one in form.modal["components"]
        }
        assert inputs[name]["value"] == bad
        assert [*inputs] == [*(setting.name for setting in FORM), "topics"]
        message = await fill_in(demo, message, **{name: "default"})


async def test_a_zone_of_several_meanings_is_asked_for_on_the_panel(demo: Demo):
    message = await fill_in(demo, await panel(demo), timezone="EST")
    assert message["content"].startswith("⚠️ “EST”")
    asked = component(message, "Time zone: choose what you mean")
    assert "New York" in asked["options"][0]["label"]
    zone = asked["options"][0]["value"]
    message = await choose(demo, message, asked["placeholder"], zone)
    assert line_of(message, "Time zone").endswith(" · *set here*")
    assert component(message, "Choose topics"), "the topics are there again"


async def test_a_value_that_is_sent_is_set_here_even_if_it_is_the_default(demo: Demo):
    message = await fill_in(demo, await panel(demo), time="08:00", timezone="UTC")
    assert line_of(message, "Time") == "**Time**: 08:00 · *set here*"
    assert line_of(message, "Time zone").endswith("· *set here*")
    assert line_of(message, "Days").endswith("· *bot's default*")
    await ask(demo, "time", time="20:00")
    assert line_of(await panel(demo), "Time").startswith("**Time**: 08:00")


async def test_the_form_shows_what_is_set_here_and_hints_at_what_is_inherited(demo: Demo):
    message = await fill_in(demo, await panel(demo), days="mon")
    form = (await opened_form(demo, message)).modal
    assert form is not None
    inputs = {row["component"]["custom_id"]: row["component"] for row in form["components"]}
    assert (inputs["days"]["value"], inputs["time"].get("value", "")) == ("Mon", "")
    assert inputs["time"]["placeholder"] == "08:00 (bot's default)"


async def test_the_form_of_a_channel_that_follows_nothing_takes_its_topics_too(demo: Demo):
    message = await fill_in(demo, await panel(demo), time="7:00", topics=["ai", "space"])
    assert message["content"].splitlines() == [
        f"{mention(demo, 'general')} now follows **AI**, **Space**.",
        f"Time in {mention(demo, 'general')}: **07:00**.",
    ]
    assert shown(message)[-1].startswith("Next digest: **")
    form = (await opened_form(demo, message)).modal
    assert form is not None
    assert "topics" not in [row["component"]["custom_id"] for row in form["components"]]
    message = (await press(demo, message, "Undo")).message
    assert "none yet" in line_of(message, "Topics")
    assert line_of(message, "Time").endswith("· *bot's default*")


async def test_a_value_that_cannot_be_read_is_set_anew_on_the_panel(demo: Demo):
    message = await choose(demo, await panel(demo), "Layout", "compact")
    await fill_in(demo, message, time="07:00")
    async with demo.services.database.writing() as db:
        await db.execute("UPDATE digest SET layout = 'hologram', time = 'dawn'")
        await db.execute("UPDATE server SET layout = 'hologram'")
    message = await panel(demo)
    for heading in ("Layout", "Time"):
        assert "cannot be read; please set it again" in line_of(message, heading)
    options = component(message, "Layout")["options"]
    assert not any(one.get("default") for one in options)
    message = await choose(demo, message, "Layout", "cards")
    assert line_of(message, "Layout") == "**Layout**: cards · *set here*"
    message = await fill_in(demo, message, time="08:00")
    assert line_of(message, "Time") == "**Time**: 08:00 · *set here*"
    message = (await press(demo, await panel(demo, "admin"), "More", "admin")).message
    message = (await press(demo, message, "Whole server", "admin")).message
    assert "cannot be read" in line_of(message, "Layout")
    message = await choose(demo, message, "Layout", "default", person="admin")
    assert line_of(message, "Layout") == "**Layout**: cards · *bot's default*"


async def test_the_language_of_the_server_suggests_the_time_zone_of_a_new_channel(demo: Demo):
    for language, zone in (("de", "Berlin"), ("pt-BR", "Sao Paulo"), ("en-US", "")):
        demo.sandbox.world.locale = language
        form = (await opened_form(demo, await panel(demo))).modal
        assert form is not None
        inputs = {row["component"]["custom_id"]: row["component"] for row in form["components"]}
        assert inputs["timezone"].get("value", "") == zone
    demo.sandbox.world.locale = "de"
    await ask(demo, "timezone", timezone="UTC")
    form = (await opened_form(demo, await panel(demo))).modal
    assert form is not None
    inputs = {row["component"]["custom_id"]: row["component"] for row in form["components"]}
    assert not inputs["timezone"].get("value"), "the server has one"


def test_every_suggested_time_zone_exists():
    for zone in ZONES.values():
        assert parse_zone(zone_title(zone)) == zone


async def test_a_form_that_is_not_changed_sets_nothing_and_an_empty_line_inherits(demo: Demo):
    message = await panel(demo)
    before = await rows(demo, "digest", "change")
    message = await fill_in(demo, message)
    assert await rows(demo, "digest", "change") == before
    message = await fill_in(demo, message, time="9:00")
    assert line_of(message, "Time").endswith(" · *set here*")
    message = await fill_in(demo, message, time=" ")
    assert line_of(message, "Time").endswith(" · *bot's default*")


async def test_a_form_that_was_open_meanwhile_undoes_nobodys_change(demo: Demo):
    message = await panel(demo)
    form = await opened_form(demo, message)
    await demo.sandbox.person("admin").command("digest time", time="06:00", channel_="general")
    answer = await demo.sandbox.person(MODERATOR).submit(form, {"days": "mon"})
    assert line_of(answer.message, "Time").startswith("**Time**: 06:00")
    assert line_of(answer.message, "Days").startswith("**Days**: Mon")


async def test_each_form_and_each_panel_shown_has_ids_of_its_own(demo: Demo):
    message = await panel(demo)
    forms = [(await opened_form(demo, message)).modal for _ in range(2)]
    assert len({form["custom_id"] for form in forms if form}) == 2
    before = component(message, "Layout")["custom_id"]
    message = await choose(demo, message, "Layout", "compact")
    after = component(message, "Layout")["custom_id"]
    message = await choose(demo, message, "Layout", "compact")
    again = component(message, "Layout")["custom_id"]
    assert len({before, after, again}) == 3, "also if nothing is changed"


async def test_everything_done_at_once_is_undone_at_once(demo: Demo):
    before = (await rows(demo, "change"))["change"]
    message = await panel(demo)
    first = shown(message)
    message = await fill_in(demo, message, time="07:00", days="mon", timezone="Europe/Berlin")
    assert shown(message) != first
    message = (await press(demo, message, "Undo")).message
    assert shown(message) == first
    message = await choose(demo, message, "Choose topics", "ai")
    message = (await press(demo, message, "Undo")).message
    assert shown(message) == first
    changes = (await rows(demo, "change"))["change"]
    assert len(changes) == len(before) + 4


async def test_a_persons_changes_are_undone_one_after_another_also_on_a_panel_opened_later(
    demo: Demo,
):
    first = shown(await panel(demo))
    await demo.sandbox.person(MODERATOR).command("digest time", time="07:00", channel_="general")
    message = await choose(demo, await panel(demo), "Layout", "compact")
    await demo.sandbox.person("admin").command("digest days", days="mon", channel_="general")
    message = (await press(demo, await panel(demo), "Undo: layout")).message
    assert line_of(message, "Layout").endswith("· *bot's default*")
    assert line_of(message, "Time").startswith("**Time**: 07:00")
    message = (await press(demo, message, "Undo: time")).message
    assert line_of(message, "Days").startswith("**Days**: Mon"), "another person's change stays"
    assert not undos(message)
    await demo.sandbox.person("admin").command("digest days", days="default", channel_="general")
    assert shown(await panel(demo)) == first


async def test_after_ten_minutes_a_panel_offers_no_undo(demo: Demo):
    await choose(demo, await panel(demo), "Layout", "compact")
    await demo.move(timedelta(minutes=11))
    assert not undos(await panel(demo))


def undos(message: Json) -> list[Json]:
    """The buttons that undo something."""
    return [one for one in components_of(message) if one.get("label", "").startswith("Undo")]


async def test_the_servers_panel_sets_what_its_channels_inherit(demo: Demo):
    message = (await press(demo, await panel(demo, "admin"), "More", "admin")).message
    message = (await press(demo, message, "Whole server", "admin")).message
    assert message["embeds"][0]["title"] == "Digests of this server"
    message = await choose(demo, message, "Layout", "compact", person="admin")
    assert mention(demo, "news") in message["content"]
    assert line_of(message, "Layout").endswith(" · *set here*")
    message = await choose(demo, message, "Set up one channel", "ai", person="admin")
    message = (await press(demo, message, "More", "admin")).message
    message = await choose(demo, message, "Set up another channel", "news", person="admin")
    assert message["embeds"][0]["title"] == "Digest of #news"
    assert line_of(message, "Layout").endswith(" · *server's default*")


async def test_only_those_who_may_use_a_panel_and_only_for_what_they_may(demo: Demo):
    mine = await panel(demo)
    components = mine["components"]
    public = await said(demo, "general", {"content": "x", "components": components})
    before = await rows(demo)
    refused = [
        await demo.sandbox.person("member").command("digest setup", overridden=True),
        await press(demo, public, "Time, zone, topics", "member"),
        await press(demo, public, "More", "member"),
    ]
    one = component(public, "Layout")
    member = demo.sandbox.person("member")
    refused.append(await member.choose(public, one["custom_id"], ["compact"]))
    assert all(is_a_private_sentence(answer) for answer in refused), [a.text for a in refused]
    more = (await press(demo, mine, "More")).message
    assert not [
        one
        for row in more["components"]
        for one in row["components"]
        if one.get("label") == "Whole server"
    ], "a moderator may not set the server's"
    assert await rows(demo) == before


async def test_a_panel_of_no_channel_of_this_server_is_refused(demo: Demo):
    elsewhere, before = demo.sandbox.world.channel("elsewhere").id, await rows(demo)
    for place in (f"{elsewhere}:1", "0:1", f"{10**19}:2", f"{10**20 - 1}:1", "5:1"):
        custom_id = f"setup:1:{place}:open:00000000"
        body = {"content": "x", "components": button(custom_id)}
        answer = await press(demo, await said(demo, "ai", body), "Button", "admin")
        assert is_a_private_sentence(answer)
        assert answer.text == "That channel does not exist in this server any more."
    assert await rows(demo) == before


async def test_a_change_of_another_place_is_not_undone_on_a_panel(demo: Demo):
    admin = demo.sandbox.person("admin")
    await admin.command("digest layout", layout="compact", channel_="news")
    await admin.command("digest layout", "elsewhere", layout="compact")
    before = await rows(demo)
    message = await panel(demo)
    place = component(message, "More")["custom_id"].split(":")[2]
    for change in (1, 2, 3):
        custom_id = f"setup:1:{place}:1:undo:{change}:00000000"
        body = {"content": "x", "components": button(custom_id)}
        answer = await press(demo, await said(demo, "general", body), "Button", "admin")
        assert answer.ephemeral
    assert await rows(demo) == before


async def test_what_the_bot_may_not_do_there_is_said_first_and_checked_again(demo: Demo):
    demo.sandbox.world.deny("general", "send_messages")
    message = await panel(demo)
    assert message["content"].startswith("⚠️ I can't post in")
    message = await choose(demo, message, "Choose topics", "ai")
    assert message["content"].endswith("\n⚠️ No topics were added: please mend that first.")
    assert "none yet" in line_of(message, "Topics")
    demo.sandbox.world.allow("general", "send_messages")
    message = (await press(demo, message, "Check again")).message
    assert not message["content"]
    message = await choose(demo, message, "Choose topics", "ai")
    assert "**AI**" in line_of(message, "Topics")


async def test_a_button_under_a_message_for_all_opens_the_panel_for_one(demo: Demo):
    custom_id = f"setup:1:{demo.sandbox.world.channel('ai').id}:1:open:00000000"
    body = {"content": "Hello", "components": button(custom_id)}
    public = await said(demo, "general", body)
    answer = await press(demo, public, "Button")
    assert answer.ephemeral
    assert answer.message["embeds"][0]["title"] == "Digest of #ai"
    assert now(demo, public)["content"] == "Hello"


async def test_a_panel_works_after_a_restart(tmp_path: Path):
    async with opened(tmp_path) as demo:
        components = (await panel(demo))["components"]
    async with opened(tmp_path) as demo:
        public = await said(demo, "general", {"content": "old", "components": components})
        layout = component(public, "Layout")
        answer = await demo.sandbox.person(MODERATOR).choose(
            public, layout["custom_id"], ["compact"]
        )
        assert line_of(answer.message, "Layout").endswith(" · *set here*")
        form = await opened_form(demo, public)
        done = await demo.sandbox.person(MODERATOR).submit(form, {"time": "07:00"})
        assert line_of(done.message, "Time") == "**Time**: 07:00 · *set here*"


async def test_a_component_or_form_that_is_not_the_bots_is_answered(demo: Demo):
    body = {"content": "x", "components": button("setup:9:x")}
    answer = await press(demo, await said(demo, "general", body), "Button")
    assert is_a_private_sentence(answer)
    form = await opened_form(demo, await panel(demo))
    assert form.modal is not None
    form.modal["custom_id"] = "setup:9:form"
    answer = await demo.sandbox.person(MODERATOR).submit(form, {})
    assert is_a_private_sentence(answer)
