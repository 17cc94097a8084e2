// The channel's tab: the bot's permissions there, settings, pictures, and saving it as a file.

import { post } from "./api.js";
import { el, fill, focusedIn, focusOn, freshId } from "./dom.js";
import { saveChannel } from "./export.js";
import { part } from "./part.js";
import {
  guildOf,
  has,
  holdsPosts,
  isDirect,
  me,
  onEach,
  openChannel,
  permissionTitle,
  state,
} from "./state.js";

/** @import { Channel } from "./shapes" */

const REQUIRE_TAG = 1 << 4;
const OFFERED = [
  "view_channel",
  "send_messages",
  "embed_links",
  "read_message_history",
  "send_messages_in_threads",
  "create_public_threads",
  "mention_everyone",
];

export function channelTab() {
  const toggles = el("div", { class: "toggles" });
  const settings = el("div", { class: "toggles" });
  const pictures = el("button", { type: "button", class: "act secondary", id: "pictures" });
  pictures.addEventListener("click", async () => {
    await post("pictures", { allowed: !state.pictures });
    location.reload(); // only a fresh page gets the new policy for pictures
  });
  const draw = () => {
    const channel = openChannel();
    if (!channel) return;
    const held = focusedIn(toggles)?.dataset.permission;
    const kept = focusedIn(settings)?.dataset.setting;
    const offered = isDirect(channel)
      ? []
      : OFFERED.filter((name) => name in state.world.permissions);
    fill(
      toggles,
      offered.length
        ? offered.map((name) => toggle(channel, name))
        : el("p", { class: "hint" }, "Nobody sets what may be done in direct messages."),
    );
    fill(settings, settingsOf(channel));
    if (held) focusOn(toggles, `[data-permission=${held}]`);
    if (kept) focusOn(settings, `[data-setting=${kept}]`);
    pictures.textContent = state.pictures
      ? "Block pictures again"
      : "Load pictures from their hosts";
  };
  onEach(["world", "channel", "messages", "person", "pictures"], draw);
  return [
    part("The bot's permissions here", toggles),
    part("Settings", settings),
    part(
      "Pictures",
      el(
        "p",
        { class: "hint" },
        "Pictures of stories lie on their publishers' hosts.",
        " Until you allow them nothing is loaded from there.",
      ),
      pictures,
    ),
    part(
      "Save",
      el(
        "p",
        { class: "hint" },
        "Every message of the open channel that all there see, in one HTML file without scripts.",
        " A single message's JSON: the arrow beside it.",
      ),
      el(
        "button",
        { type: "button", class: "act secondary", id: "save-channel", onclick: saveChannel },
        "Save this channel as HTML",
      ),
    ),
  ];
}

/**
 * Switches for a channel's or forum's settings, and for the person's direct messages.
 * @param {Channel} channel
 */
function settingsOf(channel) {
  /**
   * @param {string} name
   * @returns {(checked: boolean) => void}
   */
  const set = (name) => (checked) => post("setting", { channel: channel.id, name, on: checked });
  const text = !isDirect(channel) && !channel.thread_metadata && !holdsPosts(channel);
  return [
    text
      ? setting(
          "system",
          "Discord's notices appear here",
          guildOf(channel)?.system_channel_id === channel.id,
          set("system"),
        )
      : null,
    holdsPosts(channel)
      ? setting(
          "require_tag",
          "Posts need a tag",
          Boolean(channel.flags & REQUIRE_TAG),
          set("require_tag"),
        )
      : null,
    setting(
      "direct",
      `${me().global_name} takes direct messages`,
      !state.closed.includes(state.person),
      (checked) => post("person", { person: state.person, closed: !checked }),
    ),
  ];
}

/**
 * @param {string} name
 * @param {string} words
 * @param {boolean} checked
 * @param {(checked: boolean) => void} change
 */
function setting(name, words, checked, change) {
  const box = el("input", { type: "checkbox", "data-setting": name });
  box.checked = checked;
  box.addEventListener("change", () => change(box.checked));
  return el("div", {}, el("label", {}, box, words));
}

/**
 * A switch shows the channel's own setting for the bot, and a note says what else removes it.
 * @param {Channel} channel
 * @param {string} name
 */
function toggle(channel, name) {
  const why = has(channel.bot_may, name) ? null : takenBy(channel, name);
  const note = why
    ? el("span", { class: "hint", id: freshId("why") }, `not without ${permissionTitle(why)}`)
    : null;
  const box = el("input", {
    type: "checkbox",
    "data-permission": name,
    "aria-describedby": note?.id,
  });
  box.checked = isSet(channel, name);
  box.addEventListener("change", () =>
    post("permission", { channel: channel.id, name, allowed: box.checked }),
  );
  return el("div", {}, el("label", {}, box, permissionTitle(name)), note);
}

/**
 * The channel's setting for the bot's role; if there is none, the server's.
 * @param {Channel} channel
 * @param {string} name
 */
function isSet(channel, name) {
  const { allow = "0", deny = "0" } = channel.bot_overwrite ?? {};
  const base = guildOf(channel)?.bot_base ?? "0";
  return has(allow, name) || (has(base, name) && !has(deny, name));
}

/**
 * The permission whose absence removes another one that is set.
 * @param {Channel} channel
 * @param {string} name
 */
function takenBy(channel, name) {
  const sending = channel.parent_id ? "send_messages_in_threads" : "send_messages";
  return isSet(channel, name)
    ? ["view_channel", "connect", sending].find((one) => one !== name && !isSet(channel, one))
    : null;
}
