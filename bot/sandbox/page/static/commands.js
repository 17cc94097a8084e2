// The bot's registered commands as lines that can be typed, and who is offered which.

import { guildOf, has, openChannel, permissionTitle, state } from "./state.js";

const SUBCOMMAND = 1;
const GROUP = 2;

/** Every line of the open channel's server: {line, description, options, needs}. */
export function lines() {
  const guild = guildOf(openChannel());
  if (!guild?.joined) return [];
  const all = [...(state.commands.everywhere ?? []), ...(state.commands[guild?.id] ?? [])];
  return all
    .filter((one) => (one.type ?? 1) === 1)
    .flatMap((one) => leaves(one, one.name, one.default_member_permissions));
}

function leaves(one, line, needs) {
  const inside = (one.options ?? []).filter(
    (option) => option.type === SUBCOMMAND || option.type === GROUP,
  );
  if (inside.length)
    return inside.flatMap((option) => leaves(option, `${line} ${option.name}`, needs));
  return [{ line, description: one.description, options: one.options ?? [], needs }];
}

/** Those that fit what was typed after the slash: the one that it begins, beginnings, the rest. */
export function fitting(typed) {
  const wanted = typed.toLowerCase().trim();
  const begun = begunBy(typed)?.command.line;
  const rank = ({ line }) =>
    line === begun ? 0 : line.startsWith(wanted) ? 1 : line.includes(wanted) ? 2 : 3;
  return lines()
    .map((one) => ({ one, rank: rank(one) }))
    .filter((pair) => pair.rank < 3)
    .sort((a, b) => a.rank - b.rank)
    .map((pair) => pair.one);
}

/** The command that a text begins with, and the rest of the text; null where there is none. */
export function begunBy(typed) {
  const text = typed.trimStart();
  const isBegun = ({ line }) => `${text.toLowerCase()} `.startsWith(`${line} `);
  const command = lines()
    .filter(isBegun)
    .sort((a, b) => b.line.length - a.line.length)[0];
  return command ? { command, rest: text.slice(command.line.length).trim() } : null;
}

/** What a text gives for the options: {values: by name, over: what no option takes}. */
export function givenIn(text, options) {
  const names = options.map((one) => one.name).join("|");
  const [free, ...pairs] = names
    ? text.split(new RegExp(`(?:^|\\s+)(${names}):\\s*`, "i"))
    : [text];
  const values = {};
  for (let at = 0; at < pairs.length; at += 2)
    values[pairs[at].toLowerCase()] = pairs[at + 1].trim();
  const first = options.find((one) => !(one.name in values));
  if (free.trim() && first) values[first.name] = free.trim();
  return { values, over: first ? "" : free.trim() };
}

/** The options as a person reads them: "topic [channel]". */
export function signature(command) {
  return command.options.map((one) => (one.required ? one.name : `[${one.name}]`)).join(" ");
}

/** The permission a person lacks for a command here, in words; null where Discord offers it. */
export function lacking(command) {
  const may = openChannel().people_may[state.person];
  if (command.needs === null || command.needs === undefined || has(may, "administrator"))
    return null;
  const needed = BigInt(command.needs);
  if (needed !== 0n && (BigInt(may) & needed) === needed) return null;
  const named = Object.keys(state.world.permissions).filter((name) => has(command.needs, name));
  return named.length ? named.map(permissionTitle).join(", ") : "Administrator";
}

/** What an option may be, where Discord offers a list: [{name, value}], or null for free text. */
export function offered(option) {
  if (option.choices?.length) return option.choices;
  if (option.type === 5)
    return [
      { name: "True", value: true },
      { name: "False", value: false },
    ];
  if (option.type === 7) {
    const allowed = option.channel_types ?? [];
    const channels = guildOf(openChannel()).channels.filter(
      (one) => !allowed.length || allowed.includes(one.type),
    );
    return channels.map((one) => ({ name: `#${one.name}`, value: one.id }));
  }
  return null;
}
