// The bot's registered commands as lines that can be typed, and who is offered which.

import { guildOf, has, openChannel, permissionTitle, state } from "./state.js";

const SUBCOMMAND = 1;
const GROUP = 2;

/** Every line of the open channel's server: {line, description, options, needs}. */
export function lines() {
  const guild = guildOf(openChannel());
  const all = [...(state.commands.everywhere ?? []), ...(state.commands[guild?.id] ?? [])];
  return all.filter((one) => (one.type ?? 1) === 1).flatMap((one) => leaves(one, one.name, one.default_member_permissions));
}

function leaves(one, line, needs) {
  const inside = (one.options ?? []).filter((option) => option.type === SUBCOMMAND || option.type === GROUP);
  if (inside.length) return inside.flatMap((option) => leaves(option, `${line} ${option.name}`, needs));
  return [{ line, description: one.description, options: one.options ?? [], needs }];
}

/** Those that fit what was typed after the slash: first the same, then beginnings, then the rest. */
export function fitting(typed) {
  const wanted = typed.toLowerCase().trim();
  const rank = (line) => (line === wanted ? 0 : line.startsWith(wanted) ? 1 : line.includes(wanted) ? 2 : 3);
  return lines()
    .map((one) => ({ one, rank: rank(one.line) }))
    .filter((pair) => pair.rank < 3)
    .sort((a, b) => a.rank - b.rank)
    .map((pair) => pair.one);
}

/** The permission a person lacks for a command here, in words; null where Discord offers it. */
export function lacking(command) {
  const may = openChannel().people_may[state.person];
  if (command.needs === null || command.needs === undefined || has(may, "administrator")) return null;
  const needed = BigInt(command.needs);
  if (needed !== 0n && (BigInt(may) & needed) === needed) return null;
  const named = Object.keys(state.world.permissions).filter((name) => has(command.needs, name));
  return named.length ? named.map(permissionTitle).join(", ") : "Administrator";
}

/** What an option may be, where Discord offers a list: [{name, value}], or null for free text. */
export function offered(option) {
  if (option.choices?.length) return option.choices;
  if (option.type === 5) return [{ name: "True", value: true }, { name: "False", value: false }];
  if (option.type === 7) {
    const allowed = option.channel_types ?? [];
    const channels = guildOf(openChannel()).channels.filter((one) => !allowed.length || allowed.includes(one.type));
    return channels.map((one) => ({ name: `#${one.name}`, value: one.id }));
  }
  return null;
}
