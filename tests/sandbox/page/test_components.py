"""Features that the bot does not use yet: forms, link buttons, several choices, posts."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from playwright.async_api import Browser, expect

from bot.sandbox import Sandbox
from bot.sandbox.world.messages import create
from tests.sandbox.conftest import NOW, Bare
from tests.sandbox.page import chromium
from tests.sandbox.page.chromium import shared
from tests.sandbox.page.user import User

pytestmark = pytest.mark.slow

Json = dict[str, Any]

ASK: Json = {"name": "ask", "description": "Opens a form", "type": 1}
FORM: Json = {
    "type": 9,
    "data": {
        "custom_id": "form",
        "title": "A question",
        "components": [
            {
                "type": 1,
                "components": [
                    {
                        "type": 4,
                        "custom_id": "reason",
                        "style": 1,
                        "label": "Why?",
                        "min_length": 3,
                        "max_length": 50,
                    }
                ],
            }
        ],
    },
}
SELECT: Json = {
    "type": 3,
    "custom_id": "several",
    "placeholder": "Two of them",
    "min_values": 2,
    "max_values": 2,
    "options": [{"label": name, "value": name} for name in ("one", "two", "three")],
}
LINK: Json = {"type": 2, "style": 5, "label": "Read", "url": "https://news.example/1"}
OFF: Json = {"type": 2, "style": 4, "label": "Off", "custom_id": "off", "disabled": True}


@shared()
async def alone(sandbox: Sandbox, bare: Bare, browser: Browser) -> AsyncIterator[User]:
    """A user of the page of a sandbox whose bot is the test."""
    await bare.register(ASK)
    create(sandbox.world, sandbox.world.channel("news"), {"content": "first"}, NOW)
    page, watch = await chromium.opened(browser, sandbox.page)
    yield User(page)
    assert watch.clean()


def text(content: str) -> Json:
    """An answer that only the person sees."""
    return {"type": 4, "data": {"content": content, "flags": 64}}


async def test_a_form_is_filled_in_and_submitted(alone: User, bare: Bare) -> None:
    page = alone.page
    await alone.begin("ask")
    await page.keyboard.press("Enter")
    answer, _ = await bare.heard()
    await bare.call("POST", answer, FORM)
    form = page.get_by_role("dialog", name="A question")
    await expect(form).to_be_visible()
    await page.keyboard.type("Because")
    await page.keyboard.press("Enter")
    answer, _ = await bare.heard()
    assert (await bare.call("POST", answer, text("Thank you")))[0] in (200, 204)
    await expect(form).to_have_count(0)
    await alone.sees("Thank you")


@pytest.mark.parametrize("beside", [False, True], ids=["by its button", "by a press beside"])
async def test_a_select_of_several_sends_them_together(
    alone: User, bare: Bare, sandbox: Sandbox, beside: bool
) -> None:
    page = alone.page
    rows = [{"type": 1, "components": [SELECT]}, {"type": 1, "components": [LINK, OFF]}]
    await bare.call("POST", bare.to("news"), {"content": "Choose", "components": rows})
    message = await alone.sees("Choose")
    link = message.get_by_role("link", name="Read")
    await expect(link).to_have_attribute("href", "https://news.example/1")
    await expect(link).to_have_attribute("rel", "noopener noreferrer")
    await expect(message.get_by_role("button", name="Off")).to_be_disabled()
    await message.get_by_role("button", name="Two of them").click()
    await expect(message.get_by_role("button", name="Send choice")).to_be_disabled()
    await message.get_by_role("option", name="one").click()
    await message.get_by_role("option", name="three").click()
    await expect(message.get_by_role("button", name="Two of them: one, three")).to_be_visible()
    if beside:
        text_beside = await message.get_by_text("Choose", exact=True).bounding_box()
        assert text_beside
        await page.mouse.click(text_beside["x"] + 500, text_beside["y"])
    else:
        await message.get_by_role("button", name="Send choice").click()
    event, one = await bare.events.get()
    while event != "INTERACTION_CREATE":
        event, one = await bare.events.get()
    assert sorted(one["data"]["values"]) == ["one", "three"]
    path = f"/interactions/{one['id']}/{one['token']}/callback"
    await bare.call("POST", path, text("Two it is"))
    await alone.sees("Two it is")
    assert page.url == sandbox.page


async def test_a_select_shows_what_is_chosen_and_emoji_are_shown(alone: User, bare: Bare) -> None:
    options = [
        {"label": "one", "value": "1", "emoji": {"name": "🦉"}},
        {"label": "two", "value": "2", "default": True},
    ]
    select = {"type": 3, "custom_id": "one", "placeholder": "Which", "options": options}
    link = {**LINK, "emoji": {"name": "🔗"}}
    rows = [{"type": 1, "components": [select]}, {"type": 1, "components": [link]}]
    await bare.call("POST", bare.to("news"), {"content": "Choose", "components": rows})
    message = await alone.sees("Choose")
    await expect(message.get_by_role("link", name="🔗 Read")).to_be_visible()
    opener = message.get_by_role("button", name="Which: two")
    await opener.click()
    await expect(message.get_by_role("option", name="🦉 one")).to_be_visible()
    await expect(message.get_by_role("option", name="two")).to_contain_text("chosen")


async def test_selects_of_roles_and_channels_offer_the_servers_own(alone: User, bare: Bare) -> None:
    role = next(one for one in bare.sandbox.world.guild.roles if one.name == "News readers")
    news = bare.sandbox.world.channel("news")
    roles: Json = {
        "type": 6,
        "custom_id": "roles",
        "placeholder": "Role",
        "min_values": 0,
        "default_values": [{"id": str(role.id), "type": "role"}],
    }
    channels: Json = {"type": 8, "custom_id": "channels", "placeholder": "Channel"}
    channels["channel_types"] = [0]
    rows = [{"type": 1, "components": [one]} for one in (roles, channels)]
    await bare.call("POST", bare.to("news"), {"content": "Choose", "components": rows})
    message = await alone.sees("Choose")
    await message.get_by_role("button", name="Channel").click()
    await expect(message.get_by_role("option", name="#forum")).to_have_count(0)
    await expect(message.get_by_role("option", name="#elsewhere")).to_have_count(0)
    await message.get_by_role("option", name="#news").click()
    assert (await answered(bare))["values"] == [str(news.id)]
    await message.get_by_role("button", name="Role: @News readers").click()
    await message.get_by_role("option", name="@News readers").click()
    assert (await answered(bare))["values"] == [], "what was chosen is not any more"


async def answered(bare: Bare) -> Json:
    """What the bot is told next; it does nothing about it."""
    event, one = await bare.events.get()
    while event != "INTERACTION_CREATE":
        event, one = await bare.events.get()
    await bare.call("POST", f"/interactions/{one['id']}/{one['token']}/callback", {"type": 6})
    return dict(one["data"])


def choice(name: str, **more: object) -> Json:
    """A form's select of three values below its label."""
    options = [{"label": one, "value": one} for one in ("one", "two", "three")]
    return {
        "type": 18,
        "label": name,
        "component": {"type": 3, "custom_id": name, "options": options, **more},
    }


