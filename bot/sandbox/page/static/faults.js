// The faults' tab: what can go wrong, and under "Advanced" the bot's requests, its connection, its
// place in a server, and channels.

import { el } from "./dom.js";
import { requestsPart } from "./faultform.js";
import { part, sayer } from "./part.js";
import { presetsPart } from "./presets.js";
import { guildOf, isDirect, on, openChannel, remember, remembered, state } from "./state.js";

/** @import { Guild } from "./shapes" */

const VOICE = [2, 13]; // channels and stages, which have no threads
const KINDS = [
  ["text", "Text channel"],
  ["announcement", "Announcement channel"],
  ["voice", "Voice channel"],
  ["stage", "Stage"],
  ["forum", "Forum"],
  ["media", "Media channel"],
  ["thread", "Thread or post below this channel"],
];

// How to break the connection: the button's label, the sandbox's word, and the outcome.
const BREAKS = [
  ["Drop it", "drop", "The connection was closed with 4000."],
  ["Ask to reconnect", "reconnect", "The bot was asked to reconnect."],
  ["Invalid session, resumable", "resume", "The session was called invalid, but resumable."],
  [
    "Invalid session, new",
    "identify",
    "The session was called invalid: the bot must identify again.",
  ],
];

/**
 * `already`: why there is nothing to do in a server; null if there is something.
 * @type {{ words: string, way: string, style: string, done: string,
 *   already: (guild: Guild) => string | null }[]}
 */
const SERVER_ACTS = [
  {
    words: "Outage",
    way: "outage",
    style: "secondary",
    done: "the outage has begun.",
    already: (guild) => (guild.available ? null : "There is an outage already."),
  },
  {
    words: "End the outage",
    way: "restore",
    style: "secondary",
    done: "the outage is over.",
    already: (guild) => (guild.available ? "There is no outage to end." : null),
  },
  {
    words: "Remove the bot",
    way: "remove",
    style: "danger",
    done: "the bot was removed.",
    already: (guild) => (guild.joined ? null : "The bot is not in this server."),
  },
  {
    words: "Invite it again",
    way: "invite",
    style: "secondary",
    done: "the bot is back.",
    already: (guild) => (guild.joined ? "The bot is in this server already." : null),
  },
];

export function faultsTab() {
  const advanced = el(
    "details",
    { class: "advanced", open: remembered("advanced") === "true" },
    el("summary", {}, "Advanced"),
    requestsPart(),
    connection(),
    place(),
    channels(),
  );
  advanced.addEventListener("toggle", () => remember("advanced", String(advanced.open)));
  return [presetsPart(), advanced];
}

function connection() {
  const { said, act } = sayer();
  const buttons = BREAKS.map(([words, way, done]) => {
    const use = () => {
      if (!state.status.online) said.textContent = "The bot is not connected.";
      else act("gateway", { do: way }, `${done} The Log tab shows how the bot comes back.`);
    };
    return el("button", { type: "button", class: "act secondary", onclick: use }, words);
  });
  return part("Break the connection", el("div", { class: "buttons" }, buttons), said);
}

/** Each action on the open channel's server, or a sentence why there is none. */
function place() {
  const { said, act } = sayer();
  const buttons = SERVER_ACTS.map(({ words, way, style, done, already }) => {
    const use = () => {
      const guild = guildOf(openChannel());
      if (!guild) said.textContent = "There is not a channel open.";
      else if (already(guild)) said.textContent = already(guild);
      else act("server", { do: way, guild: guild.id }, `${guild.name}: ${done}`);
    };
    return el("button", { type: "button", class: `act ${style}`, onclick: use }, words);
  });
  return part("Break the server", el("div", { class: "buttons" }, buttons), said);
}

function channels() {
  const { said, act } = sayer();
  const name = el("input", {
    type: "text",
    id: "channel-name",
    "aria-label": "Name of a new channel",
    placeholder: "new-channel",
  });
  const kind = el(
    "select",
    { id: "channel-kind", "aria-label": "Kind of a new channel" },
    KINDS.map(([value, words]) => el("option", { value }, words)),
  );
  const remove = () => {
    const channel = openChannel();
    if (channel && isDirect(channel))
      said.textContent = "Direct messages are no channel of a server.";
    else if (channel)
      act("channel", { do: "delete", channel: channel.id }, `#${channel.name} was deleted.`);
  };
  const create = () => {
    const where = kind.value === "thread" ? above() : home();
    if (where === null) {
      said.textContent = "There can be no threads here.";
      return;
    }
    act(
      "channel",
      { do: "create", kind: kind.value, name: name.value, ...where },
      `Created: ${name.value}.`,
    );
    name.value = "";
    enable();
  };
  const button = el(
    "button",
    { type: "button", class: "act secondary", onclick: create },
    "Create a channel",
  );
  const enable = () => {
    button.disabled = !name.value.trim();
  };
  name.addEventListener("input", enable);
  enable();
  const removal = el(
    "button",
    { type: "button", class: "act danger", onclick: remove },
    "Delete this channel",
  );
  on("channel", () => {
    removal.title = `Delete #${openChannel()?.name}`;
  });
  return part(
    "Channels",
    el("div", { class: "grid" }, name, kind),
    el("div", { class: "buttons" }, button, removal),
    said,
  );
}

/** The server for a new channel. */
const home = () => ({ guild: (guildOf(openChannel()) ?? state.world.guilds[0]).id });

/** The parent channel for a new thread; null if there is none. */
function above() {
  const channel = openChannel();
  if (!channel || isDirect(channel) || VOICE.includes(channel.type)) return null;
  return { parent: channel.thread_metadata ? channel.parent_id : channel.id };
}
