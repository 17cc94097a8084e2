// Times as text, in UTC, the sandbox's zone, so that a screenshot is the same everywhere. This is
// the only module that formats dates.

/** @type {Intl.DateTimeFormatOptions} */
const UTC = { timeZone: "UTC" };
/** @type {Intl.DateTimeFormatOptions} */
const TIME = { hour: "2-digit", minute: "2-digit" };
/** @type {Intl.DateTimeFormatOptions} */
const DATE = { weekday: "short", day: "numeric", month: "short", year: "numeric" };

/** @param {Intl.DateTimeFormatOptions} parts */
const format = (parts) => new Intl.DateTimeFormat("en-GB", { ...UTC, ...parts });

const SHORT = format({ day: "2-digit", month: "2-digit", year: "numeric", ...TIME });
const MINUTE = format({ ...DATE, ...TIME });
const SECOND = format({ ...TIME, second: "2-digit" });
const CLOCK = format({ ...DATE, ...TIME, second: "2-digit" });
const DAY = format({ ...DATE, weekday: "long", month: "long" });

/** @param {string} iso */
export const shortTime = (iso) => SHORT.format(new Date(iso)).replace(",", "");
/** @param {Date} date */
export const clockTime = (date) => `${CLOCK.format(date).replaceAll(",", "")} UTC`;
/** @param {string} iso */
export const dayOf = (iso) => DAY.format(new Date(iso));

/**
 * The form of a date-time field: "2019-12-22T16:31".
 * @param {Date} date
 */
export const fieldTime = (date) => date.toISOString().slice(0, 16);

/** @param {Date} date */
export const minuteTime = (date) => `${MINUTE.format(date).replaceAll(",", "")} UTC`;
/** @param {string} iso */
export const secondTime = (iso) => SECOND.format(new Date(iso));

/** @type {Record<string, Intl.DateTimeFormatOptions>} */
const MARKS = {
  t: { timeStyle: "short" },
  T: { timeStyle: "medium" },
  d: { dateStyle: "short" },
  D: { dateStyle: "long" },
  f: { dateStyle: "long", timeStyle: "short" },
  F: { dateStyle: "full", timeStyle: "short" },
};
/** @type {[Intl.RelativeTimeFormatUnit, number][]} */
const STEPS = [
  ["year", 31536000],
  ["month", 2592000],
  ["day", 86400],
  ["hour", 3600],
  ["minute", 60],
  ["second", 1],
];
const RELATIVE = new Intl.RelativeTimeFormat("en-GB", { numeric: "auto" });

/** @type {Map<string, Intl.DateTimeFormat>} */
const formats = new Map();

/**
 * A date in one of the styles of Discord's timestamps, except R.
 * @param {Date} date
 * @param {string} style
 */
export function marked(date, style) {
  const shown = formats.get(style) ?? format(MARKS[style]);
  formats.set(style, shown); // creating one is slow
  return shown.format(date).replaceAll(",", "");
}

/**
 * The distance of a date from another: "in 2 hours".
 * @param {Date} date
 * @param {Date} now
 */
export function relative(date, now) {
  const exact = (date.getTime() - now.getTime()) / 1000;
  const away = Math.abs(exact) < 59.5 ? exact : Math.round(exact / 60) * 60; // not "in 60 minutes"
  const [unit, size] = STEPS.find(([, one]) => Math.abs(away) >= one) ?? STEPS[STEPS.length - 1];
  return RELATIVE.format(Math.round(away / size), unit);
}
