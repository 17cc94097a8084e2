"""Interactions live as long as Discord lets them, and people do only what Discord lets them do."""

import asyncio
from collections.abc import Coroutine
from typing import Any

import pytest

from bot.sandbox import Answer, NotOffered, Sandbox
from bot.sandbox.world import interactions
from tests.sandbox.conftest import Bare

Json = dict[str, Any]

STORY = {"name": "story", "description": "Finds a story."}
QUERY = {"type": 3, "name": "query", "description": "What", "autocomplete": True}
ROW = {
    "type": 1,
    "components": [
        {"type": 2, "style": 1, "label": "Go", "custom_id": "go"},
        {"type": 2, "style": 1, "label": "Off", "custom_id": "off", "disabled": True},
    ],
}
FORM = {
    "custom_id": "f",
    "title": "Form",
    "components": [
        {"type": 1, "components": [{"type": 4, "custom_id": "a", "style": 1, "label": "A"}]}
    ],
}


def start(action: Coroutine[Any, Any, Answer]) -> asyncio.Task[Answer]:
    return asyncio.create_task(action)


@pytest.fixture
async def story(bare: Bare) -> asyncio.Task[Answer]:
    """A person who has just run /story."""
    await bare.register(STORY)
    return start(bare.sandbox.person("member").command("story"))


