// Times as text, in UTC, the sandbox's own zone, so that a screenshot reads the same everywhere.

const UTC = { timeZone: "UTC" };
const SHORT = new Intl.DateTimeFormat("en-GB", { ...UTC, day: "2-digit", month: "2-digit", year: "numeric", hour: "2-digit", minute: "2-digit" });
const CLOCK = new Intl.DateTimeFormat("en-GB", { ...UTC, weekday: "short", day: "numeric", month: "short", year: "numeric", hour: "2-digit", minute: "2-digit", second: "2-digit" });
const DAY = new Intl.DateTimeFormat("en-GB", { ...UTC, weekday: "long", day: "numeric", month: "long", year: "numeric" });

export const shortTime = (iso) => SHORT.format(new Date(iso)).replace(",", "");
export const clockTime = (date) => `${CLOCK.format(date).replaceAll(",", "")} UTC`;
export const dayOf = (iso) => DAY.format(new Date(iso));

/** What a date-time field takes: "2019-12-22T16:31". */
export const fieldTime = (date) => date.toISOString().slice(0, 16);
