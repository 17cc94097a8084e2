// Forms (modals) that the bot opens: its text inputs, selects and words, in a dialog.

import { post } from "./api.js";
import { el, freshId } from "./dom.js";
import { markdown } from "./markdown.js";
import { NO_RESPONSE, notice, state } from "./state.js";

/** @import { Form, FormInput, FormPart, Select } from "./shapes" */

/**
 * @typedef {HTMLInputElement | HTMLTextAreaElement | HTMLSelectElement | HTMLDetailsElement} Entry
 */
/** @typedef {Map<string, Entry>} Inputs By custom_id. */

const SELECT = 3;
const WORDS = 10;
const LABEL = 18;
const PARAGRAPH = 2;

/**
 * Show a form; `number` is its number in the sandbox.
 * @param {Form} form
 * @param {string} number
 * @param {string} channel
 */
export function openForm(form, number, channel) {
  /** @type {Inputs} */
  const inputs = new Map();
  const heading = freshId("form");
  const complaint = el("p", { class: "complaint", role: "alert" });
  const body = el(
    "form",
    { method: "dialog" },
    el("h2", { id: heading }, form.title),
    form.components.map((row) => part(row, inputs)),
    complaint,
  );
  const submit = el("button", { type: "submit", class: "act primary" }, "Submit");
  const dialog = el("dialog", { "aria-labelledby": heading }, body);
  body.append(
    el(
      "div",
      { class: "dialog-buttons" },
      el(
        "button",
        { type: "button", class: "act secondary", onclick: () => dialog.close() },
        "Cancel",
      ),
      submit,
    ),
  );
  body.addEventListener("submit", async (event) => {
    event.preventDefault();
    const values = Object.fromEntries([...inputs].map(([id, input]) => [id, enteredIn(input)]));
    submit.disabled = true;
    const outcome = await post("submit", { person: state.person, form: number, values });
    submit.disabled = false;
    if (outcome.state === "refused") {
      complaint.textContent = outcome.reason;
      return;
    }
    dialog.close();
    if (outcome.state === "failed") notice(channel, form.title, NO_RESPONSE);
  });
  dialog.addEventListener("close", () => dialog.remove());
  document.body.append(dialog);
  dialog.showModal();
}

/**
 * @param {FormPart} row
 * @param {Inputs} inputs
 */
function part(row, inputs) {
  if (row.type === WORDS) return el("div", { class: "marked" }, markdown(row.content));
  if (row.type === LABEL) return labelled(row.label, row.description, row.component, inputs);
  return (row.components ?? []).map((one) =>
    labelled(one.label ?? one.placeholder, null, one, inputs),
  );
}

/**
 * @param {string | undefined} label
 * @param {string | null | undefined} description
 * @param {FormInput} one
 * @param {Inputs} inputs
 */
function labelled(label, description, one, inputs) {
  const input = field(one);
  inputs.set(one.custom_id, input);
  const must = one.required === false ? null : el("span", { class: "must" }, " required");
  const single = !(input instanceof HTMLDetailsElement); // a label would press its first box
  return el(
    single ? "label" : "div",
    { class: "form-field", ...(single ? {} : { role: "group", "aria-label": label }) },
    el("span", {}, label, must),
    description ? el("span", { class: "hint" }, description) : null,
    input,
  );
}

/** @param {FormInput} one */
function field(one) {
  if (one.type === SELECT) return select(one);
  const shape = {
    placeholder: one.placeholder,
    minlength: one.min_length,
    maxlength: one.max_length,
    required: one.required !== false,
    value: one.value ?? "",
  };
  return one.style === PARAGRAPH
    ? el("textarea", { rows: 4, ...shape })
    : el("input", { type: "text", ...shape });
}

/**
 * A select; if it takes a single value it begins with an empty choice, unless the bot set one.
 * @param {Select} one
 */
function select(one) {
  if ((one.max_values ?? 1) > 1) return severalOf(one);
  const options = one.options.map((option) =>
    el("option", { value: option.value, selected: option.default }, option.label),
  );
  const isChosen = one.options.some((option) => option.default) && one.required !== false;
  const empty = isChosen ? null : el("option", { value: "" }, one.placeholder ?? "Choose");
  return el("select", { required: one.required !== false }, empty, options);
}

/**
 * A select of several values: a list that opens in place, with a box for each.
 * @param {Select} one
 */
function severalOf(one) {
  const words = el("summary", {});
  const boxes = one.options.map((option) =>
    el(
      "label",
      {},
      el("input", { type: "checkbox", value: option.value, checked: option.default }),
      el("span", {}, option.label),
      option.description ? el("span", { class: "hint" }, option.description) : null,
    ),
  );
  const list = el("details", { class: "several" }, words, el("div", {}, boxes));
  const draw = () => {
    const chosen = checkedIn(list).map(({ value }) => value);
    const labels = one.options.filter(({ value }) => chosen.includes(value));
    words.textContent = labels.map(({ label }) => label).join(", ") || one.placeholder || "Choose";
  };
  list.addEventListener("change", draw);
  draw();
  return list;
}

/**
 * @param {HTMLElement} list
 * @returns {HTMLInputElement[]}
 */
const checkedIn = (list) => [...list.querySelectorAll("input")].filter((one) => one.checked);

/**
 * The value to send for an input: a text, or for a select a list.
 * @param {Entry} input
 */
function enteredIn(input) {
  if (input instanceof HTMLDetailsElement) return checkedIn(input).map(({ value }) => value);
  if (!(input instanceof HTMLSelectElement)) return input.value;
  return [...input.selectedOptions].map((one) => one.value).filter((value) => value !== "");
}
