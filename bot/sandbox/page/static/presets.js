// The faults to begin with: Discord is down, an answer is lost, a permission is taken.

import { el, fill, focusedIn, focusOn, freshId } from "./dom.js";
import { part, sayer } from "./part.js";
import { has, isDirect, onEach, openChannel, permissionTitle, state } from "./state.js";

/** @import { Act } from "./part.js" */
/** @import { NewFault } from "./shapes" */

const TAKEN = "send_messages";

/** @type {NewFault} */
const PLAIN = {
  kind: "status",
  method: "*",
  path: "*",
  status: 500,
  code: 0,
  times: null,
  seconds: null,
  everywhere: false,
  contains: "",
};
/** @type {NewFault} */
const DOWN = { ...PLAIN, status: 503 };
/** @type {NewFault} */
const LOST = {
  ...PLAIN,
  kind: "reset_after",
  method: "POST",
  path: "/channels/*/messages",
  times: 1,
};

/**
 * A switch: whether it is on, and what turning it on or off does.
 * @typedef {{ id: string, words: string, hint: string, on: boolean, turn: (on: boolean) => void }}
 * Preset
 */

export function presetsPart() {
  const { said, act } = sayer();
  const switches = el("div", { class: "toggles" });
  onEach(["faults", "world", "channel"], () => {
    const held = focusedIn(switches)?.dataset.preset;
    fill(switches, [down(act), lost(act), taken(act)].map(drawn));
    if (held) focusOn(switches, `[data-preset=${held}]`);
  });
  return part("Break something", switches, said);
}

/**
 * @param {Act} act
 * @returns {Preset}
 */
const down = (act) =>
  ofFault(act, "down", DOWN, {
    words: "Discord is down",
    hint: "Each request of the bot fails until you untick it. Move the clock before and after.",
  });

/**
 * @param {Act} act
 * @returns {Preset}
 */
const lost = (act) =>
  ofFault(act, "lost", LOST, {
    words: "An answer is lost",
    hint: "The next digest arrives, but the bot never hears it. It must not come twice.",
  });

/**
 * @param {Act} act
 * @param {string} id
 * @param {NewFault} fault
 * @param {{ words: string, hint: string }} text
 * @returns {Preset}
 */
function ofFault(act, id, fault, text) {
  const set = state.faults.find((one) => isSame(one, fault));
  return {
    id,
    ...text,
    on: set !== undefined,
    turn: (on) =>
      on
        ? act("faults/add", fault, `${text.words}.`)
        : act("faults/remove", { id: set?.id }, "That is over."),
  };
}

/**
 * @param {NewFault} one
 * @param {NewFault} other
 */
const isSame = (one, other) =>
  /** @type {(keyof NewFault)[]} */ (Object.keys(PLAIN)).every((key) => one[key] === other[key]);

/**
 * @param {Act} act
 * @returns {Preset}
 */
function taken(act) {
  const channel = openChannel();
  const where = channel && !isDirect(channel) ? channel : null;
  const title = permissionTitle(TAKEN);
  return {
    id: "taken",
    words: "A permission is taken",
    hint: where
      ? `It takes ${title} from the bot in #${where.name}.`
      : "Open a channel of a server first.",
    on: where !== null && !has(where.bot_may, TAKEN),
    turn: (on) =>
      act(
        "permission",
        { channel: where?.id ?? "", name: TAKEN, allowed: !on },
        on ? `${title} was taken.` : `${title} was given back.`,
      ),
  };
}

/** @param {Preset} preset */
function drawn({ id, words, hint, on, turn }) {
  const note = el("p", { class: "hint", id: freshId("preset") }, hint);
  const box = el("input", {
    type: "checkbox",
    "data-preset": id,
    "aria-describedby": note.id,
  });
  box.checked = on;
  box.addEventListener("change", () => turn(box.checked));
  return el("div", {}, el("label", {}, box, words), note);
}
