// The clock's tab: the time, when the next digest is due, and moving there.

import { get, post } from "./api.js";
import { el, fill } from "./dom.js";
import { markdown } from "./markdown.js";
import { part } from "./part.js";
import { emit, on, state } from "./state.js";
import { fieldTime, minuteTime } from "./times.js";
import { tryThisPart } from "./trythis.js";

/** @import { Move, NextDigests, Refused, Times } from "./shapes" */

const HOUR = 3600;
const NAMED = 3; // how many channels are named; the rest are counted

const WHAT_THIS_IS = [
  "The whole bot, against a Discord of its own on this machine.",
  "Moving the clock lets time pass for the bot: digests that become due on the way are posted.",
  "Nothing here reaches Discord or any other host.",
].join(" ");

export function clockTab() {
  const next = el("p", { class: "next" });
  const said = el("div", { class: "hint", role: "status" });
  const date = el("input", {
    type: "datetime-local",
    id: "clock-date",
    "aria-label": "Date and time, UTC",
  });
  /** @type {HTMLButtonElement[]} */
  const movers = [];
  let moving = false;
  const enable = () => {
    for (const one of movers) one.disabled = moving;
    goThere.disabled ||= !date.value;
    nextDigest.disabled ||= !Object.keys(state.next).length;
  };

  /** @param {Times | null} times */
  const show = (times) => {
    if (!times) return;
    state.next = times.next;
    next.textContent = nextWords(times.next);
    if (document.activeElement !== date) date.value = fieldTime(new Date(times.now));
    enable();
    emit("clock");
  };
  const refresh = async () => {
    if (state.status.lead !== null) show(await get("clock"));
  };
  /** @param {object} how */
  const move = async (how) => {
    moving = true;
    enable();
    said.textContent = "Moving …";
    const outcome = await post("clock", how);
    moving = false;
    enable();
    fill(said, markdown(outcome.state === "refused" ? outcome.reason : movedWords(outcome)));
    if (outcome.state === "refused") return;
    show(outcome);
    emit("moved", outcome.came);
  };
  /**
   * @param {string} words
   * @param {() => object} how
   * @param {string} [style]
   */
  const button = (words, how, style = "secondary") => {
    const node = el(
      "button",
      { type: "button", class: `act ${style}`, onclick: () => move(how()) },
      words,
    );
    movers.push(node);
    return node;
  };
  const nextDigest = button("Next digest", () => ({ next: true }), "primary");
  const goThere = button("Go there", () => ({ to: `${date.value}:00+00:00` }));
  date.addEventListener("input", enable);
  enable();
  /** @type {number | undefined} */
  let later;
  on("message", () => {
    clearTimeout(later);
    later = setTimeout(refresh, 500);
  });
  on("world", refresh);
  return [
    tryThisPart(),
    part(
      "Move the clock",
      next,
      el(
        "div",
        { class: "buttons" },
        nextDigest,
        button("Next day", () => ({ by: 24 * HOUR })),
        button("+1 h", () => ({ by: HOUR })),
      ),
      el("div", { class: "buttons" }, date, goThere),
      said,
    ),
    part("What this is", el("p", { class: "hint" }, WHAT_THIS_IS)),
  ];
}

/**
 * `next`: when each channel's next digest is due, by the channel's id.
 * @param {NextDigests} next
 */
function nextWords(next) {
  const first = Object.values(next).sort()[0];
  if (!first) return "No channel waits for a digest.";
  const channels = Object.keys(next).filter((id) => next[id] === first);
  return `Next digest: ${listed(channels.map(nameOf))}, ${minuteTime(new Date(first))}`;
}

/**
 * The result of a move: which channels got stories, and what else came of their digests.
 * @param {Exclude<Move, Refused>} move
 */
function movedWords({ back, came }) {
  if (back) return "The clock went back. What was posted since stays posted.";
  if (!came.length) return "Moved. No digest was due on the way.";
  const counted = came
    .filter((one) => one.stories > 0)
    .map(
      (one) => `${nameOf(one.channel)}: ${one.stories} ${one.stories === 1 ? "story" : "stories"}`,
    );
  const said = came.filter((one) => one.says).map((one) => `${nameOf(one.channel)}, ${one.says}`);
  return [counted.length ? `Posted in ${listed(counted)}` : "", listed(said, "; ")]
    .filter(Boolean)
    .map((one) => `${one}.`)
    .join(" ");
}

/** @param {string} id */
const nameOf = (id) => `#${state.channels.get(id)?.name ?? "unknown"}`;

/**
 * A short list as a phrase.
 * @param {string[]} all
 */
function listed(all, between = ", ") {
  const more = all.length - NAMED;
  return more > 0 ? `${all.slice(0, NAMED).join(between)} and ${more} more` : all.join(between);
}
