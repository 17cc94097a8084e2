// Saves the open channel as one HTML file: all its messages, with the page's style, no script.

import { get } from "./api.js";
import { el } from "./dom.js";
import { render } from "./message.js";
import { openChannel } from "./state.js";

/** @import { Channel, Message } from "./shapes" */

const NEWEST = "9223372036854775807"; // above every id

const SHEETS = ["base.css", "messages.css"];
const LEFT_OUT = ".components, .tools, .unseen";

/** Save the file. */
export async function saveChannel() {
  const channel = openChannel();
  if (!channel) return;
  const blob = new Blob([await channelFile(channel)], { type: "text/html" });
  const address = URL.createObjectURL(blob);
  el("a", { href: address, download: `${channel.name}.html` }).click();
  setTimeout(() => URL.revokeObjectURL(address), 10000);
}

/**
 * Built as text: in a document, this page's own policy would apply to its style.
 * @param {Channel} channel
 */
async function channelFile({ id, name }) {
  const messages = copy(await all(id));
  const sheets = await Promise.all(
    SHEETS.map(async (one) => (await fetch(`/static/${one}`)).text()),
  );
  const theme = document.documentElement.dataset.theme ?? "";
  const heading = el("h1", {}, `#${name}`).outerHTML;
  return `<!doctype html>
<html lang="en" data-theme="${theme}">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width, initial-scale=1">
${el("title", {}, `#${name}`).outerHTML}
<style>
${sheets.join("\n")}
</style>
</head>
<body class="saved">
${heading}
${messages.outerHTML}
</body>
</html>
`;
}

/**
 * Every message of a channel that is visible to everybody there, oldest first.
 * @param {string} channel
 */
async function all(channel) {
  /** @type {Message[]} */
  const found = [];
  for (;;) {
    const page = await get("messages", { channel, before: found[0]?.id ?? NEWEST });
    if (!page?.length) return found;
    found.unshift(...page);
  }
}

/**
 * Messages without the parts that only work here; a picture becomes a link.
 * @param {Message[]} messages
 */
function copy(messages) {
  const list = el("ol", { id: "messages" }, messages.map(render));
  for (const one of list.querySelectorAll(LEFT_OUT)) one.remove();
  for (const one of list.querySelectorAll("img"))
    one.replaceWith(el("a", { href: one.src }, "Picture"));
  for (const one of list.querySelectorAll("button")) one.replaceWith(...one.childNodes);
  return list;
}
