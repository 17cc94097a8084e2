// Discord's Markdown as DOM nodes. Every piece of text becomes a text node, never HTML.
//
// Inside a link's label escapes are shown as they are, and a label that looks like a URL makes the
// whole link print literally, both as on Discord.

import { el } from "./dom.js";
import { chooseChannel, emit, now, roleName, state } from "./state.js";
import { marked, relative } from "./times.js";

/** @import { Child } from "./dom.js" */

const DEEPEST = 8;
const ADDRESS = /https?:\/\/|(?:^|[^\w])[\w-]+\.[a-z]{2,}(?:$|[^\w])/i;

// A masked link's label in brackets, which may be nested, and its URL, which a title may follow.
const LABEL = String.raw`\[((?:[^[\]\\]|\\.|\[[^[\]]*\])+)\]`;
const TARGET = String.raw`<?(https?:\/\/[^\s<>()]*(?:\([^\s()]*\)[^\s<>()]*)*)>?(?:\s+"[^"]*")?`;

/**
 * How to read a text: whether escapes count, links are allowed, and how deep the text is in marks.
 * @typedef {{ escapes: boolean, links: boolean, depth: number }} Reading
 */

/**
 * What each character may begin: [character, pattern, what a match becomes].
 * @type {[string, RegExp, (match: RegExpExecArray, to: Reading) => Node | string][]}
 */
