"""Bodies from which several tables of rules begin; `keys` are set or replaced in them."""

from tests.sandbox.rules.cases import Json


def button(**keys: object) -> Json:
    return {"type": 2, "style": 1, "label": "Go", "custom_id": "go", **keys}


def link(**keys: object) -> Json:
    return {"type": 2, "style": 5, "label": "Read", "url": "https://x.org", **keys}


def select(**keys: object) -> Json:
    return {"type": 3, "custom_id": "pick", "options": options(2), **keys}


def role_select(**keys: object) -> Json:
    return {"type": 6, "custom_id": "pick", **keys}


def channel_select(**keys: object) -> Json:
    return {"type": 8, "custom_id": "pick", **keys}


def defaults(of: str, count: int) -> list[Json]:
    return [{"id": str(n + 1), "type": of} for n in range(count)]


def options(count: int, **keys: object) -> list[Json]:
    return [{"label": f"l{n}", "value": f"v{n}", **keys} for n in range(count)]


def in_row(*inside: Json) -> Json:
    return {"components": [{"type": 1, "components": list(inside)}]}
