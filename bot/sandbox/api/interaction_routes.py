"""REST routes that answer interactions: the first answer, its edits, and follow-ups.

They need no bot token: the interaction's own token in the path replaces it.

Known difference from Discord: answers of the types 10 (premium required, deprecated), 12 (launch an
activity) and 13 (may buy) are refused with 50035, like those of an unknown type.
"""

from collections.abc import Iterator
from typing import Any

from aiohttp import web

from bot.sandbox.api.bodies import body_of, json_answer, nothing
from bot.sandbox.rules import component_rules, message_rules
from bot.sandbox.rules.body_schema import (
    LARGEST,
    Rule,
    Violation,
    by_type,
    check,
    choice,
    number,
    real,
    table,
    text,
)
from bot.sandbox.rules.command_rules import INTEGER, NUMBER
from bot.sandbox.world import serialize
from bot.sandbox.world.interactions import (
    Interaction,
    Interactions,
    InteractionType,
    Reply,
    is_ephemeral,
)

Json = dict[str, Any]

_POSSIBLE = {
    InteractionType.COMMAND: {Reply.MESSAGE, Reply.DEFER, Reply.MODAL},
    InteractionType.COMPONENT: {
        Reply.MESSAGE,
        Reply.DEFER,
        Reply.DEFER_UPDATE,
        Reply.UPDATE,
        Reply.MODAL,
    },
    InteractionType.TYPING: {Reply.CHOICES},
    InteractionType.FORM: {Reply.MESSAGE, Reply.DEFER, Reply.DEFER_UPDATE, Reply.UPDATE},
}


def _with(reply: Reply, data: Rule) -> Rule:
    return table({"type": choice(reply), "data": data}, {})


_ANSWER = by_type(
    {
        Reply.MESSAGE: _with(Reply.MESSAGE, message_rules.ANSWER),
        Reply.DEFER: table({"type": choice(Reply.DEFER)}, {"data": message_rules.DEFERRED}),
        Reply.DEFER_UPDATE: table({"type": choice(Reply.DEFER_UPDATE)}, {"data": table({}, {})}),
        Reply.UPDATE: _with(Reply.UPDATE, message_rules.EDIT),
        Reply.CHOICES: _with(Reply.CHOICES, message_rules.CHOICES),
        Reply.MODAL: _with(Reply.MODAL, component_rules.MODAL),
    }
)


def _fitting(one: Interaction) -> Rule:
    """An answer, if its type is allowed for the person's action."""

    def rule(body: Json) -> Iterator[Violation]:
        possible = set(_POSSIBLE[one.kind])
        if one.source is None:
            possible -= {Reply.DEFER_UPDATE, Reply.UPDATE}
        if body["type"] not in possible:
            words = f"Value must be one of {sorted(map(int, possible))}."
            yield Violation(("type",), "BASE_TYPE_CHOICES", words)

    return rule


def _fitting_choices(one: Interaction) -> Rule:
    """Completions, if their values have the type of the option being typed."""
    kind = _focused(one.data.get("options") or [])
    fitting = {INTEGER: number(-LARGEST, LARGEST), NUMBER: real}.get(kind, text(0, 100))

    def rule(body: Json) -> Iterator[Violation]:
        for index, offered in enumerate(body["data"].get("choices") or []):
            for violation in fitting(offered["value"]):
                yield violation._replace(path=("data", "choices", str(index), "value"))

    return rule


def _focused(options: list[Json]) -> int:
    """The type of the option with the focus, however deep it is."""
    for option in options:
        if option.get("focused"):
            return int(option["type"])
        deeper = _focused(option.get("options") or [])
        if deeper:
            return deeper
    return 0


class Callbacks:
    """The handlers; `routes` lists them."""

    def __init__(self, interactions: Interactions) -> None:
        self._interactions = interactions

    def routes(self, base: str) -> list[web.RouteDef]:
        """Every route below the base path."""
        hook = base + r"/webhooks/{application:\d+}/{token}"
        message = hook + r"/messages/{message:@original|\d+}"
        return [
            web.post(base + r"/interactions/{interaction:\d+}/{token}/callback", self._answer),
            web.post(hook, self._follow_up),
            web.get(message, self._get, allow_head=False),
            web.patch(message, self._edit),
            web.delete(message, self._delete),
        ]

    async def _answer(self, request: web.Request) -> web.Response:
        path, body = request.match_info, await body_of(request)
        one = self._interactions.to_answer(int(path["interaction"]), path["token"])
        check(_ANSWER, body)
        check(_fitting(one), body)
        reply = Reply(body["type"])
        if reply is Reply.CHOICES:
            check(_fitting_choices(one), body)
        message = self._interactions.answer(one, reply, body.get("data") or {})
        if request.query.get("with_response", "").lower() not in ("1", "true"):
            return nothing()
        return json_answer(_outcome(one, reply, message))

    async def _follow_up(self, request: web.Request) -> web.Response:
        """A follow-up; the message is returned regardless of `wait`, as Discord documents."""
        one = self._followed(request)
        body = await body_of(request)
        check(message_rules.ANSWER, body)
        return json_answer(self._interactions.follow_up(one, body))

    async def _get(self, request: web.Request) -> web.Response:
        one = self._followed(request)
        return json_answer(self._interactions.find(one, request.match_info["message"]))

    async def _edit(self, request: web.Request) -> web.Response:
        one, which = self._followed(request), request.match_info["message"]
        body = await body_of(request)
        check(message_rules.EDIT, body)
        return json_answer(self._interactions.edit(one, which, body))

    async def _delete(self, request: web.Request) -> web.Response:
        self._interactions.delete(self._followed(request), request.match_info["message"])
        return nothing()

    def _followed(self, request: web.Request) -> Interaction:
        path = request.match_info
        return self._interactions.to_follow(int(path["application"]), path["token"])


def _outcome(one: Interaction, reply: Reply, message: Json | None) -> Json:
    """The content of an answer to `with_response`."""
    interaction: Json = {
        "id": str(one.id),
        "type": int(one.kind),
        "channel_id": str(one.channel.id),
        **serialize.place(one.channel),
    }
    if message is None:
        return {"interaction": interaction}
    interaction["response_message_id"] = message["id"]
    interaction["response_message_loading"] = reply is Reply.DEFER
    interaction["response_message_ephemeral"] = is_ephemeral(message)
    if reply in (Reply.DEFER, Reply.DEFER_UPDATE):
        return {"interaction": interaction}
    return {"interaction": interaction, "resource": {"type": int(reply), "message": message}}
