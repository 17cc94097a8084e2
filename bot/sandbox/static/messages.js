// The list of messages of the open channel: made once each, and made anew when they change.

import { get } from "./api.js";
import { components } from "./components.js";
import { el, fill, icon, oncePerFrame } from "./dom.js";
import { embed } from "./embeds.js";
import { markdown } from "./markdown.js";
import { KEPT, dismiss, me, on, openChannel, state, takeOlder } from "./state.js";
import { dayOf, shortTime } from "./times.js";

const SUPPRESSED = 1 << 2;
const EPHEMERAL = 1 << 6;
const LOADING = 1 << 7;
const TOKEN_LIFE = 15 * 60 * 1000;
const EPOCH = 1420070400000n;
const NEAR = 120;
const PAGE = 100;
const FORUM = 15;

const AT_ONCE = 12;
const FEW = 4;

let root;
let waiting = []; // those of the open channel that are not drawn yet, oldest first
let framesToEnd = 0;
const shown = new Map(); // message's id -> {node, message}
const fresh = new Map(); // message's id -> what it is like since the last frame

export function startMessages(list) {
  root = list;
  on("messages", redraw);
  on("person", redraw);
  on("message", (message) => message.channel_id === state.channel && take(message));
  on("notice", (one) => one.channel === state.channel && keepAtEnd(() => root.append(noticeNode(one))));
  on("gone", ({ id }) => remove(id));
  setInterval(refreshOverdue, 20000);
}

function redraw() {
  const channel = openChannel();
  if (!channel) return;
  root.setAttribute("aria-busy", "true");
  root.setAttribute("aria-label", `Messages in ${channel.name}`);
  shown.clear();
  fresh.clear();
  const messages = [...(state.messages.get(channel.id)?.values() ?? [])].filter(visible);
  const notices = state.notices.filter((one) => one.channel === channel.id && one.person === state.person);
  const newest = messages.splice(-AT_ONCE).map(made);
  fill(root, olderButton(channel), newest.length ? null : empty(channel), newest, notices.map(noticeNode));
  toEnd();
  root.removeAttribute("aria-busy");
  waiting = messages;
  if (waiting.length) requestIdleCallback(drawSome, { timeout: 500 });
}

/** Draw more of the messages above, a few at a time, so that no key or click waits for them. */
function drawSome() {
  const nodes = waiting.splice(-FEW).map(made);
  keepAtEnd(() => root.querySelector(".message")?.before(...nodes));
  if (waiting.length) requestIdleCallback(drawSome, { timeout: 500 });
}

/** Only the person who got an ephemeral message sees it, and only until they dismiss it. */
function visible(message) {
  if (state.dismissed.has(message.id)) return false;
  return !(message.flags & EPHEMERAL) || message.interaction_metadata?.user.id === me().id;
}

function take(message) {
  const later = waiting.findIndex((one) => one.id === message.id);
  if (later >= 0) waiting[later] = message;
  if (later >= 0 || !visible(message)) return;
  fresh.set(message.id, message);
  if (fresh.size > KEPT) fresh.delete(fresh.keys().next().value); // a page out of sight gets no frames
  drawFresh();
}

const drawFresh = oncePerFrame(() => {
  keepAtEnd(() => {
    for (const message of fresh.values()) place(message);
    fresh.clear();
    root.querySelector(".empty")?.remove();
  });
});

function place(message) {
  const old = shown.get(message.id)?.node;
  const held = old?.contains(document.activeElement) ? document.activeElement.dataset.customId : null;
  const node = made(message);
  if (old) old.replaceWith(node);
  else root.append(node);
  if (held !== null) (node.querySelector(`[data-custom-id="${CSS.escape(held)}"]`) ?? root).focus();
}

/** Forget the oldest while the newest are read: what is drawn must not grow without end. */
function forgetOldest() {
  const old = [...root.querySelectorAll(":scope > .message")].slice(0, -KEPT);
  for (const node of old) {
    shown.delete(node.dataset.id);
    node.remove();
  }
}

function remove(id) {
  waiting = waiting.filter((one) => one.id !== id);
  fresh.delete(id);
  shown.get(id)?.node.remove();
  shown.delete(id);
  document.getElementById(id)?.remove();
}

function made(message) {
  const node = render(message);
  shown.set(message.id, { node, message });
  return node;
}

