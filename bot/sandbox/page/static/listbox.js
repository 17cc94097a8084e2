// A list of choices, controlled by the keyboard from the element that opened it.

import { el, freshId } from "./dom.js";

/** @import { Props } from "./dom.js" */

/**
 * A line of text that opens and controls a list.
 * @param {Props} props
 */
export function combobox(props) {
  return el("input", {
    type: "text",
    role: "combobox",
    autocomplete: "off",
    spellcheck: "false",
    enterkeyhint: "send",
    "aria-autocomplete": "list",
    ...props,
  });
}

/**
 * @template Value
 * @typedef {object} Item
 * @property {string} label
 * @property {Value} value
 * @property {string} [more]
 * @property {string} [detail]
 * @property {string | null} [note]
 */

/** @template Value */
export class Listbox {
  /**
   * `pick` is called with the chosen item.
   * @param {string} label
   * @param {(item: Item<Value>) => void} pick
   */
  constructor(label, pick) {
    this.pick = pick;
    /** @type {Item<Value>[]} */
    this.items = [];
    this.active = -1;
    /** @type {HTMLElement | null} */
    this.owner = null;
    this.node = el("ul", {
      role: "listbox",
      id: freshId("list"),
      class: "listbox",
      "aria-label": label,
      hidden: true,
    });
  }

  /**
   * Tell assistive technology that this element opens and controls the list.
   * @param {HTMLElement} owner
   */
  drivenBy(owner) {
    this.owner = owner;
    owner.setAttribute("aria-controls", this.node.id);
    owner.setAttribute("aria-expanded", String(this.open));
  }

  get open() {
    return !this.node.hidden;
  }

  /** @param {Item<Value>[]} items */
  show(items, active = -1) {
    this.items = items;
    this.node.replaceChildren(...items.map((item, index) => this.option(item, index)));
    this.node.hidden = items.length === 0;
    this.owner?.setAttribute("aria-expanded", String(this.open));
    this.point(active);
  }

  hide() {
    this.show([]);
  }

  /**
   * @param {Item<Value>} item
   * @param {number} index
   */
  option(item, index) {
    const node = el(
      "li",
      {
        role: "option",
        id: `${this.node.id}-${index}`,
        "aria-selected": "false",
      },
      el("span", { class: "option-label" }, item.label),
      item.more ? el("span", { class: "option-more" }, item.more) : null,
      item.detail ? el("span", { class: "option-detail" }, item.detail) : null,
      item.note ? el("span", { class: "option-note" }, item.note) : null,
    );
    // the owner keeps the focus
    node.addEventListener("mousedown", (event) => event.preventDefault());
    node.addEventListener("click", () => this.choose(index));
    return node;
  }

  /** @param {number} index */
  point(index) {
    this.active = index;
    for (const [at, one] of [...this.node.children].entries()) {
      one.setAttribute("aria-selected", String(at === index));
    }
    const chosen = this.node.children[index];
    chosen?.scrollIntoView({ block: "nearest" });
    if (chosen) this.owner?.setAttribute("aria-activedescendant", chosen.id);
    else this.owner?.removeAttribute("aria-activedescendant");
  }

  /** @param {number} by */
  step(by) {
    const count = this.items.length;
    if (count) this.point((this.active + by + count) % count);
  }

  choose(index = this.active) {
    const item = this.items[index];
    if (item) this.pick(item);
    return Boolean(item);
  }

  /**
   * Handle keys for an open list. True if the key was used.
   * @param {KeyboardEvent} event
   */
  key(event) {
    if (!this.open) return false;
    if (event.key === "ArrowDown") this.step(1);
    else if (event.key === "ArrowUp") this.step(this.active < 0 ? 0 : -1);
    else if (event.key === "Escape") this.hide();
    else if (event.key === "Enter" && this.active >= 0) this.choose();
    else return false;
    event.preventDefault();
    event.stopPropagation();
    return true;
  }
}
