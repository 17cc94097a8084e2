// The command line: "/" lists the commands; a chosen one asks for its options; Enter sends.

import { post } from "./api.js";
import { begunBy, fitting, givenIn, lacking, lines, signature } from "./commands.js";
import { el, fill, icon } from "./dom.js";
import { Field } from "./fields.js";
import { Listbox } from "./listbox.js";
import { settle } from "./outcome.js";
import {
  choosePerson,
  guildOf,
  has,
  holdsPosts,
  isDirect,
  notice,
  on,
  openChannel,
  state,
} from "./state.js";

let line;
let list;
let status;
let form;
let people;
let closed;
let command = null;
let begunIn = null; // the channel of the command that is being filled in
let fields = [];

export function startComposer(root) {
  list = new Listbox("Commands", (item) => begin(item.value, restOf(item.value)));
  line = el("input", {
    id: "line",
    type: "text",
    role: "combobox",
    autocomplete: "off",
    spellcheck: "false",
    enterkeyhint: "send",
    "aria-autocomplete": "list",
    "aria-label": "Command",
  });
  list.drivenBy(line);
  status = el("p", { class: "status", role: "status" });
  form = el("div", { class: "command", hidden: true });
  closed = el("p", { class: "closed", hidden: true });
  people = el("div", { class: "people", role: "group", "aria-label": "Act as" });
  line.addEventListener("input", suggest);
  line.addEventListener("focus", suggest);
  line.addEventListener("blur", () => list.hide());
  line.addEventListener("keydown", keys);
  root.append(list.node, el("div", { class: "who" }, people, status), line, form, closed);
  on("person", drawPeople);
  on("world", drawPeople);
  for (const kind of ["channel", "world", "person"]) on(kind, drawClosed);
  on("use", (wanted) => {
    const found = lines().find((one) => one.line === wanted);
    if (!found) return say(whyClosed() ?? `The bot has registered no /${wanted} here.`);
    leave();
    begin(found);
  });
  document.addEventListener("keydown", (event) => {
    if (
      event.key === "/" &&
      closed.hidden &&
      !event.target.closest("input, textarea, dialog, select")
    ) {
      event.preventDefault();
      leave();
      line.value = "/";
      line.focus();
      suggest();
    }
  });
}

function drawPeople() {
  const buttons = state.world.people.map((one) =>
    el(
      "button",
      {
        type: "button",
        "aria-pressed": String(one.name === state.person),
        "data-person": one.name,
        onclick: () => choosePerson(one.name),
      },
      one.global_name ?? one.name,
    ),
  );
  const held = people.contains(document.activeElement);
  fill(people, el("span", { class: "hint" }, "You are"), buttons);
  if (held) people.querySelector("[aria-pressed=true]")?.focus();
}

/** Where nobody can use a command, a sentence why stands in the place of the line. */
function drawClosed() {
  const why = whyClosed();
  if (command !== null && (why !== null || begunIn !== state.channel)) leave();
  closed.textContent = why ?? "";
  closed.hidden = why === null;
  line.hidden = why !== null || command !== null;
  line.placeholder = `Type / to use a command in #${openChannel()?.name}`;
  if (why !== null) list.hide();
}

function whyClosed() {
  const channel = openChannel();
  if (!channel) return "There is no channel.";
  if (isDirect(channel))
    return "Direct messages are only read here: commands are used in a server's channels.";
  if (!guildOf(channel).joined)
    return [
      `${state.world.bot.username} is not in this server, so there are no commands here.`,
      '"Invite it again" under Faults brings it back.',
    ].join(" ");
  if (holdsPosts(channel))
    return "Nobody writes into a forum itself: open one of its posts at the left.";
  if (channel.thread_metadata?.locked && !mayOpen(channel))
    return "This thread is locked: only who has Manage Threads can use commands here.";
  return null;
}

/** Whether the person may use commands in a locked thread. */
function mayOpen(channel) {
  const may = channel.people_may[state.person];
  return ["manage_threads", "administrator"].some(
    (name) => name in state.world.permissions && has(may, name),
  );
}

function suggest() {
  if (!line.value.startsWith("/")) return list.hide();
  const items = fitting(line.value.slice(1)).map((one) => {
    const needs = lacking(one);
    return {
      label: `/${one.line}`,
      more: signature(one),
      detail: one.description,
      note: needs ? `needs ${needs}` : null,
      value: one,
    };
  });
  list.show(items, items.length ? 0 : -1);
}

