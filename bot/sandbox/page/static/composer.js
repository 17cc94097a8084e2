// The command line: "/" lists the commands; a chosen one asks for its options; Enter sends.

import { post } from "./api.js";
import { begunBy, fitting, givenIn, lacking, lines, signature, whyClosed } from "./commands.js";
import { el, fill, focusedIn, focusOn, icon } from "./dom.js";
import { Field } from "./fields.js";
import { combobox, Listbox } from "./listbox.js";
import { settle } from "./outcome.js";
import { choosePerson, notice, on, onEach, openChannel, state } from "./state.js";

/** @import { Line } from "./commands.js" */
/** @import { Choice, Option } from "./shapes" */

/** @type {HTMLInputElement} */
let line;
/** @type {Listbox<Line>} */
let list;
/** @type {HTMLElement} */
let status;
/** @type {HTMLElement} */
let form;
/** @type {HTMLElement} */
let people;
/** @type {HTMLElement} */
let closed;
/** @type {Line | null} */
let command = null; // the command being filled in
/** @type {string | null} */
let begunIn = null; // its channel
/** @type {Field[]} */
let fields = [];

/** @param {HTMLElement} root */
export function startComposer(root) {
  list = new Listbox("Commands", (item) => begin(item.value, restOf(item.value)));
  line = combobox({ id: "line", "aria-label": "Command" });
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
  onEach(["person", "world"], drawPeople);
  onEach(["channel", "world", "person"], drawClosed);
  on("use", use);
  document.addEventListener("keydown", beginBySlash);
}

/**
 * Begin the command with that line.
 * @param {string} wanted
 */
function use(wanted) {
  const found = lines().find((one) => one.line === wanted);
  if (!found) return say(whyClosed() ?? `The bot has registered no /${wanted} here.`);
  leave();
  begin(found);
}

/**
 * A slash pressed outside any input goes into the command line.
 * @param {KeyboardEvent} event
 */
function beginBySlash(event) {
  if (event.key !== "/" || !closed.hidden || isTyped(event.target)) return;
  event.preventDefault();
  leave();
  line.value = "/";
  line.focus();
  suggest();
}

/** @param {EventTarget | null} target */
function isTyped(target) {
  return target instanceof Element && target.closest("input, textarea, dialog, select") !== null;
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
  const held = focusedIn(people);
  fill(people, el("span", { class: "hint" }, "You are"), buttons);
  if (held) focusOn(people, "[aria-pressed=true]");
}

/** If nobody can use a command here, a sentence with the reason replaces the line. */
function drawClosed() {
  const why = whyClosed();
  if (command !== null && (why !== null || begunIn !== state.channel)) leave();
  closed.textContent = why ?? "";
  closed.hidden = why === null;
  line.hidden = why !== null || command !== null;
  line.placeholder = `Type / to use a command in #${openChannel()?.name}`;
  if (why !== null) list.hide();
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

/** @param {KeyboardEvent} event */
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

/** Begin the typed command; if its options are typed too, send it. */
function enter() {
  const chosen = list.items[list.active]?.value ?? begunBy(line.value.replace(/^\//, ""))?.command;
  if (!line.value.startsWith("/")) say("Only commands are possible here: type / to see them.");
  else if (!chosen) say("The bot has registered no such command.");
  else begin(chosen, restOf(chosen), true);
}

/**
 * The text typed after the name of a command.
 * @param {Line} chosen
 */
function restOf(chosen) {
  const begun = begunBy(line.value.slice(1));
  return begun?.command.line === chosen.line ? begun.rest : "";
}

/** @param {string} words */
function say(words) {
  status.textContent = words;
}

/**
 * Ask for a command's options, the required ones first; `go`: send it if `rest` fills them.
 * @param {Line} chosen
 */
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
  const first = wrong?.field ?? fields[0];
  if (first) first.input.focus();
  else focusOn(form, ".send");
  if (over) say(`/${chosen.line} has no option that takes "${over}".`);
  else if (go && rest) send();
}

/** @param {Option} option */
function made(option) {
  return new Field(option, {
    send,
    leave,
    given: () => given().options,
    line: () => command?.line ?? "",
    first: (field) => fields[0] === field,
  });
}

function draw() {
  if (command === null) return;
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

/** @param {Option} option */
function add(option) {
  const field = made(option);
  fields.push(field);
  draw();
  field.input.focus();
}

/** The filled-in values, and the first field whose content cannot be sent. */
function given() {
  /** @type {Record<string, Choice["value"]>} */
  const options = {};
  /** @type {{ field: Field, fault: string } | null} */
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
  if (command === null || state.channel === null) return;
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
  const held = focusedIn(form);
  command = null;
  fields = [];
  form.hidden = true;
  fill(form);
  drawClosed();
  if (held) line.focus();
}
