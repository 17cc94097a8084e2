// The clock's tab: what time it is, when the next digest comes, and moving there.

import { get, post } from "./api.js";
import { el } from "./dom.js";
import { on, state } from "./state.js";
import { clockTime, fieldTime } from "./times.js";
import { part } from "./part.js";

const HOUR = 3600;

export function clockTab() {
  const next = el("p", { class: "next" });
  const said = el("p", { class: "hint", role: "status" });
  const date = el("input", { type: "datetime-local", id: "clock-date", "aria-label": "Date and time, UTC" });
  const movers = [];
  const enable = (is) => movers.forEach((one) => (one.disabled = !is));

  const show = (times) => {
    if (!times?.now) return;
    next.textContent = times.next ? `Next digest: ${clockTime(new Date(times.next))}` : "No channel waits for a digest.";
    if (document.activeElement !== date) date.value = fieldTime(new Date(times.now));
  };
  const refresh = async () => state.status.lead !== null && show(await get("clock"));
  const move = async (how) => {
    enable(false);
    said.textContent = "Moving …";
    const outcome = await post("clock", how);
    enable(true);
    said.textContent = outcome.state === "refused" ? outcome.reason : outcome.back ? "The clock went back. What was posted since stays posted." : "Moved.";
    show(outcome);
  };
  const button = (words, how, style = "secondary") => {
    const node = el("button", { type: "button", class: `act ${style}`, onclick: () => move(how()) }, words);
    movers.push(node);
    return node;
  };
  let later;
  on("message", () => {
    clearTimeout(later);
    later = setTimeout(refresh, 500);
  });
  on("world", refresh);
  return [
    part("Move the clock", next, el("div", { class: "buttons" }, button("Next digest", () => ({ next: true }), "primary"), button("+1 h", () => ({ by: HOUR })), button("+1 day", () => ({ by: 24 * HOUR }))), el("div", { class: "buttons" }, date, button("Go there", () => ({ to: `${date.value}:00+00:00` }))), said),
    part("What this is", el("p", { class: "hint" }, "The whole bot, against a Discord of its own on this machine. Moving the clock lets time pass for the bot: digests that become due on the way are posted. Nothing here reaches Discord or any other host.")),
  ];
}
