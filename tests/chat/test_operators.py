"""Who operates the bot, as Discord's application says."""

import pytest

from bot.chat import operators as operators_module
from bot.chat.operators import VALID, AskedOperators
from bot.demo import Demo
from bot.sandbox.faults.faults import Fault

ASKED = "/oauth2/applications/@me"
PEOPLE = ("member", "moderator", "admin", "owner")


class Clock:
    """Seconds that a test sets."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def __call__(self) -> float:
        return self.seconds


def asked(demo: Demo) -> tuple[AskedOperators, Clock]:
    """The operators as a bot knows them that has asked nobody yet, and its clock."""
    clock = Clock()
    return AskedOperators(demo.online.bot, clock), clock


async def included(demo: Demo, operators: AskedOperators) -> set[str]:
    """Those of the people who operate the bot."""
    ids = {name: demo.sandbox.person(name).user.id for name in PEOPLE}
    return {name for name, user_id in ids.items() if await operators.include(user_id)}


def requests(demo: Demo) -> int:
    """How often Discord was asked."""
    return sum(one.path.endswith(ASKED) for one in demo.sandbox.log.entries)


async def test_the_owner_of_the_application_operates_it(demo: Demo):
    operators, _ = asked(demo)
    known = await operators.known()
    assert known is not None
    assert known.owner == demo.sandbox.person("owner").user.id
    assert await included(demo, operators) == {"owner"}


async def test_a_teams_owner_admins_and_developers_operate_it_and_its_owner_is_told(demo: Demo):
    demo.sandbox.controls.give_to_team("admin", {"moderator": "developer", "member": "read_only"})
    operators, _ = asked(demo)
    known = await operators.known()
    assert known is not None
    assert known.owner == demo.sandbox.person("admin").user.id
    assert await included(demo, operators) == {"admin", "moderator"}


async def test_who_is_only_invited_to_the_team_does_not_operate_it(demo: Demo):
    members = {"moderator": "admin", "member": "developer"}
    demo.sandbox.controls.give_to_team("owner", members, invited=["member"])
    operators, _ = asked(demo)
    assert await included(demo, operators) == {"owner", "moderator"}


async def test_who_leaves_the_team_is_out_within_minutes_and_discord_is_asked_seldom(demo: Demo):
    demo.sandbox.controls.give_to_team("owner", {"moderator": "developer"})
    operators, clock = asked(demo)
    before = requests(demo)
    assert await included(demo, operators) == {"owner", "moderator"}
    demo.sandbox.controls.give_to_team("owner", {})
    clock.seconds += VALID - 1
    assert await included(demo, operators) == {"owner", "moderator"}
    assert requests(demo) == before + 1
    clock.seconds += 1
    assert await included(demo, operators) == {"owner"}
    assert requests(demo) == before + 2


@pytest.mark.parametrize(
    "fault",
    [
        Fault("status", "GET", ASKED, status=500, times=None),
        Fault("status", "GET", ASKED, status=429, times=None),
        Fault("hang", "GET", ASKED, seconds=None, times=None),
        Fault("reset", "GET", ASKED, times=None),
    ],
    ids=lambda fault: f"{fault.kind} {fault.status}",
)
async def test_while_discord_does_not_say_it_those_it_named_last_operate_it(
    demo: Demo, fault: Fault, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(operators_module, "PATIENCE", 0.1)
    operators, clock = asked(demo)
    demo.sandbox.faults.add(fault)
    assert await included(demo, operators) == {"owner"}, "as it said when the bot logged in"
    clock.seconds += VALID
    assert await included(demo, operators) == {"owner"}
    demo.sandbox.faults.clear()
    demo.sandbox.controls.give_to_team("admin", {})
    clock.seconds += VALID
    assert await included(demo, operators) == {"admin"}


async def test_the_commands_follow_the_team(demo: Demo):
    demo.sandbox.controls.give_to_team("admin", {"member": "developer"})
    operators, _ = asked(demo)
    demo.online.bot.operators._known = await operators.known()
    answer = await demo.sandbox.person("member").command("feeds test", url="no address")
    assert "is no address of a feed" in answer.text
    answer = await demo.sandbox.person("owner").command("feeds test", url="no address")
    assert answer.text.startswith("Only those who run this bot can do this")
