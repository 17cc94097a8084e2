// The command line: "/" lists the commands; a chosen one asks for its options; Enter sends.

import { post } from "./api.js";
import { fitting, lacking, lines } from "./commands.js";
import { settle } from "./components.js";
import { el, fill, icon } from "./dom.js";
import { Field } from "./fields.js";
import { Listbox } from "./listbox.js";
import { choosePerson, notice, on, openChannel, state } from "./state.js";

let line, list, status, form, people;
let command = null;
let fields = [];

export function startComposer(root) {
  list = new Listbox("Commands", (item) => begin(item.value));
  line = el("input", { id: "line", type: "text", role: "combobox", autocomplete: "off", spellcheck: "false", enterkeyhint: "send", "aria-autocomplete": "list", "aria-label": "Command" });
  list.drivenBy(line);
  status = el("p", { class: "status", role: "status" });
  form = el("div", { class: "command", hidden: true });
  people = el("div", { class: "people", role: "group", "aria-label": "Act as" });
  line.addEventListener("input", suggest);
  line.addEventListener("focus", suggest);
  line.addEventListener("blur", () => list.hide());
  line.addEventListener("keydown", keys);
  root.append(list.node, el("div", { class: "who" }, people, status), line, form);
  on("person", drawPeople);
  on("world", drawPeople);
  on("channel", leave);
  on("use", (wanted) => {
    const found = lines().find((one) => one.line === wanted);
    if (!found) return say(`The bot has registered no /${wanted} here.`);
    leave();
    begin(found);
  });
  on("channel", () => (line.placeholder = `Type / to use a command in #${openChannel()?.name}`));
  document.addEventListener("keydown", (event) => {
    if (event.key === "/" && !event.target.closest("input, textarea, dialog, select")) {
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
    el("button", { type: "button", "aria-pressed": String(one.name === state.person), "data-person": one.name, onclick: () => choosePerson(one.name) }, one.global_name ?? one.name),
  );
  const held = people.contains(document.activeElement);
  fill(people, el("span", { class: "hint" }, "You are"), buttons);
  if (held) people.querySelector("[aria-pressed=true]")?.focus();
}

function suggest() {
  if (!line.value.startsWith("/")) return list.hide();
  const items = fitting(line.value.slice(1)).map((one) => {
    const needs = lacking(one);
    return { label: `/${one.line}`, detail: one.description, note: needs ? `needs ${needs}` : null, value: one };
  });
  list.show(items, items.length ? 0 : -1);
}

function keys(event) {
  if (list.key(event)) return;
  if (event.key === "Tab" && list.open && !event.shiftKey) {
    event.preventDefault();
    list.choose();
  } else if (event.key === "Enter" && line.value.trim()) {
    event.preventDefault();
    say(line.value.startsWith("/") ? "The bot has registered no such command." : "Only commands are possible here: type / to see them.");
  }
}

function say(words) {
  status.textContent = words;
}

/** Ask for the options of a command, the required ones first. */
function begin(chosen) {
  list.hide();
  say("");
  command = chosen;
  fields = chosen.options.filter((one) => one.required).map(made);
  line.value = "";
  line.hidden = true;
  form.hidden = false;
  draw();
  (fields[0]?.input ?? form.querySelector(".send")).focus();
}

function made(option) {
  return new Field(option, { send, leave, given: () => given().options, line: () => command.line, first: (field) => fields[0] === field });
}

function draw() {
  const missing = command.options.filter((one) => !fields.some((field) => field.option === one));
  const adders = missing.map((option) =>
    el("button", { type: "button", class: "adder", title: option.description, onclick: () => add(option) }, `+ ${option.name}`),
  );
  fill(
    form,
    el("span", { class: "command-name", title: command.description }, `/${command.line}`),
    fields.map((field) => field.node),
    adders,
    el("span", { class: "ends" }, el("button", { type: "button", class: "round send", "aria-label": `Send /${command.line}`, title: "Send (Enter)", onclick: send }, icon("send")), el("button", { type: "button", class: "round", "aria-label": "Leave this command", title: "Leave (Escape)", onclick: leave }, icon("close"))),
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
    notice(where.channel, `/${what}`, `Discord does not offer /${what} to you here: it needs ${lacks}.`);
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
  line.hidden = false;
  if (held) line.focus();
}
