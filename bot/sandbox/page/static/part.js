// A section of a tab: a heading, its content, and a line with the outcome of its actions.

import { post } from "./api.js";
import { el } from "./dom.js";

/** @import { Child } from "./dom.js" */
/** @import { Answers } from "./shapes" */

/**
 * @param {string} heading
 * @param {...Child} children
 */
export function part(heading, ...children) {
  return el("section", { class: "part" }, el("h2", {}, heading), children);
}

/** @typedef {ReturnType<typeof sayer>["act"]} Act */

/** A line for the outcomes of a section's actions, and a function that does one and reports there.
 */
export function sayer() {
  const said = el("p", { class: "hint", role: "status" });
  /**
   * @param {keyof Answers} path
   * @param {object} body
   * @param {string} words
   */
  const act = async (path, body, words) => {
    const outcome = await post(path, body);
    said.textContent = outcome.state === "refused" ? outcome.reason : words;
  };
  return { said, act };
}
