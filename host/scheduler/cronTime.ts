import { createHash } from "node:crypto";
import { Cron } from "croner";
import { HostError, messageOf } from "../values/errors.ts";

/** Schedules as `crons.export()` writes them (server/cron.ts of the convex package). */
export type Schedule =
  | { type: "interval"; seconds?: number; minutes?: number; hours?: number }
  | { type: "hourly"; minuteUTC?: number }
  | { type: "daily"; hourUTC: number; minuteUTC?: number }
  | { type: "weekly"; dayOfWeek: string; hourUTC: number; minuteUTC?: number }
  | { type: "monthly"; day: number; hourUTC: number; minuteUTC?: number }
  | { type: "cron"; cron: string };

/**
 * The first run after `nowMs`. Runs that were missed are skipped.
 * @param previousMs when it last was due, or null for a cron that is new: an interval then starts at once
 * @throws HostError when the schedule is no schedule
 */
export function nextRun(
  name: string,
  schedule: Schedule,
  when: { nowMs: number; previousMs: number | null },
): number {
  if (schedule.type === "interval") return nextInterval(schedule, when);
  try {
    const cron = new Cron(pattern(name, schedule), { timezone: "UTC", paused: true });
    const next = cron.nextRun(new Date(when.nowMs));
    if (next === null) throw new HostError("it never runs");
    return next.getTime();
  } catch (error) {
    throw new HostError(`crons.ts: "${name}" has no usable schedule: ${messageOf(error)}`);
  }
}

function nextInterval(
  schedule: Schedule & { type: "interval" },
  { nowMs, previousMs }: { nowMs: number; previousMs: number | null },
): number {
  const { seconds = 0, minutes = 0, hours = 0 } = schedule;
  const step = (seconds + 60 * minutes + 3600 * hours) * 1000;
  if (previousMs === null) return nowMs;
  // The clock was set back: the time that was due before would keep the cron silent until the clock is there again.
  if (previousMs - nowMs > step) return nowMs + step;
  const missed = Math.max(0, Math.floor((nowMs - previousMs) / step));
  return previousMs + (missed + 1) * step;
}

function pattern(name: string, schedule: Exclude<Schedule, { type: "interval" }>): string {
  const minute = "minuteUTC" in schedule ? schedule.minuteUTC : undefined;
  const at = minute ?? spreadMinute(name);
  switch (schedule.type) {
    case "hourly":
      return `${at} * * * *`;
    case "daily":
      return `${at} ${schedule.hourUTC} * * *`;
    case "weekly":
      return `${at} ${schedule.hourUTC} * * ${schedule.dayOfWeek.slice(0, 3)}`;
    case "monthly":
      return `${at} ${schedule.hourUTC} ${schedule.day} * *`;
    case "cron":
      return schedule.cron;
    default:
      return schedule satisfies never;
  }
}

/** Without a minute, each cron gets one of its own, always the same. */
function spreadMinute(name: string): number {
  return (createHash("sha256").update(name).digest()[0] ?? 0) % 60;
}
