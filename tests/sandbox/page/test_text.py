"""Untrusted text stays text on the page, and Markdown is Discord's."""

from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Browser, Page, expect

from bot.sandbox import Sandbox
from bot.sandbox.world.messages import change, create, crosspost
from tests.chat.conftest import opened as opened_demo
from tests.sandbox.conftest import NOW
from tests.sandbox.page import chromium
from tests.sandbox.page.chromium import shared
from tests.sandbox.page.user import User

pytestmark = pytest.mark.slow

HOSTILE = (
    "<script>document.title=1</script>",
    "<img src=x onerror=document.title=1>",
    "@everyone <t:1:R> \u202e*b* _c_",
    "*b* [x](https://e.example)",
)
"""Each fits into the title of a card."""


@pytest.mark.parametrize("headline", HOSTILE)
async def test_a_hostile_headline_is_shown_as_text(
    tmp_path: Path, browser: Browser, seed: bytes, headline: str
) -> None:
    seeds = tmp_path / "seeds"
    seeds.mkdir()
    text = seed.decode()
    title = next(line for line in text.splitlines() if line.startswith("title:"))
    hostile = text.replace(title, f"title: {headline!r}".replace("\\u202e", "\u202e"), 1)
    (seeds / "hostile.md").write_text(hostile, encoding="utf-8")
    async with opened_demo(tmp_path, seeds=seeds) as demo:
        page, watch = await chromium.opened(browser, demo.sandbox.page)
        words = headline.replace("\u202e", "")
        shown = page.locator(".embed-title").filter(has_text=words)
        await expect(shown).to_be_visible()
        assert await shown.inner_text() == words
        assert await shown.locator("a").count() == 1
        assert await shown.locator("em, strong, .mention, time").count() == 0
        assert await page.locator("#messages script, #messages img").count() == 0
        assert await page.title() != "1"
        assert watch.clean()


CASES: list[tuple[str, str, str]] = [
    ("bold", "**a** b", "<p><strong>a</strong> b</p>"),
    ("italic", "*a* _b_ c_d_e", "<p><em>a</em> <em>b</em> c_d_e</p>"),
    ("nested", "**a *b* c**", "<p><strong>a <em>b</em> c</strong></p>"),
    ("underline", "__a__ ~~b~~", "<p><u>a</u> <s>b</s></p>"),
    ("escapes", r"\*a\* \<\@ \_b\_", "<p>*a* &lt;@ _b_</p>"),
    ("not closed", "**a *b", "<p>**a *b</p>"),
    ("code", "`**a**` ``b`c``", "<p><code>**a**</code> <code>b`c</code></p>"),
    ("code block", "```py\n<b>\n```", "<pre><code>&lt;b&gt;</code></pre>"),
    ("heading", "## A\n-# b", "A|b"),
    ("blank lines", "a\n\n\nb", '<p>a</p><p class="blank"></p><p class="blank"></p><p>b</p>'),
    ("list", "1. a\n2. b", '<ol start="1"><li>a</li><li>b</li></ol>'),
    ("nested list", "- a\n  - b\n- c", "<ul><li>a<ul><li>b</li></ul></li><li>c</li></ul>"),
    ("quote", "> a\n> b", "<blockquote><p>a\nb</p></blockquote>"),
    ("link", "[a **b**](https://x.example/y)", "a <strong>b</strong></a>"),
    ("escape in a label", r"[a\-b](https://x.example)", r"a\-b</a>"),
    ("label like an address", "[x.com](https://e.example)", "[x.com]("),
    ("label with a scheme", "[https://a.b](https://e.example)", "[https://a.b]("),
    ("other schemes", "[a](javascript:alert(1))", "<p>[a](javascript:alert(1))</p>"),
    ("data links", "[a](data:text/html,x)", "<p>[a](data:text/html,x)</p>"),
    ("bare address", "see https://x.example/a.", '<a href="https://x.example/a"'),
    ("parentheses", "[a](https://x.example/b_(c))", 'href="https://x.example/b_(c)"'),
    ("a channel", "<#{news}>", '<p><button type="button" class="mention">#news</button></p>'),
    ("a command", "</topic:123>", '<p><button type="button" class="mention">/topic</button></p>'),
    ("everyone", "@everyone", '<p><span class="mention">@everyone</span></p>'),
    ("a time", "<t:1577000000:D>", 'datetime="2019-12-22T07:33:20.000Z"'),
    ("a time too far", "<t:99999999999999999>", "<p>&lt;t:99999999999999999&gt;</p>"),
    ("html", "<b>a</b> &amp; &lt;", "<p>&lt;b&gt;a&lt;/b&gt; &amp;amp; &amp;lt;</p>"),
    ("an attribute", '[a](https://x.example/"onclick="b)', "<p>"),
]


@shared()
async def blank(sandbox: Sandbox, browser: Browser) -> Any:
    """A page of a sandbox without a bot, with one initial message."""
    create(sandbox.world, sandbox.world.channel("news"), {"content": "first"}, NOW)
    page, watch = await chromium.opened(browser, sandbox.page)
    yield page
    assert watch.clean()


