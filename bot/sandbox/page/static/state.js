// The page's state: the server changes it through `take`, other modules listen through `on`.

/** @import { Events } from "./events" */
/** @import { Change, Channel, Message } from "./shapes" */
/** @import { NextDigests, Notice, Snapshot, World } from "./shapes" */

/**
 * `Events` has the listeners' types; a map cannot express them.
 * @type {Map<keyof Events, ((data: any) => void)[]>}
 */
const listeners = new Map();
let notices = 0;

/** The state before the sandbox has sent anything. */
const EMPTY_WORLD = {
  bot: { id: "", username: "", global_name: null, bot: true },
  people: [],
  permissions: {},
  guilds: [],
  directs: [],
};

/**
 * @typedef {object} State
 * @property {Map<string, Channel>} channels By id.
 * @property {Map<string, Map<string, Message>>} messages By channel's id, then by message's id,
 *   oldest first.
 * @property {Notice[]} notices What only this page shows.
 * @property {NextDigests} next
 * @property {string} person The name of the person as whom the page acts.
 * @property {string | null} channel The id of the open channel.
 * @property {Set<string>} dismissed The ids of messages that the person does not want to see.
 */

/** @type {State & Omit<Snapshot, "messages">} */
export const state = {
  world: EMPTY_WORLD,
  commands: {},
  channels: new Map(),
  messages: new Map(),
  notices: [],
  next: {},
  status: { online: false, lead: null },
  log: [],
  faults: [],
  kinds: [],
  pictures: false,
  closed: [],
  person: remembered("person") ?? "moderator",
  channel: remembered("channel"),
  dismissed: new Set(JSON.parse(remembered("dismissed") ?? "[]")),
};

/** Discord's words for an action that the bot has not answered. */
export const NO_RESPONSE = "The application did not respond";

/** @type {(keyof Events)[]} */
const TOLD_AT_FIRST = ["world", "channel", "commands", "messages", "status", "faults", "log"];
const LOGGED = 300;
const DIRECT = 1;
const HOLDING_POSTS = [15, 16];
/** How many messages of a channel are kept, and how many are fetched at a time. */
export const KEPT = 400;
export const PAGE = 100;

/**
 * Listen to a kind of event from now on.
 * @template {keyof Events} Kind
 * @param {Kind} kind
 * @param {(data: Events[Kind]) => void} listener
 */
export function on(kind, listener) {
  listeners.set(kind, [...(listeners.get(kind) ?? []), listener]);
}

/**
 * Listen to several kinds of events with a listener that need not know which one it was.
 * @param {(keyof Events)[]} kinds
 * @param {() => void} listener
 */
export function onEach(kinds, listener) {
  for (const kind of kinds) on(kind, listener);
}

/**
 * @template {keyof Events} Kind
 * @param {Kind} kind
 * @param {Events[Kind]} [data]
 */
export function emit(kind, data) {
  for (const listener of listeners.get(kind) ?? []) listener(data);
}

/** @param {string} name */
export function remembered(name) {
  try {
    return sessionStorage.getItem(name);
  } catch {
    return null;
  }
}

/**
 * @param {string} name
 * @param {string} value
 */
export function remember(name, value) {
  try {
    sessionStorage.setItem(name, value);
  } catch {
    // a browser that stores nothing still shows everything
  }
}

/**
 * Apply changes in the order in which they happened.
 * @param {Change[]} changes
 */
export function take(changes) {
  for (const change of changes) {
    const taken = /** @type {((change: Change) => void) | undefined} */ (TAKEN[change.type]);
    taken?.(change);
  }
}

/** @type {{ [Type in Change["type"]]: (change: Extract<Change, { type: Type }>) => void }} */
const TAKEN = {
  state(all) {
    state.messages = new Map();
    for (const [channel, list] of Object.entries(all.messages)) {
      state.messages.set(channel, byId(list));
    }
    state.commands = all.commands;
    state.status = all.status;
    state.pictures = all.pictures;
    state.log = all.log;
    state.kinds = all.kinds;
    state.faults = all.faults;
    state.closed = all.closed;
    setWorld(all.world);
    for (const kind of TOLD_AT_FIRST) emit(kind);
  },
  world(change) {
    const before = state.channel;
    setWorld(change.world);
    emit("world");
    emit("channel");
    if (state.channel !== before) emit("messages");
  },
  commands(change) {
    state.commands = change.commands;
    emit("commands");
  },
  message({ message }) {
    const channel = message.channel_id;
    const known = state.messages.get(channel) ?? new Map();
    state.messages.set(channel, known);
    known.set(message.id, message);
    if (known.size > KEPT) forgetFirst(known);
    emit("message", message);
  },
  gone(change) {
    state.messages.get(change.channel)?.delete(change.id);
    emit("gone", change);
  },
  status(change) {
    state.status = change.status;
    emit("status");
  },
  log({ entry }) {
    state.log.push(entry);
    if (state.log.length > LOGGED) state.log.shift();
    emit("entry", entry);
  },
  faults(change) {
    state.faults = change.faults;
    emit("faults");
  },
  closed(change) {
    state.closed = change.closed;
    emit("person");
  },
  pictures(change) {
    state.pictures = change.pictures;
    emit("pictures");
  },
};

