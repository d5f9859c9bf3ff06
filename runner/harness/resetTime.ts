/**
 * When does a limit end? The CLIs say it in seconds, in epochs and in prose with clock times. All results are ms
 * since the epoch; `now` is an argument. Jobs run with TZ=UTC, so a clock time without a zone is UTC.
 */
const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];

/** The reset time that a text names in one of the known ways, or undefined. */
export function resetTimeIn(text: string | undefined, now: number): number | undefined {
  if (!text) return undefined;
  return piped(text) ?? regained(text) ?? delay(text, now) ?? clock(text, now) ?? midnight(text, now);
}

/** An epoch in seconds or milliseconds as milliseconds. */
export function epochMs(value: number | undefined): number | undefined {
  if (value === undefined || value <= 0) return undefined;
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

/** "retry after 30s", "try again in 1.5s", "resets in 2h 5m", "retry in 3 minutes". */
function delay(text: string, now: number): number | undefined {
  const found = /(?:retry|try again|resets?)\s+(?:after|in)\s+((?:\d+(?:\.\d+)?\s*[a-z]+[\s,]*)+)/i.exec(
    text,
  );
  if (!found?.[1]) return undefined;
  let total = 0;
  for (const [, amount, unit] of found[1].matchAll(/(\d+(?:\.\d+)?)\s*([a-z]+)/gi)) {
    total += Number(amount) * (unitMs(unit ?? "") ?? 0);
  }
  return total > 0 ? now + total : undefined;
}

function unitMs(unit: string): number | undefined {
  const name = unit.toLowerCase();
  if (name === "ms") return 1;
  if (/^s(ec(ond)?s?)?$/.test(name)) return SECOND;
  if (/^m(in(ute)?s?)?$/.test(name)) return MINUTE;
  if (/^h((ou)?rs?)?$/.test(name)) return HOUR;
  return /^d(ays?)?$/.test(name) ? DAY : undefined;
}

const CLOCK =
  /(?:resets?|try again)(?: at)?\s+(?:([A-Za-z]{3})[a-z]*\.? (\d{1,2})(?:st|nd|rd|th)?,?(?: (\d{4}),?)?(?: at)? )?(\d{1,2})(?::(\d\d))? ?([ap])\.?m\.?(?: \(([A-Za-z_]+(?:\/[A-Za-z_+\-0-9]+)*)\))?/i;

/** "resets 12:37am (America/Los_Angeles)", "resets Nov 22, 1:53pm (UTC)", "try again at Nov 22nd, 2026 2:11 PM". */
function clock(text: string, now: number): number | undefined {
  const found = CLOCK.exec(text);
  if (!found) return undefined;
  const [, monthName, day, year, hour, minute = "0", half, zone = "UTC"] = found;
  const today = wallClock(now, zone);
  if (!today) return undefined;
  const hours = (Number(hour) % 12) + (half?.toLowerCase() === "p" ? 12 : 0);
  const time = { hours, minutes: Number(minute) };
  if (!monthName) return nextOf({ ...today, ...time }, { zone, now, step: { day: 1 } });
  const date = {
    year: Number(year ?? today.year),
    month: MONTHS.indexOf(monthName.toLowerCase()),
    day: Number(day),
  };
  if (date.month < 0) return undefined;
  return nextOf({ ...date, ...time }, { zone, now, step: { year: year ? 0 : 1 } });
}

/** That time, or the next day's or year's when it has passed. */
function nextOf(
  wall: WallClock,
  { zone, now, step }: { zone: string; now: number; step: { day?: number; year?: number } },
): number {
  const named = zonedTime(wall, zone);
  if (named > now) return named;
  return zonedTime({ ...wall, day: wall.day + (step.day ?? 0), year: wall.year + (step.year ?? 0) }, zone);
}

/** Gemini's daily quota ends at midnight Pacific time. */
function midnight(text: string, now: number): number | undefined {
  if (!/exhausted your daily quota/i.test(text)) return undefined;
  const zone = "America/Los_Angeles";
  const today = wallClock(now, zone);
  return today && zonedTime({ ...today, day: today.day + 1, hours: 0, minutes: 0 }, zone);
}

interface WallClock {
  year: number;
  month: number;
  day: number;
  hours: number;
  minutes: number;
}

function wallClock(time: number, zone: string): WallClock | undefined {
  try {
    const format = new Intl.DateTimeFormat("en-US", {
      timeZone: zone,
      hourCycle: "h23",
      year: "numeric",
      month: "numeric",
      day: "numeric",
      hour: "numeric",
      minute: "numeric",
    });
    const part = Object.fromEntries(
      format.formatToParts(time).map(({ type, value }) => [type, Number(value)]),
    );
    const { year = 0, month = 1, day = 1, hour = 0, minute = 0 } = part;
    return { year, month: month - 1, day, hours: hour, minutes: minute };
  } catch {
    return undefined; // no such zone
  }
}

/** The instant at which clocks in `zone` show this; found in two steps because the offset depends on the instant. */
function zonedTime(wall: WallClock, zone: string): number {
  const asUtc = Date.UTC(wall.year, wall.month, wall.day, wall.hours, wall.minutes);
  const offsetAt = (time: number) => {
    const seen = wallClock(time, zone);
    return seen
      ? Date.UTC(seen.year, seen.month, seen.day, seen.hours, seen.minutes) -
          Math.floor(time / MINUTE) * MINUTE
      : 0;
  };
  const first = asUtc - offsetAt(asUtc);
  return asUtc - offsetAt(first);
}