async def test_markdown_is_discords(sandbox: Sandbox, blank: Page) -> None:
    channel = sandbox.world.channel("news")
    for name, source, expected in CASES:
        text = source.replace("{news}", str(channel.id))
        made = create(sandbox.world, channel, {"content": text}, NOW)
        content = blank.locator(f'[data-id="{made["id"]}"] .marked')
        await expect(content).to_be_attached()
        html = await content.inner_html()
        if "|" in expected:
            parts = await content.locator("p").all_text_contents()
            assert parts == expected.split("|"), name
        else:
            assert expected in html, (name, html)
        assert "onclick" not in (
            await content.locator("a").evaluate_all(
                "links => links.flatMap(one => one.getAttributeNames()).join()"
            )
        ), name


async def test_long_runs_of_signs_take_no_time(sandbox: Sandbox, blank: Page) -> None:
    channel = sandbox.world.channel("news")
    for source in (
        "*" * 2000,
        "[" * 2000,
        "**a" * 600,
        "`" * 2000,
        "||" * 900,
        "_a" * 1000,
        "\\" * 2000,
    ):
        create(sandbox.world, channel, {"content": source}, NOW)
        started = await blank.evaluate("performance.now()")
        await expect(User(blank).last).to_contain_text(source[-1] if source[-1] != "\\" else "\\")
        assert await blank.evaluate("performance.now()") - started < 1000, source[:10]


STAMP = 1577000000


async def test_dates_are_british_and_in_utc_wherever_the_reader_is(
    sandbox: Sandbox, browser: Browser
) -> None:
    channel = sandbox.world.channel("news")
    marks = " ".join(f"<t:{STAMP}:{style}>" for style in "tTdDfF")
    create(sandbox.world, channel, {"content": marks}, NOW)
    page, watch = await chromium.opened(
        browser, sandbox.page, locale="en-US", timezone_id="Asia/Kathmandu"
    )
    times = page.locator(".moment")
    await expect(times).to_have_text(
        [
            "07:33",
            "07:33:20",
            "22/12/2019",
            "22 December 2019",
            "22 December 2019 at 07:33",
            "Sunday 22 December 2019 at 07:33",
        ]
    )
    await expect(times.first).to_have_attribute("title", "Sunday 22 December 2019 at 07:33 UTC")
    await expect(page.locator(".head time")).to_have_text("01/05/2024 12:00")
    assert watch.clean()


async def test_edited_stands_behind_the_last_words(sandbox: Sandbox, blank: Page) -> None:
    channel = sandbox.world.channel("news")
    for text in ("plain", "- a\n- b", "> quoted", "## head"):
        made = create(sandbox.world, channel, {"content": "first"}, NOW)
        change(sandbox.world, channel, made, {"content": text}, NOW)
        last = User(blank).last.locator(".marked")
        await expect(last).to_contain_text(f"{text[-1]} (edited)")
    made = create(sandbox.world, channel, {"content": "```code```"}, NOW)
    change(sandbox.world, channel, made, {"content": "```more```"}, NOW)
    await expect(User(blank).last.locator(".marked > .edited")).to_have_text("(edited)")


async def test_lists_have_signs_and_their_numbers_stand_in_line(
    sandbox: Sandbox, blank: Page
) -> None:
    channel = sandbox.world.channel("news")
    lines = "\n".join(f"{n}. line" for n in range(1, 12))
    create(sandbox.world, channel, {"content": f"- a\n\n{lines}"}, NOW)
    await User(blank).sees("line")
    for name, style, needed in (("ul", "disc", 16), ("ol", "decimal", 25)):
        shown = blank.locator(f".marked {name}")
        assert await shown.evaluate("one => getComputedStyle(one).listStyleType") == style
        room = await shown.evaluate("one => parseFloat(getComputedStyle(one).marginLeft)")
        assert room >= needed, "a sign, or two digits and a full stop, fit"


async def test_pictures_beside_author_and_footer_are_boxes_until_allowed(
    sandbox: Sandbox, blank: Page
) -> None:
    icon = "https://images.example/icon.png"
    embed = {
        "title": "One",
        "author": {"name": "Somebody", "icon_url": icon},
        "footer": {"text": "Foot", "icon_url": icon},
    }
    create(sandbox.world, sandbox.world.channel("news"), {"embeds": [embed]}, NOW)
    await User(blank).sees("One")
    boxes = blank.get_by_role("img", name="Picture of images.example, not loaded")
    await expect(boxes).to_have_count(2)
    await expect(blank.locator("#messages img")).to_have_count(0)


async def test_a_published_message_says_so(sandbox: Sandbox, blank: Page) -> None:
    channel = sandbox.world.channel("announcements")
    made = create(sandbox.world, channel, {"content": "news"}, NOW)
    await User(blank).open_channel("announcements")
    await User(blank).sees("news")
    await expect(blank.locator(".published")).to_have_count(0)
    crosspost(sandbox.world, channel, made)
    await expect(blank.locator(".published")).to_have_text("Published")
