"""A person's actions on the page: commands, completions, buttons, selects and forms.

Everything goes through a `Person`, so that the bot gets it by the gateway and answers by REST as on
Discord. An outcome is `{"state", "reason"?, "interaction"?, "form"?}`: "answered", "pending" (the
bot asked for time), "failed" (it did not answer), "refused" (Discord would not have let them).
"""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

from aiohttp import web

from bot.sandbox.api.bodies import json_answer
from bot.sandbox.page.requests import fields
from bot.sandbox.world.interactions import FIRST_ANSWER, TOKEN_LIFE, is_ephemeral
from bot.sandbox.world.people import Answer, NotOffered, Person
from bot.sandbox.world.world import World

Json = dict[str, Any]

PATIENCE = FIRST_ANSWER + 0.2
"""Seconds after which it is known whether an answer is late or was deferred."""
OPEN_FORMS = 50
"""How many forms may be open at a time; the oldest is dropped."""


class PersonActions:
    """The handlers; `routes` lists them. `person` finds a person by name."""

    def __init__(self, world: World, person: Callable[[str], Person]) -> None:
        self._world = world
        self._person = person
        self._under_way: set[asyncio.Task[Answer]] = set()
        self._forms: dict[str, Answer] = {}

    def routes(self) -> list[web.RouteDef]:
        """Every route."""
        return [
            web.post("/page/command", self._command),
            web.post("/page/complete", self._complete),
            web.post("/page/press", self._press),
            web.post("/page/choose", self._choose),
            web.post("/page/submit", self._submit),
        ]

    async def close(self) -> None:
        """Cancel whatever still waits for the bot."""
        for task in self._under_way:
            task.cancel()
        await asyncio.gather(*self._under_way, return_exceptions=True)

    async def _command(self, request: web.Request) -> web.Response:
        body = await fields(request, person=str, channel=str, line=str, options=dict)
        person = self._person(body["person"])
        work = person.command(
            body["line"], body["channel"], timeout=TOKEN_LIFE, **_as_given(body["options"])
        )
        return await self._outcome(work)

    async def _complete(self, request: web.Request) -> web.Response:
        body = await fields(
            request, person=str, channel=str, line=str, option=str, typed=str, options=dict
        )
        person, options = self._person(body["person"]), _as_given(body["options"])
        try:
            found = await person.autocomplete(
                body["line"], body["option"], body["typed"], body["channel"], **options
            )
        except NotOffered as refused:
            return _refused(refused)
        except TimeoutError:
            return json_answer({"state": "failed", "choices": []})
        return json_answer({"state": "answered", "choices": [one._asdict() for one in found]})

    async def _press(self, request: web.Request) -> web.Response:
        body = await fields(request, person=str, channel=str, message=str, custom_id=str)
        person, message = self._person(body["person"]), self._message(body)
        return await self._outcome(person.press(message, body["custom_id"], timeout=TOKEN_LIFE))

    async def _choose(self, request: web.Request) -> web.Response:
        body = await fields(
            request, person=str, channel=str, message=str, custom_id=str, values=list
        )
        person, message = self._person(body["person"]), self._message(body)
        return await self._outcome(
            person.choose(message, body["custom_id"], body["values"], timeout=TOKEN_LIFE)
        )

    async def _submit(self, request: web.Request) -> web.Response:
        body = await fields(request, person=str, form=str, values=dict)
        answer = self._forms.get(body["form"])
        if answer is None:
            raise ValueError("that form is not open any more")
        person = self._person(body["person"])
        return await self._outcome(person.submit(answer, body["values"], timeout=TOKEN_LIFE))

    def _message(self, body: Json) -> Json:
        """The message that the person uses, if they can see it."""
        message = self._world.channel(body["channel"]).find(body["message"])
        if message is None:
            raise ValueError("the message is gone")
        if is_ephemeral(message) and not self._is_for(message, body["person"]):
            raise ValueError("only somebody else sees that message")
        return message

    def _is_for(self, message: Json, name: str) -> bool:
        owner: str = message["interaction_metadata"]["user"]["id"]
        return owner == str(self._person(name).user.id)

    async def _outcome(self, work: Coroutine[Any, Any, Answer]) -> web.Response:
        task = asyncio.create_task(work)
        self._under_way.add(task)
        task.add_done_callback(self._under_way.discard)
        await asyncio.wait((task,), timeout=PATIENCE)
        if not task.done():
            return json_answer({"state": "pending"})
        try:
            answer = task.result()
        except NotOffered as refused:
            return _refused(refused)
        return json_answer(self._shape(answer))

    def _shape(self, answer: Answer) -> Json:
        number = str(answer.interaction.id)
        if answer.failed:
            return {"state": "failed", "interaction": number}
        if answer.modal is None:
            return {"state": "answered", "interaction": number}
        self._forms[number] = answer
        if len(self._forms) > OPEN_FORMS:
            del self._forms[next(iter(self._forms))]
        return {"state": "answered", "interaction": number, "form": answer.modal}


def _as_given(options: Json) -> Json:
    """Options as `Person` takes them, with an underscore so that none clashes with a parameter."""
    return {f"{name}_": value for name, value in options.items()}


def _refused(refused: NotOffered) -> web.Response:
    reason = str(refused)
    return json_answer({"state": "refused", "reason": f"{reason[:1].upper()}{reason[1:]}."})
