// What comes of an act, if no message of the bot shows it: a sentence, or a form that opens.

import { openForm } from "./forms.js";
import { NO_RESPONSE, notice } from "./state.js";

/** Show what came of an act in a channel; `line` says which act it was. */
export function settle(outcome, channel, line) {
  if (outcome.state === "failed") notice(channel, line, NO_RESPONSE);
  if (outcome.state === "refused") notice(channel, line, outcome.reason);
  if (outcome.form) openForm(outcome.form, outcome.interaction, channel);
}
