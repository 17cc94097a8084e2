"""Text stays readable in every state of what it stands on: under the pointer, pressed, focused."""

import asyncio

import pytest
from playwright.async_api import Browser, Page

from bot.demo import Demo
from tests.sandbox.page import chromium
from tests.sandbox.page.user import User

pytestmark = pytest.mark.slow

STATES = ((), ("hover",), ("focus", "focus-visible"), ("hover", "active", "focus"))
TOUCHED = ".message, button, a, summary, input, select, [role=option]"
TOO_FAINT = """() => {
  const ink = document.createElement("canvas").getContext("2d", {willReadFrequently: true});
  const read = (colour) => {
    ink.clearRect(0, 0, 1, 1);
    ink.fillStyle = colour;
    ink.fillRect(0, 0, 1, 1);
    const [r, g, b, a] = ink.getImageData(0, 0, 1, 1).data;
    return [r, g, b, a / 255];
  };
  const over = ([r, g, b, a], under) => [r, g, b].map((one, at) => one * a + under[at] * (1 - a));
  const above = (node) => node ? [node, ...above(node.parentElement)] : [];
  const ground = (node) => above(node).reverse().reduce(
    (under, one) => over(read(getComputedStyle(one).backgroundColor), under), [255, 255, 255]);
  const light = (colour) => {
    const [r, g, b] = colour.map((one) => one / 255).map(
      (one) => one <= 0.04045 ? one / 12.92 : ((one + 0.055) / 1.055) ** 2.4);
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const faint = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const node = walker.currentNode.parentElement;
    if (!walker.currentNode.textContent.trim() || !node.checkVisibility()) continue;
    if (node.closest(".unseen, .skip, [disabled], .spoiler, noscript")) continue;
    if (above(node).some((one) => getComputedStyle(one).filter !== "none")) throw node.outerHTML;
    const under = ground(node);
    const opacity = above(node).reduce((all, one) => all * getComputedStyle(one).opacity, 1);
    const [r, g, b, a] = read(getComputedStyle(node).color);
    const [low, high] = [light(over([r, g, b, a * opacity], under)), light(under)].sort(
      (x, y) => x - y);
    const ratio = (high + 0.05) / (low + 0.05);
    if (ratio < 4.5) faint.push(`${ratio.toFixed(2)} ${node.outerHTML.slice(0, 120)}`);
  }
  return faint;
}"""


async def faint(page: Page) -> list[str]:
    """The texts with a contrast below 4.5 in some state."""
    devtools = await page.context.new_cdp_session(page)
    for domain in ("DOM", "CSS"):
        await devtools.send(f"{domain}.enable")
    root = (await devtools.send("DOM.getDocument", {"depth": -1}))["root"]["nodeId"]
    asked = {"nodeId": root, "selector": TOUCHED}
    nodes = (await devtools.send("DOM.querySelectorAll", asked))["nodeIds"]
    found = []
    for state in STATES:
        forced = ({"nodeId": node, "forcedPseudoClasses": [*state]} for node in nodes)
        await asyncio.gather(*(devtools.send("CSS.forcePseudoState", one) for one in forced))
        found += [f"{'+'.join(state) or 'rest'}: {one}" for one in await page.evaluate(TOO_FAINT)]
    await devtools.detach()
    return found


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_no_text_is_too_faint_in_any_state(demo: Demo, browser: Browser, scheme: str) -> None:
    page, watch = await chromium.opened(browser, demo.sandbox.page, color_scheme=scheme)
    user = User(page)
    assert await faint(page) == []
    for tab in ("Channel", "Log"):
        await user.tab(tab)
        assert await faint(page) == [], tab
    await user.advanced()
    await user.run("help")
    await user.sees("/subscribe")
    await page.locator("#line").fill("/")
    assert await faint(page) == []
    assert watch.clean()
