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
  // The narrow space of newer runtimes, 24 hours, weekdays, other zones.
  ["resets 9:20\u202fAM (UTC)", "2026-11-20T09:20:00.000Z"],
  ["limit resets at 15:00 (Europe/Berlin)", "2026-11-20T14:00:00.000Z"],
  ["resets 3pm CET", "2026-11-20T14:00:00.000Z"],
  ["resets 3pm PST.", "2026-11-20T23:00:00.000Z"],
  ["resets 3pm (UTC+2)", "2026-11-20T13:00:00.000Z"],
  ["weekly limit · resets Mon 9am (UTC)", "2026-11-23T09:00:00.000Z"],
  ["resets Friday at 5am (UTC)", "2026-11-27T05:00:00.000Z"],
  ["resets tomorrow at 9am (UTC)", "2026-11-21T09:00:00.000Z"],
  // Just over: the limit ends now, not in a day or a year.
  ["resets 6:29am (UTC)", "2026-11-20T06:29:00.000Z"],
  ["resets Nov 20, 6:29am (UTC)", "2026-11-20T06:29:00.000Z"],
  ["Your quota will reset after 7h12m3s.", "2026-11-20T13:42:03.000Z"],
  ["try again in about 2 hours and 5 minutes", "2026-11-20T08:35:00.000Z"],
  ["Please wait 30 seconds before the next request", "2026-11-20T06:30:30.000Z"],
  ["try again in 500ms", "2026-11-20T06:30:00.500Z"],
  ['429 {"error":{"type":"usage_limit_reached","resets_at":1795166419}}', "2026-11-20T09:20:19.000Z"],
  ['{"rate_limit_info":{"resetsAt":1795166419000}}', "2026-11-20T09:20:19.000Z"],
  ['{"reset_time":"2026-11-20T09:20:19Z"}', "2026-11-20T09:20:19.000Z"],
  ['{"resets_in_seconds": 3600}', "2026-11-20T07:30:00.000Z"],
  ['[{"@type":"RetryInfo","retryDelay":"34s"}]', "2026-11-20T06:30:34.000Z"],
  ["HTTP 429, Retry-After: 120", "2026-11-20T06:32:00.000Z"],
  ["try again at 2026-11-20 09:20:19 UTC", "2026-11-20T09:20:19.000Z"],
  ["available again at 2026-11-20T11:20:19+02:00", "2026-11-20T09:20:19.000Z"],
  ["resets on 5 Jan 2027", "2027-01-05T00:00:00.000Z"],
  // Zones of half an hour, days before months, weekdays before dates, days alone.
  ["resets 3pm (GMT+5:30)", "2026-11-20T09:30:00.000Z"],
  ["resets 3pm (UTC-0330)", "2026-11-20T18:30:00.000Z"],
  ["resets 3pm (Asia/Kolkata)", "2026-11-20T09:30:00.000Z"],
  ["resets 22 Nov, 1:53pm (UTC)", "2026-11-22T13:53:00.000Z"],
  ["resets Sunday, November 22 at 1:53 PM (UTC)", "2026-11-22T13:53:00.000Z"],
  ["resets on 1 December 2026 at 10:00 UTC", "2026-12-01T10:00:00.000Z"],
  ["resets Nov 25", "2026-11-25T00:00:00.000Z"],
  ["resets Jan 5", "2027-01-05T00:00:00.000Z"],
  ["quota resets on 2026-12-01", "2026-12-01T00:00:00.000Z"],
  ["available again on Nov 22 at 5pm", "2026-11-22T17:00:00.000Z"],
  // Fields of Google's and OpenAI's errors.
  ['{"quotaResetDelay":"7h12m3s"}', "2026-11-20T13:42:03.000Z"],
  ['{"quotaResetTimeStamp":"2026-11-20T09:20:19Z"}', "2026-11-20T09:20:19.000Z"],
  ['{"primary_reset_after_seconds":3600}', "2026-11-20T07:30:00.000Z"],
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
    "try again 3 times",
    "resets 5",
    "retry in a moment",
    "resets Nov 20 (UTC)",
    "",
  ]) {
    expect(reset(text)).toBeUndefined();
  }
});

it("tells seconds from milliseconds, and reads headers of both kinds", () => {
  expect(epochMs(1795166419)).toBe(1795166419000);
  expect(epochMs(1795166419000)).toBe(1795166419000);
  expect(epochMs("1795166419")).toBe(1795166419000);
  expect(epochMs("2026-11-20T09:20:19Z")).toBe(1795166419000);
  for (const none of [0, -1, Number.NaN, "soon", null, {}]) expect(epochMs(none)).toBeUndefined();
  expect(retryAfterHeader("90", NOW)).toBe(NOW + 90_000);
  expect(retryAfterHeader("Fri, 20 Nov 2026 07:00:00 GMT", NOW)).toBe(Date.parse("2026-11-20T07:00:00Z"));
  expect(retryAfterHeader("soon", NOW)).toBeUndefined();
});
