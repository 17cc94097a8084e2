// The open channel as one file of HTML: what is on the screen, with its style, without a script.

import { el } from "./dom.js";
import { openChannel } from "./state.js";

const SHEETS = ["base.css", "messages.css"];
const LEFT_OUT = ".ephemeral, .components, .tools, .older, .unseen";

/** Save the file. */
export async function saveChannel() {
  const channel = openChannel();
  const blob = new Blob([await channelFile(channel.name)], { type: "text/html" });
  const address = URL.createObjectURL(blob);
  el("a", { href: address, download: `${channel.name}.html` }).click();
  setTimeout(() => URL.revokeObjectURL(address), 10000);
}

/** Put together as text: in a document, this page's own policy would hold for its style. */
async function channelFile(name) {
  const sheets = await Promise.all(SHEETS.map(async (one) => (await fetch(`/static/${one}`)).text()));
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
${copy().outerHTML}
</body>
</html>
`;
}

/** The public messages without what only works here; a picture becomes a link to it. */
function copy() {
  const list = document.getElementById("messages").cloneNode(true);
  for (const one of list.querySelectorAll(LEFT_OUT)) one.remove();
  for (const one of list.querySelectorAll("img")) one.replaceWith(el("a", { href: one.src }, "Picture"));
  for (const one of list.querySelectorAll("button")) one.replaceWith(...one.childNodes);
  for (const one of ["tabindex", "role", "aria-live"]) list.removeAttribute(one);
  return list;
}
