/**
 * When does a limit end? The CLIs say it in seconds, in epochs and in prose with clock times. All results are ms
 * since the epoch; `now` is an argument. Jobs run with TZ=UTC, so a clock time without a zone is UTC.
 */
import { wallClock, zonedTime, zoneNamed, type WallClock } from "./zonedTime.ts";

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY_MS = 24 * HOUR;
const MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
const WEEKDAYS = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"];
/** A clock time names minutes: one that has passed by less is the limit that ends now, not the next day's. */
const JUST_PASSED_MS = 5 * MINUTE;

/** How much of a text is searched, in characters: a time stands near its limit, and a whole page is no message. */
const SEARCHED = 8_000;

/** The reset time that a text names in one of the known ways, or undefined. */
export function resetTimeIn(text: string | undefined, now: number): number | undefined {
  if (!text) return undefined;
  // Clock times are formatted with narrow spaces by newer runtimes.
  const plain = monthFirst(text.slice(0, SEARCHED).replace(/[\u00a0\u2009\u202f]/g, " "));
  for (const read of [piped, regained, field, dated, delay, clock, dayOnly, midnight]) {
    const time = read(plain, now);
    if (time !== undefined) return time;
  }
  return undefined;
}

/** "Sunday, 22 Nov" and "Sunday, Nov 22" as "Nov 22": the rules below know one order. */
function monthFirst(text: string): string {
  const month = `(?:${MONTHS.join("|")})[a-z]*\\.?`;
  const weekday = `\\b(?:${WEEKDAYS.join("|")})[a-z]*,? (?=${month} \\d|\\d{1,2} ${month})`;
  return text
    .replace(new RegExp(weekday, "gi"), "")
    .replace(new RegExp(`\\b(\\d{1,2}) (${month})`, "gi"), "$2 $1");
}

/** An epoch in seconds or milliseconds, as a number or its digits, or an ISO date, as milliseconds. */
export function epochMs(value: unknown): number | undefined {
  if (typeof value === "string") {
    if (/^\d+(\.\d+)?$/.test(value)) return epochMs(Number(value));
    const date = /^\d{4}-\d\d-\d\dT/.test(value) ? Date.parse(value) : Number.NaN;
    return Number.isNaN(date) ? undefined : date;
  }
  if (typeof value !== "number" || !Number.isFinite(value) || value <= 0) return undefined;
  return value < 1e12 ? value * SECOND : value;
}

/** A `retry-after` header: seconds or an HTTP date. */
export function retryAfterHeader(value: string | undefined, now: number): number | undefined {
  if (!value) return undefined;
  if (/^\d+(\.\d+)?$/.test(value.trim())) return now + Number(value) * SECOND;
  const date = Date.parse(value);
  return Number.isNaN(date) ? undefined : date;
}

/** Old Claude: "Claude AI usage limit reached|1700000000". */
function piped(text: string): number | undefined {
  const found = /limit reached\|(\d{10,13})\b/i.exec(text);
  return found ? epochMs(Number(found[1])) : undefined;
}

/** Anthropic's monthly cap: "You will regain access on 2030-01-01 at 00:00 UTC". */
function regained(text: string): number | undefined {
  const found = /regain access on (\d{4}-\d\d-\d\d) at (\d\d:\d\d) UTC/i.exec(text);
  return found ? Date.parse(`${found[1]}T${found[2]}:00Z`) : undefined;
}

const AT =
  /resets?_?(?:at|time(?:stamp)?)?"?\s*[:=]\s*"?(\d{10,13}\b|\d{4}-\d\d-\d\dT[\d:.]+(?:Z|[+-]\d\d:?\d\d))/i;
const AFTER =
  /(?:retry-after|retry_?after|retry_?delay|resets?_?(?:in|after|delay))(?:_?(seconds|secs?|ms))?"?\s*[:=]\s*"?(\d+(?:\.\d+)?)(ms|s)?\b/i;
/** As Go writes them: "7h12m3s", "373.8ms". */
const DURATION = /(?:retry_?|resets?_?)(?:delay|in|after)"?\s*[:=]\s*"?((?:\d+(?:\.\d+)?(?:h|ms|m|s))+)\b/i;

