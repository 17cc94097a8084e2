"""Messages for some people only, and the channel tab's settings of server, forum and person."""

import aiohttp
import pytest
from playwright.async_api import expect

from bot.demo import Demo
from tests.sandbox.page.user import User
from tests.sandbox.rules.bodies import in_row, link

pytestmark = pytest.mark.slow


async def write(demo: Demo, name: str, text: str) -> int:
    """Let the bot write to somebody; returns the status."""
    sandbox = demo.sandbox
    headers = {"Authorization": f"Bot {sandbox.token}"}
    body = {"recipient_id": str(sandbox.person(name).user.id)}
    async with aiohttp.ClientSession(headers=headers) as bot:
        async with bot.post(f"{sandbox.api}/users/@me/channels", json=body) as opened:
            channel = (await opened.json())["id"]
        message = {"content": text, **in_row(link())}
        path = f"{sandbox.api}/channels/{channel}/messages"
        async with bot.post(path, json=message) as answer:
            return answer.status


async def test_a_direct_message_is_shown_to_its_person_alone(user: User, demo: Demo) -> None:
    page, sidebar = user.page, user.page.get_by_role("navigation")
    assert await write(demo, "owner", "Only for you.") == 200
    await expect(sidebar).not_to_contain_text("Direct messages")
    await user.become("Owner")
    await sidebar.get_by_title("Direct messages").click()
    await user.sees("Only for you.")
    await expect(page.locator(".closed")).to_contain_text("Direct messages are only read here")
    await write(demo, "owner", "And this.")
    await user.sees("And this.")
    await user.tab("Channel")
    await expect(page.locator("#page-channel")).to_contain_text("Nobody sets what may be done")
    await user.become("Admin")
    await expect(sidebar).not_to_contain_text("Direct messages")
    await expect(page.locator(".where")).to_have_text("news")


async def test_a_person_takes_no_direct_messages(user: User, demo: Demo) -> None:
    await user.become("Owner")
    await user.tab("Channel")
    takes = user.page.get_by_role("checkbox", name="Owner takes direct messages")
    async with user.page.expect_response(lambda one: one.request.method == "POST"):
        await takes.click()
    await expect(takes).not_to_be_checked()
    assert await write(demo, "owner", "x") == 403
    await user.become("Admin")
    await expect(
        user.page.get_by_role("checkbox", name="Admin takes direct messages")
    ).to_be_checked()
    await user.become("Owner")
    # The box changes at the click, the server only when the request reaches it.
    async with user.page.expect_response(lambda one: one.request.method == "POST"):
        await takes.click()
    await expect(takes).to_be_checked()
    assert await write(demo, "owner", "x") == 200


async def test_a_server_has_one_system_channel_or_none(user: User, demo: Demo) -> None:
    guild = demo.sandbox.world.guild
    box = user.page.get_by_role("checkbox", name="Discord's notices appear here")
    await user.tab("Channel")
    await expect(box).not_to_be_checked()
    await user.open_channel("general")
    await expect(box).to_be_checked()
    await user.open_channel("ai")
    await box.click()
    await expect(box).to_be_checked()
    assert guild.system_channel_id == demo.sandbox.world.channel("ai").id
    await box.click()
    await expect(box).not_to_be_checked()
    assert guild.system_channel_id is None


async def test_a_forum_requires_tags_or_not(user: User, demo: Demo) -> None:
    await user.open_channel("forum")
    await user.tab("Channel")
    box = user.page.get_by_role("checkbox", name="Posts need a tag")
    await expect(box).to_be_checked()
    async with user.page.expect_response(lambda one: one.request.method == "POST"):
        await box.click()
    await expect(box).not_to_be_checked()
    assert not demo.sandbox.world.channel("forum").tag_required


async def test_a_ping_shows_the_role_and_whether_it_notified(user: User, demo: Demo) -> None:
    sandbox, guild = demo.sandbox, demo.sandbox.world.guild
    readers = next(one for one in guild.roles if one.name == "News readers")
    moderators = next(one for one in guild.roles if one.name == "Moderators")
    headers = {"Authorization": f"Bot {sandbox.token}"}
    path = f"{sandbox.api}/channels/{sandbox.world.channel('news').id}/messages"
    async with aiohttp.ClientSession(headers=headers) as bot:
        for role in (readers, moderators):
            allowed = {"roles": [str(role.id)]}
            body = {"content": f"<@&{role.id}>", "allowed_mentions": allowed}
            await (await bot.post(path, json=body)).release()
    last = await user.sees("@Moderators")
    await expect(last).not_to_contain_text("Pinged")
    await expect(user.messages.nth(-2)).to_contain_text("Pinged @News readers")
