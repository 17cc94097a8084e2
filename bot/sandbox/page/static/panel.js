// The controls at the right, as tabs: the clock, the channel, faults, and the log of requests.

import { channelTab } from "./channel.js";
import { clockTab } from "./clock.js";
import { el } from "./dom.js";
import { faultsTab } from "./faults.js";
import { logTab } from "./log.js";
import { remember, remembered } from "./state.js";

export function startPanel(root) {
  const tabs = [
    ["clock", "Clock", clockTab],
    ["channel", "Channel", channelTab],
    ["faults", "Faults", faultsTab],
    ["log", "Log", logTab],
  ].map(([id, name, make]) => ({
    id,
    name,
    page: el(
      "div",
      { role: "tabpanel", id: `page-${id}`, "aria-labelledby": `tab-${id}`, class: "page" },
      make(),
    ),
  }));
  const bar = el("div", { role: "tablist", class: "tabs", "aria-label": "Controls" });
  const open = (chosen, focus) => {
    for (const one of tabs) {
      const is = one === chosen;
      one.page.hidden = !is;
      one.button.setAttribute("aria-selected", String(is));
      one.button.tabIndex = is ? 0 : -1;
    }
    remember("tab", chosen.id);
    if (focus) chosen.button.focus();
  };
  tabs.forEach((one, index) => {
    one.button = el(
      "button",
      {
        type: "button",
        role: "tab",
        id: `tab-${one.id}`,
        "aria-controls": `page-${one.id}`,
        onclick: () => open(one),
      },
      one.name,
    );
    one.button.addEventListener("keydown", (event) => {
      const by = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
      if (by) open(tabs[(index + by + tabs.length) % tabs.length], true);
    });
    bar.append(one.button);
  });
  root.append(bar, ...tabs.map((one) => one.page));
  open(tabs.find((one) => one.id === remembered("tab")) ?? tabs[0]);
}
