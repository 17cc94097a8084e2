// An embed: colour bar, author, linked title, description, fields, pictures, footer and time.

import { el, icon } from "./dom.js";
import { link, markdown, title } from "./markdown.js";
import { state } from "./state.js";
import { shortTime } from "./times.js";

/** @import { Embed, EmbedField } from "./shapes" */

/** @param {Embed} data */
export function embed(data) {
  const node = el("article", { class: "embed" });
  if (data.color !== undefined)
    node.style.borderColor = `#${data.color.toString(16).padStart(6, "0")}`;
  const body = el(
    "div",
    { class: "embed-body" },
    author(data.author),
    heading(data),
    description(data),
    fields(data.fields),
  );
  node.append(el("div", { class: "embed-row" }, body, picture(data.thumbnail, "thumbnail")));
  const large = picture(data.image, "image");
  const last = footer(data);
  if (large) node.append(large);
  if (last) node.append(last);
  return node;
}

/** @param {Embed["author"]} one */
function author(one) {
  if (!one) return null;
  return el(
    "div",
    { class: "embed-author" },
    picture({ url: one.icon_url }, "small-icon"),
    one.url ? link(one.url, one.name) : one.name,
  );
}

/** @param {Embed} data */
function heading(data) {
  if (!data.title) return null;
  const content = title(data.title);
  return el("h3", { class: "embed-title" }, data.url ? link(data.url, content) : content);
}

/** @param {Embed} data */
function description(data) {
  return data.description ? el("div", { class: "marked" }, markdown(data.description)) : null;
}

/** @param {EmbedField[] | undefined} list */
function fields(list) {
  if (!list?.length) return null;
  const made = list.map((one) =>
    el(
      "div",
      { class: one.inline ? "field inline" : "field" },
      el("h4", {}, title(one.name)),
      el("div", { class: "marked" }, markdown(one.value)),
    ),
  );
  return el("div", { class: "fields" }, made);
}

/**
 * A picture, or a box for it if there is none or until the person allows pictures.
 * @param {{ url?: string } | undefined} one
 * @param {string} kind
 */
function picture(one, kind) {
  if (!one?.url || !/^https?:/.test(one.url)) return null;
  const host = new URL(one.url).host;
  if (!state.pictures) return placeholder(kind, host, "not loaded");
  const node = el("img", {
    class: kind,
    src: one.url,
    alt: "",
    loading: "lazy",
    referrerpolicy: "no-referrer",
  });
  node.addEventListener("error", () =>
    node.replaceWith(placeholder(kind, host, "cannot be loaded")),
  );
  return node;
}

/**
 * @param {string} kind
 * @param {string} host
 * @param {string} why
 */
function placeholder(kind, host, why) {
  return el(
    "span",
    {
      class: `${kind} placeholder`,
      role: "img",
      "aria-label": `Picture of ${host}, ${why}`,
      title: `${host}: ${why}`,
    },
    icon("picture"),
  );
}

/** @param {Embed} data */
function footer(data) {
  if (!data.footer && !data.timestamp) return null;
  const time = data.timestamp
    ? el("time", { datetime: data.timestamp }, shortTime(data.timestamp))
    : null;
  const both = data.footer && time ? " • " : null;
  return el(
    "footer",
    { class: "embed-footer" },
    picture({ url: data.footer?.icon_url }, "small-icon"),
    data.footer?.text,
    both,
    time,
  );
}
