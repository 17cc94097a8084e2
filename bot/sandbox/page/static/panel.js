// The controls on the right, as tabs: the clock, the channel, faults, and the log of requests.

import { channelTab } from "./channel.js";
import { clockTab } from "./clock.js";
import { el } from "./dom.js";
import { faultsTab } from "./faults.js";
import { logTab } from "./log.js";
import { on, remember, remembered } from "./state.js";

/** @import { Child } from "./dom.js" */

/** @param {HTMLElement} root */
export function startPanel(root) {
  const tabs = [
    tab("clock", "Clock", clockTab()),
    tab("channel", "Channel", channelTab()),
    tab("faults", "Faults", faultsTab()),
    tab("log", "Log", logTab()),
  ];
  /** @param {Tab} chosen */
  const open = (chosen) => {
    for (const one of tabs) show(one, one === chosen);
    remember("tab", chosen.id);
  };
  for (const [index, one] of tabs.entries()) {
    one.button.addEventListener("click", () => open(one));
    one.button.addEventListener("keydown", (event) => {
      const by = event.key === "ArrowRight" ? 1 : event.key === "ArrowLeft" ? -1 : 0;
      if (!by) return;
      const next = tabs[(index + by + tabs.length) % tabs.length];
      open(next);
      next.button.focus();
    });
  }
  const buttons = tabs.map((one) => one.button);
  const bar = el("div", { role: "tablist", class: "tabs", "aria-label": "Controls" }, buttons);
  on("tab", (id) => {
    const wanted = tabs.find((one) => one.id === id);
    if (!wanted) return;
    open(wanted);
    wanted.button.focus();
  });
  root.append(bar, ...tabs.map((one) => one.page));
  open(tabs.find((one) => one.id === remembered("tab")) ?? tabs[0]);
}

/**
 * @typedef {ReturnType<typeof tab>} Tab
 * @param {string} id
 * @param {string} name
 * @param {Child} content
 */
function tab(id, name, content) {
  return {
    id,
    button: el(
      "button",
      { type: "button", role: "tab", id: `tab-${id}`, "aria-controls": `page-${id}` },
      name,
    ),
    page: el(
      "div",
      { role: "tabpanel", id: `page-${id}`, "aria-labelledby": `tab-${id}`, class: "page" },
      content,
    ),
  };
}

/**
 * @param {Tab} one
 * @param {boolean} is
 */
function show({ button, page }, is) {
  page.hidden = !is;
  button.setAttribute("aria-selected", String(is));
  button.tabIndex = is ? 0 : -1;
}
