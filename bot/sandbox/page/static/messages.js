// The list of messages of the open channel: each is drawn once, and again when it changes.

import { get } from "./api.js";
import { el, fill, focusedIn, focusOn, oncePerFrame } from "./dom.js";
import { refreshMoments } from "./markdown.js";
import { EPHEMERAL, overdue, render, renderNotice } from "./message.js";
import { kindOf } from "./sidebar.js";
import {
  dismissed,
  forget,
  forgetFirst,
  holdsPosts,
  isDirect,
  KEPT,
  keepOlder,
  me,
  on,
  onEach,
  openChannel,
  PAGE,
  state,
} from "./state.js";
import { View } from "./view.js";

/** @import { Channel, Message, Notice } from "./shapes" */

const AT_ONCE = 12;
const FEW = 4;

/** @typedef {Message | Notice} Item */

/** @type {HTMLElement} */
let root;
/** @type {View} */
let view;
/** @type {HTMLElement} */
let older; // the button above the messages
let begins = true; // whether there are no older messages than these
/** @type {Item[]} */
let waiting = []; // messages of the open channel that are not drawn yet, oldest first
let opened = false; // whether a channel has been shown
let mine = false; // whether a message since the last frame answers the person
/** @type {Map<string, { node: HTMLElement, item: Item }>} By id. */
const shown = new Map();
/** @type {Map<string, Message>} What is new since the last frame, by id. */
const fresh = new Map();

/** @param {HTMLElement} list */
export function startMessages(list) {
  root = list;
  view = new View(list);
  older = el(
    "li",
    { class: "older" },
    el("button", { type: "button", class: "act secondary", onclick: fetchOlder }, "Older messages"),
  );
  onEach(["messages", "person"], redraw);
  on("message", (message) => message.channel_id === state.channel && take(message));
  on("notice", (one) => one.channel === state.channel && takeNotice(one));
  on("gone", ({ id }) => remove(id));
  on("status", () => refreshMoments(root));
  on("clock", () => {
    const channel = openChannel();
    if (channel) root.querySelector(".empty")?.replaceWith(empty(channel));
  });
  setInterval(refreshOverdue, 20000);
}

function redraw() {
  const channel = openChannel();
  if (!channel) return;
  root.setAttribute("aria-busy", "true");
  root.setAttribute("aria-label", `Messages in ${channel.name}`);
  shown.clear();
  fresh.clear();
  waiting = [];
  const all = inOrder(channel.id);
  const last = all.splice(-AT_ONCE);
  const nodes = last.map(made);
  begins = (state.messages.get(channel.id)?.size ?? 0) < PAGE;
  older.hidden = begins;
  fill(root, older, nodes.length ? nodes : empty(channel));
  // the page opens at the newest digest, whatever answers are below it
  const first = opened ? -1 : last.findLastIndex((one) => !isForOne(one));
  opened = true;
  view.toNewest(nodes.at(first) ?? null);
  root.removeAttribute("aria-busy");
  draw(all);
}

/**
 * What the person sees in a channel; each notice is below the message that was the newest then.
 * @param {string} channel
 */
function inOrder(channel) {
  const notices = state.notices.filter(
    (one) => one.channel === channel && one.person === state.person,
  );
  /** @type {Item[]} */
  const all = [];
  for (const message of state.messages.get(channel)?.values() ?? []) {
    const above = notices.findIndex((one) => isBefore(message.id, one.after));
    all.push(...notices.splice(0, above < 0 ? notices.length : above));
    if (visible(message)) all.push(message);
  }
  return [...all, ...notices];
}

/**
 * Whether a message is the same as another, or older.
 * @param {string} id
 * @param {string} other
 */
const isBefore = (id, other) => BigInt(id) <= BigInt(other);

/**
 * Draw these above the drawn ones, a few at a time, so that no key or click waits for them.
 * @param {Item[]} items
 */
function draw(items) {
  const idle = waiting.length === 0;
  waiting = [...items, ...waiting];
  if (idle && waiting.length) requestIdleCallback(drawSome, { timeout: 500 });
}

function drawSome() {
  if (!waiting.length) return;
  const nodes = waiting.splice(-FEW).map(made);
  const addAbove = () => {
    older.after(...nodes);
    older.hidden = begins && !waiting.length;
  };
  if (view.isAtNewest()) keepAtNewest(addAbove);
  else view.keepPlace(addAbove);
  if (waiting.length) requestIdleCallback(drawSome, { timeout: 500 });
}

/**
 * Only the person who got an ephemeral message sees it, and only until they dismiss it.
 * @param {Message} message
 */
function visible(message) {
  if (dismissed(message.id)) return false;
  return !isForOne(message) || isAnswer(message);
}

