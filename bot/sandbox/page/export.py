"""Turns a message back into the body that would post it again, to read or to send elsewhere."""

from typing import Any

Json = dict[str, Any]

_MADE_BY_DISCORD = {"id"}
"""Keys of a component that Discord adds and the sender leaves out."""


def body_of_message(message: Json) -> Json:
    """The JSON for `POST /channels/{id}/messages`, which pings nobody."""
    body: Json = {"content": message["content"], "embeds": [_embed(e) for e in message["embeds"]]}
    if message["components"]:
        body["components"] = [_component(row) for row in message["components"]]
    return {**body, "allowed_mentions": {"parse": []}}


def _embed(shown: Json) -> Json:
    return {key: value for key, value in shown.items() if key != "type"}


def _component(shown: Json) -> Json:
    kept = {key: value for key, value in shown.items() if key not in _MADE_BY_DISCORD}
    if "components" in kept:
        kept["components"] = [_component(one) for one in kept["components"]]
    return kept