/** @param {World} world */
function setWorld(world) {
  state.world = world;
  const all = [...world.guilds.flatMap((guild) => guild.channels), ...world.directs];
  state.channels = new Map(all.map((one) => [one.id, one]));
  if (!openChannel()) state.channel = firstChannel();
}

/** The channel to open: one with something in it. */
function firstChannel() {
  const all = [...state.channels.values()].filter((one) => !isDirect(one)).map((one) => one.id);
  return all.find((id) => state.messages.get(id)?.size) ?? all[0] ?? null;
}

/**
 * Remove the first entry of a map, which is the oldest.
 * @template Key
 * @param {Map<Key, unknown>} map
 */
export function forgetFirst(map) {
  for (const key of map.keys()) {
    map.delete(key);
    return;
  }
}

/** @param {string} name */
export function choosePerson(name) {
  state.person = name;
  remember("person", name);
  const open = openChannel();
  if (open && isDirect(open)) chooseChannel(firstChannel()); // nobody else can read those
  emit("person");
}

/** @param {string | null} id */
export function chooseChannel(id) {
  state.channel = id;
  remember("channel", id ?? "");
  emit("channel");
  emit("messages");
}

/** @param {string} id */
export function dismiss(id) {
  state.dismissed.add(id);
  remember("dismissed", JSON.stringify([...state.dismissed]));
  state.notices = state.notices.filter((one) => one.id !== id);
  emit("gone", { id });
}

/** @param {string} id */
export const dismissed = (id) => state.dismissed.has(id);

/**
 * Show a notice that only this page knows; it stays below the message that is the newest now.
 * @param {string} channel
 * @param {string} line
 * @param {string} text
 */
export function notice(channel, line, text) {
  notices += 1;
  const after = [...(state.messages.get(channel)?.keys() ?? [])].at(-1) ?? "0";
  const one = { id: `notice-${notices}`, channel, person: state.person, line, text, after };
  state.notices.push(one);
  emit("notice", one);
}

/**
 * Add messages older than the known ones.
 * @param {string} channel
 * @param {Message[]} list
 */
export function keepOlder(channel, list) {
  const known = state.messages.get(channel) ?? new Map();
  state.messages.set(channel, new Map([...byId(list), ...known]));
}

/** @param {Message[]} list */
const byId = (list) => new Map(list.map((one) => [one.id, one]));

/**
 * Drop a message that is no longer shown.
 * @param {string} channel
 * @param {string} id
 */
export function forget(channel, id) {
  state.messages.get(channel)?.delete(id);
}

/** The person as whom the page acts. */
export const me = () =>
  state.world.people.find((one) => one.name === state.person) ?? state.world.people[0];

/** The open channel; undefined if there is none, as before the sandbox has sent anything. */
export const openChannel = () => state.channels.get(state.channel ?? "");

/**
 * The name of a role, in any server.
 * @param {string} id
 */
export function roleName(id) {
  const roles = state.world.guilds.flatMap((guild) => guild.roles);
  return roles.find((one) => one.id === id)?.name ?? "deleted-role";
}

/**
 * Whether a channel is for direct messages.
 * @param {Channel} channel
 */
export const isDirect = (channel) => channel.type === DIRECT;

/**
 * Whether a channel holds only posts, which are threads: a forum or a media channel.
 * @param {Channel} channel
 */
export const holdsPosts = (channel) => HOLDING_POSTS.includes(channel.type);

/**
 * The server of a channel; undefined for direct messages.
 * @param {Channel | undefined} channel
 */
export const guildOf = (channel) => state.world.guilds.find((one) => one.id === channel?.guild_id);

/**
 * Whether a bit set (a string) has a permission.
 * @param {string} bits
 * @param {string} name
 */
export function has(bits, name) {
  const bit = BigInt(state.world.permissions[name]);
  return (BigInt(bits) & bit) === bit;
}

/**
 * Words for a permission's name: "manage_channels" is Manage Channels.
 * @param {string} name
 */
export function permissionTitle(name) {
  const words = name.replace("guild", "server").split("_");
  return words
    .map((word) => (word === "in" ? word : word[0].toUpperCase() + word.slice(1)))
    .join(" ");
}

/** The sandbox's time as a Date, or null if it has no clock. */
export function now() {
  return state.status.lead === null ? null : new Date(Date.now() + state.status.lead * 1000);
}
