"""A command can be used only where Discord has a command line for that person."""

import pytest

from bot.sandbox import NotOffered
from bot.sandbox.world import interactions
from bot.sandbox.world.permissions import Overwrite, bit
from tests.sandbox.conftest import Bare

QUERY = {"type": 3, "name": "query", "description": "What", "autocomplete": True}
STORY = {"name": "story", "description": "Finds a story.", "options": [QUERY]}


async def refusal(bare: Bare, channel: str) -> str:
    """Why a member cannot use a command in a channel; autocompletion gives the same."""
    member = bare.sandbox.person("member")
    with pytest.raises(NotOffered) as caught:
        await member.command("story", channel, overridden=True)
    with pytest.raises(NotOffered, match=str(caught.value)):
        await member.autocomplete("story", "query", "x", channel)
    return str(caught.value)


@pytest.mark.parametrize(
    ("denied", "words"),
    [
        ("view_channel", "member does not see news"),
        ("use_application_commands", "member may not use commands in news"),
    ],
)
async def test_a_command_needs_a_channel_that_the_person_may_use_it_in(
    bare: Bare, denied: str, words: str
):
    await bare.register(STORY)
    world = bare.sandbox.world
    world.channel("news").overwrites[world.guild.id] = Overwrite(deny=bit(denied))
    assert await refusal(bare, "news") == words


async def test_a_forum_itself_has_no_command_line(bare: Bare):
    await bare.register(STORY)
    words = "forum is a forum, where commands are used in its posts only"
    assert await refusal(bare, "forum") == words


async def test_a_locked_thread_takes_commands_of_who_manages_threads(
    bare: Bare, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(interactions, "FIRST_ANSWER", 0.01)
    await bare.register(STORY)
    world = bare.sandbox.world
    assert await refusal(bare, "closed") == "closed is locked, and member may not manage threads"
    moderators = world.guild.members[bare.sandbox.person("moderator").user.id][0]
    allowed = Overwrite(allow=bit("manage_threads"))
    world.channel("general").overwrites[moderators] = allowed
    assert (await bare.sandbox.person("moderator").command("story", "closed")).failed
    assert (await bare.sandbox.person("member").command("story", "archived")).failed


async def test_a_server_without_the_bot_has_none_of_its_commands(bare: Bare):
    await bare.register(STORY)
    bare.sandbox.controls.remove_bot("Other Server")
    assert await refusal(bare, "elsewhere") == "the bot is not in Other Server"
