// One option of a command: its input, and its list of completions.

import { post } from "./api.js";
import { offered } from "./commands.js";
import { el, freshId } from "./dom.js";
import { combobox, Listbox } from "./listbox.js";
import { state } from "./state.js";

/** @import { Choice, Option } from "./shapes" */

const INTEGER = 4;
const NUMBER = 10;
const PAUSE = 150;

/**
 * What a field needs from its command line.
 * @typedef {object} Owner
 * @property {() => void} send
 * @property {() => void} leave
 * @property {() => Record<string, Choice["value"]>} given
 * @property {() => string} line
 * @property {(field: Field) => boolean} first
 */

export class Field {
  /**
   * @param {Option} option
   * @param {Owner} owner
   */
  constructor(option, owner) {
    this.option = option;
    this.owner = owner;
    /** @type {Choice | null} */
    this.chosen = null;
    /** @type {number | undefined} */
    this.timer = undefined;
    this.asked = 0;
    const id = freshId("option");
    /** @type {Listbox<Choice>} */
    this.list = new Listbox(option.name, (item) => this.pick(item.value));
    this.input = combobox({
      id,
      "aria-required": String(Boolean(option.required)),
      "aria-describedby": `${id}-hint`,
      "data-option": option.name,
    });
    this.list.drivenBy(this.input);
    this.input.addEventListener("input", () => this.typed());
    this.input.addEventListener("focus", () => this.suggest());
    this.input.addEventListener("blur", () => this.close());
    this.input.addEventListener("keydown", (event) => this.key(event));
    this.hint = el("span", { class: "hint", id: `${id}-hint` }, option.description);
    this.node = el(
      "span",
      { class: "option" },
      el("label", { for: id }, option.name),
      this.input,
      this.hint,
      this.list.node,
    );
  }

  /**
   * Fill in a text, as if it had been typed.
   * @param {string} text
   */
  set(text) {
    const fixed = offered(this.option)?.find((one) => isNamed(one, text));
    if (fixed) this.pick(fixed);
    else this.input.value = text;
  }

  typed() {
    this.chosen = null;
    this.node.classList.remove("wrong");
    this.suggest();
  }

  suggest() {
    const fixed = offered(this.option);
    if (fixed) this.show(matching(fixed, this.chosen ? "" : this.input.value), 0);
    else if (this.option.autocomplete) this.ask();
  }

  /** Ask the bot once typing pauses; an answer that comes too late is dropped. */
  ask() {
    this.asked += 1;
    const mine = this.asked;
    clearTimeout(this.timer);
    this.timer = setTimeout(async () => {
      const others = this.owner.given();
      delete others[this.option.name];
      const what = {
        person: state.person,
        channel: state.channel,
        line: this.owner.line(),
        option: this.option.name,
        typed: this.input.value,
        options: others,
      };
      const found = await post("complete", what);
      if (mine !== this.asked || document.activeElement !== this.input) return;
      this.hint.textContent =
        found.state === "failed" ? "Loading options failed" : this.option.description;
      this.show(found.state === "refused" ? [] : found.choices, -1);
    }, PAUSE);
  }

  /**
   * @param {Choice[]} choices
   * @param {number} active
   */
  show(choices, active) {
    this.list.show(
      choices.map((one) => ({ label: one.name, value: one })),
      choices.length ? active : -1,
    );
  }

  /** @param {Choice} choice */
  pick(choice) {
    this.chosen = choice;
    this.input.value = choice.name;
    this.node.classList.remove("wrong");
    this.close();
  }

  close() {
    this.asked += 1;
    clearTimeout(this.timer);
    this.list.hide();
  }

  /** @param {KeyboardEvent} event */
  key(event) {
    if (this.list.key(event)) return;
    if (event.key === "Enter") {
      event.preventDefault();
      this.owner.send();
    } else if (event.key === "Tab" && this.list.open && this.list.active >= 0) {
      this.list.choose();
    } else if (event.key === "Backspace" && this.input.value === "" && this.owner.first(this)) {
      event.preventDefault();
      this.owner.leave();
    }
  }

  /**
   * {value}, {} for an option left out, or {fault} in words.
   * @returns {{ value?: Choice["value"], fault?: string }}
   */
  read() {
    const { name, required, type } = this.option;
    const text = this.input.value.trim();
    if (this.chosen) return { value: this.chosen.value };
    if (!text) return required ? { fault: `${name} is required.` } : {};
    const fixed = offered(this.option);
    if (fixed) {
      const same = fixed.find((one) => isNamed(one, text));
      return same ? { value: same.value } : { fault: `${name}: choose one of the list.` };
    }
    if (type !== INTEGER && type !== NUMBER) return { value: text };
    const number = Number(text);
    return Number.isFinite(number) ? { value: number } : { fault: `${name} must be a number.` };
  }

  blame() {
    this.node.classList.add("wrong");
    this.input.focus();
  }
}

/** @param {string} text */
const bare = (text) => text.toLowerCase().replace(/^#/, "");

/**
 * Whether a text is the name of a choice; a channel's with or without its #.
 * @param {Choice} choice
 * @param {string} text
 */
const isNamed = (choice, text) => bare(choice.name) === bare(text.trim());

/**
 * @param {Choice[]} choices
 * @param {string} typed
 */
function matching(choices, typed) {
  const wanted = bare(typed);
  return choices.filter((one) => one.name.toLowerCase().includes(wanted)).slice(0, 25);
}
