// What the page knows: told by the server through `take`, heard of by parts through `on`.

const listeners = new Map();
let notices = 0;

export const state = {
  world: null,
  commands: {},
  channels: new Map(), // by id
  messages: new Map(), // by channel's id, then by message's id, oldest first
  notices: [], // what only this page shows: {id, channel, person, line, text, after}
  next: {}, // when the next digest comes, by channel's id
  status: { online: false, lead: null },
  log: [],
  faults: [],
  kinds: [],
  pictures: false,
  closed: [], // names of those who take no direct messages
  person: remembered("person") ?? "moderator",
  channel: remembered("channel"),
  dismissed: new Set(JSON.parse(remembered("dismissed") ?? "[]")),
};

/** What Discord says of an act that the bot has not answered. */
export const NO_RESPONSE = "The application did not respond";

const LOGGED = 300;
const DIRECT = 1;
const HOLDING_POSTS = [15, 16];
/** Messages of a channel that are kept, and that come at a time. */
export const KEPT = 400;
export const PAGE = 100;

export function on(kind, listener) {
  if (!listeners.has(kind)) listeners.set(kind, []);
  listeners.get(kind).push(listener);
}

export function emit(kind, data) {
  for (const listener of listeners.get(kind) ?? []) listener(data);
}

export function remembered(name) {
  try {
    return sessionStorage.getItem(name);
  } catch {
    return null;
  }
}

export function remember(name, value) {
  try {
    sessionStorage.setItem(name, value);
  } catch {
    // a browser that keeps nothing still shows everything
  }
}

/** Take changes in the order in which they happened. */
export function take(changes) {
  for (const change of changes) TAKEN[change.type]?.(change);
}

const TAKEN = {
  state(all) {
    state.messages = new Map();
    for (const [channel, list] of Object.entries(all.messages)) {
      state.messages.set(channel, new Map(list.map((one) => [one.id, one])));
    }
    state.commands = all.commands;
    state.status = all.status;
    state.pictures = Boolean(all.pictures);
    state.log = all.log ?? [];
    state.kinds = all.kinds ?? [];
    state.faults = all.faults ?? [];
    state.closed = all.closed ?? [];
    setWorld(all.world);
    for (const kind of ["world", "channel", "commands", "messages", "status", "faults", "log"])
      emit(kind);
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
    if (!state.messages.has(channel)) state.messages.set(channel, new Map());
    const known = state.messages.get(channel);
    known.set(message.id, message);
    if (known.size > KEPT) known.delete(known.keys().next().value);
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

function setWorld(world) {
  state.world = world;
  const all = [...world.guilds.flatMap((guild) => guild.channels), ...world.directs];
  state.channels = new Map(all.map((one) => [one.id, one]));
  if (!state.channels.has(state.channel)) state.channel = firstChannel();
}

/** The channel to open: one with something in it. */
function firstChannel() {
  const all = [...state.channels.values()].filter((one) => !isDirect(one)).map((one) => one.id);
  return all.find((id) => state.messages.get(id)?.size) ?? all[0] ?? null;
}

export function choosePerson(name) {
  state.person = name;
  remember("person", name);
  const open = openChannel();
  if (open && isDirect(open)) chooseChannel(firstChannel()); // nobody else reads those
  emit("person");
}

export function chooseChannel(id) {
  state.channel = id;
  remember("channel", id);
  emit("channel");
  emit("messages");
}

export function dismiss(id) {
  state.dismissed.add(id);
  remember("dismissed", JSON.stringify([...state.dismissed]));
  state.notices = state.notices.filter((one) => one.id !== id);
  emit("gone", { channel: state.channel, id });
}

export const dismissed = (id) => state.dismissed.has(id);

/** Show something that only this page knows; it stays below the message that is the newest now. */
export function notice(channel, line, text) {
  notices += 1;
  const after = [...(state.messages.get(channel)?.keys() ?? [])].at(-1) ?? "0";
  const one = { id: `notice-${notices}`, channel, person: state.person, line, text, after };
  state.notices.push(one);
  emit("notice", one);
}

/** Add messages from before those that are known. */
export function keepOlder(channel, list) {
  const known = state.messages.get(channel) ?? new Map();
  state.messages.set(channel, new Map([...list.map((one) => [one.id, one]), ...known]));
}

/** Forget a message that is not shown any more. */
export function forget(channel, id) {
  state.messages.get(channel)?.delete(id);
}

export const me = () => state.world.people.find((one) => one.name === state.person);

export const openChannel = () => state.channels.get(state.channel);

/** What a role is called, in whichever server it is. */
export function roleName(id) {
  const roles = state.world.guilds.flatMap((guild) => guild.roles);
  return roles.find((one) => one.id === id)?.name ?? "deleted-role";
}

/** Whether the bot writes to one person there. */
export const isDirect = (channel) => channel.type === DIRECT;

/** Whether nothing is in a channel but posts, each a thread: a forum or a media channel. */
export const holdsPosts = (channel) => HOLDING_POSTS.includes(channel.type);

export const guildOf = (channel) => state.world.guilds.find((one) => one.id === channel?.guild_id);

/** Whether a bit set (a string) has a permission. */
export function has(bits, name) {
  const bit = BigInt(state.world.permissions[name]);
  return (BigInt(bits) & bit) === bit;
}

/** Words for a permission's name: "manage_channels" is Manage Channels. */
export function permissionTitle(name) {
  const words = name.replace("guild", "server").split("_");
  return words
    .map((word) => (word === "in" ? word : word[0].toUpperCase() + word.slice(1)))
    .join(" ");
}

/** The sandbox's time as a Date, or null where it has no clock. */
export function now() {
  return state.status.lead === null ? null : new Date(Date.now() + state.status.lead * 1000);
}
