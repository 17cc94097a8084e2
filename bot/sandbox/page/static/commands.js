// The bot's registered commands as lines to type, and which person is offered which.

import {
  guildOf,
  has,
  holdsPosts,
  isDirect,
  openChannel,
  permissionTitle,
  state,
} from "./state.js";

/** @import { Channel, Choice, Option } from "./shapes" */

const SUBCOMMAND = 1;
const GROUP = 2;

/**
 * A command as it is typed, with its subcommands.
 * @typedef {object} Line
 * @property {string} line
 * @property {string} description
 * @property {Option[]} options
 * @property {string | null | undefined} needs The permissions that Discord asks for, as bits.
 */

/** Every line of the open channel's server. */
export function lines() {
  const guild = guildOf(openChannel());
  if (!guild?.joined) return [];
  const all = [...(state.commands.everywhere ?? []), ...(state.commands[guild.id] ?? [])];
  return all
    .filter((one) => (one.type ?? 1) === 1)
    .flatMap((one) => leaves(one, one.name, one.default_member_permissions));
}

/**
 * @param {{ description: string, options?: Option[] }} one
 * @param {string} line
 * @param {string | null | undefined} needs
 * @returns {Line[]}
 */
function leaves(one, line, needs) {
  const inside = (one.options ?? []).filter(
    (option) => option.type === SUBCOMMAND || option.type === GROUP,
  );
  if (inside.length)
    return inside.flatMap((option) => leaves(option, `${line} ${option.name}`, needs));
  return [{ line, description: one.description, options: one.options ?? [], needs }];
}

/**
 * The lines that match the text after the slash: the one it completes, beginnings, the rest.
 * @param {string} typed
 */
export function fitting(typed) {
  const wanted = typed.toLowerCase().trim();
  const begun = begunBy(typed)?.command.line;
  /** @param {Line} one */
  const rank = ({ line }) =>
    line === begun ? 0 : line.startsWith(wanted) ? 1 : line.includes(wanted) ? 2 : 3;
  return lines()
    .map((one) => ({ one, rank: rank(one) }))
    .filter((pair) => pair.rank < 3)
    .sort((a, b) => a.rank - b.rank)
    .map((pair) => pair.one);
}

/**
 * The command that a text begins with, and the rest of the text; null if there is none.
 * @param {string} typed
 */
export function begunBy(typed) {
  const text = typed.trimStart();
  /** @param {Line} one */
  const isBegun = ({ line }) => `${text.toLowerCase()} `.startsWith(`${line} `);
  const command = lines()
    .filter(isBegun)
    .sort((a, b) => b.line.length - a.line.length)[0];
  return command ? { command, rest: text.slice(command.line.length).trim() } : null;
}

/**
 * The options in a text: {values: by name, over: the text that no option takes}.
 * @param {string} text
 * @param {Option[]} options
 */
export function givenIn(text, options) {
  const names = options.map((one) => one.name).join("|");
  const [free, ...pairs] = names
    ? text.split(new RegExp(`(?:^|\\s+)(${names}):\\s*`, "i"))
    : [text];
  /** @type {Record<string, string>} */
  const values = {};
  for (let at = 0; at < pairs.length; at += 2)
    values[pairs[at].toLowerCase()] = pairs[at + 1].trim();
  const first = options.find((one) => !(one.name in values));
  if (free.trim() && first) values[first.name] = free.trim();
  return { values, over: first ? "" : free.trim() };
}

/**
 * The options as people read them: "topic [channel]".
 * @param {Line} command
 */
export function signature(command) {
  return command.options.map((one) => (one.required ? one.name : `[${one.name}]`)).join(" ");
}

/**
 * The permission a person lacks for a command here, in words; null if Discord offers it.
 * @param {Line} command
 */
export function lacking(command) {
  const may = openChannel()?.people_may[state.person] ?? "0";
  if (command.needs === null || command.needs === undefined || has(may, "administrator"))
    return null;
  const needed = BigInt(command.needs);
  if (needed !== 0n && (BigInt(may) & needed) === needed) return null;
  const { needs } = command;
  const named = Object.keys(state.world.permissions).filter((name) => has(needs, name));
  return named.length ? named.map(permissionTitle).join(", ") : "Administrator";
}

/**
 * The values of an option if Discord offers a list: [{name, value}], or null for free text.
 * @param {Option} option
 * @returns {Choice[] | null}
 */
export function offered(option) {
  if (option.choices?.length) return option.choices;
  if (option.type === 5)
    return [
      { name: "True", value: true },
      { name: "False", value: false },
    ];
  if (option.type === 7) {
    const allowed = option.channel_types ?? [];
    const channels = (guildOf(openChannel())?.channels ?? []).filter(
      (one) => !allowed.length || allowed.includes(one.type),
    );
    return channels.map((one) => ({ name: `#${one.name}`, value: one.id }));
  }
  return null;
}

/** A sentence why nobody can use a command in the open channel; null if they can. */
export function whyClosed() {
  const channel = openChannel();
  if (!channel) return "There is not a channel.";
  if (isDirect(channel))
    return "Direct messages are only read here: commands are used in a server's channels.";
  if (!guildOf(channel)?.joined)
    return [
      `${state.world.bot.username} is not in this server, so there are no commands here.`,
      '"Invite it again" under Faults, Advanced brings it back.',
    ].join(" ");
  if (holdsPosts(channel))
    return "Nobody writes into a forum itself: open one of its posts at the left.";
  if (channel.thread_metadata?.locked && !mayOpen(channel))
    return "This thread is locked: only who has Manage Threads can use commands here.";
  return null;
}

/**
 * Whether the person may use commands in a locked thread.
 * @param {Channel} channel
 */
function mayOpen(channel) {
  const may = channel.people_may[state.person];
  return ["manage_threads", "administrator"].some(
    (name) => name in state.world.permissions && has(may, name),
  );
}