/** A provider's JSON or header within the text: "resets_at":1700000000, "retryDelay":"34s", Retry-After: 30. */
function field(text: string, now: number): number | undefined {
  const at = AT.exec(text);
  if (at) return epochMs(at[1]);
  const after = AFTER.exec(text);
  const lasting = after ? 0 : lengthOf(DURATION.exec(text)?.[1] ?? "");
  if (!after) return lasting > 0 ? now + lasting : undefined;
  const unit = (after[3] ?? after[1] ?? "s").toLowerCase() === "ms" ? 1 : SECOND;
  return now + Number(after[2]) * unit;
}

const ISO =
  /(?:resets?|try again|retry|until|available)(?: again)?(?: (?:on|at|after|by))?:? (\d{4}-\d\d-\d\d)[T ](\d\d:\d\d(?::\d\d)?)(?:\.\d+)?\s?(Z|UTC|GMT|[+-]\d\d:?\d\d)?/i;

/** "try again at 2030-01-01 09:20:19 UTC". */
function dated(text: string): number | undefined {
  const iso = ISO.exec(text);
  if (!iso) return undefined;
  const zone = /^[+-]/.test(iso[3] ?? "") ? iso[3] : "Z";
  const time = Date.parse(`${iso[1]}T${iso[2]}${zone}`);
  return Number.isNaN(time) ? undefined : time;
}

const DAY =
  /(?:resets?|try again|available(?: again)?|until)(?: (?:at|on))? (?:(\d{4}-\d\d-\d\d)|([A-Za-z]{3})[a-z]*\.? (\d{1,2})(?:st|nd|rd|th)?\b(?:,? (\d{4})\b)?)/i;

/** "resets on Jan 5, 2030": the day begins in UTC. A day without a year that has begun tells nothing. */
function dayOnly(text: string, now: number): number | undefined {
  const [, iso, name = "", day, year] = DAY.exec(text) ?? [];
  if (iso !== undefined) return Date.parse(`${iso}T00:00:00Z`);
  const month = MONTHS.indexOf(name.toLowerCase());
  if (month < 0) return undefined;
  const inYear = (one: number) => Date.UTC(one, month, Number(day));
  if (year !== undefined) return inYear(Number(year));
  const thisYear = inYear(new Date(now).getUTCFullYear());
  if (thisYear > now) return thisYear;
  return now - thisYear < DAY_MS ? undefined : inYear(new Date(now).getUTCFullYear() + 1);
}

const DELAY =
  /(?:retry|try again|resets?|wait|available)(?: again)?(?:\s+(?:after|in|for))?(?:\s+(?:about|approximately|~))?\s+((?:\d+(?:\.\d+)?\s*(?:ms|s|m|h|d|[a-z]*sec[a-z]*|min[a-z]*|hours?|hrs?|days?)\b(?:,?\s+and\s+|[\s,]*))+)/i;

/** "retry after 30s", "try again in 1.5s", "resets in 2h 5m", "wait 2 hours and 5 minutes". */
function delay(text: string, now: number): number | undefined {
  // "7h12m3s" is written without spaces.
  const found = DELAY.exec(text.replace(/(\d)([hm])(?=\d)/gi, "$1$2 "));
  if (!found?.[1]) return undefined;
  const total = lengthOf(found[1]);
  return total > 0 ? now + total : undefined;
}

/** The sum of all amounts with a unit, ms. */
function lengthOf(text: string): number {
  let total = 0;
  for (const [, amount, unit] of text.matchAll(/(\d+(?:\.\d+)?)\s*([a-z]+)/gi)) {
    total += Number(amount) * (unitMs(unit ?? "") ?? 0);
  }
  return total;
}

function unitMs(unit: string): number | undefined {
  const name = unit.toLowerCase();
  if (name === "ms" || /^milli/.test(name)) return 1;
  if (/^s(ec(ond)?s?)?$/.test(name)) return SECOND;
  if (/^m(in(ute)?s?)?$/.test(name)) return MINUTE;
  if (/^h((ou)?rs?)?$/.test(name)) return HOUR;
  return /^d(ays?)?$/.test(name) ? DAY_MS : undefined;
}

