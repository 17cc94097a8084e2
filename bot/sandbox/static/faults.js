// The faults' tab: break the bot's requests, its connection or its place in a server.

import { post } from "./api.js";
import { el, fill } from "./dom.js";
import { guildOf, on, openChannel, state } from "./state.js";
import { part } from "./part.js";

const ROUTES = [
  ["Messages of channels", "POST", "/channels/*/messages"],
  ["First answers", "POST", "/interactions/*"],
  ["Later answers", "*", "/webhooks/*"],
  ["Everything", "*", "*"],
];

export function faultsTab() {
  const said = el("p", { class: "hint", role: "status" });
  const list = el("ul", { class: "faults", "aria-label": "Faults set" });
  const act = async (path, body) => {
    const outcome = await post(path, body);
    said.textContent = outcome.state === "refused" ? outcome.reason : "Done.";
  };
  on("faults", () => fill(list, state.faults.length ? state.faults.map((one) => fault(one, act)) : el("li", { class: "hint" }, "None.")));
  return [part("Break requests", adder(act), el("h3", {}, "Set"), list), part("Break the connection", connection(act)), part("Break the server", place(act)), said];
}

function fault(one, act) {
  const words = `${one.kind} ${one.status ?? ""} on ${one.method} ${one.path}, ${one.times === null ? "always" : `${one.times} more`}`;
  return el("li", {}, el("span", {}, words), el("button", { type: "button", class: "plain", onclick: () => act("faults/remove", { id: one.id }) }, "Remove"));
}

function adder(act) {
  const kind = el("select", { id: "fault-kind" });
  on("faults", () => kind.options.length || fill(kind, state.kinds.map((one) => el("option", { value: one }, one.replaceAll("_", " ")))));
  const route = el("select", { id: "fault-route" }, ROUTES.map(([words], index) => el("option", { value: index }, words)));
  const status = el("input", { type: "number", id: "fault-status", min: 400, max: 599, value: "500" });
  const times = el("input", { type: "number", id: "fault-times", min: 1, max: 1000, value: "1" });
  const seconds = el("input", { type: "number", id: "fault-seconds", min: 0, max: 600, step: 0.5, value: "2" });
  const inject = () => {
    const [, method, path] = ROUTES[Number(route.value)];
    act("faults/add", { kind: kind.value, method, path, status: Number(status.value), times: Number(times.value), seconds: Number(seconds.value) });
  };
  const labelled = (words, input) => el("label", {}, el("span", {}, words), input);
  return [
    el("div", { class: "grid" }, labelled("Kind", kind), labelled("Requests", route), labelled("Status", status), labelled("Times", times), labelled("Seconds", seconds)),
    el("button", { type: "button", class: "act danger", id: "inject", onclick: inject }, "Inject"),
  ];
}

function connection(act) {
  const button = (words, body) => el("button", { type: "button", class: "act secondary", onclick: () => act("gateway", body) }, words);
  return el(
    "div",
    { class: "buttons" },
    button("Drop it", { do: "drop" }),
    button("Ask to reconnect", { do: "reconnect" }),
    button("Invalid session, resumable", { do: "resume" }),
    button("Invalid session, new", { do: "identify" }),
  );
}

function place(act) {
  const guild = () => guildOf(openChannel())?.id;
  const button = (words, path, body, style = "secondary") => el("button", { type: "button", class: `act ${style}`, onclick: () => act(path, body()) }, words);
  const name = el("input", { type: "text", "aria-label": "Name of a new channel", placeholder: "new-channel", size: 14 });
  return el(
    "div",
    { class: "buttons" },
    button("Outage", "server", () => ({ do: "outage", guild: guild() })),
    button("End the outage", "server", () => ({ do: "restore", guild: guild() })),
    button("Remove the bot", "server", () => ({ do: "remove", guild: guild() }), "danger"),
    button("Invite it again", "server", () => ({ do: "invite", guild: guild() })),
    button("Delete this channel", "channel", () => ({ do: "delete", channel: state.channel }), "danger"),
    name,
    button("Create a channel", "channel", () => ({ do: "create", guild: guild(), name: name.value })),
  );
}
