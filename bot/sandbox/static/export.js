// The open channel as one file of HTML: what is on the screen, with its style, without a script.

import { el } from "./dom.js";
import { openChannel } from "./state.js";

const SHEETS = ["base.css", "messages.css"];
const INTERACTIVE = ".components, .tools, .older, .only-you button, .unseen";

/** Save the file. */
export async function saveChannel() {
  const channel = openChannel();
  const blob = new Blob([await channelFile(channel.name)], { type: "text/html" });
  const address = URL.createObjectURL(blob);
  el("a", { href: address, download: `${channel.name}.html` }).click();
  setTimeout(() => URL.revokeObjectURL(address), 10000);
}

async function channelFile(name) {
  const sheets = await Promise.all(SHEETS.map(async (one) => (await fetch(`/static/${one}`)).text()));
  const page = document.implementation.createHTMLDocument(`#${name}`);
  const policy = page.createElement("meta");
  policy.httpEquiv = "Content-Security-Policy";
  policy.content = "default-src 'none'; style-src 'unsafe-inline'";
  const charset = page.createElement("meta");
  charset.setAttribute("charset", "utf-8");
  const wide = page.createElement("meta");
  wide.name = "viewport";
  wide.content = "width=device-width, initial-scale=1";
  const style = page.createElement("style");
  style.textContent = sheets.join("\n");
  page.head.prepend(charset, policy, wide);
  page.head.append(style);
  page.documentElement.lang = "en";
  page.documentElement.dataset.theme = document.documentElement.dataset.theme ?? "";
  page.body.className = "saved";
  const heading = page.createElement("h1");
  heading.textContent = `#${name}`;
  page.body.append(heading, copy(page));
  return `<!doctype html>\n${page.documentElement.outerHTML}\n`;
}

/** The messages without what only works here; a picture becomes a link to it. */
function copy(page) {
  const list = page.importNode(document.getElementById("messages"), true);
  for (const one of list.querySelectorAll(INTERACTIVE)) one.remove();
  for (const one of list.querySelectorAll("img")) {
    const link = page.createElement("a");
    link.href = one.src;
    link.textContent = "Picture";
    one.replaceWith(link);
  }
  for (const one of list.querySelectorAll("button")) one.replaceWith(...one.childNodes);
  for (const one of ["tabindex", "role", "aria-live"]) list.removeAttribute(one);
  return list;
}
