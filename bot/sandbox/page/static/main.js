// Assembles the page, and opens and closes its drawers on narrow screens.

import { listen } from "./api.js";
import { startComposer } from "./composer.js";
import { focusOn } from "./dom.js";
import { startMessages } from "./messages.js";
import { startPanel } from "./panel.js";
import { startSidebar } from "./sidebar.js";
import { on } from "./state.js";
import { startTheme } from "./theme.js";
import { startTopbar } from "./topbar.js";

/**
 * An element of index.html.
 * @param {string} id
 */
const part = (id) => /** @type {HTMLElement} */ (document.getElementById(id));
const NARROW = matchMedia("(max-width: 700px)");
const MEDIUM = matchMedia("(max-width: 1100px)");

/**
 * A sidebar that is a drawer while the screen is narrow: when hidden, it is inert too.
 * @param {string} id
 * @param {MediaQueryList} narrow
 */
function drawer(id, narrow) {
  const node = part(id);
  /** @param {boolean} open */
  const settle = (open) => {
    node.classList.toggle("open", open);
    node.inert = narrow.matches && !open;
    part("veil").hidden = !document.querySelector(".open");
    document.querySelector(`[aria-controls=${id}]`)?.setAttribute("aria-expanded", String(open));
  };
  narrow.addEventListener("change", () => settle(false));
  return {
    settle,
    toggle() {
      const open = !node.classList.contains("open");
      settle(open);
      if (open) focusOn(node, "button");
    },
  };
}

startTheme();
const sidebar = drawer("sidebar", NARROW);
const panel = drawer("panel", MEDIUM);
const closeAll = () => {
  for (const one of [sidebar, panel]) one.settle(false);
};
startTopbar(part("top"), sidebar.toggle, panel.toggle);
startSidebar(part("sidebar"), () => sidebar.settle(false));
startMessages(part("messages"));
startComposer(part("composer"));
startPanel(part("panel"));
closeAll();
on("use", closeAll); // the command line is below the drawers
part("veil").addEventListener("click", closeAll);
document.addEventListener("keydown", (event) => {
  const open = document.querySelector(".open");
  if (event.key !== "Escape" || !open || event.defaultPrevented) return;
  closeAll();
  focusOn(document.body, `[aria-controls=${open.id}]`);
});
on("messages", () => {
  if (!performance.getEntriesByName("ready").length) performance.mark("ready");
  document.documentElement.setAttribute("data-ready", "");
});
listen();