function keys(event) {
  if (event.key === "Enter" && line.value.trim()) {
    event.preventDefault();
    enter();
    return;
  }
  if (list.key(event)) return;
  if (event.key === "Tab" && list.open && !event.shiftKey) {
    event.preventDefault();
    list.choose();
  }
}

/** Begin what was typed; with its options typed too, send it. */
function enter() {
  const chosen = list.items[list.active]?.value ?? begunBy(line.value.replace(/^\//, ""))?.command;
  if (!line.value.startsWith("/")) say("Only commands are possible here: type / to see them.");
  else if (!chosen) say("The bot has registered no such command.");
  else begin(chosen, restOf(chosen), true);
}

/** What was typed after the name of a command. */
function restOf(chosen) {
  const begun = begunBy(line.value.slice(1));
  return begun?.command.line === chosen.line ? begun.rest : "";
}

function say(words) {
  status.textContent = words;
}

/** Ask for a command's options, the required ones first; `go`: send it if `rest` fills them. */
function begin(chosen, rest = "", go = false) {
  list.hide();
  say("");
  command = chosen;
  begunIn = state.channel;
  const { values, over } = givenIn(rest, chosen.options);
  fields = chosen.options.filter((one) => one.required || one.name in values).map(made);
  line.value = "";
  line.hidden = true;
  form.hidden = false;
  draw();
  for (const field of fields) field.set(values[field.option.name] ?? "");
  const { wrong } = given();
  (wrong?.field.input ?? fields[0]?.input ?? form.querySelector(".send")).focus();
  if (over) say(`/${chosen.line} has no option that takes "${over}".`);
  else if (go && rest) send();
}

function made(option) {
  return new Field(option, {
    send,
    leave,
    given: () => given().options,
    line: () => command.line,
    first: (field) => fields[0] === field,
  });
}

function draw() {
  const missing = command.options.filter((one) => !fields.some((field) => field.option === one));
  const adders = missing.map((option) =>
    el(
      "button",
      { type: "button", class: "adder", title: option.description, onclick: () => add(option) },
      `+ ${option.name}`,
    ),
  );
  fill(
    form,
    el("span", { class: "command-name", title: command.description }, `/${command.line}`),
    fields.map((field) => field.node),
    adders,
    el(
      "span",
      { class: "ends" },
      el(
        "button",
        {
          type: "button",
          class: "round send",
          "aria-label": `Send /${command.line}`,
          title: "Send (Enter)",
          onclick: send,
        },
        icon("send"),
      ),
      el(
        "button",
        {
          type: "button",
          class: "round",
          "aria-label": "Leave this command",
          title: "Leave (Escape)",
          onclick: leave,
        },
        icon("close"),
      ),
    ),
  );
  form.onkeydown = (event) => {
    if (event.key === "Escape" && !event.defaultPrevented) leave();
  };
}

function add(option) {
  const field = made(option);
  fields.push(field);
  draw();
  field.input.focus();
}

/** What is filled in, and the first field whose content cannot be sent. */
function given() {
  const options = {};
  let wrong = null;
  for (const field of fields) {
    const read = field.read();
    if (read.fault) wrong ??= { field, fault: read.fault };
    else if (read.value !== undefined) options[field.option.name] = read.value;
  }
  return { options, wrong };
}

async function send() {
  const { options, wrong } = given();
  if (wrong) {
    say(wrong.fault);
    wrong.field.blame();
    return;
  }
  const what = command.line;
  const where = { person: state.person, channel: state.channel, line: what, options };
  const lacks = lacking(command);
  leave();
  line.focus();
  say(`Sending /${what} …`);
  const outcome = await post("command", where);
  say("");
  if (outcome.state === "refused" && lacks) {
    notice(
      where.channel,
      `/${what}`,
      `Discord does not offer /${what} to you here: it needs ${lacks}.`,
    );
  } else {
    settle(outcome, where.channel, `/${what}`);
  }
}

function leave() {
  if (command === null) return;
  const held = form.contains(document.activeElement);
  command = null;
  fields = [];
  form.hidden = true;
  fill(form);
  drawClosed();
  if (held) line.focus();
}
