// What comes of an act, if no message of the bot shows it: a sentence, or a form that opens.

import { openForm } from "./forms.js";
import { NO_RESPONSE, notice } from "./state.js";

/** @import { Outcome } from "./shapes" */

/**
 * Show what came of an act in a channel; `line` says which act it was.
 * @param {Outcome} outcome
 * @param {string} channel
 * @param {string} line
 */
export function settle(outcome, channel, line) {
  if (outcome.state === "refused") notice(channel, line, outcome.reason);
  else if (outcome.state === "failed") notice(channel, line, NO_RESPONSE);
  else if (outcome.form) openForm(outcome.form, outcome.interaction, channel);
}
