"""The controls on the right: every field of a fault, their messages, the log, and permissions."""

import re
from dataclasses import fields
from typing import Any

import aiohttp
import pytest
from playwright.async_api import Browser, Locator, expect

from bot.demo import Demo
from bot.sandbox.faults.faults import Fault, FaultKind
from tests.sandbox.page.user import TIMEOUT, User

pytestmark = pytest.mark.slow


async def fill(user: User, kind: str, requests: str, **values: str | bool) -> None:
    """Fill in the fault's form and press its button."""
    page = user.page
    await user.advanced()
    await page.locator("#fault-kind").select_option(kind)
    await page.locator("#fault-route").select_option(label=requests)
    for name, value in values.items():
        field = page.locator(f"#fault-{name}")
        await (field.set_checked(value) if isinstance(value, bool) else field.fill(value))
    await page.get_by_role("button", name="Inject").click()


async def test_every_field_of_a_fault_is_set_from_the_page(user: User, demo: Demo) -> None:
    news = demo.sandbox.world.channel("news")
    wanted = [
        Fault(
            "status", "POST", f"/channels/{news.id}/messages", 404, 10003, times=3, contains="gold"
        ),
        Fault("rate_limit", "*", "*", times=None, seconds=2.5, everywhere=True),
        Fault("hang", "POST", "/interactions/*", times=1, seconds=None),
    ]
    await fill(
        user,
        "status",
        "Messages of this channel",
        status="404",
        code="10003",
        times="3",
        contains="gold",
    )
    await fill(
        user,
        "rate_limit",
        "Everything",
        seconds="2.5",
        everywhere=True,
        always=True,
        contains="",
    )
    await fill(user, "hang", "First answers", seconds="", always=False, times="1")
    listed = user.page.locator(".faults li")
    await expect(listed.locator("span")).to_have_text(
        [
            'Error status, 404, code 10003, messages of #news, with "gold", 3 more',
            "Rate limit (429), 2.5 s, whole bot, everything, until removed",
            "Hang, first answers, 1 more",
        ]
    )
    assert list(demo.sandbox.faults.list().values()) == wanted
    plain = Fault("hang")
    changed = {
        one.name
        for one in fields(Fault)
        for fault in wanted
        if getattr(fault, one.name) != getattr(plain, one.name)
    }
    assert changed == {one.name for one in fields(Fault)}


async def test_every_kind_has_a_name_a_hint_and_only_its_fields(user: User) -> None:
    page = user.page
    await user.advanced()
    kinds = page.locator("#fault-kind")
    hint = page.locator(f"#{await kinds.get_attribute('aria-describedby')}")
    seen: dict[str, set[str]] = {}
    hints = set()
    for kind in FaultKind:
        await kinds.select_option(kind.value)
        hints.add(await hint.inner_text())
        name = await kinds.locator("option:checked").inner_text()
        assert name[0].isupper()
        assert "_" not in name
        seen[kind.value] = {
            one
            for one in ("status", "code", "seconds", "everywhere")
            if await page.locator(f"#fault-{one}").is_visible()
        }
    answered = {"status", "code"}
    assert seen == {
        "status": answered,
        "status_after": answered,
        "hang": {"seconds"},
        "hang_after": {"seconds"},
        "reset": set(),
        "reset_after": set(),
        "late_store": {*answered, "seconds"},
        "rate_limit": {"seconds", "everywhere"},
    }
    assert len(hints) == len(FaultKind)


async def test_each_part_says_what_happened_or_why_nothing_did(user: User) -> None:
    page = user.page
    await user.advanced()

    async def says(button: str, words: str) -> None:
        used = page.get_by_role("button", name=button, exact=True)
        # By its position, since a control may disappear when used.
        place = await used.evaluate(
            "one => [...document.querySelectorAll('.part')].indexOf(one.closest('.part'))"
        )
        await used.click()
        said = page.locator(".part").nth(place).get_by_role("status")
        await expect(said).to_have_text(words)

    await says("Inject", "Set: Error status, 500, messages of all channels, 1 more.")
    await says("Remove", "Removed: Error status, 500, messages of all channels, 1 more.")
    await says("End the outage", "There is no outage to end.")
    await says("Outage", "Broadsheet Sandbox: the outage has begun.")
    await expect(page.get_by_role("navigation")).to_contain_text("(outage)")
    await says("Outage", "There is an outage already.")
    await says("End the outage", "Broadsheet Sandbox: the outage is over.")
    await says("Invite it again", "The bot is in this server already.")
    create = page.get_by_role("button", name="Create a channel")
    await expect(create).to_be_disabled()
    await page.get_by_label("Name of a new channel").fill("Late News")
    await says("Create a channel", "Created: Late News.")
    await expect(create).to_be_disabled()


@pytest.mark.parametrize(
    ("kind", "title"),
    [
        ("text", "Text channel"),
        ("announcement", "Announcement channel"),
        ("voice", "Voice channel"),
        ("stage", "Stage"),
        ("forum", "Forum"),
        ("media", "Media channel"),
        ("thread", "Thread"),
    ],
)
async def test_channels_of_every_kind_are_created(user: User, kind: str, title: str) -> None:
    page = user.page
    await user.advanced()
    await page.get_by_label("Name of a new channel").fill("fresh")
    await page.get_by_label("Kind of a new channel").select_option(kind)
    await page.get_by_role("button", name="Create a channel").click()
    made = page.get_by_role("navigation").get_by_title(title).filter(has_text="fresh")
    await expect(made).to_be_visible()