SELECTS: Json = {
    "type": 9,
    "data": {
        "custom_id": "selects",
        "title": "Selects",
        "components": [
            choice("several", min_values=2, max_values=3),
            choice("left out", required=False),
            choice("single"),
        ],
    },
}


async def test_selects_of_a_form_send_several_values_or_none(alone: User, bare: Bare) -> None:
    page = alone.page
    await alone.begin("ask")
    await page.keyboard.press("Enter")
    answer, _ = await bare.heard()
    await bare.call("POST", answer, SELECTS)
    form = page.get_by_role("dialog", name="Selects")
    several = form.get_by_role("group", name="several")
    await several.locator("summary").click()
    for name in ("one", "two", "three", "two"):
        await several.get_by_role("checkbox", name=name).click()
    await expect(several.locator("summary")).to_have_text("one, three")
    await expect(form.get_by_label("left out")).to_have_value("")
    submit = form.get_by_role("button", name="Submit")
    await submit.click()
    await expect(form, "a single one is required").to_be_visible()
    await form.get_by_label("single").select_option("two")
    await submit.click()
    await expect(submit).to_be_disabled()
    event, one = await bare.events.get()
    while event != "INTERACTION_CREATE" or one["type"] != 5:
        event, one = await bare.events.get()
    sent = {row["component"]["custom_id"]: row["component"] for row in one["data"]["components"]}
    values = {name: component["values"] for name, component in sent.items()}
    assert values == {"several": ["one", "three"], "left out": [], "single": ["two"]}
    path = f"/interactions/{one['id']}/{one['token']}/callback"
    await bare.call("POST", path, text("Taken"))
    await alone.sees("Taken")
    await expect(form).to_have_count(0)


async def test_a_forums_post_is_listed_below_it_with_its_tags(
    alone: User, bare: Bare, sandbox: Sandbox
) -> None:
    forum = sandbox.world.channel("forum")
    body = {
        "name": "Sunday",
        "message": {"content": "A post"},
        "applied_tags": [str(forum.tags[0].id)],
    }
    status, _ = await bare.call("POST", f"/channels/{forum.id}/threads", body)
    assert status in (200, 201)
    posts = alone.page.get_by_role("navigation").get_by_title("Post")
    await expect(posts).to_contain_text(["Welcome", "Sunday"])
    await alone.open_channel("Sunday")
    await alone.sees("A post")
    await expect(alone.page.locator(".tag")).to_have_text(forum.tags[0].name)


async def test_a_bot_that_says_nothing_is_said_not_to_have_responded(alone: User) -> None:
    await alone.begin("ask")
    await alone.page.keyboard.press("Enter")
    await alone.sees("The application did not respond")
