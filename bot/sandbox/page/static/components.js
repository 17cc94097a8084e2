// The components under a message: buttons, links and selects, and what pressing them does.

import { post } from "./api.js";
import { el, fill, icon } from "./dom.js";
import { Listbox } from "./listbox.js";
import { settle } from "./outcome.js";
import { emit, guildOf, has, state } from "./state.js";

/** @import { Button, Emoji, EntitySelect, Message } from "./shapes" */
/** @import { MessageComponent, Select, SelectOption } from "./shapes" */

/** @type {Record<number, string>} */
const STYLE = { 1: "primary", 2: "secondary", 3: "success", 4: "danger", 5: "link" };
const BUTTON = 2;
const STRING_SELECT = 3;
const ROLE_SELECT = 6;
const CHANNEL_SELECT = 8;

/** @param {Message} message */
export function components(message) {
  const rows = message.components.map((row) =>
    el(
      "div",
      { class: "component-row" },
      row.components.map((one) => component(message, one)),
    ),
  );
  return rows.length ? el("div", { class: "components" }, rows) : null;
}

/**
 * @param {Message} message
 * @param {MessageComponent} one
 */
function component(message, one) {
  if (one.type === BUTTON) return one.style === 5 ? linkButton(one) : button(message, one);
  if (one.type === STRING_SELECT) return select(message, one);
  if (one.type === ROLE_SELECT || one.type === CHANNEL_SELECT) return entitySelect(message, one);
  return el("span", { class: "option-note" }, `A component of type ${one.type}`);
}

/**
 * A label with its emoji; a server's own emoji has only a name here.
 * @param {{ emoji?: Emoji, label?: string }} one
 */
function named({ emoji, label }) {
  const sign = emoji?.id ? `:${emoji.name}:` : emoji?.name;
  return [sign, label].filter(Boolean).join(" ");
}

/** @param {Button} one */
function linkButton(one) {
  return el(
    "a",
    { class: "act link", href: one.url, target: "_blank", rel: "noopener noreferrer" },
    named(one),
    icon("open"),
  );
}

/**
 * @param {Message} message
 * @param {Button} one
 */
function button(message, one) {
  const label = named(one);
  const node = el(
    "button",
    {
      type: "button",
      class: `act ${STYLE[one.style] ?? "secondary"}`,
      disabled: one.disabled,
      "data-custom-id": one.custom_id,
    },
    label,
  );
  node.addEventListener("click", () =>
    use(node, message, "press", { custom_id: one.custom_id }, label),
  );
  return node;
}

/**
 * Do something with a message; meanwhile the element shows it and ignores a second press.
 * @param {HTMLElement} node
 * @param {Message} message
 * @param {"press" | "choose"} path
 * @param {object} more
 * @param {string} label
 */
async function use(node, message, path, more, label) {
  if (node.getAttribute("aria-busy") === "true") return;
  node.setAttribute("aria-busy", "true");
  const where = { person: state.person, channel: message.channel_id, message: message.id };
  const outcome = await post(path, { ...where, ...more });
  node.removeAttribute("aria-busy");
  if (outcome.state === "answered" || outcome.state === "pending") emit("pressed", label);
  settle(outcome, message.channel_id, label);
}

/**
 * A select of the server's roles, or of those of its channels that the person sees.
 * @param {Message} message
 * @param {EntitySelect} one
 */
function entitySelect(message, one) {
  const guild = guildOf(state.channels.get(message.channel_id));
  const chosen = new Set(one.default_values?.map(({ id }) => id));
  const offered =
    one.type === ROLE_SELECT
      ? (guild?.roles ?? []).map(({ id, name }) => ({ value: id, label: withSign("@", name) }))
      : (guild?.channels ?? [])
          .filter((channel) => one.channel_types?.includes(channel.type) ?? true)
          .filter((channel) => has(channel.people_may[state.person], "view_channel"))
          .map(({ id, name }) => ({ value: id, label: withSign("#", name) }));
  const options = offered.map((option) => ({ ...option, default: chosen.has(option.value) }));
  return select(message, { ...one, type: STRING_SELECT, options });
}

