// Creates elements. Text only ever becomes text nodes: nothing here parses HTML.

/** @typedef {Node | string | null | undefined | false | Child[]} Child */
/** @typedef {Record<string, string | number | boolean | null | undefined | EventListener>} Props */

const SVG = "http://www.w3.org/2000/svg";

/** @type {Record<string, string>} */
const ICONS = {
  text: "M9 3 7 17M15 3l-2 14M4 8h14M3 13h14",
  news: "M3 8v4h3l7 4V4L6 8H3zM16 8a3 3 0 0 1 0 4",
  forum: "M3 4h11v8H8l-3 3v-3H3zM16 8h2v8h-2v2l-3-2h-4",
  voice: "M3 8v4h3l4 3V5L6 8zM13 7a4 4 0 0 1 0 6M15 5a7 7 0 0 1 0 10",
  direct: "M3 5h14v10H3zM3 5l7 6 7-6",
  thread: "M5 3v8a3 3 0 0 0 3 3h8M12 10l4 4-4 4",
  menu: "M3 5h14M3 10h14M3 15h14",
  tools: "M3 6h8M15 6h2M3 14h2M9 14h8M13 4v4M7 12v4",
  moon: "M10 3a7 7 0 1 0 7 7 5 5 0 0 1-7-7z",
  sun:
    "M10 6.5a3.5 3.5 0 1 0 .1 0zM10 1.5v2M10 16.5v2M1.5 10h2M16.5 10h2" +
    "M4 4l1.4 1.4M14.6 14.6 16 16M4 16l1.4-1.4M14.6 5.4 16 4",
  close: "M5 5l10 10M15 5 5 15",
  send: "M3 4l14 6-14 6 3-6zM6 10h6",
  picture: "M3 4h14v12H3zM3 13l4-4 4 4 3-3 3 3M13 7h.1",
  eye: "M2 10s3-5 8-5 8 5 8 5-3 5-8 5-8-5-8-5zM10 8a2 2 0 1 0 .1 0",
  open: "M8 4H4v12h12v-4M11 4h5v5M16 4l-7 7",
  save: "M10 3v9M6 9l4 4 4-4M4 16h12",
};

/**
 * An element. `props` are attributes, or `on…` listeners; null and false ones are left out.
 * @template {keyof HTMLElementTagNameMap} Name
 * @param {Name} name
 * @param {Props} [props]
 * @param {...Child} children
 */
export function el(name, props = {}, ...children) {
  const node = document.createElement(name);
  for (const [key, value] of Object.entries(props)) {
    if (value === null || value === undefined || value === false) continue;
    if (typeof value === "function") node.addEventListener(key.slice(2), value);
    else if (key === "value") Object.assign(node, { value });
    else node.setAttribute(key, value === true ? "" : String(value));
  }
  node.append(...present(children));
  return node;
}

/**
 * The given children, in one flat list.
 * @param {Child[]} children
 * @returns {(Node | string)[]}
 */
function present(children) {
  return children.flatMap((one) => {
    if (Array.isArray(one)) return present(one);
    return one === null || one === undefined || one === false ? [] : [one];
  });
}

/**
 * Request an act for the next frame, any number of times; `now` does a requested act at once.
 * @param {() => void} act
 */
export function oncePerFrame(act) {
  let asked = false;
  const run = () => {
    if (!asked) return;
    asked = false;
    act();
  };
  const ask = () => {
    if (!asked) requestAnimationFrame(run);
    asked = true;
  };
  return Object.assign(ask, { now: run });
}

/**
 * A line icon, hidden from assistive technology.
 * @param {string} name
 */
export function icon(name) {
  const svg = document.createElementNS(SVG, "svg");
  const path = document.createElementNS(SVG, "path");
  svg.setAttribute("viewBox", "0 0 20 20");
  svg.setAttribute("aria-hidden", "true");
  svg.setAttribute("class", "icon");
  path.setAttribute("d", ICONS[name] ?? ICONS.text);
  svg.append(path);
  return svg;
}

/**
 * A button that shows only an icon; the label is its accessible name.
 * @param {string} name
 * @param {string} label
 * @param {EventListener} onclick
 * @param {Props} [props]
 */
export function iconButton(name, label, onclick, props = {}) {
  return el(
    "button",
    { type: "button", class: "round", "aria-label": label, title: label, onclick, ...props },
    icon(name),
  );
}

/**
 * Replace the content of a node with these.
 * @template {Element} Kind
 * @param {Kind} node
 * @param {...Child} children
 */
export function fill(node, ...children) {
  node.replaceChildren(...present(children));
  return node;
}

/**
 * The element inside a node that has the focus; null if the focus is elsewhere.
 * @param {Element} node
 */
export function focusedIn(node) {
  const focused = document.activeElement;
  return focused instanceof HTMLElement && node.contains(focused) ? focused : null;
}

/**
 * Focus the first element inside a node that matches a selector, if there is one.
 * @param {Element} node
 * @param {string} selector
 */
export function focusOn(node, selector) {
  const found = node.querySelector(selector);
  if (found instanceof HTMLElement) found.focus();
  return found !== null;
}

let last = 0;

/**
 * A fresh id for an element that another refers to.
 * @param {string} stem
 */
export function freshId(stem) {
  last += 1;
  return `${stem}-${last}`;
}
