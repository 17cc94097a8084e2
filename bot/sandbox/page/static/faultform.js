// The form that sets a fault for requests, and the list of faults set.

import { el, fill, freshId } from "./dom.js";
import { part, sayer } from "./part.js";
import { on, state } from "./state.js";

/** @import { Props } from "./dom.js" */
/** @import { Act } from "./part.js" */
/** @import { Fault, NewFault } from "./shapes" */

/**
 * The name of each kind, what it does, and which of the fields it uses.
 * @type {Record<string, [string, string, string[]]>}
 */
const KINDS = {
  status: ["Error status", "The request is refused; nothing is done.", ["status", "code"]],
  status_after: [
    "Error after storing",
    "The request is carried out, but answered with an error.",
    ["status", "code"],
  ],
  hang: ["Hang", "No answer; then the connection breaks. Nothing is done.", ["hang"]],
  hang_after: [
    "Hang after storing",
    "The request is carried out, but no answer comes; then the connection breaks.",
    ["hang"],
  ],
  reset: ["Reset", "The connection breaks at once. Nothing is done.", []],
  reset_after: [
    "Reset after storing",
    "The request is carried out, then the connection breaks.",
    [],
  ],
  late_store: [
    "Late store",
    "An error is answered at once, but later the request is carried out.",
    ["status", "code", "seconds"],
  ],
  rate_limit: [
    "Rate limit (429)",
    "The bot is told to wait that long before it asks again.",
    ["seconds", "everywhere"],
  ],
};
/**
 * Discord's codes that are useful with a status of 400 or 403.
 * @type {[number, string][]}
 */
const CODES = [
  [10003, "no such channel"],
  [50007, "takes no messages"],
  [50013, "no permission"],
  [50035, "bad form"],
  [200000, "AutoMod"],
  [240000, "harmful link"],
];
const SECONDS = { hang: "Seconds (empty: until removed)", seconds: "Seconds" };

/** @type {[string, string, () => string][]} */
const ROUTES = [
  ["Messages of all channels", "POST", () => "/channels/*/messages"],
  ["Posts in all forums", "POST", () => "/channels/*/threads"],
  ["Threads of messages", "POST", () => "/channels/*/messages/*/threads"],
  ["Publishing", "POST", () => "/channels/*/crosspost"],
  ["Opening direct messages", "POST", () => "/users/@me/channels"],
  ["Messages of this channel", "POST", () => `/channels/${state.channel}/messages`],
  ["First answers", "POST", () => "/interactions/*"],
  ["Later answers", "*", () => "/webhooks/*"],
  ["Everything", "*", () => "*"],
];

export function requestsPart() {
  const { said, act } = sayer();
  const list = el("ul", { class: "faults", "aria-label": "Faults set" });
  on("faults", () =>
    fill(
      list,
      state.faults.length
        ? state.faults.map((one) => entry(one, act))
        : el("li", { class: "hint" }, "None."),
    ),
  );
  return part("Break requests", form(act), said, el("h3", {}, "Set"), list);
}

/** @param {Act} act */
function form(act) {
  const input = inputs();
  const hint = el("p", { class: "hint", id: freshId("kind") });
  input.kind.setAttribute("aria-describedby", hint.id);
  const seconds = el("span");
  const fields = {
    status: labelled("Status", input.status),
    code: labelled("Code", input.code),
    seconds: el("label", { class: "labelled" }, seconds, input.seconds),
    everywhere: ticked("Whole bot", input.everywhere),
  };
  const draw = () => {
    const kind = input.kind.value;
    hint.textContent = KINDS[kind]?.[1] ?? "";
    fields.status.hidden = !uses(kind, "status");
    fields.code.hidden = !uses(kind, "code");
    fields.seconds.hidden = !takesTime(kind);
    fields.everywhere.hidden = !uses(kind, "everywhere");
    seconds.textContent = uses(kind, "hang") ? SECONDS.hang : SECONDS.seconds;
    input.times.disabled = input.always.checked;
  };
  const inject = () => {
    const one = entered(input);
    act("faults/add", one, `Set: ${words(one)}.`);
  };
  input.kind.addEventListener("change", draw);
  input.always.addEventListener("change", draw);
  on("faults", () => {
    const kinds = state.kinds.map((one) => el("option", { value: one }, nameOf(one)));
    if (!input.kind.options.length) fill(input.kind, kinds);
    draw();
  });
  return [
    labelled("Kind", input.kind),
    labelled("Requests", input.route),
    hint,
    el(
      "div",
      { class: "grid" },
      fields.status,
      fields.code,
      fields.seconds,
      labelled("Times", input.times),
      fields.everywhere,
      ticked("Until removed", input.always),
    ),
    labelled("Only with the text", input.contains),
    el(
      "datalist",
      { id: "fault-codes" },
      CODES.map(([value, label]) => el("option", { value, label })),
    ),
    el("button", { type: "button", class: "act danger", id: "inject", onclick: inject }, "Inject"),
  ];
}

