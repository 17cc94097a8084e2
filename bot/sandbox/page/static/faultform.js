// The form that sets a fault for requests, and the list of the faults that are set.

import { el, fill, freshId } from "./dom.js";
import { part, sayer } from "./part.js";
import { on, state } from "./state.js";

// What each kind is called, what it does, and which of the fields it uses.
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
// Discord's codes that are of use with a status of 400 or 403.
const CODES = [
  [10003, "no such channel"],
  [50007, "takes no messages"],
  [50013, "no permission"],
  [50035, "bad form"],
  [200000, "AutoMod"],
  [240000, "harmful link"],
];
const SECONDS = { hang: "Seconds (empty: until removed)", seconds: "Seconds" };

const ROUTES = [
  ["Messages of all channels", "POST", () => "/channels/*/messages"],
  ["Posts in all forums", "POST", () => "/channels/*/threads"],
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

function form(act) {
  const hint = el("p", { class: "hint", id: freshId("kind") });
  const kind = el("select", { id: "fault-kind", "aria-describedby": hint.id });
  const route = el(
    "select",
    { id: "fault-route" },
    ROUTES.map(([label], index) => el("option", { value: index }, label)),
  );
  const number = (id, value, more) =>
    el("input", { type: "number", id: `fault-${id}`, value, ...more });
  const status = number("status", "500", { min: 400, max: 599 });
  const code = number("code", "0", { min: 0, max: 999999, list: "fault-codes" });
  const codes = el(
    "datalist",
    { id: "fault-codes" },
    CODES.map(([value, label]) => el("option", { value, label })),
  );
  const times = number("times", "1", { min: 1, max: 1000 });
  const seconds = number("seconds", "2", { min: 0, max: 600, step: 0.5 });
  const contains = el("input", { type: "text", id: "fault-contains", placeholder: "any" });
  const always = el("input", { type: "checkbox", id: "fault-always" });
  const everywhere = el("input", { type: "checkbox", id: "fault-everywhere" });
  const fields = {
    status: labelled("Status", status),
    code: labelled("Code", code),
    seconds: labelled("Seconds", seconds),
    everywhere: ticked("Whole bot", everywhere),
  };
  const uses = (name) => KINDS[kind.value]?.[2].includes(name) ?? true;
  const draw = () => {
    hint.textContent = KINDS[kind.value]?.[1] ?? "";
    for (const [name, node] of Object.entries(fields))
      node.hidden = !uses(name) && !(name === "seconds" && uses("hang"));
    fields.seconds.firstChild.textContent = uses("hang") ? SECONDS.hang : SECONDS.seconds;
    times.disabled = always.checked;
  };
  const inject = () => {
    const [, method, path] = ROUTES[Number(route.value)];
    const one = {
      kind: kind.value,
      method,
      path: path(),
      status: uses("status") ? Number(status.value) : 500,
      code: uses("code") ? Number(code.value) : 0,
      times: always.checked ? null : Number(times.value),
      seconds: fields.seconds.hidden || seconds.value === "" ? null : Number(seconds.value),
      everywhere: uses("everywhere") && everywhere.checked,
      contains: contains.value,
    };
    act("faults/add", one, `Set: ${words(one)}.`);
  };
  kind.addEventListener("change", draw);
  always.addEventListener("change", draw);
  on("faults", () => {
    if (!kind.options.length)
      fill(
        kind,
        state.kinds.map((one) => el("option", { value: one }, nameOf(one))),
      );
    draw();
  });
  return [
    labelled("Kind", kind),
    labelled("Requests", route),
    hint,
    el(
      "div",
      { class: "grid" },
      fields.status,
      fields.code,
      fields.seconds,
      labelled("Times", times),
      fields.everywhere,
      ticked("Until removed", always),
    ),
    labelled("Only with the text", contains),
    codes,
    el("button", { type: "button", class: "act danger", id: "inject", onclick: inject }, "Inject"),
  ];
}

const labelled = (label, input) => el("label", { class: "labelled" }, el("span", {}, label), input);
const ticked = (label, input) => el("label", { class: "tick" }, input, label);

const nameOf = (kind) => KINDS[kind]?.[0] ?? kind;

/** A fault that is set, in words, with what removes it. */
function entry(one, act) {
  const remove = () => act("faults/remove", { id: one.id }, `Removed: ${words(one)}.`);
  return el(
    "li",
    {},
    el("span", {}, words(one)),
    el("button", { type: "button", class: "plain", onclick: remove }, "Remove"),
  );
}

function words(one) {
  const [name, , uses] = KINDS[one.kind] ?? [one.kind, "", []];
  const more = [
    uses.includes("status") ? `${one.status}` : null,
    uses.includes("code") && one.code ? `code ${one.code}` : null,
    one.seconds !== null && (uses.includes("hang") || uses.includes("seconds"))
      ? `${one.seconds} s`
      : null,
    one.everywhere ? "whole bot" : null,
    requests(one),
    one.contains ? `with "${one.contains}"` : null,
    one.times === null ? "until removed" : `${one.times} more`,
  ];
  return [name, ...more.filter(Boolean)].join(", ");
}

/** Which requests a fault meets, in the form's words where it has some. */
function requests({ method, path }) {
  const channel = /^\/channels\/(\d+)\/messages$/.exec(path);
  if (channel) return `messages of #${state.channels.get(channel[1])?.name ?? "a deleted channel"}`;
  const known = ROUTES.find(([, way, where]) => way === method && where() === path);
  return known ? known[0].toLowerCase() : `${method} ${path}`;
}