/** A change, after which who read the newest still does. */
function keepAtEnd(change) {
  const near = root.scrollHeight - root.scrollTop - root.clientHeight < NEAR;
  change();
  if (!near) return;
  forgetOldest();
  toEnd();
}

/** Go to the end; what comes into view there gets its real height only then, so go on a little. */
function toEnd() {
  root.scrollTop = root.scrollHeight;
  framesToEnd = 5;
  goOn();
}

const goOn = oncePerFrame(() => {
  root.scrollTop = root.scrollHeight;
  framesToEnd -= 1;
  if (framesToEnd) goOn();
});

function render(message) {
  const hidden = message.flags & EPHEMERAL;
  const node = el(
    "li",
    { class: hidden ? "message ephemeral" : "message", "data-id": message.id },
    el("div", { class: "face", "aria-hidden": "true" }, message.author.bot ? icon("news") : message.author.username[0]),
    el("div", { class: "content" }, origin(message), head(message), words(message), embeds(message), components(message), hidden ? onlyYou(message) : null),
    hidden ? null : tools(message),
  );
  return node;
}

function origin(message) {
  const cause = message.interaction_metadata;
  if (!cause || message.type !== 20) return null;
  return el("div", { class: "origin" }, `${cause.user.global_name ?? cause.user.username} used a command`);
}

function head(message) {
  return el(
    "div",
    { class: "head" },
    el("span", { class: "author" }, message.author.global_name ?? message.author.username),
    message.author.bot ? el("span", { class: "badge" }, "App") : null,
    el("time", { datetime: message.timestamp, title: dayOf(message.timestamp) }, shortTime(message.timestamp)),
  );
}

function words(message) {
  if (message.flags & LOADING) return thinking(message);
  const edited = message.edited_timestamp ? el("span", { class: "edited", title: shortTime(message.edited_timestamp) }, "(edited)") : null;
  if (!message.content) return edited;
  return el("div", { class: "marked" }, markdown(message.content), edited);
}

function thinking(message) {
  if (overdue(message)) return el("p", { class: "complaint" }, "The application did not respond");
  return el("p", { class: "thinking" }, el("span", { class: "dots", "aria-hidden": "true" }), `${message.author.username} is thinking…`);
}

function overdue(message) {
  const made = Number((BigInt(message.id) >> 22n) + EPOCH);
  return Boolean(message.flags & LOADING) && Date.now() - made > TOKEN_LIFE;
}

function refreshOverdue() {
  for (const { message } of [...shown.values()]) if (overdue(message)) take(message);
}

function embeds(message) {
  return message.flags & SUPPRESSED ? null : message.embeds.map(embed);
}

function onlyYou(message) {
  return el("p", { class: "only-you" }, icon("eye"), "Only you can see this • ", el("button", { type: "button", class: "plain", onclick: () => dismiss(message.id) }, "Dismiss message"));
}

function tools(message) {
  const query = new URLSearchParams({ channel: message.channel_id, message: message.id });
  return el("div", { class: "tools" }, el("a", { class: "round", href: `/page/body?${query}`, download: "", "aria-label": "Save as its JSON body", title: "Save as its JSON body" }, icon("save")));
}

function noticeNode(one) {
  return el(
    "li",
    { class: "message ephemeral notice", id: one.id },
    el("div", { class: "face", "aria-hidden": "true" }, "!"),
    el(
      "div",
      { class: "content" },
      el("div", { class: "origin" }, one.line),
      el("p", { class: "complaint" }, one.text),
      el("p", { class: "only-you" }, icon("eye"), "Only you can see this • ", el("button", { type: "button", class: "plain", onclick: () => dismiss(one.id) }, "Dismiss message")),
    ),
  );
}

function empty(channel) {
  const words = channel.type === FORUM ? "A forum holds posts: they are listed below it at the left." : `Nothing has been posted in ${channel.name} yet.`;
  return el("li", { class: "empty" }, words);
}

function olderButton(channel) {
  const known = [...(state.messages.get(channel.id)?.values() ?? [])];
  const first = known.find((one) => !(one.flags & EPHEMERAL));
  if (known.length < PAGE) return null;
  const more = async () => {
    const found = await get("messages", { channel: channel.id, before: first.id });
    if (found?.length) takeOlder(channel.id, found);
    else node.remove();
  };
  const node = el("li", { class: "older" }, el("button", { type: "button", class: "act secondary", onclick: more }, "Older messages"));
  return node;
}
