// The channel's tab: what the bot may do there, pictures, and saving the channel as a file.

import { post } from "./api.js";
import { el, fill } from "./dom.js";
import { saveChannel } from "./export.js";
import { has, on, openChannel, permissionTitle, state } from "./state.js";
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
    part("Save", el("p", { class: "hint" }, "The open channel as you see it, in one HTML file without scripts. A single message's JSON: the arrow beside it."), el("button", { type: "button", class: "act secondary", id: "save-channel", onclick: saveChannel }, "Save this channel as HTML")),
  ];
}

function toggle(channel, name) {
  const box = el("input", { type: "checkbox", "data-permission": name });
  box.checked = has(channel.bot_may, name);
  box.addEventListener("change", () => post("permission", { channel: channel.id, name, allowed: box.checked }));
  return el("label", {}, box, permissionTitle(name));
}
