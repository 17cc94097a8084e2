// Servers and channels on the left, threads and forum posts below their channel.

import { el, fill, focusedIn, focusOn, icon } from "./dom.js";
import { chooseChannel, has, holdsPosts, on, onEach, state } from "./state.js";

/** @import { Channel, Guild } from "./shapes" */

/** @type {Record<number, [string, string]>} */
const KINDS = {
  0: ["text", "Text channel"],
  1: ["direct", "Direct messages"],
  5: ["news", "Announcement channel"],
  15: ["forum", "Forum"],
  16: ["forum", "Media channel"],
  2: ["voice", "Voice channel"],
  13: ["voice", "Stage"],
  10: ["thread", "Thread"],
  11: ["thread", "Thread"],
};
/** @type {Set<string>} */
const unread = new Set();

/** @type {HTMLElement} */
let root;

/** @param {Channel} channel */
export const kindOf = (channel) => KINDS[channel.type] ?? KINDS[0];

/**
 * @param {HTMLElement} nav
 * @param {() => void} chosen
 */
export function startSidebar(nav, chosen) {
  root = nav;
  const draw = () => redraw(chosen);
  onEach(["world", "channel", "person"], draw);
  on("message", (message) => {
    if (message.channel_id === state.channel || unread.has(message.channel_id)) return;
    unread.add(message.channel_id);
    draw();
  });
}

/** @param {() => void} chosen */
function redraw(chosen) {
  if (state.channel) unread.delete(state.channel);
  const held = focusedIn(root)?.dataset.channel;
  fill(
    root,
    el("p", { class: "brand" }, icon("news"), "Sandbox"),
    directs(chosen),
    state.world.guilds.map((guild) => server(guild, chosen)),
  );
  if (held) focusOn(root, `[data-channel="${held}"]`);
}

/** @param {Channel} channel */
const isSeen = (channel) => has(channel.people_may[state.person] ?? "0", "view_channel");

/**
 * The bot's direct messages to the person; null if there are none.
 * @param {() => void} chosen
 */
function directs(chosen) {
  const mine = state.world.directs.filter(isSeen).map((one) => entry(one, chosen));
  return mine.length
    ? el("section", {}, el("h2", {}, "Direct messages"), el("ul", {}, mine))
    : null;
}

/**
 * @param {Guild} guild
 * @param {() => void} chosen
 */
function server(guild, chosen) {
  const visible = guild.channels.filter(isSeen);
  const top = visible.filter((one) => !visible.some((other) => other.id === one.parent_id));
  const items = top.flatMap((one) => [
    entry(one, chosen),
    ...visible
      .filter((below) => below.parent_id === one.id)
      .map((below) => entry(below, chosen, one)),
  ]);
  const words = !guild.joined ? " (without the bot)" : guild.available ? null : " (outage)";
  const gone = words ? el("span", { class: "gone" }, words) : null;
  return el("section", {}, el("h2", {}, guild.name, gone), el("ul", {}, items));
}

/**
 * A word for a thread that accepts no messages in its state.
 * @param {Channel} channel
 */
function closed(channel) {
  const { locked, archived } = channel.thread_metadata ?? {};
  const word = locked ? "locked" : archived ? "archived" : null;
  return word ? el("span", { class: "state" }, word) : null;
}

/**
 * @param {Channel} channel
 * @param {() => void} chosen
 * @param {Channel | null} parent
 */
function entry(channel, chosen, parent = null) {
  const [name, words] = kindOf(channel);
  const here = channel.id === state.channel;
  const choose = () => {
    chooseChannel(channel.id);
    chosen();
  };
  const kind = parent && holdsPosts(parent) ? "Post" : words;
  return el(
    "li",
    { class: parent ? "below" : null },
    el(
      "button",
      {
        type: "button",
        class: unread.has(channel.id) ? "channel unread" : "channel",
        "data-channel": channel.id,
        "aria-current": here ? "page" : null,
        title: kind,
        onclick: choose,
      },
      icon(name),
      el("span", {}, channel.name),
      closed(channel),
      el("span", { class: "unseen" }, ` ${kind}${unread.has(channel.id) ? ", unread" : ""}`),
    ),
  );
}
