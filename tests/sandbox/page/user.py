"""A user of the page: what they see and do, in the page's words."""

from playwright.async_api import Locator, Page, expect

TIMEOUT = 8_000
"""How many milliseconds to wait for an expected element."""


class User:
    """A page and its use. Everything is found by role, name or text, as a person would."""

    def __init__(self, page: Page) -> None:
        self.page = page

    @property
    def messages(self) -> Locator:
        """The messages of the open channel, oldest first."""
        return self.page.locator("#messages > .message")

    @property
    def last(self) -> Locator:
        """The newest message."""
        return self.messages.last

    async def become(self, name: str) -> None:
        """Act as the Member, the Moderator or the Admin."""
        await self.page.get_by_role("button", name=name, exact=True).click()

    async def open_channel(self, name: str) -> None:
        """Open a channel by its name."""
        channels = self.page.get_by_role("navigation").locator(".channel")
        await channels.filter(has_text=name).first.click()
        await expect(self.page.locator(".where")).to_contain_text(name)

    async def begin(self, line: str) -> None:
        """Type a command's line and take it from the list."""
        await self.page.locator("#line").fill(f"/{line}")
        await self.page.keyboard.press("Enter")
        await expect(self.page.locator(".command-name")).to_have_text(f"/{line}")

    async def run(self, line: str, *values: str) -> None:
        """Run a command with values for its required options, in order."""
        await self.begin(line)
        await self.send(line, *values)

    async def send(self, line: str, *values: str) -> None:
        """Fill in the required options of the begun command, and send it."""
        for value in values:
            await self.page.keyboard.type(value)
            await self.page.keyboard.press("Tab")
        await self.page.get_by_role("button", name=f"Send /{line}").click()

    async def tab(self, name: str) -> None:
        """Open a tab of the controls."""
        await self.page.get_by_role("tab", name=name).click()

    async def advanced(self) -> None:
        """Open the faults' tab with all that is under "Advanced"."""
        await self.tab("Faults")
        await self.page.locator(".advanced").evaluate("one => one.open = true")

    async def sees(self, text: str) -> Locator:
        """Wait for the newest message to hold a text; returns that message."""
        await expect(self.last).to_contain_text(text, timeout=TIMEOUT)
        return self.last
