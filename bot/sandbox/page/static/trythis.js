// A short list of things to try, which ticks itself off.

import { el, fill } from "./dom.js";
import { part } from "./part.js";
import { chooseChannel, emit, has, isDirect, on, remember, remembered, state } from "./state.js";

/** @import { Child } from "./dom.js" */

const WATCHED = ["view_channel", "send_messages", "embed_links"];

/** @type {[string, () => Child[]][]} */
const STEPS = [
  ["subscribe", () => ["Let another channel follow a topic: ", begin("subscribe")]],
  ["day", () => ["Press ", el("b", {}, "Next day"), ": the next digest comes."]],
  [
    "take",
    () => [
      "Take a permission from the bot under ",
      tab("faults"),
      ", then press ",
      el("b", {}, "Next day"),
      ": the reason appears below.",
    ],
  ],
  ["give", () => ["Give the permission back: the next digest comes again."]],
  [
    "why",
    () => [
      "Choose a story in ",
      el("b", {}, "All sources"),
      " below a digest, and ask ",
      el("b", {}, "Why?"),
    ],
  ],
];

// All of it outlives a reload of the page.
/** @type {Set<string>} */
const done = new Set(kept("tried") ?? []);
/**
 * What each channel let the bot do at first, by the channel's id.
 * @type {Map<string, string>}
 */
const allowed = new Map(kept("allowed") ?? []);
/** @type {string[] | null} */
let followed = kept("followed"); // the channels that waited for a digest at first

export function tryThisPart() {
  const list = el("ol", { class: "steps" });
  const draw = () => fill(list, STEPS.map(drawn));
  /** @param {string} id */
  const tick = (id) => {
    if (done.has(id)) return;
    done.add(id);
    keep("tried", [...done]);
    draw();
  };
  draw();
  on("clock", () => {
    const now = Object.keys(state.next);
    if (followed === null) keep("followed", now);
    followed ??= now;
    if (now.some((id) => !followed?.includes(id))) tick("subscribe");
  });
  on("moved", (came) => came.some((one) => one.stories > 0) && tick("day"));
  on("world", () => {
    if (isSomeTaken()) tick("take");
    else if (done.has("take")) tick("give");
  });
  on("pressed", (label) => /\bwhy\b/i.test(label) && tick("why"));
  return part("Try this", list);
}

/**
 * What was kept under a name, or null.
 * @param {string} name
 */
function kept(name) {
  return JSON.parse(remembered(name) ?? "null");
}

/**
 * @param {string} name
 * @param {object} value
 */
function keep(name, value) {
  remember(name, JSON.stringify(value));
}

/** Whether the bot may less in some channel than at first. */
function isSomeTaken() {
  const channels = [...state.channels.values()].filter((one) => !isDirect(one));
  const fresh = channels.filter(({ id }) => !allowed.has(id));
  for (const { id, bot_may } of fresh) allowed.set(id, bot_may);
  if (fresh.length) keep("allowed", [...allowed]);
  return channels.some(({ id, bot_may }) =>
    WATCHED.some((name) => has(allowed.get(id) ?? "0", name) && !has(bot_may, name)),
  );
}

/** @param {[string, () => Child[]]} step */
function drawn([id, words]) {
  const is = done.has(id);
  return el(
    "li",
    { class: is ? "done" : null, "data-step": id },
    el("span", { class: "mark", "aria-hidden": "true" }, is ? "✓" : ""),
    el("span", {}, words(), is ? el("span", { class: "unseen" }, " Done.") : null),
  );
}

/**
 * A button that begins a command in a channel without a digest.
 * @param {string} line
 */
function begin(line) {
  const use = () => {
    const free = [...state.channels.values()].find(
      (one) => one.type === 0 && !(one.id in state.next),
    );
    if (free) chooseChannel(free.id);
    emit("use", line);
  };
  return el("button", { type: "button", class: "plain", onclick: use }, `/${line}`);
}

/**
 * A button that opens a tab of the controls.
 * @param {string} id
 */
function tab(id) {
  const name = id[0].toUpperCase() + id.slice(1);
  const open = () => emit("tab", id);
  return el("button", { type: "button", class: "plain", onclick: open }, name);
}