async def test_an_answer_that_comes_too_late_is_unknown(
    bare: Bare, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(interactions, "FIRST_ANSWER", 0.01)
    await bare.register(STORY)
    answer = await bare.sandbox.person("member").command("story")
    assert answer.failed
    assert answer.messages == []
    callback, hook = await bare.heard()
    assert await bare.refusal("POST", callback, {"type": 5}) == (404, 10062)
    assert await bare.refusal("POST", hook, {"content": "x"}) == (404, 10015)


async def test_a_second_answer_is_refused(bare: Bare, story: asyncio.Task[Answer]):
    callback, _ = await bare.heard()
    assert await bare.call("POST", callback, {"type": 4, "data": {"content": "a"}}) == (204, None)
    assert await bare.refusal("POST", callback, {"type": 5}) == (400, 40060)
    assert (await story).text == "a"


async def test_a_token_is_good_for_fifteen_minutes(
    bare: Bare, story: asyncio.Task[Answer], monkeypatch: pytest.MonkeyPatch
):
    callback, hook = await bare.heard()
    await bare.call("POST", callback, {"type": 4, "data": {"content": "a"}})
    await story
    assert (await bare.call("GET", f"{hook}/messages/@original"))[0] == 200
    monkeypatch.setattr(interactions, "TOKEN_LIFE", 0.0)
    assert await bare.refusal("GET", f"{hook}/messages/@original") == (401, 50027)
    assert interactions.FIRST_ANSWER == 3


async def test_unknown_tokens_and_messages_are_refused(bare: Bare, story: asyncio.Task[Answer]):
    callback, hook = await bare.heard()
    assert await bare.refusal("POST", callback.replace("/callback", "x/callback"), {"type": 5}) == (
        404,
        10062,
    )
    await bare.call("POST", callback, {"type": 4, "data": {"content": "a"}})
    await story
    assert await bare.refusal("POST", hook + "x", {"content": "a"}) == (404, 10015)
    assert await bare.refusal("GET", f"{hook}/messages/5") == (404, 10008)


@pytest.mark.parametrize(
    "body",
    [
        {"type": 1},
        {"type": 4},
        {"type": 6},
        {"type": 7, "data": {"content": "x"}},
        {"type": 8, "data": {"choices": []}},
        {"type": 4, "data": {"content": "x" * 2001}},
    ],
)
async def test_an_answer_of_a_wrong_form_is_refused_and_may_be_tried_again(
    bare: Bare, story: asyncio.Task[Answer], body: Json
):
    callback, _ = await bare.heard()
    assert await bare.refusal("POST", callback, body) == (400, 50035)
    assert await bare.refusal("POST", callback, {"type": 4, "data": {}}) == (400, 50006)
    assert (await bare.call("POST", callback, {"type": 4, "data": {"content": "a"}}))[0] == 204
    assert not (await story).failed


async def test_with_response_says_what_came_of_it(bare: Bare, story: asyncio.Task[Answer]):
    callback, _ = await bare.heard()
    body = {"type": 4, "data": {"content": "a", "flags": 64}}
    _, outcome = await bare.call("POST", callback + "?with_response=true", body)
    message = (await story).message
    assert outcome["resource"] == {"type": 4, "message": message}
    assert outcome["interaction"]["response_message_id"] == message["id"]
    assert outcome["interaction"]["response_message_ephemeral"]
    assert not outcome["interaction"]["response_message_loading"]


async def test_a_deferred_answer_without_content_fails(bare: Bare):
    await bare.register(STORY)
    waiting = start(bare.sandbox.person("member").command("story", timeout=0.01))
    callback, _ = await bare.heard()
    _, outcome = await bare.call("POST", callback + "?with_response=1", {"type": 5})
    assert outcome["interaction"]["response_message_loading"]
    answer = await waiting
    assert answer.failed
    assert answer.deferred


async def test_a_deferred_answer_can_be_deleted(bare: Bare, story: asyncio.Task[Answer]):
    callback, hook = await bare.heard()
    await bare.call("POST", callback, {"type": 5, "data": {"flags": 64}})
    assert await bare.call("DELETE", f"{hook}/messages/@original") == (204, None)
    answer = await story
    assert (answer.messages, answer.failed, answer.ephemeral) == ([], False, False)


async def test_follow_ups_are_edited_and_deleted_by_their_id(
    bare: Bare, story: asyncio.Task[Answer]
):
    callback, hook = await bare.heard()
    await bare.call("POST", callback, {"type": 4, "data": {"content": "a"}})
    _, second = await bare.call("POST", hook + "?wait=1", {"content": "b"})
    path = f"{hook}/messages/{second['id']}"
    assert await bare.refusal("PATCH", path, {"content": ""}) == (400, 50006)
    await bare.call("PATCH", path, {"content": "c"})
    answer = await story
    assert answer.text == "a\nc"
    await bare.call("DELETE", path)
    assert answer.text == "a"
    assert second["interaction_metadata"]["original_response_message_id"] == answer.message["id"]


async def shown(bare: Bare, flags: int = 0) -> Json:
    """A message with buttons that /story answered with."""
    await bare.register(STORY)
    waiting = start(bare.sandbox.person("member").command("story"))
    callback, _ = await bare.heard()
    data = {"content": "a", "components": [ROW], "flags": flags}
    await bare.call("POST", callback, {"type": 4, "data": data})
    return (await waiting).message


@pytest.mark.parametrize("flags", [0, 64])
async def test_a_form_after_a_button_may_update_the_buttons_message(bare: Bare, flags: int):
    message, member = await shown(bare, flags), bare.sandbox.person("member")
    pressing = start(member.press(message, "go", "general"))
    callback, _ = await bare.heard()
    await bare.call("POST", callback, {"type": 9, "data": FORM})
    submitting = start(member.submit(await pressing, {"a": "x"}))
    callback, _ = await bare.heard()
    await bare.call("POST", callback, {"type": 7, "data": {"content": "b"}})
    answer = await submitting
    assert (answer.message["id"], answer.text) == (message["id"], "b")


async def test_a_message_that_is_gone_cannot_be_pressed(bare: Bare):
    message, member = await shown(bare), bare.sandbox.person("member")
    await bare.call("DELETE", f"{bare.to('general')}/{message['id']}")
    with pytest.raises(ValueError, match="gone"):
        await member.press(message, "go")


async def test_a_message_deleted_while_it_is_pressed_cannot_be_updated(bare: Bare):
    message, member = await shown(bare), bare.sandbox.person("member")
    pressing = start(member.press(message, "go"))
    callback, _ = await bare.heard()
    await bare.call("DELETE", f"{bare.to('general')}/{message['id']}")
    update = {"type": 7, "data": {"content": "b"}}
    assert await bare.refusal("POST", callback, update) == (404, 10008)
    await bare.call("POST", callback, {"type": 4, "data": {"content": "c"}})
    assert (await pressing).text == "c"


@pytest.mark.parametrize(
    ("custom_id", "channel", "words"),
    [("no", None, "has no no"), ("off", None, "disabled"), ("go", "news", "in general")],
)
async def test_only_what_a_message_offers_can_be_pressed(
    bare: Bare, custom_id: str, channel: str | None, words: str
):
    message = await shown(bare)
    with pytest.raises(ValueError, match=words):
        await bare.sandbox.person("member").press(message, custom_id, channel)


async def test_a_form_takes_only_its_own_inputs(bare: Bare):
    message, member = await shown(bare), bare.sandbox.person("member")
    pressing = start(member.press(message, "go"))
    callback, _ = await bare.heard()
    await bare.call("POST", callback, {"type": 9, "data": FORM})
    opened = await pressing
    with pytest.raises(ValueError, match="has no b"):
        await member.submit(opened, {"b": "x"})
    with pytest.raises(ValueError, match="takes 1"):
        await member.submit(opened, {})
    opened.interaction.modal = None
    with pytest.raises(ValueError, match="no form"):
        await member.submit(opened, {})


async def test_completions_that_do_not_come_are_an_error(
    bare: Bare, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(interactions, "FIRST_ANSWER", 0.01)
    await bare.register({**STORY, "options": [QUERY]})
    with pytest.raises(TimeoutError):
        await bare.sandbox.person("member").autocomplete("story", "query", "x")


@pytest.mark.parametrize(
    ("kind", "good", "bad"), [(3, "x", 5), (4, 5, "5"), (4, 5, 5.5), (10, 5.5, "x")]
)
async def test_completions_are_of_their_options_type(
    bare: Bare, kind: int, good: object, bad: object
):
    typed = {"type": kind, "name": "n", "description": "d", "autocomplete": True}
    group = {"type": 1, "name": "sub", "description": "d", "options": [typed]}
    await bare.register({**STORY, "options": [group]})
    person = bare.sandbox.person("member")
    waiting = asyncio.create_task(person.autocomplete("story sub", "n", "x"))
    callback, _ = await bare.heard()
    for value, status in ((bad, 400), (good, 204)):
        body = {"type": 8, "data": {"choices": [{"name": "a", "value": value}]}}
        assert (await bare.call("POST", callback, body))[0] == status
    assert (await waiting)[0].value == good


def option(kind: int, name: str, **more: object) -> Json:
    return {"type": kind, "name": name, "description": "d", **more}


OPTIONS = [
    option(3, "text", required=True, max_length=5),
    option(4, "count", max_value=5),
    option(10, "share", min_value=0.5),
    option(5, "flag"),
    option(7, "channel"),
    option(7, "voice", channel_types=[2]),
    option(3, "kind", choices=[{"name": "Long", "value": "l"}]),
    option(8, "role"),
]
WRONG_OPTIONS: list[tuple[Json, str]] = [
    ({}, "needs text"),
    ({"text": "x" * 6}, "0 to 5 characters"),
    ({"text": 5}, "0 to 5 characters"),
    ({"text": "x", "count": 6}, "number"),
    ({"text": "x", "count": True}, "number"),
    ({"text": "x", "count": 2.5}, "number"),
    ({"text": "x", "share": 0.1}, "number"),
    ({"text": "x", "flag": 1}, "flag cannot be 1"),
    ({"text": "x", "channel_": "elsewhere"}, "no channel 'elsewhere'"),
    ({"text": "x", "voice": "news"}, "no text channel"),
    ({"text": "x", "kind": "short"}, "no choice 'short'"),
    ({"text": "x", "role": "5"}, "role cannot be"),
    ({"text": "x", "other": "5"}, "no option other"),
]


@pytest.mark.parametrize(("given", "words"), WRONG_OPTIONS)
async def test_options_are_given_as_the_command_says(bare: Bare, given: Json, words: str):
    await bare.register({**STORY, "options": OPTIONS})
    with pytest.raises(ValueError, match=words):
        await bare.sandbox.person("member").command("story", **given)


@pytest.mark.parametrize("line", ["tale", "story long", "digest", "digest date"])
async def test_only_registered_commands_can_be_run(bare: Bare, line: str):
    digest = {"name": "digest", "description": "d", "options": [option(1, "time")]}
    await bare.register({**STORY, "options": [option(3, "long")]}, digest)
    with pytest.raises(ValueError, match=f"/{line}"):
        await bare.sandbox.person("member").command(line)


async def test_an_option_that_completes_nothing_cannot_be_typed_into(bare: Bare):
    await bare.register({**STORY, "options": [option(3, "query")]})
    with pytest.raises(ValueError, match="completes nothing"):
        await bare.sandbox.person("member").autocomplete("story", "query", "x")


async def test_channels_among_the_options_are_resolved_with_the_persons_permissions(bare: Bare):
    await bare.register({**STORY, "options": [option(7, "channel")]})
    news = bare.sandbox.world.channel("news")
    waiting = start(bare.sandbox.person("moderator").command("story", channel_=news.id))
    event, data = await bare.events.get()
    assert event == "INTERACTION_CREATE"
    (resolved,) = data["data"]["resolved"]["channels"].values()
    assert (resolved["id"], resolved["name"], resolved["type"]) == (str(news.id), "news", 0)
    assert int(resolved["permissions"]) & 1 << 4
    assert data["context"] == 0
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting


@pytest.mark.parametrize(
    ("needed", "offered"),
    [(1 << 4, {"moderator", "admin"}), (1 << 5, {"admin"}), (0, set()), (None, None)],
)
async def test_a_command_is_offered_to_who_has_its_permission(
    bare: Bare, needed: int | None, offered: set[str] | None, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(interactions, "FIRST_ANSWER", 0.01)
    await bare.register({**STORY, "default_member_permissions": needed})
    for name in ("member", "moderator", "admin"):
        person = bare.sandbox.person(name)
        if offered is None or name in offered:
            assert (await person.command("story")).failed
        else:
            with pytest.raises(NotOffered):
                await person.command("story")
            assert (await person.command("story", overridden=True)).failed


async def test_a_servers_own_commands_are_found_there_only(
    bare: Bare, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(interactions, "FIRST_ANSWER", 0.01)
    world = bare.sandbox.world
    path = f"/applications/{world.bot.id}/guilds/{world.guild.id}/commands"
    assert (await bare.call("PUT", path, [STORY]))[0] == 200
    assert (await bare.sandbox.person("member").command("story")).failed
    with pytest.raises(ValueError, match="/story"):
        await bare.sandbox.person("member").command("story", "elsewhere")


def test_nobody_else_is_there(sandbox: Sandbox):
    with pytest.raises(KeyError):
        sandbox.person("stranger")
    with pytest.raises(KeyError):
        sandbox.world.channel("nowhere")
