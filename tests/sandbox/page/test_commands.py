"""Every command that the bot registers is used once on the page, as a new user would."""

import re

import pytest
from playwright.async_api import expect

from tests.chat.conftest import FEED
from tests.sandbox.page.user import TIMEOUT, User

pytestmark = pytest.mark.slow

BY_PERSON: dict[str, dict[str, tuple[str, ...]]] = {
    "Member": {
        "topics": (),
        "subscriptions": (),
        "feeds list": (),
        "story": ("AI",),
        "topic": ("AI",),
    },
    "Moderator": {
        "subscribe": ("AI",),
        "unsubscribe": ("Space",),
    },
    "Admin": {
        "digest setup": (),
        "digest time": ("09:30",),
        "digest timezone": ("Asia/Kathmandu",),
        "digest days": ("weekdays",),
        "digest stories": ("3",),
        "digest layout": ("Compact: an overview, and a line of sources for each story",),
        "digest minimum": ("100",),
        "digest quiet": ("Post a short note",),
        "digest mute": ("Forbes",),
        "digest thread": ("No",),
        "digest catch-up": ("6",),
        "digest publish": ("No",),
        "digest role": ("News readers",),
        "digest tags": ("none",),
        "digest log": (),
        "digest managers": ("News readers",),
        "digest history": (),
        "digest preview": (),
        "digest now": (),
        "digest pause": (),
        "digest resume": (),
        "digest status": (),
    },
    "Owner": {f"feeds {name}": (FEED,) for name in ("add", "test", "remove")},
}
"""Who uses which command, and the values of its required options."""


async def test_every_command_of_help_is_begun_by_a_click_used_and_answered(user: User) -> None:
    await user.open_channel("general")
    used: set[str] = set()
    for person, lines in BY_PERSON.items():
        await user.become(person)
        await user.run("help")
        await user.sees("used /help")
        guide = user.messages.nth(await user.messages.count() - 1)
        commands = guide.get_by_role("button", name="/")
        offered, more = set(await commands.all_text_contents()), set[str]()
        turn = guide.get_by_role("button", name=re.compile("^(More|Back)$"))
        if turns := await turn.count():
            await turn.click()
            await expect(turn).to_have_text("Back", timeout=TIMEOUT)
            more = {*await commands.all_text_contents()}
        for line, values in lines.items():
            before = await user.messages.count()
            page = "Back" if f"/{line}" in more else "More"
            if turns and await turn.text_content() != page:
                await turn.click()
                await expect(turn).to_have_text(page, timeout=TIMEOUT)
            await guide.get_by_role("button", name=f"/{line}", exact=True).click()
            await user.send(line, *values)
            await expect(user.messages).not_to_have_count(before, timeout=TIMEOUT)
            await expect(user.page.locator(".thinking")).to_have_count(0, timeout=TIMEOUT)
        await expect(user.page.locator(".complaint")).to_have_count(0)
        used |= {*lines}
    assert offered | more == {f"/{line}" for line in used}
    await expect(user.messages.filter(has_text="extra edition")).to_have_count(1)
