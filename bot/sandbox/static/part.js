// A part of a tab: a heading and what is under it.

import { el } from "./dom.js";

export function part(heading, ...children) {
  return el("section", { class: "part" }, el("h2", {}, heading), children);
}