async def row(user: User, words: str) -> Locator:
    """The newest row of the log with these words."""
    found = user.page.locator(".log li").filter(has_text=words).first
    await expect(found).to_be_visible(timeout=TIMEOUT)
    return found


async def test_the_log_shows_what_the_connection_goes_through(user: User) -> None:
    page = user.page
    await user.tab("Log")
    await row(user, "Gatewayidentified, new session")
    await user.advanced()
    await page.get_by_role("button", name="Ask to reconnect").click()
    await user.tab("Log")
    for words in ("asked to reconnect", "disconnected, ", "resumed, events replayed: "):
        await row(user, f"Gateway{words}")
    entered = page.locator(".log li").filter(has_text=re.compile("^Gateway(identified|resumed)"))
    before = await entered.count()
    await user.advanced()
    await page.get_by_role("button", name="Drop it").click()
    await user.tab("Log")
    await row(user, "Gatewayclosed with 4000")
    await expect(entered).to_have_count(before + 1, timeout=2 * TIMEOUT)


async def test_a_row_of_the_log_is_short_and_marks_faults_and_refusals(
    user: User, demo: Demo
) -> None:
    await fill(user, "status", "First answers")
    await user.run("topics")
    await user.sees("Climate")
    headers = {"Authorization": f"Bot {demo.sandbox.token}"}
    async with aiohttp.ClientSession(demo.sandbox.page) as bot:
        await bot.get("/api/v10/channels/1/messages?limit=5", headers=headers)
    await user.tab("Log")
    sent = await row(user, "/channels/#news/messages")
    assert re.fullmatch(
        r"200\s*POST\s*/channels/#news/messages\s*\d\d:\d\d:\d\d", await sent.text_content() or ""
    )
    refused = await row(user, "404")
    assert re.fullmatch(
        r"404\s*GET\s*/channels/1/messages\s*Refused\s*[\d:]{8}", await refused.text_content() or ""
    )
    spoiled = await row(user, "500")
    await expect(spoiled.locator(".badge")).to_have_text("Fault")
    await expect(spoiled.locator(".path")).to_have_text("/interactions/…/callback")
    rows: list[Any] = await user.page.locator(".log li").evaluate_all(
        "all => all.map(one => one.getBoundingClientRect().height)"
    )
    assert max(rows) < 60


async def test_a_move_says_what_came(user: User) -> None:
    page = user.page
    said = page.locator("#page-clock").get_by_role("status")
    await page.get_by_role("button", name="Next digest").click()
    await expect(said).to_have_text("Posted in #news: 4 stories.", timeout=TIMEOUT)
    await page.get_by_role("button", name="+1 h", exact=True).click()
    await expect(said).to_have_text("Moved. No digest was due on the way.", timeout=TIMEOUT)
    for _ in range(3):
        await page.get_by_role("button", name="Next day").click()
    await expect(said).to_have_text("#news, Thu 26 Dec: not posted: no new story.", timeout=TIMEOUT)
    date = page.get_by_label("Date and time, UTC")
    await date.fill("")
    await expect(page.get_by_role("button", name="Go there")).to_be_disabled()
    await date.fill("2020-01-10T10:00")
    await expect(page.get_by_role("button", name="Go there")).to_be_enabled()


async def test_a_permission_that_another_takes_away_stays_set_and_says_so(user: User) -> None:
    page = user.page
    await user.tab("Channel")
    sends = page.get_by_role("checkbox", name="Send Messages", exact=True)
    embeds = page.get_by_role("checkbox", name="Embed Links", exact=True)
    await sends.click()
    await expect(sends).not_to_be_checked()
    await expect(embeds).to_be_checked()
    await expect(embeds).to_have_accessible_description("not without Send Messages")
    await expect(page.get_by_role("checkbox", name="Send Messages in Threads")).to_be_visible()
    await sends.click()
    await expect(embeds).to_have_accessible_description("")
    await expect(embeds).to_be_checked()


async def test_the_open_tab_stays_open_over_a_reload(user: User) -> None:
    await user.tab("Log")
    await user.page.reload()
    await expect(user.page.get_by_role("tab", name="Log")).to_have_attribute(
        "aria-selected", "true"
    )


async def test_a_stopped_sandbox_stops_the_clock(demo: Demo, browser: Browser) -> None:
    page = await browser.new_page()
    await page.clock.install()
    await page.goto(demo.sandbox.page)
    clock = page.locator(".clock")
    await expect(clock).to_contain_text("Sun 22 Dec 2019 16:3")
    await demo.sandbox.stop()
    await expect(page.locator(".bot")).to_have_text("sandbox stopped")
    before = await clock.inner_text()
    await page.clock.run_for(5000)
    assert await clock.inner_text() == before


async def test_what_is_no_date_is_refused_in_plain_words(demo: Demo) -> None:
    headers = {"Origin": demo.sandbox.page.rstrip("/")}
    async with aiohttp.ClientSession(demo.sandbox.page, headers=headers) as page:
        async with page.post("/page/clock", json={"to": ":00+00:00"}) as response:
            assert (await response.json())["reason"] == "That is not a date and time."
        async with page.post("/page/clock", json={"to": "9000-01-01"}) as response:
            assert (await response.json())["reason"] == "Years go from 1980 to 2999."
