// The log's tab: each request of the bot with its answer, and the events of its connection.

import { el, fill, oncePerFrame } from "./dom.js";
import { on, state } from "./state.js";
import { secondTime } from "./times.js";

/** @import { LogEntry } from "./shapes" */

const SHOWN = 300;
const GATEWAY = "GATEWAY"; // the method of an entry that is an event of the connection

export function logTab() {
  const list = el("ol", { class: "log", "aria-label": "Requests, newest first" });
  const only = el("input", {
    type: "search",
    placeholder: "Only paths with …",
    "aria-label": "Only paths with",
    id: "log-filter",
  });
  /** @param {LogEntry} one */
  const fits = (one) =>
    !only.value ||
    `${one.method} ${one.path} ${short(one.path)} ${one.status}`.includes(only.value);
  /** @type {LogEntry[]} */
  let fresh = []; // entries since the last frame, oldest first
  const redraw = () => {
    fresh = [];
    fill(list, state.log.filter(fits).slice(-SHOWN).reverse().map(entry));
  };
  const drawFresh = oncePerFrame(() => {
    list.prepend(...fresh.slice(-SHOWN).reverse().map(entry));
    fresh = [];
    while (list.children.length > SHOWN) list.lastElementChild?.remove();
  });
  on("log", redraw);
  only.addEventListener("input", redraw);
  on("entry", (one) => {
    if (!fits(one)) return;
    fresh.push(one);
    if (fresh.length > SHOWN) fresh.shift(); // a hidden page gets no frames
    drawFresh();
  });
  return [only, list];
}

/** @param {LogEntry} one */
function entry(one) {
  const time = el("time", { datetime: one.at }, secondTime(one.at));
  if (one.method === GATEWAY)
    return el(
      "li",
      { class: "event" },
      el("span", { class: "badge" }, "Gateway"),
      el("span", { class: "path" }, one.path),
      time,
    );
  const bad = one.status >= 400 || one.status === 0;
  const details = el(
    "details",
    {},
    el(
      "summary",
      {},
      el("span", { class: bad ? "code bad" : "code" }, one.status ? String(one.status) : "cut"),
      el("b", {}, one.method),
      el("span", { class: "path" }, short(one.path)),
      badge(one),
      time,
    ),
  );
  details.addEventListener(
    "toggle",
    () => details.open && details.children.length === 1 && details.append(...bodies(one)),
  );
  return el("li", {}, details);
}

/**
 * A mark for a request that Discord refused or a fault broke.
 * @param {LogEntry} one
 */
function badge(one) {
  if (!one.verdict.length) return null;
  const words = one.verdict[0].startsWith("Fault ") ? "Fault" : "Refused";
  return el("span", { class: "badge wrong" }, words);
}

/**
 * The path without constant or long random parts, and with channels by name.
 * @param {string} path
 */
function short(path) {
  /** @param {string} id */
  const named = (id) => (state.channels.has(id) ? `#${state.channels.get(id)?.name}` : "…");
  return path
    .replace(/^\/api\/v\d+|\?.*/g, "")
    .replace(/[\w-]{40,}/g, "…")
    .replace(/\d{15,20}/g, named)
    .replace(/…\/…/g, "…");
}

/** @param {LogEntry} one */
function bodies(one) {
  /**
   * @param {string} words
   * @param {string | null} value
   */
  const part = (words, value) =>
    value === null || value === ""
      ? []
      : [el("p", { class: "hint" }, words), el("pre", { tabindex: 0 }, value)];
  const verdict = one.verdict.length ? one.verdict.join("\n") : "Discord would have taken this.";
  const body = one.body === null ? null : JSON.stringify(one.body, null, 2);
  return [
    el("p", { class: "hint" }, `Request ${one.number}, ${one.at}`),
    el("p", { class: "hint" }, `${one.method} ${one.path}`),
    ...part("Verdict", verdict),
    ...part("Body", body),
    ...part("Answer", tidy(one.answer)),
  ];
}

/**
 * Indented JSON; truncated or other text as it is.
 * @param {string} text
 */
function tidy(text) {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}