/**
 * Whether only one person sees something.
 * @param {Item} item
 */
const isForOne = (item) => "after" in item || Boolean(item.flags & EPHEMERAL);

/**
 * Whether a message answers an action of the person.
 * @param {Message} message
 */
function isAnswer(message) {
  return message.interaction_metadata?.user.id === me().id;
}

/** @param {Message} message */
function take(message) {
  const later = waiting.findIndex((one) => one.id === message.id);
  if (later >= 0) waiting[later] = message;
  if (later >= 0 || !visible(message)) return;
  mine ||= isAnswer(message) && !shown.has(message.id);
  fresh.set(message.id, message);
  // a hidden page gets no frames
  if (fresh.size > KEPT) forgetFirst(fresh);
  drawFresh();
}

/** @param {Notice} one */
function takeNotice(one) {
  drawFresh.now(); // earlier messages go above it
  root.querySelector(".empty")?.remove();
  root.append(made(one));
  view.toNewest(null);
}

const drawFresh = oncePerFrame(() => {
  const jump = mine;
  mine = false;
  if (!fresh.size) return;
  // of a few new messages the first is read from its beginning, of many the last are followed
  const first = [...fresh.keys()].find((id) => !shown.has(id));
  const isFew = fresh.size <= FEW;
  keepAtNewest(() => {
    for (const message of fresh.values()) place(message);
    fresh.clear();
    root.querySelector(".empty")?.remove();
    if (first) view.newest = (isFew && shown.get(first)?.node) || null;
  }, jump);
});

/** @param {Message} message */
function place(message) {
  const old = shown.get(message.id)?.node;
  const held = old && focusedIn(old);
  const node = made(message);
  if (old) old.replaceWith(node);
  else root.append(node);
  view.replaced(old, node);
  if (!held) return;
  const same = `[data-custom-id="${CSS.escape(held.dataset.customId ?? "")}"]`;
  if (!focusOn(node, same) && !focusOn(node, "[data-custom-id]")) root.focus();
}

/** Drop the oldest while the newest are in view: the drawn messages must not grow without end. */
function forgetOldest() {
  const old = [...root.querySelectorAll(":scope > .message")].slice(0, -KEPT);
  for (const node of old) {
    const id = node.getAttribute("data-id") ?? "";
    shown.delete(id);
    if (state.channel) forget(state.channel, id);
    node.remove();
  }
  if (!old.length) return;
  begins = false;
  older.hidden = false;
}

/** @param {string} id */
function remove(id) {
  waiting = waiting.filter((one) => one.id !== id);
  fresh.delete(id);
  const node = shown.get(id)?.node;
  view.replaced(node, null);
  node?.remove();
  shown.delete(id);
}

/** @param {Item} item */
function made(item) {
  const node = "after" in item ? renderNotice(item) : render(item);
  shown.set(item.id, { node, item });
  return node;
}

/**
 * Make a change and stay at the newest messages if they were in view; `jump`: go there anyway.
 * @param {() => void} change
 */
function keepAtNewest(change, jump = false) {
  const near = jump || view.isAtNewest();
  change();
  if (!near) return;
  forgetOldest();
  view.toNewest(view.newest);
}

function refreshOverdue() {
  for (const { item } of [...shown.values()]) if (!("after" in item) && overdue(item)) take(item);
  refreshMoments(root);
}

/** @param {Channel} channel */
function empty(channel) {
  return el("li", { class: "empty" }, emptyWords(channel));
}

/**
 * If a channel has a next digest but no message, it was followed before the sandbox started.
 * @param {Channel} channel
 */
function emptyWords(channel) {
  if (holdsPosts(channel)) {
    const kind = kindOf(channel)[1].toLowerCase();
    return `A ${kind} holds posts: they are listed below it at the left.`;
  }
  if (isDirect(channel)) return "The bot has written nothing to you yet.";
  const forgotten = state.next[channel.id] ? " The sandbox keeps no messages between starts." : "";
  return `Nothing has been posted in #${channel.name} yet.${forgotten}`;
}

/** Show the messages before the oldest one, above it. */
async function fetchOlder() {
  if (waiting.length || older.getAttribute("aria-busy")) return;
  older.setAttribute("aria-busy", "true");
  const channel = state.channel ?? "";
  const known = [...(state.messages.get(channel)?.values() ?? [])];
  const first = known.find((one) => !(one.flags & EPHEMERAL));
  const found = first && (await get("messages", { channel, before: first.id }));
  older.removeAttribute("aria-busy");
  if (!found) return;
  keepOlder(channel, found);
  if (channel !== state.channel) return;
  begins = found.length < PAGE;
  if (!found.length) older.hidden = true;
  draw(found);
}
