/** Clock times in a time zone, by the zone's own rules on that day. */
const MINUTE = 60_000;

export interface WallClock {
  year: number;
  month: number;
  day: number;
  hours: number;
  minutes: number;
}

/** A zone that is a distance from UTC, in minutes: Intl has none of half an hour. */
function offsetOf(zone: string): number | undefined {
  const found = /^([+-])(\d{1,2}):(\d\d)$/.exec(zone);
  if (!found) return undefined;
  return (found[1] === "-" ? -1 : 1) * (Number(found[2]) * 60 + Number(found[3]));
}

/** What clocks in `zone` show at `time`; undefined when there is no such zone. */
export function wallClock(time: number, zone: string): WallClock | undefined {
  const offset = offsetOf(zone);
  if (offset !== undefined) return wallClock(time + offset * MINUTE, "UTC");
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
export function zonedTime(wall: WallClock, zone: string): number {
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

/** What texts write instead of a zone's name. Summer or winter time is the day's, whichever letters were written. */
const SHORT: Record<string, string> = {
  PST: "America/Los_Angeles",
  PDT: "America/Los_Angeles",
  PT: "America/Los_Angeles",
  MST: "America/Denver",
  MDT: "America/Denver",
  CST: "America/Chicago",
  CDT: "America/Chicago",
  EST: "America/New_York",
  EDT: "America/New_York",
  ET: "America/New_York",
  BST: "Europe/London",
  CET: "Europe/Berlin",
  CEST: "Europe/Berlin",
  JST: "Asia/Tokyo",
  Z: "UTC",
};

/** The zone that a text means: a name, a usual abbreviation, or a distance from UTC ("UTC+2", "GMT+5:30"). */
export function zoneNamed(text: string): string {
  const offset = /^(?:UTC|GMT)([+-]\d{1,2})(?::?(\d\d))?$/i.exec(text);
  return offset ? `${offset[1]}:${offset[2] ?? "00"}` : (SHORT[text.toUpperCase()] ?? text);
}
