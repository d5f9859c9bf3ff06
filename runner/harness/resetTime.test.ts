/** Seam: the words of a limit and the present instant in, the instant of the reset out. */
import { expect, it } from "vitest";
import { epochMs, resetTimeIn, retryAfterHeader } from "./resetTime.ts";

const NOW = Date.parse("2026-11-20T06:30:00Z");
const reset = (text: string, now = NOW) => {
  const time = resetTimeIn(text, now);
  return time === undefined ? undefined : new Date(time).toISOString();
};

it.each([
  ["You've hit your 5-hour limit · resets 9:20am (UTC)", "2026-11-20T09:20:00.000Z"],
  ["resets 12:37am (America/Los_Angeles)", "2026-11-20T08:37:00.000Z"],
  ["weekly limit · resets Nov 22, 1:53pm (UTC)", "2026-11-22T13:53:00.000Z"],
  ["resets 5am (UTC)", "2026-11-21T05:00:00.000Z"],
  ["limit · resets Jan 2, 3pm (Europe/Berlin)", "2027-01-02T14:00:00.000Z"],
  ["or try again at 9:12 AM.", "2026-11-20T09:12:00.000Z"],
  ["try again at Nov 22nd, 2026 2:11 PM.", "2026-11-22T14:11:00.000Z"],
  ["You will regain access on 2030-01-01 at 00:00 UTC.", "2030-01-01T00:00:00.000Z"],
  ["Claude AI usage limit reached|1795166419", "2026-11-20T09:20:19.000Z"],
  ["Please try again in 1.5s.", "2026-11-20T06:30:01.500Z"],
  ["Suggested retry after 3600s.]", "2026-11-20T07:30:00.000Z"],
  ["Please retry in 1h 5m", "2026-11-20T07:35:00.000Z"],
  ["try again in 3 minutes", "2026-11-20T06:33:00.000Z"],
  ["You have exhausted your daily quota on this model.", "2026-11-20T08:00:00.000Z"],
])("reads %j", (text, expected) => {
  expect(reset(text)).toBe(expected);
});

it("takes the offset of the day of the reset, not of today", () => {
  // Clocks in Berlin go back in the night to 25 October 2026.
  expect(reset("resets Oct 26, 9am (Europe/Berlin)", Date.parse("2026-10-24T12:00:00Z"))).toBe(
    "2026-10-26T08:00:00.000Z",
  );
});

it("knows no time where none is named", () => {
  for (const text of [
    "Rate limit reached",
    "resets soon",
    "resets 5am (No/Such_Zone)",
    "try again later",
    "",
  ]) {
    expect(reset(text)).toBeUndefined();
  }
});

it("tells seconds from milliseconds, and reads headers of both kinds", () => {
  expect(epochMs(1795166419)).toBe(1795166419000);
  expect(epochMs(1795166419000)).toBe(1795166419000);
  expect(retryAfterHeader("90", NOW)).toBe(NOW + 90_000);
  expect(retryAfterHeader("Fri, 20 Nov 2026 07:00:00 GMT", NOW)).toBe(Date.parse("2026-11-20T07:00:00Z"));
  expect(retryAfterHeader("soon", NOW)).toBeUndefined();
});