const DATE = "(?:([A-Za-z]{3})[a-z]*\\.?(?: (\\d{1,2})(?:st|nd|rd|th)?,?(?: (\\d{4}),?)?)?,?(?: at)? )?";
const TIME = "(\\d{1,2})(?::(\\d\\d)(?::\\d\\d)?)?(?: ?([ap])\\.?m\\b\\.?)?";
const ZONE = "(?: \\(?([A-Z][A-Za-z_]*(?:\\/[A-Za-z_+\\-0-9]+)*(?:[+-]\\d{1,2}(?::?\\d\\d)?)?)\\)?)?";
const CLOCK = new RegExp(
  `(?:resets?|try again|available(?: again)?|until)(?: (?:at|on))? ${DATE}${TIME}`,
  "i",
);
const CLOCK_ZONE = new RegExp(`^${ZONE}`);

/**
 * "resets 12:37am (America/Los_Angeles)", "resets Nov 22, 1:53pm (UTC)", "try again at Nov 22nd, 2026 2:11 PM",
 * "resets Mon 15:00 CET".
 */
function clock(text: string, now: number): number | undefined {
  const found = CLOCK.exec(text);
  if (!found) return undefined;
  const [all, word, day, year] = found;
  const time = timeOfDay(found.slice(4));
  const zone = zoneNamed(CLOCK_ZONE.exec(text.slice(found.index + all.length))?.[1] ?? "UTC");
  const today = wallClock(now, zone);
  if (!time || !today) return undefined;
  const wall = { ...today, ...time };
  if (word === undefined) return nextOf(wall, { zone, now, step: { day: 1 } });
  const name = word.toLowerCase();
  if (day === undefined)
    return nextOf(onWeekday(wall, name), { zone, now, step: { day: name === "tom" ? 0 : 7 } });
  const month = MONTHS.indexOf(name);
  if (month < 0) return undefined;
  const date = { ...wall, year: Number(year ?? today.year), month, day: Number(day) };
  return nextOf(date, { zone, now, step: { year: year ? 0 : 1 } });
}

/** Hour, minute and half of the day; a bare number is no time of day. */
function timeOfDay([hour, minute, half]: (string | undefined)[]):
  Pick<WallClock, "hours" | "minutes"> | undefined {
  if (minute === undefined && half === undefined) return undefined;
  const minutes = Number(minute ?? 0);
  if (half === undefined) return { hours: Number(hour), minutes };
  return { hours: (Number(hour) % 12) + (half.toLowerCase() === "p" ? 12 : 0), minutes };
}

/** That weekday from today on; the day after today for "tomorrow"; the same day for a word that is neither. */
function onWeekday(wall: WallClock, name: string): WallClock {
  if (name === "tom") return { ...wall, day: wall.day + 1 };
  const wanted = WEEKDAYS.indexOf(name);
  if (wanted < 0) return wall;
  const weekday = new Date(Date.UTC(wall.year, wall.month, wall.day)).getUTCDay();
  return { ...wall, day: wall.day + ((wanted - weekday + 7) % 7) };
}

/** That time, or the next day's, week's or year's when it has passed. */
function nextOf(
  wall: WallClock,
  { zone, now, step }: { zone: string; now: number; step: { day?: number; year?: number } },
): number {
  const named = zonedTime(wall, zone);
  if (named > now - JUST_PASSED_MS) return named;
  return zonedTime({ ...wall, day: wall.day + (step.day ?? 0), year: wall.year + (step.year ?? 0) }, zone);
}

/** Gemini's daily quota ends at midnight Pacific time. */
function midnight(text: string, now: number): number | undefined {
  if (!/exhausted your daily quota/i.test(text)) return undefined;
  const zone = "America/Los_Angeles";
  const today = wallClock(now, zone);
  return today && zonedTime({ ...today, day: today.day + 1, hours: 0, minutes: 0 }, zone);
}