/** @typedef {ReturnType<typeof inputs>} Inputs */

function inputs() {
  /**
   * @param {string} id
   * @param {string} value
   * @param {Props} more
   */
  const number = (id, value, more) =>
    el("input", { type: "number", id: `fault-${id}`, value, ...more });
  return {
    kind: el("select", { id: "fault-kind" }),
    route: el(
      "select",
      { id: "fault-route" },
      ROUTES.map(([label], index) => el("option", { value: index }, label)),
    ),
    status: number("status", "500", { min: 400, max: 599 }),
    code: number("code", "0", { min: 0, max: 999999, list: "fault-codes" }),
    times: number("times", "1", { min: 1, max: 1000 }),
    seconds: number("seconds", "2", { min: 0, max: 600, step: 0.5 }),
    contains: el("input", { type: "text", id: "fault-contains", placeholder: "any" }),
    always: el("input", { type: "checkbox", id: "fault-always" }),
    everywhere: el("input", { type: "checkbox", id: "fault-everywhere" }),
  };
}

/**
 * The fault that the form describes.
 * @param {Inputs} input
 * @returns {NewFault}
 */
function entered(input) {
  const kind = input.kind.value;
  const [, method, path] = ROUTES[Number(input.route.value)];
  const isTimed = takesTime(kind) && input.seconds.value !== "";
  return {
    kind,
    method,
    path: path(),
    status: uses(kind, "status") ? Number(input.status.value) : 500,
    code: uses(kind, "code") ? Number(input.code.value) : 0,
    times: input.always.checked ? null : Number(input.times.value),
    seconds: isTimed ? Number(input.seconds.value) : null,
    everywhere: uses(kind, "everywhere") && input.everywhere.checked,
    contains: input.contains.value,
  };
}

/**
 * Whether a kind of fault uses a field; an unknown kind may use any.
 * @param {string} kind
 * @param {string} field
 */
const uses = (kind, field) => KINDS[kind]?.[2].includes(field) ?? true;

/** @param {string} kind */
const takesTime = (kind) => uses(kind, "seconds") || uses(kind, "hang");

/**
 * @param {string} label
 * @param {Node} input
 */
const labelled = (label, input) => el("label", { class: "labelled" }, el("span", {}, label), input);
/**
 * @param {string} label
 * @param {Node} input
 */
const ticked = (label, input) => el("label", { class: "tick" }, input, label);

/** @param {string} kind */
const nameOf = (kind) => KINDS[kind]?.[0] ?? kind;

/**
 * A set fault in words, with a button to remove it.
 * @param {Fault} one
 * @param {Act} act
 */
function entry(one, act) {
  const remove = () => act("faults/remove", { id: one.id }, `Removed: ${words(one)}.`);
  return el(
    "li",
    {},
    el("span", {}, words(one)),
    el("button", { type: "button", class: "plain", onclick: remove }, "Remove"),
  );
}

/** @param {NewFault} one */
function words(one) {
  const more = [
    uses(one.kind, "status") ? `${one.status}` : null,
    uses(one.kind, "code") && one.code ? `code ${one.code}` : null,
    takesTime(one.kind) && one.seconds !== null ? `${one.seconds} s` : null,
    one.everywhere ? "whole bot" : null,
    requests(one),
    one.contains ? `with "${one.contains}"` : null,
    one.times === null ? "until removed" : `${one.times} more`,
  ];
  return [nameOf(one.kind), ...more.filter(Boolean)].join(", ");
}

/**
 * The requests that a fault matches, in the form's words if it has some.
 * @param {NewFault} one
 */
function requests({ method, path }) {
  const channel = /^\/channels\/(\d+)\/messages$/.exec(path);
  if (channel) return `messages of #${state.channels.get(channel[1])?.name ?? "a deleted channel"}`;
  const known = ROUTES.find(([, way, where]) => way === method && where() === path);
  return known ? known[0].toLowerCase() : `${method} ${path}`;
}
