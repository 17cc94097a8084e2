// The channel's tab: what the bot may do there, pictures, and saving the channel as a file.

import { post } from "./api.js";
import { el, fill, freshId } from "./dom.js";
import { saveChannel } from "./export.js";
import { guildOf, has, on, openChannel, permissionTitle, state } from "./state.js";
import { part } from "./part.js";

const OFFERED = ["view_channel", "send_messages", "embed_links", "read_message_history", "send_messages_in_threads", "mention_everyone"];

export function channelTab() {
  const toggles = el("div", { class: "toggles" });
  const pictures = el("button", { type: "button", class: "act secondary", id: "pictures" });
  pictures.addEventListener("click", async () => {
    await post("pictures", { allowed: !state.pictures });
    location.reload(); // only a fresh page has the other policy for pictures
  });
  const draw = () => {
    const channel = openChannel();
    if (!channel) return;
    const held = document.activeElement?.dataset?.permission;
    fill(toggles, OFFERED.filter((name) => name in state.world.permissions).map((name) => toggle(channel, name)));
    if (held) toggles.querySelector(`[data-permission=${held}]`)?.focus();
    pictures.textContent = state.pictures ? "Block pictures again" : "Load pictures from their hosts";
  };
  for (const kind of ["world", "channel", "messages", "pictures"]) on(kind, draw);
  return [
    part("The bot's permissions here", toggles),
    part("Pictures", el("p", { class: "hint" }, "Pictures of stories lie on their publishers' hosts. Until you allow them nothing is loaded from there."), pictures),
    part("Save", el("p", { class: "hint" }, "Every message of the open channel that all there see, in one HTML file without scripts. A single message's JSON: the arrow beside it."), el("button", { type: "button", class: "act secondary", id: "save-channel", onclick: saveChannel }, "Save this channel as HTML")),
  ];
}

/** A switch shows the channel's own setting for the bot, and a note what else takes that away. */
function toggle(channel, name) {
  const why = has(channel.bot_may, name) ? null : takenBy(channel, name);
  const note = why && el("span", { class: "hint", id: freshId("why") }, `not without ${permissionTitle(why)}`);
  const box = el("input", { type: "checkbox", "data-permission": name, "aria-describedby": note?.id });
  box.checked = isSet(channel, name);
  box.addEventListener("change", () => post("permission", { channel: channel.id, name, allowed: box.checked }));
  return el("div", {}, el("label", {}, box, permissionTitle(name)), note);
}

/** What the channel says of the bot's role; where it says nothing, what the server gives it. */
function isSet(channel, name) {
  const { allow, deny } = channel.bot_overwrite;
  return has(allow, name) || (has(guildOf(channel).bot_base, name) && !has(deny, name));
}

/** The permission whose lack takes away another one that is set. */
function takenBy(channel, name) {
  const sending = channel.parent_id ? "send_messages_in_threads" : "send_messages";
  return isSet(channel, name) ? ["view_channel", "connect", sending].find((one) => one !== name && !isSet(channel, one)) : null;
}