/**
 * @param {string} sign
 * @param {string} name
 */
const withSign = (sign, name) => (name.startsWith(sign) ? name : `${sign}${name}`);

/**
 * @param {Message} message
 * @param {Select} one
 */
function select(message, one) {
  const several = (one.max_values ?? 1) > 1;
  const chosen = new Set(
    one.options.filter((option) => option.default).map((option) => option.value),
  );
  let changed = false;
  const node = el("div", { class: "select" });
  const label = one.placeholder ?? "Choose";
  const words = el("span", {});
  const opener = el(
    "button",
    {
      type: "button",
      class: "select-button",
      "aria-haspopup": "listbox",
      disabled: one.disabled,
      "data-custom-id": one.custom_id,
    },
    words,
    el("span", { class: "arrow", "aria-hidden": "true" }, "▾"),
  );
  const list = new Listbox(label, (item) => pick(item.value));
  list.drivenBy(opener);
  const draw = () => {
    const labels = one.options.filter((option) => chosen.has(option.value)).map(named);
    const told = labels.join(", ");
    const nameless = told !== "" && !told.startsWith(label);
    fill(words, nameless ? el("span", { class: "unseen" }, `${label}: `) : null, told || label);
    opener.classList.toggle("filled", labels.length > 0);
    sender.disabled = chosen.size < (one.min_values ?? 1) || chosen.size > (one.max_values ?? 1);
  };
  /** @param {string[]} values */
  const send = (values) => {
    list.hide();
    use(opener, message, "choose", { custom_id: one.custom_id, values }, label);
  };
  const sender = el(
    "button",
    { type: "button", class: "act secondary", onclick: () => send([...chosen]) },
    "Send choice",
  );
  /** @param {number} active */
  const show = (active) => {
    list.show(
      one.options.map((option) => shown(option, chosen)),
      active,
    );
    makeRoom(list.node, opener);
    document.addEventListener("mousedown", leave, true);
  };
  /** @param {string} value */
  const pick = (value) => {
    if (!several) return send(chosen.has(value) && one.min_values === 0 ? [] : [value]);
    if (!chosen.delete(value)) chosen.add(value);
    changed = true;
    draw();
    show(list.active);
  };
  // As Discord's client does: a press anywhere else closes the list, and sends several choices. It
  // does nothing else: Chromium 156 crashes if a selection of text begins where the list was.
  /** @param {MouseEvent} event */
  const leave = (event) => {
    if (!(event.target instanceof Node) || node.contains(event.target)) return;
    document.removeEventListener("mousedown", leave, true);
    event.preventDefault();
    if (list.open && several && changed && !sender.disabled) send([...chosen]);
    else list.hide();
  };
  opener.addEventListener("click", () => (list.open ? list.hide() : show(0)));
  opener.addEventListener("keydown", (event) => {
    if (list.key(event)) return;
    if (event.key === "ArrowDown") {
      event.preventDefault();
      show(0);
    }
  });
  opener.addEventListener("blur", () => list.hide());
  draw();
  node.append(opener, list.node);
  if (several) node.append(sender);
  return node;
}

/**
 * Open a list on the side with more room among the messages, as high as that room.
 * @param {HTMLElement} list
 * @param {HTMLElement} opener
 */
function makeRoom(list, opener) {
  const frame = opener.closest("#messages")?.getBoundingClientRect();
  if (!frame) return;
  const { top, bottom } = opener.getBoundingClientRect();
  const above = top - frame.top;
  const below = frame.bottom - bottom;
  list.classList.toggle("down", below > above);
  list.style.maxHeight = `${Math.max(160, Math.max(above, below) - 12)}px`;
}

/**
 * @param {SelectOption} option
 * @param {Set<string>} chosen
 */
function shown(option, chosen) {
  const note = chosen.has(option.value) ? "chosen" : null;
  return { label: named(option), detail: option.description, note, value: option.value };
}
