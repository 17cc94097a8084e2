// The line above the messages: which channel this is, the bot's state, the clock, light and dark.

import { el, fill, icon, iconButton } from "./dom.js";
import { kindOf } from "./sidebar.js";
import { now, on, openChannel, state } from "./state.js";
import { isDark, switchTheme } from "./theme.js";
import { clockTime } from "./times.js";

/** @import { Channel } from "./shapes" */

/**
 * @param {HTMLElement} root
 * @param {() => void} toggleSidebar
 * @param {() => void} togglePanel
 */
export function startTopbar(root, toggleSidebar, togglePanel) {
  const channel = el("p", { class: "where" });
  const bot = el("span", { class: "bot", role: "status" });
  const clock = el("time", { class: "clock", title: "The sandbox's clock" });
  const menu = iconButton("menu", "Servers and channels", toggleSidebar, {
    class: "round only-narrow",
    "aria-controls": "sidebar",
  });
  const tools = iconButton("tools", "Clock, permissions, faults and log", togglePanel, {
    class: "round only-medium",
    "aria-controls": "panel",
  });
  const theme = iconButton("moon", "Light or dark", () => {
    switchTheme();
    drawTheme();
  });
  const drawTheme = () => fill(theme, icon(isDark() ? "sun" : "moon")); // what a press switches to
  drawTheme();
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", drawTheme);
  root.append(menu, channel, bot, clock, theme, tools);
  let connected = true;
  const tick = () => {
    if (!connected) return;
    const time = now();
    clock.hidden = time === null;
    if (time) clock.textContent = clockTime(time);
  };
  const draw = () => {
    const words = !connected
      ? "sandbox stopped"
      : state.status.online
        ? "bot online"
        : "bot offline";
    bot.className = connected && state.status.online ? "bot online" : "bot";
    if (bot.textContent !== words) bot.textContent = words;
    tick();
  };
  on("status", draw);
  on("connected", (is) => {
    connected = is;
    draw();
  });
  on("channel", () => {
    const open = openChannel();
    if (open) fill(channel, icon(kindOf(open)[0]), el("strong", {}, open.name), tags(open));
    document.title = open ? `#${open.name} · Broadsheet sandbox` : "Broadsheet sandbox";
  });
  setInterval(tick, 1000);
}

/**
 * The tags of a forum's post.
 * @param {Channel} channel
 */
function tags(channel) {
  const offered = state.channels.get(channel.parent_id ?? "")?.available_tags ?? [];
  const chosen = channel.applied_tags ?? [];
  return offered
    .filter((one) => chosen.includes(one.id))
    .map((one) => el("span", { class: "tag" }, one.name));
}
