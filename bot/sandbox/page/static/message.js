// One message, or a notice that only this page shows, as in the list.

import { components } from "./components.js";
import { el, icon } from "./dom.js";
import { embed } from "./embeds.js";
import { markdown } from "./markdown.js";
import { dismiss, NO_RESPONSE, roleName } from "./state.js";
import { dayOf, shortTime } from "./times.js";

/** @import { Message, Notice } from "./shapes" */

const CROSSPOSTED = 1 << 0;
const SUPPRESSED = 1 << 2;
export const EPHEMERAL = 1 << 6;
const LOADING = 1 << 7;
const TOKEN_LIFE = 15 * 60 * 1000;
const EPOCH = 1420070400000n;
const GOES_ON = ["P", "OL", "UL", "LI", "BLOCKQUOTE"]; // a text may end inside these

/** @param {Message} message */
export function render(message) {
  const hidden = message.flags & EPHEMERAL;
  return el(
    "li",
    { class: hidden ? "message ephemeral" : "message", "data-id": message.id },
    el(
      "div",
      { class: "face", "aria-hidden": "true" },
      message.author.bot ? icon("news") : message.author.username[0],
    ),
    el(
      "div",
      { class: "content" },
      origin(message),
      head(message),
      words(message),
      embeds(message),
      components(message),
      hidden ? onlyYou(message.id) : null,
    ),
    hidden ? null : tools(message),
  );
}

/**
 * A notice that only this page knows, such as a missing answer.
 * @param {Notice} one
 */
export function renderNotice(one) {
  return el(
    "li",
    { class: "message ephemeral notice", "data-id": one.id },
    el("div", { class: "face", "aria-hidden": "true" }, "!"),
    el(
      "div",
      { class: "content" },
      el("div", { class: "origin" }, one.line),
      el("p", { class: "complaint" }, one.text),
      onlyYou(one.id),
    ),
  );
}

/**
 * Whether the bot's time to follow up has passed.
 * @param {Message} message
 */
export function overdue(message) {
  const made = Number((BigInt(message.id) >> 22n) + EPOCH);
  return Boolean(message.flags & LOADING) && Date.now() - made > TOKEN_LIFE;
}

/** @param {Message} message */
function origin(message) {
  const cause = message.interaction_metadata;
  if (!cause || message.type !== 20) return null;
  const what = message.command ? `/${message.command}` : "a command";
  return el(
    "div",
    { class: "origin" },
    `${cause.user.global_name ?? cause.user.username} used ${what}`,
  );
}

/** @param {Message} message */
function head(message) {
  return el(
    "div",
    { class: "head" },
    el("span", { class: "author" }, message.author.global_name ?? message.author.username),
    message.author.bot ? el("span", { class: "badge" }, "App") : null,
    el(
      "time",
      { datetime: message.timestamp, title: dayOf(message.timestamp) },
      shortTime(message.timestamp),
    ),
    message.mention_roles?.map((id) => el("span", { class: "pinged" }, `Pinged @${roleName(id)}`)),
    message.flags & CROSSPOSTED ? el("span", { class: "published" }, "Published") : null,
  );
}

/** @param {Message} message */
function words(message) {
  if (message.flags & LOADING) return thinking(message);
  const edited = message.edited_timestamp
    ? el("span", { class: "edited", title: shortTime(message.edited_timestamp) }, "(edited)")
    : null;
  if (!message.content) return edited;
  const text = el("div", { class: "marked" }, markdown(message.content));
  if (edited) endOf(text).append(" ", edited);
  return text;
}

/**
 * The element that holds the last line of a text.
 * @param {Element} node
 * @returns {Element}
 */
function endOf(node) {
  const inner = node.lastElementChild;
  return inner && GOES_ON.includes(inner.tagName) ? endOf(inner) : node;
}

/** @param {Message} message */
function thinking(message) {
  if (overdue(message)) return el("p", { class: "complaint" }, NO_RESPONSE);
  return el(
    "p",
    { class: "thinking" },
    el("span", { class: "dots", "aria-hidden": "true" }),
    `${message.author.username} is thinking…`,
  );
}

/** @param {Message} message */
function embeds(message) {
  return message.flags & SUPPRESSED ? null : message.embeds.map(embed);
}

/** @param {string} id */
function onlyYou(id) {
  return el(
    "p",
    { class: "only-you" },
    icon("eye"),
    "Only you can see this • ",
    el("button", { type: "button", class: "plain", onclick: () => dismiss(id) }, "Dismiss message"),
  );
}

/** @param {Message} message */
function tools(message) {
  const query = new URLSearchParams({ channel: message.channel_id, message: message.id });
  return el(
    "div",
    { class: "tools" },
    el(
      "a",
      {
        class: "round",
        href: `/page/body?${query}`,
        download: "",
        "aria-label": "Save as its JSON body",
        title: "Save as its JSON body",
      },
      icon("save"),
    ),
  );
}
