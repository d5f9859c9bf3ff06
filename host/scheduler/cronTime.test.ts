/** Seam: schedules of crons.ts to the next time, all in UTC. */
import { expect, it } from "vitest";
import { nextRun, type Schedule } from "./cronTime.ts";

const now = Date.UTC(2026, 10, 20, 9, 30, 0); // a Friday
const at = (day: number, hour: number, minute: number) => Date.UTC(2026, 10, day, hour, minute);

it.each<[Schedule, number]>([
  [{ type: "hourly", minuteUTC: 15 }, at(20, 10, 15)],
  [{ type: "hourly", minuteUTC: 45 }, at(20, 9, 45)],
  [{ type: "daily", hourUTC: 3, minuteUTC: 7 }, at(21, 3, 7)],
  [{ type: "weekly", dayOfWeek: "monday", hourUTC: 0, minuteUTC: 0 }, at(23, 0, 0)],
  [{ type: "monthly", day: 1, hourUTC: 12, minuteUTC: 0 }, Date.UTC(2026, 11, 1, 12, 0)],
  [{ type: "cron", cron: "*/10 * * * *" }, at(20, 9, 40)],
  [{ type: "cron", cron: "0 0 29 2 *" }, Date.UTC(2028, 1, 29)],
])("gives the next time of %j", (schedule, expected) => {
  expect(nextRun("a", schedule, { nowMs: now, previousMs: null })).toBe(expected);
});

it("starts a new interval at once, keeps its beat, and skips what was missed", () => {
  const schedule: Schedule = { type: "interval", minutes: 10 };
  expect(nextRun("a", schedule, { nowMs: now, previousMs: null })).toBe(now);
  expect(nextRun("a", schedule, { nowMs: now + 5, previousMs: now })).toBe(now + 600_000);
  expect(nextRun("a", schedule, { nowMs: now + 3_000_001, previousMs: now })).toBe(now + 3_600_000);
});

it("always gives a cron without a minute the same one", () => {
  const schedule: Schedule = { type: "hourly" };
  const minutes = ["a", "a", "b"].map((name) =>
    new Date(nextRun(name, schedule, { nowMs: now, previousMs: null })).getUTCMinutes(),
  );
  expect(minutes[0]).toBe(minutes[1]);
});

it("says which cron has a schedule that is none", () => {
  const run = () => nextRun("mine", { type: "cron", cron: "every day" }, { nowMs: now, previousMs: null });
  expect(run).toThrow('crons.ts: "mine" has no usable schedule');
});