const SPANS = [
  ["\\", /\\([^A-Za-z0-9\s])/y, (m, to) => (to.escapes ? m[1] : m[0])],
  ["`", /(`+)([\s\S]*?[^`])\1(?!`)/y, (m) => el("code", {}, m[2].trim())],
  ["<", /<t:(-?\d{1,17})(?::([tTdDfFR]))?>/y, (m) => moment(Number(m[1]), m[2] ?? "f") ?? m[0]],
  ["<", /<@!?(\d{1,20})>/y, (m) => mention(`@${userName(m[1])}`)],
  ["<", /<@&(\d{1,20})>/y, (m) => mention(`@${roleName(m[1])}`)],
  ["<", /<#(\d{1,20})>/y, (m, to) => channelMention(m[1], to)],
  ["<", /<\/([\w -]{1,98}):\d{1,20}>/y, (m, to) => acting(`/${m[1]}`, to, () => emit("use", m[1]))],
  ["<", /<(https?:\/\/[^\s>]+)>/y, (m, to) => (to.links ? link(m[1], m[1]) : m[1])],
  ["[", new RegExp(`${LABEL}\\(${TARGET}\\)`, "y"), masked],
  [
    "h",
    /https?:\/\/[^\s<>"]*[^\s<>".,:;'!?)\]*_~|]/y,
    (m, to) => (to.links ? link(m[0], m[0]) : m[0]),
  ],
  ["@", /@(?:everyone|here)\b/y, (m) => mention(m[0])],
  ["|", /\|\|([\s\S]+?)\|\|/y, (m, to) => spoiler(inline(m[1], deeper(to)))],
  ["*", /\*\*((?:\\.|[^\\])+?)\*\*(?!\*)/sy, (m, to) => el("strong", {}, inline(m[1], deeper(to)))],
  ["_", /__((?:\\.|[^\\])+?)__(?!_)/sy, (m, to) => el("u", {}, inline(m[1], deeper(to)))],
  ["~", /~~((?:\\.|[^\\])+?)~~/sy, (m, to) => el("s", {}, inline(m[1], deeper(to)))],
  [
    "*",
    /\*(?=\S)((?:\\.|\*\*|[^\\*])+?)(?<=\S)\*(?!\*)/sy,
    (m, to) => el("em", {}, inline(m[1], deeper(to))),
  ],
  ["_", /\b_((?:\\.|__|[^\\_])+?)_\b/sy, (m, to) => el("em", {}, inline(m[1], deeper(to)))],
];

const BEGINS = /[\\`<[@|*_~]|https?:/g;
const BY_SIGN = Map.groupBy(SPANS, ([sign]) => sign);

/**
 * Blocks: headings, subtext, lists, quotes, code, and lines of text.
 * @param {string} text
 */
export function markdown(text) {
  /** @type {Node[]} */
  const nodes = [];
  const parts = text.split(/```(?:[\w+-]*\n)?([\s\S]+?)```\n?/);
  parts.forEach((part, index) => {
    if (index % 2) nodes.push(el("pre", {}, el("code", {}, part.replace(/\n$/, ""))));
    else if (part.trim()) nodes.push(...blocks(part.trim()));
  });
  return nodes;
}

/**
 * The Markdown of a single line without links: an embed's title, a field's name.
 * @param {string} text
 */
export function title(text) {
  return inline(text, { escapes: true, links: false, depth: 0 });
}

/**
 * Blocks without code; a blank line between them takes its room, as on Discord.
 * @param {string} text
 * @returns {Node[]}
 */
function blocks(text) {
  /** @type {Node[]} */
  const nodes = [];
  /** @type {string[]} */
  let plain = [];
  const flush = () => {
    if (plain.length) nodes.push(el("p", {}, line(plain.join("\n"))));
    plain = [];
  };
  const lines = text.split("\n");
  for (let at = 0; at < lines.length; ) {
    const block = blockOf(lines.slice(at));
    const isPlain = !block && lines[at].trim() !== "";
    if (isPlain) plain.push(lines[at]);
    else flush();
    if (!isPlain) nodes.push(block?.node ?? el("p", { class: "blank" }));
    at += block?.lines ?? 1;
  }
  flush();
  return nodes;
}

/**
 * The block that lines begin with, and its number of lines; null for lines of text.
 * @param {string[]} lines
 */
function blockOf(lines) {
  const [heading] = matches(lines, /^(#{1,3})\s+(\S.*)$/);
  if (heading) return { node: headed(heading[1].length, heading[2]), lines: 1 };
  const [small] = matches(lines, /^-#\s+(\S.*)$/);
  if (small) return { node: el("p", { class: "small" }, line(small[1])), lines: 1 };
  const items = matches(lines, /^(\s*)(?:[-*]|(\d{1,9})\.)\s+(\S.*)$/);
  if (items.length) return { node: list(items), lines: items.length };
  const quoted = matches(lines, /^>\s([\s\S]*)$/).map((one) => one[1]);
  if (!quoted.length) return null;
  return { node: el("blockquote", {}, blocks(quoted.join("\n"))), lines: quoted.length };
}

/**
 * A pattern's matches of lines, up to the first that it does not match.
 * @param {string[]} lines
 * @param {RegExp} pattern
 */
function matches(lines, pattern) {
  const found = [];
  for (const one of lines) {
    const match = pattern.exec(one);
    if (!match) break;
    found.push(match);
  }
  return found;
}

/**
 * @param {number} level
 * @param {string} text
 */
function headed(level, text) {
  return el("p", { class: `h${level}`, role: "heading", "aria-level": level + 2 }, line(text));
}

/**
 * A list of items, each [line, indent, number if there is one, content]; a deeper indent makes a
 * list inside.
 * @param {string[][]} items
 * @returns {Node}
 */
function list(items) {
  const [, indent, first] = items[0];
  const node = el(first ? "ol" : "ul", { start: first });
  for (let at = 0; at < items.length; ) {
    let end = at + 1;
    while (end < items.length && items[end][1].length > indent.length) end += 1;
    const inner = items.slice(at + 1, end);
    node.append(el("li", {}, line(items[at][3]), inner.length ? list(inner) : null));
    at = end;
  }
  return node;
}

/** @param {string} text */
function line(text) {
  return inline(text, { escapes: true, links: true, depth: 0 });
}

/** @param {Reading} to */
function deeper(to) {
  return { ...to, depth: to.depth + 1 };
}

/**
 * @param {string} text
 * @param {Reading} to
 * @returns {(Node | string)[]}
 */
function inline(text, to) {
  if (to.depth > DEEPEST) return [text];
  /** @type {(Node | string)[]} */
  const nodes = [];
  let plain = "";
  let at = 0;
  while (at < text.length) {
    const next = beginning(text, at);
    plain += text.slice(at, next);
    const found = next < text.length ? span(text, next, to) : null;
    at = found ? found.end : next + 1;
    if (!found) plain += text.slice(next, at);
    else if (typeof found.made === "string") plain += found.made;
    else {
      if (plain) nodes.push(plain);
      plain = "";
      nodes.push(found.made);
    }
  }
  if (plain) nodes.push(plain);
  return nodes;
}

/**
 * The position of the next character that may begin something, or the end of the text.
 * @param {string} text
 * @param {number} at
 */
function beginning(text, at) {
  BEGINS.lastIndex = at;
  return BEGINS.exec(text)?.index ?? text.length;
}

/**
 * @param {string} text
 * @param {number} at
 * @param {Reading} to
 */
function span(text, at, to) {
  for (const [, pattern, make] of BY_SIGN.get(text[at]) ?? []) {
    pattern.lastIndex = at;
    const match = pattern.exec(text);
    if (match) return { made: make(match, to), end: at + match[0].length };
  }
  return null;
}

/**
 * @param {RegExpExecArray} match
 * @param {Reading} to
 */
function masked(match, to) {
  const [whole, label, address] = match;
  if (!to.links || ADDRESS.test(label)) return whole;
  return link(address, inline(label, { escapes: false, links: false, depth: to.depth + 1 }));
}

/**
 * A link to another site, opened in a new tab and without a referrer.
 * @param {string} address
 * @param {Child} content
 */
export function link(address, content) {
  return el("a", { href: address, target: "_blank", rel: "noopener noreferrer" }, content);
}

/** @param {string} text */
function mention(text) {
  return el("span", { class: "mention" }, text);
}

/**
 * A mention that does something when pressed: a channel opens, a command is begun.
 * @param {string} text
 * @param {Reading} to
 * @param {() => void} act
 */
function acting(text, to, act) {
  return to.links
    ? el("button", { type: "button", class: "mention", onclick: act }, text)
    : mention(text);
}

/**
 * @param {string} id
 * @param {Reading} to
 */
function channelMention(id, to) {
  const channel = state.channels.get(id);
  return channel ? acting(`#${channel.name}`, to, () => chooseChannel(id)) : mention("#unknown");
}

/** @param {Child} content */
function spoiler(content) {
  const node = el(
    "button",
    {
      type: "button",
      class: "spoiler",
      "aria-label": "Spoiler",
      onclick: () => node.classList.add("shown"),
    },
    content,
  );
  return node;
}

/** @param {string} id */
function userName(id) {
  if (state.world.bot.id === id) return state.world.bot.username;
  return state.world.people.find((one) => one.id === id)?.username ?? "unknown";
}

/**
 * A time as Discord shows it, but in the sandbox's zone; null for a time beyond the calendar.
 * @param {number} seconds
 * @param {string} style
 */
function moment(seconds, style) {
  const date = new Date(seconds * 1000);
  if (Number.isNaN(date.getTime())) return null;
  const shown = style === "R" ? relative(date, now() ?? new Date()) : marked(date, style);
  return el(
    "time",
    {
      class: style === "R" ? "moment away" : "moment",
      datetime: date.toISOString(),
      title: `${marked(date, "F")} UTC`,
    },
    shown,
  );
}

/**
 * Refresh the relative times below a node.
 * @param {Element} root
 */
export function refreshMoments(root) {
  const time = now() ?? new Date();
  for (const one of root.querySelectorAll("time"))
    if (one.matches(".away")) one.textContent = relative(new Date(one.dateTime), time);
}
