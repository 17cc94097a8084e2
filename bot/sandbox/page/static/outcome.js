// The outcome of an action that no message of the bot shows: a sentence, or a form that opens.

import { openForm } from "./forms.js";
import { NO_RESPONSE, notice } from "./state.js";

/** @import { Outcome } from "./shapes" */

/**
 * Show the outcome of an action in a channel; `line` names the action.
 * @param {Outcome} outcome
 * @param {string} channel
 * @param {string} line
 */
export function settle(outcome, channel, line) {
  if (outcome.state === "refused") notice(channel, line, outcome.reason);
  else if (outcome.state === "failed") notice(channel, line, NO_RESPONSE);
  else if (outcome.form) openForm(outcome.form, outcome.interaction, channel);
}
